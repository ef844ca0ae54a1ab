"""Open reports close by: which, how far, and that they tell no place that is not public."""

import numpy as np
import pytest

from geo_reports.privacy.nearby import MOST_NEAR, haversine_m
from geo_reports.report import Audience, Channel, Family, NewReport, Status

LON, LAT = -69.9951, -32.9951
METRE = 1 / 111_195  # of latitude, in degrees


def near(town, lon=LON, lat=LAT, family=Family.DUMP):
    return town.view(Audience.PUBLIC).nearby(family, lon, lat)


def test_distance_on_the_sphere():
    away = haversine_m(0.0, 0.0, np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    assert away.round() == pytest.approx([0, 111_195, 10_007_557], abs=1)


def test_nearest_first_within_fifty_metres(town):
    at = {north_m: place(town, north_m).public_id for north_m in (45, 0, -22, 80)}
    found = near(town)
    assert [one.public_id for one in found] == [at[0], at[-22], at[45]]
    assert [round(one.distance_m, -1) for one in found] == [0, 20, 40]


def place(town, north_m, **change):
    new = {"family": "dump", "category": "rubble", "lon": LON, "lat": LAT + north_m * METRE, **change}
    return town.intake.accept(NewReport(**new), channel=Channel.WEB)


def test_what_is_told(town):
    report = place(town, 0, size="car", occurred_at="2026-10-12")
    (one,) = near(town)
    assert (one.public_id, one.category, one.status, one.size) == (report.public_id, "rubble", "received", "car")
    assert (one.age_days, one.voices, one.photo) == (3, 0, None)


def test_distances_are_from_the_published_place(town):
    place(town, 0.0, lon=LON + 0.00004, lat=LAT - 0.00004)  # rounds to LON, LAT
    assert near(town)[0].distance_m == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("status", [Status.CLEANED, Status.REJECTED, Status.DUPLICATE])
def test_only_open_ones(town, status):
    report = place(town, 0)
    town.move(report.public_id, Status.IN_PROGRESS)
    assert len(near(town)) == 1
    town.move(report.public_id, status)
    assert near(town) == ()


def test_a_held_report_is_nobody_s_neighbour(town):
    new = NewReport(family="dump", category="rubble", lon=LON, lat=LAT)
    report = town.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD)
    assert near(town) == ()
    town.store.set_status(report.public_id, Status.RECEIVED, reason=None, note=None, actor="ana", at=1)
    assert len(near(town)) == 1


@pytest.mark.parametrize("category", ["street_robbery", "street_light", "threat"])
def test_security_has_no_neighbours(town, category):
    town.send(category)
    for family in Family:
        assert near(town, family=family) == ()


def test_at_most_some(town):
    for north_m in range(MOST_NEAR + 2):
        place(town, north_m)
    assert len(near(town)) == MOST_NEAR
