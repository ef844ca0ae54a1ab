"""Who sees what: every role against every way out."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from geo_reports.accounts import Actor
from geo_reports.city.maps import AreaCountsDef, ChoroplethDef, HotspotsDef, PointsDef
from geo_reports.errors import InputError, NotAllowed, NotFound, TooFewReports
from geo_reports.privacy import POINT_COLUMNS, Filters
from geo_reports.privacy.beside import BESIDE_COLUMNS
from geo_reports.report import Audience, Family, Status

PUBLIC, RESIDENT, CREW, PLANNER, MODERATOR, ADMIN = Audience
WORDS = {"es": "x", "en": "x"}


def points(**change):
    return PointsDef(**{"kind": "points", "name": WORDS, **change})


def choropleth(**change):
    return ChoroplethDef(**{"kind": "choropleth", "name": WORDS, "family": "dump", **change})


def hot(**change):
    return HotspotsDef(**{"kind": "hotspots", "name": WORDS, "family": "dump", **change})


def actor(role):
    return Actor(str(role), role)


# method -> what is asked -> roles that get an answer; all others are told NotAllowed
MATRIX = {
    "queue": (lambda view: view.queue(), {CREW, MODERATOR, ADMIN}),
    "hotspots": (lambda view: view.hotspots(hot()), {PLANNER, MODERATOR, ADMIN}),
    "hotspots of security": (lambda view: view.hotspots(hot(family="security")), {PLANNER, MODERATOR, ADMIN}),
    "fine cells of security": (
        lambda view: view.hotspots(hot(family="security").model_copy(update={"cell_m": 199})),
        set(),
    ),
    "choropleth of dumps": (lambda view: view.choropleth(choropleth()), set(Audience)),
    "choropleth of security": (
        lambda view: view.choropleth(choropleth(family="security")),
        {PLANNER, MODERATOR, ADMIN},
    ),
    "choropleth of threats": (
        lambda view: view.choropleth(choropleth(family="security", categories=("threat",))),
        {PLANNER, MODERATOR, ADMIN},
    ),
    "dumps per sector": (lambda view: view.aggregates("sectors", family=Family.DUMP), set(Audience)),
    "security per unit": (lambda view: view.aggregates(family=Family.SECURITY), set(Audience)),
    "security per sector": (
        lambda view: view.aggregates("sectors", family=Family.SECURITY),
        {PLANNER, MODERATOR, ADMIN},
    ),
    "robberies": (
        lambda view: view.aggregates(family=Family.SECURITY, categories=("street_robbery",)),
        {PLANNER, MODERATOR, ADMIN},
    ),
    "threats": (
        lambda view: view.aggregates(family=Family.SECURITY, categories=("threat",)),
        {PLANNER, MODERATOR, ADMIN},
    ),
    "street lights": (
        lambda view: view.aggregates("sectors", family=Family.SECURITY, categories=("street_light",)),
        set(Audience),
    ),
    "monthly security": (
        lambda view: view.area_counts(AreaCountsDef(kind="area_counts", name=WORDS)),
        set(Audience),
    ),
    "plans": (lambda view: view.plans(), set(Audience)),
    "places": (lambda view: view.places(("schools",)), set(Audience)),
}


@pytest.mark.parametrize("role", Audience)
@pytest.mark.parametrize("name", MATRIX)
def test_who_may_ask_what(settled, name, role):
    ask, allowed = MATRIX[name]
    view = settled.view(role)
    if role in allowed:
        try:
            assert ask(view) is not None
        except TooFewReports:
            assert name.startswith("hotspots")
    else:
        with pytest.raises(NotAllowed):
            ask(view)


@pytest.mark.parametrize("role", Audience)
def test_points_are_dumps_and_things(settled, role):
    view = settled.view(role)
    seen = {"household", "rubble", "street_light"}
    rows = view.reports(Filters()).rows
    assert list(rows) == [*POINT_COLUMNS, *BESIDE_COLUMNS]
    assert set(rows.category) == seen
    for family in Family:
        one_family = view.points(points(family=family))
        assert list(one_family) == POINT_COLUMNS
        assert set(one_family.category) == {c for c in seen if settled.city.categories[c].family is family}
    for category in ("street_robbery", "threat"):
        assert view.reports(Filters(categories=(category,))).rows.empty
        assert view.points(points(family="security", categories=(category,))).empty
        receipt = settled.receipts[category]
        with pytest.raises(InputError):  # a report that is not listed is no page marker either
            view.reports(Filters(before=receipt.public_id))


@pytest.mark.parametrize("role", Audience)
def test_queue_has_no_places(settled, role):
    if role not in (CREW, MODERATOR, ADMIN):
        return
    queue = settled.view(role).queue().rows
    assert list(queue) == ["public_id", "family", "category", "status", "received_on", "unit_name", "has_text"]
    families = {"dump"} if role is CREW else {"dump", "security"}
    assert set(queue.family) == families
    assert "texto" not in queue.to_csv()
    assert queue.has_text.all()


def test_queue_goes_on_where_the_page_before_ended(town):
    sent = [town.send(unit="AB"[n % 2]).public_id for n in range(5)]
    view = town.view(CREW)
    first = view.queue(2)
    assert first.rows.public_id.tolist() == sent[:2:-1]
    town.move(first.next, "cleaned")  # a marker stays one when its report is closed
    second = view.queue(2, before=first.next)
    assert (second.rows.public_id.tolist(), second.next) == (sent[2:0:-1], sent[1])
    last = view.queue(2, before=second.next)
    assert (last.rows.public_id.tolist(), last.next) == (sent[:1], None)
    assert view.queue(unit="B").rows.public_id.tolist() == [sent[1]]
    with pytest.raises(NotFound):
        view.queue(unit="Z")
    with pytest.raises(InputError):
        view.queue(before="made-up")


def test_queue_of_one_family(town):
    dump, theft = town.send().public_id, town.send("street_robbery").public_id
    assert town.view(MODERATOR).queue(family=Family.SECURITY).rows.public_id.tolist() == [theft]
    assert town.view(MODERATOR).queue(family=Family.DUMP).rows.public_id.tolist() == [dump]
    with pytest.raises(NotAllowed):
        town.view(CREW).queue(family=Family.SECURITY)
    with pytest.raises(InputError):  # nor does a marker tell a crew that there is such a report
        town.view(CREW).queue(before=theft)


@pytest.mark.parametrize("role", Audience)
def test_opening_one(town, role):
    dump, theft = town.send(), town.send("street_robbery", description="mi texto")
    view = town.view(role)
    if role in (CREW, MODERATOR, ADMIN):
        assert view.open_one(dump.public_id, reason="", actor=actor(role)).lon == -69.9951234
    else:
        with pytest.raises(NotAllowed):
            view.open_one(dump.public_id, reason="x", actor=actor(role))
    revision = town.store.revision()
    if role not in (MODERATOR, ADMIN):
        with pytest.raises(NotAllowed):
            view.open_one(theft.public_id, reason="x", actor=actor(role))
        assert town.store.revision() == revision
        return
    for nothing in ("", "   ", "\n"):
        with pytest.raises(InputError):
            view.open_one(theft.public_id, reason=nothing, actor=actor(role))
    assert town.store.revision() == revision
    story = view.open_one(theft.public_id, reason=" llamó la vecina ", actor=actor(role))
    assert (story.description, story.lon, story.family) == ("mi texto", -69.9951234, "security")
    assert [event.kind for event in story.events] == ["received"]
    last = town.store.events_of(2)[-1]
    assert (last["kind"], last["actor"], last["note"]) == ("opened", str(role), "llamó la vecina")
    with pytest.raises(NotFound):
        view.open_one("nobody", reason="x", actor=actor(role))


# texts, times, statuses ------------------------------------------------------------------------------


def test_a_text_is_public_after_moderation_only(town):
    dump, light = town.send(description="Vive Juan"), town.send("street_light", description="Frente a Juan")
    as_sent = {CREW, MODERATOR, ADMIN}

    def texts(role):
        return dict(town.view(role).reports(Filters()).rows[["public_id", "text"]].itertuples(index=False))

    for role in Audience:
        assert texts(role) == {dump.public_id: "Vive Juan" if role in as_sent else None, light.public_id: None}
    for receipt in (dump, light):
        town.fieldwork.publish_text(receipt.public_id, "Frente a la plaza", actor=actor(MODERATOR))
    for role in Audience:
        assert texts(role) == dict.fromkeys((dump.public_id, light.public_id), "Frente a la plaza")
    town.fieldwork.publish_text(dump.public_id, None, actor=actor(MODERATOR))
    assert texts(PUBLIC)[dump.public_id] is None


def test_withdrawn_reports_are_for_staff(town):
    for status in ("duplicate", "rejected", "cleaned"):
        town.move(town.send().public_id, Status(status))
    assert town.view(PUBLIC).reports(Filters()).rows.status.tolist() == ["cleaned"]
    assert town.view(PUBLIC).reports(Filters(statuses=("duplicate",))).rows.empty
    assert town.view(PUBLIC).points(points(statuses=("rejected",))).empty
    assert len(town.view(CREW).reports(Filters()).rows) == 3


@pytest.mark.parametrize(("role", "occurred"), [(PUBLIC, "2026-10-14"), (CREW, "2026-10-14 08:00")])
def test_hours_are_for_staff(town, role, occurred):
    town.send(occurred_at="2026-10-14T08:20")
    town.send(occurred_at="2026-09")
    town.send()
    rows = town.view(role).reports(Filters()).rows
    assert rows.occurred.tolist() == ["", "2026-09", occurred]
    assert rows.age_days.tolist() == [0, 44, 1]
    assert rows.received_on.tolist() == ["2026-10-15"] * 3


def test_nothing_public_changes_at_the_hour_of_a_report(town):
    """The hour is not public, so no clock may tell it by what appears or ages when it strikes."""
    town.send(occurred_at="2026-10-14T08:20")
    view = town.view(PUBLIC)

    def shown():
        page = view.points(points(window_days=1))
        return page.to_csv(), view.revision()

    town.now = datetime(2026, 10, 15, 3, 1, tzinfo=UTC)  # 00:01 in the town
    first = shown()
    assert len(view.points(points(window_days=1))) == 1
    for hour in range(4, 27):
        town.now = datetime(2026, 10, 15 + hour // 24, hour % 24, 59, tzinfo=UTC)
        assert shown() == first
    town.now = datetime(2026, 10, 16, 3, 1, tzinfo=UTC)
    assert view.points(points(window_days=1)).empty


def test_days_filter_by_the_town_s_calendar(town):
    town.send(occurred_at="2026-10-14T23:30")
    view = town.view(PUBLIC)
    assert len(view.reports(Filters(since=date(2026, 10, 14), until=date(2026, 10, 15))).rows) == 1
    assert view.reports(Filters(since=date(2026, 10, 15))).rows.empty
    assert view.reports(Filters(until=date(2026, 10, 14))).rows.empty


def test_pages_give_each_report_once(town):
    sent = [town.send().public_id for _ in range(7)]
    town.send("street_robbery")
    seen, before = [], None
    while True:
        page = town.view(PUBLIC).reports(Filters(limit=3, before=before))
        seen += page.rows.public_id.tolist()
        if page.next is None:
            break
        before = page.next
    assert seen == sent[::-1]
    with pytest.raises(InputError):
        town.view(PUBLIC).reports(Filters(before="nobody"))


def test_units_filter(town):
    town.send(unit="A")
    town.send(unit="B")
    view = town.view(PUBLIC)
    rows = view.reports(Filters(unit="B")).rows
    assert rows[["unit", "unit_name"]].values.tolist() == [["B", "Barrio B"]]
    with pytest.raises(NotFound):
        view.reports(Filters(unit="Z"))
    with pytest.raises(NotFound):
        view.reports(Filters(layer="nothing"))
    with pytest.raises(InputError):
        view.reports(Filters(categories=("noise",)))


# codes -----------------------------------------------------------------------------------------------


def test_a_sender_follows_the_report(town):
    receipt = town.send("street_robbery", description="mi texto", occurred_at="2026-10-14T08:20")
    town.move(receipt.public_id, Status.CLOSED_WITHOUT_SOLUTION, "other_agency", "Derivado")
    town.view(ADMIN).open_one(receipt.public_id, reason="secreto", actor=actor(ADMIN))
    story = town.view(RESIDENT).by_code(receipt.code.lower())
    assert (story.public_id, story.status, story.description) == (
        receipt.public_id,
        "closed_without_solution",
        "mi texto",
    )
    assert (story.occurred, story.unit_name, story.lon) == ("2026-10-14 08:00", "Barrio A", None)
    assert [(e.kind, e.status, e.reason, e.note) for e in story.events] == [
        ("received", "received", None, None),
        ("status", "closed_without_solution", "other_agency", "Derivado"),
    ]
    assert not {"admin", "secreto"} & set(repr(story).replace("'", " ").split())


def test_every_wrong_code_gets_the_same_answer(town):
    receipt = town.send()
    answers = set()
    for code in ("", "x", "0000-0000-0000-0000", receipt.public_id, receipt.code[:-1], receipt.code + "0"):
        with pytest.raises(NotFound) as caught:
            town.view(RESIDENT).by_code(code)
        answers.add(str(caught.value))
    assert len(answers) == 1


# revision --------------------------------------------------------------------------------------------


def test_the_revision_changes_with_reports_and_days_and_counts_nothing(town):
    view = town.view(PUBLIC)
    seen = [view.revision()]
    receipt = town.send()
    seen.append(view.revision())
    assert view.revision() == seen[-1]
    town.move(receipt.public_id, Status.CLEANED)
    seen.append(view.revision())
    town.now = datetime(2026, 10, 16, 15, tzinfo=UTC)
    seen.append(view.revision())
    assert len(set(seen)) == 4
    assert {len(text) for text in seen} == {32}


# plans -----------------------------------------------------------------------------------------------


def test_plans_count_dumps_for_the_public_and_all_for_planners(settled):
    public, planner = (settled.view(role).plans().iloc[0] for role in (PUBLIC, PLANNER))
    assert (public["plan"], public["count"], planner["count"]) == ("south", 2, 3)


def test_a_plan_of_hidden_categories_has_no_public_row(settled):
    plan = settled.city.plans[0].model_copy(update={"id": "safe", "tracks": ("street_robbery", "threat")})
    view = settled.view(PUBLIC)
    view.city = type(settled.city)(**{**vars_of(settled.city), "plans": (plan,)})
    assert view.plans().empty
    assert "count" in view.plans()


def vars_of(city):
    return {name: getattr(city, name) for name in city.__dataclass_fields__}


def test_a_boundary_that_counts_no_reports_is_not_answered_with_zeros(town):
    spec = town.city.spec.model_copy(update={"boundary_layer": "sectors"})
    town.city = replace(town.city, spec=spec)
    town.send(unit="A")
    view = town.view(PUBLIC)
    with pytest.raises(InputError, match="not counted in the layer sectors"):
        view.aggregates("sectors", family=Family.DUMP)
    with pytest.raises(InputError, match="not counted in the layer sectors"):
        view.reports(Filters(layer="sectors"))


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"])
def test_a_reason_that_cannot_be_kept_opens_nothing(town, reason):
    theft = town.send("street_robbery")
    with pytest.raises(InputError):
        town.view(ADMIN).open_one(theft.public_id, reason=reason, actor=actor(ADMIN))
