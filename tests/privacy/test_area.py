"""What the page, the feed and the digest of a neighborhood may tell, against counts made without it."""

from collections import Counter
from datetime import date, timedelta

import pytest

from geo_reports.errors import NotAllowed, NotFound
from geo_reports.privacy import cube
from geo_reports.privacy.area import NEWS, Range
from geo_reports.report import Audience, Status
from geo_reports.store import Query

SENT = {"occurred_at": "2026-09-30"}


def public(town):
    return town.view(Audience.PUBLIC)


def mixed(town):
    """Dumps of every standing in A, one in B, and some security in A."""
    ids = [town.send("rubble", "A", **SENT).public_id for _ in range(6)]
    town.send("household", "B", **SENT)
    for public_id, status, reason in (
        (ids[1], Status.CLEANED, None),
        (ids[2], Status.CLEANED, None),
        (ids[3], Status.CLOSED_WITHOUT_SOLUTION, "private_land"),
        (ids[4], Status.DUPLICATE, None),
    ):
        town.move(public_id, status, reason)
    town.move(ids[2], Status.VERIFIED)
    for _ in range(7):
        town.send("street_robbery", "A", occurred_at="2026-08-05")
    town.send("threat", "A", occurred_at="2026-08-05")
    return ids


def test_figures_are_those_of_an_independent_count(town):
    mixed(town)
    found = town.store.find(Query(families=("dump",), layer="barrios", units=("A",)))
    counted = Counter(found.status)
    row = next(row for row in public(town).area_rows() if row.unit == "A")
    assert (row.open, row.fixed, row.unsolved) == (2, 2, 1)
    assert row.open == counted["received"] + counted["acknowledged"] + counted["in_progress"]
    assert row.fixed == counted["cleaned"] + counted["verified"]
    assert row.unsolved == counted["closed_without_solution"]
    sheet = public(town).area("A")
    assert sheet.row == row
    closed = found[found.status.isin(["cleaned", "verified", "closed_without_solution"])]
    days = ((closed.closed_at - closed.occurred_at) / 86_400).median()
    assert (sheet.median_days, sheet.n_closings) == (pytest.approx(days), 3)
    assert len(sheet.months) == 12
    assert {month: n for month, n in sheet.months if n} == {202609: 5}
    assert sheet.partial is False


def test_security_is_the_published_cube_and_nothing_more(town):
    mixed(town)
    row, sheet = public(town).area_rows()[0], public(town).area("A")
    # seven in one month, and eleven months of fewer than five
    assert row.security == Range(7, 7 + 11 * 4)
    assert dict(sheet.security_months)[202608] == Range(7, 7)
    assert {month for month, _ in sheet.security_months} == set(
        cube.months_up_to(cube.last_public_month(date(2026, 10, 15)), 12)
    )
    town.send("street_robbery", "B", occurred_at="2026-08-05")
    assert next(row for row in public(town).area_rows() if row.unit == "B").security == Range(0, 48)


def test_empty_neighborhoods_are_listed_too(town):
    rows = public(town).area_rows()
    assert [row.unit for row in rows] == ["A", "B", "C", "D"]
    assert {(row.open, row.fixed, row.unsolved) for row in rows} == {(0, 0, 0)}
    sheet = public(town).area("D")
    assert (sheet.median_days, sheet.n_closings) == (None, 0)


@pytest.mark.parametrize("unit", ["", "nowhere", "Barrio A", "A' OR 1=1"])
def test_an_unknown_neighborhood_is_not_found(town, unit):
    with pytest.raises(NotFound):
        public(town).area(unit)
    with pytest.raises(NotFound):
        public(town).area_news(unit)


def test_only_the_public_view_shows_neighborhoods(town):
    with pytest.raises(NotAllowed):
        town.view(Audience.PLANNER).area_rows()


def test_news_come_when_their_day_is_over(town):
    receipt = town.send("rubble", "A", **SENT)
    before = public(town).area_news("A")
    town.send("rubble", "A", **SENT)
    assert before == public(town).area_news("A") == ()
    town.now += timedelta(days=1)
    told = public(town).area_news("A")
    assert len(told) == 2
    assert receipt.public_id in {each.public_id for each in told}
    first = told[0]
    assert (first.new, first.status, first.on, first.unit_name) == (True, "received", date(2026, 10, 15), "Barrio A")
    # the midnight after, whatever the hour was
    assert first.told_at.isoformat() == "2026-10-16T00:00:00-03:00"


def test_what_happened_in_one_day_is_one_piece_of_news(town):
    public_id = town.send("rubble", "A", **SENT).public_id
    town.move(public_id, Status.ACKNOWLEDGED)
    town.move(public_id, Status.IN_PROGRESS)
    town.now += timedelta(days=1)
    town.move(public_id, Status.CLEANED)
    town.now += timedelta(days=1)
    told = public(town).area_news("A")
    assert [(each.on.day, each.status, each.new) for each in told] == [
        (16, "cleaned", False),
        (15, "in_progress", True),
    ]


def test_news_hold_dumps_that_everybody_sees_and_nothing_else(town):
    mine = town.send("rubble", "A", description="mi casa es la azul", **SENT).public_id
    for category in ("street_robbery", "street_light", "threat"):
        town.send(category, "A", **SENT)
    wrong = town.send("household", "A", **SENT).public_id
    town.move(wrong, Status.DUPLICATE)
    town.now += timedelta(days=1)
    (told,) = public(town).area_news("A")
    assert (told.public_id, told.text) == (mine, None)
    assert [each.public_id for each in public(town).area_news()] == [mine]
    assert public(town).area_news("B") == ()
    assert "lon" not in vars(told)


def test_a_text_is_told_once_it_is_published_and_gone_when_it_is_taken_back(town):
    public_id = town.send("rubble", "A", description="crudo", **SENT).public_id
    town.now += timedelta(days=1)
    town.store.set_public_text(public_id, "revisado", actor="ana", at=int(town.now.timestamp()))
    assert public(town).area_news("A")[0].text == "revisado"
    town.store.set_public_text(public_id, None, actor="ana", at=int(town.now.timestamp()))
    assert public(town).area_news("A")[0].text is None


def test_a_period_cuts_news_and_never_reaches_into_today(town):
    for _ in range(3):
        town.send("rubble", "A", **SENT)
        town.now += timedelta(days=1)
    view, midnight = public(town), public(town).area_day()
    day = timedelta(days=1)
    assert [each.on.day for each in view.area_news("A")] == [17, 16, 15]
    cut = view.area_news("A", since=int((midnight - 2 * day).timestamp()), until=int((midnight - day).timestamp()))
    assert [each.on.day for each in cut] == [16]
    town.send("rubble", "A", **SENT)
    late = int((midnight + 10 * day).timestamp())
    assert [each.on.day for each in public(town).area_news("A", until=late)] == [17, 16, 15]


def test_a_feed_is_no_longer_than_its_limit(town):
    for _ in range(4):
        town.send("rubble", "A", **SENT)
    town.now += timedelta(days=1)
    assert len(public(town).area_news("A", limit=3)) == 3
    assert NEWS == 50
