import numpy as np
import pandas as pd
import pytest

from geo_reports.geography import CONFIDENT, Gazetteer
from geo_reports.geography.gazetteer.numbering import runs

METRE_EAST, METRE_NORTH = 1 / (111_195 * np.cos(np.radians(33.5))), 1 / 111_195
COLUMNS = ["street", "number", "lon", "lat"]


def street(name, numbers, x_m, y_m, east=0, north=0):
    """Points of a street whose number 0 is at x_m, y_m, so many metres east and north for each number."""
    return [
        (name, str(n), -70.7 + (x_m + n * east) * METRE_EAST, -33.5 + (y_m + n * north) * METRE_NORTH) for n in numbers
    ]


def off_m(found, x_m, y_m):
    return np.hypot((found.lon + 70.7) / METRE_EAST - x_m, (found.lat + 33.5) / METRE_NORTH - y_m)


GRID = [row for n in range(4) for row in street(f"Calle {chr(65 + n)}ndes", range(0, 2001, 200), 200 * n, 0, north=1)]


def test_a_street_of_one_number_goes_the_way_of_those_beside_it():
    gazetteer = Gazetteer.of(pd.DataFrame([*GRID, *street("Lumen", [1000], 300, 0, north=1)], columns=COLUMNS))
    for number in (500, 900, 1300):
        found = gazetteer.geocode(f"Lumen {number}")[0]
        assert off_m(found, 300, number) < 40
        assert found.parts["how"] == "beyond"
        assert found.accuracy_m > 0.4 * abs(number - 1000)


def test_streets_that_run_every_way_say_nothing():
    random = np.random.default_rng(1)
    ways = random.uniform(0, 2 * np.pi, 60)
    rows = [
        row
        for n, way in enumerate(ways)
        for row in street(
            f"Calle {n}bis", (900, 1000, 1100), 300 - 1000 * np.cos(way), -1000 * np.sin(way), np.cos(way), np.sin(way)
        )
    ]
    gazetteer = Gazetteer.of(pd.DataFrame([*rows, *street("Lumen", [1000], 300, 0)], columns=COLUMNS))
    found = gazetteer.geocode("Lumen 1600")[0]
    assert (found.parts["how"], found.quality < CONFIDENT) == ("near", True)
    assert off_m(found, 300, 0) < 1


def test_numbers_of_another_kind_beside_it_say_nothing():
    gazetteer = Gazetteer.of(pd.DataFrame([*GRID, *street("Lumen", [90_000], 300, 0)], columns=COLUMNS))
    assert off_m(gazetteer.geocode("Lumen 90500")[0], 300, 0) < 150


def test_a_streets_own_corners_give_its_direction():
    # numbers grow to the north and to the east in this city; Lumen is known to lie east and west
    across = [
        row
        for n in range(4)
        for row in street(f"Paseo {chr(65 + n)}lto", range(0, 2001, 200), -500, 700 + 200 * n, east=1)
    ]
    corners = [("Lumen", "", -70.7 + x * METRE_EAST, -33.5 + 1000 * METRE_NORTH) for x in (0, 400, 800)]
    rows = [*GRID, *across, *street("Lumen", [1000], 500, 1000), *corners]
    found = Gazetteer.of(pd.DataFrame(rows, columns=COLUMNS)).geocode("Lumen 1400")[0]
    assert off_m(found, 900, 1000) < 80


def test_runs_leave_out_wrong_points():
    lat = -33.5 + np.array([0, 100, 5000, 200]) * METRE_NORTH
    found = runs(np.array([0.0, 100, 200, 300]), np.full(4, -70.7), lat, 1.0)
    assert [run[0] for run in found] == [50.0]
    lon, north_of, east, north = found[0][1:]
    assert (lon, east) == (-70.7, 0)
    assert north == pytest.approx(1)
    assert north_of == pytest.approx(-33.5 + 50 * METRE_NORTH)
