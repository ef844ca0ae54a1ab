"""What the accuracy of places does to counts, and who may be told."""

import numpy as np
import pandas as pd
import pytest

from geo_reports.analysis.uncertainty import LOCATION_COLUMNS
from geo_reports.errors import InputError, NotAllowed
from geo_reports.privacy.location import MOST_LOCATED, require_few
from geo_reports.report import Audience, Channel, Family, NewReport, Status

BORDER = -69.99  # between barrios A and B, and C and D above them


def send(town, lon, lat=-32.995, accuracy_m=None, category="rubble", occurred_at="2026-08-27T14:30"):
    family = town.city.categories[category].family
    new = NewReport(family=family, category=category, lon=lon, lat=lat, accuracy_m=accuracy_m, occurred_at=occurred_at)
    return town.intake.accept(new, channel=Channel.WEB).public_id


def rows(town, audience=Audience.PUBLIC, **more):
    frame = town.view(audience).aggregates(family=Family.DUMP, location_error=True, **more)
    return {row["unit"]: row for row in frame.to_dict("records")}


def test_a_report_on_a_border_is_half_in_each_unit(town):
    send(town, BORDER, accuracy_m=50)
    send(town, -69.995, accuracy_m=50)
    found = rows(town)
    assert [found[unit]["location_expected"] for unit in ("A", "B", "C", "D", "")] == [1.5, 0.5, 0, 0, 0]
    assert (found["A"]["location_low"], found["A"]["location_high"]) == (1, 2)
    assert (found["B"]["location_low"], found["B"]["location_high"]) == (0, 1)
    assert found["A"]["count"] + found["B"]["count"] == 2


def test_without_accuracy_a_report_is_where_it_is_counted(town):
    send(town, BORDER - 1e-6)
    send(town, BORDER + 1e-6, accuracy_m=0)
    found = rows(town)
    assert [(found[unit]["location_expected"], found[unit]["n_without_accuracy"]) for unit in "AB"] == [(1, 1), (1, 0)]


def test_nothing_is_lost_and_withdrawn_reports_are_left_out(town):
    random = np.random.default_rng(1)
    for lon, lat, accuracy_m in zip(
        *random.uniform([[-70], [-33], [1]], [[-69.98], [-32.98], [900]], (3, 30)), strict=True
    ):
        send(town, lon, lat, accuracy_m)
    town.move(send(town, BORDER, accuracy_m=30), Status.DUPLICATE)
    for layer in ("barrios", "sectors"):
        found = rows(town, layer=layer).values()
        assert sum(row["count"] for row in found) == 30
        assert sum(row["location_expected"] for row in found) == pytest.approx(30, abs=0.03)
        assert all(row["location_low"] <= row["location_expected"] <= row["location_high"] + 0.01 for row in found)


def test_months_and_categories_narrow(town):
    send(town, BORDER, accuracy_m=50, occurred_at="2026-07-31T23:30")
    send(town, BORDER, accuracy_m=50, occurred_at="2026-08-01T00:10")
    send(town, BORDER, accuracy_m=50, occurred_at=None)
    for months, expected in {(202607, 202607): 0.5, (202608, 202612): 0.5, (202607, 202608): 1, None: 1.5}.items():
        assert rows(town, months=months)["A"]["location_expected"] == expected
    assert rows(town, categories=("household",))["A"]["location_expected"] == 0


def test_the_public_is_told_no_finer_than_the_rounded_point(town):
    # both are shown to the public at the same place, on the border
    first = send(town, BORDER - 4e-5, accuracy_m=5)
    public = rows(town)["A"]["location_expected"]
    staff = rows(town, Audience.CREW)["A"]["location_expected"]
    town.move(first, Status.DUPLICATE)
    send(town, BORDER + 4e-5, accuracy_m=5)
    assert rows(town)["A"]["location_expected"] == public == 0.5
    assert (staff, rows(town, Audience.CREW)["A"]["location_expected"]) == (0.97, 0.03)


@pytest.mark.parametrize("audience", list(Audience))
def test_security_reports_that_are_no_points_have_no_location_error(settled, audience):
    view = settled.view(audience)
    with pytest.raises(NotAllowed):
        view.aggregates(family=Family.SECURITY, location_error=True)
    with pytest.raises(NotAllowed):
        view.aggregates(family=Family.SECURITY, categories=("street_robbery",), location_error=True)
    lights = view.aggregates(family=Family.SECURITY, categories=("street_light",), location_error=True)
    assert lights.location_expected.sum() == 1


def test_without_the_question_the_answer_is_as_before(settled):
    view = settled.view(Audience.PUBLIC)
    plain, more = view.aggregates(family=Family.DUMP), view.aggregates(family=Family.DUMP, location_error=True)
    assert not set(LOCATION_COLUMNS) & set(plain.columns)
    assert more.drop(columns=list(LOCATION_COLUMNS)).equals(plain)


def test_an_accuracy_of_kilometres_asks_no_farther_than_one(town):
    first = send(town, -69.995, accuracy_m=1_000)
    one_km = rows(town)["A"]["location_expected"]
    town.move(first, Status.DUPLICATE)
    send(town, -69.995, accuracy_m=100_000)
    assert 0.5 < one_km < 1
    assert rows(town)["A"]["location_expected"] == one_km


def test_too_many_reports_are_not_looked_at():
    require_few(pd.DataFrame(index=range(MOST_LOCATED)))
    with pytest.raises(InputError, match="fewer months"):
        require_few(pd.DataFrame(index=range(MOST_LOCATED + 1)))
