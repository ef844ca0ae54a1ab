"""The repository's own city: Maipú, from ``layers/`` and ``maps/``."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.report import Audience, Family

CATEGORIES = {
    Family.DUMP: ["household", "rubble", "bulky", "green", "tyres", "hazardous", "recycling_overflow"],
    Family.SECURITY: [
        "street_robbery",
        "burglary",
        "vehicle_theft",
        "vandalism",
        "abandoned_vehicle",
        "street_light",
        "unsafe_spot",
        "other",
    ],
}


@pytest.fixture(scope="module")
def maipu(repo: Path) -> city.City:
    return city.load(repo)


@pytest.fixture(scope="module")
def barrios(maipu: city.City) -> np.ndarray:
    return np.asarray(maipu.primary.current.units.geometry.array)


def test_reference_city_has_no_problem_and_no_warning(repo: Path):
    assert check(repo) == ([], [])


def test_there_are_21_barrios_with_the_population_of_their_census_zones(maipu: city.City):
    table = maipu.primary.table
    assert len(table) == 21
    assert table.population.sum() == 501_388
    assert table.set_index("unit").population["los-heroes"] == 34_356


def test_areas_agree_with_those_the_layer_states(maipu: city.City, repo: Path):
    features = json.loads((repo / "layers" / "barrios.geojson").read_text(encoding="utf-8"))["features"]
    stated = {f["properties"]["id"]: f["properties"]["area_km2"] for f in features}
    found = maipu.primary.table.set_index("unit").area_km2.to_dict()
    assert found == pytest.approx(stated, abs=0.002)


def test_barrios_share_borders_but_no_ground(barrios: np.ndarray):
    left, right = shapely.STRtree(barrios).query(barrios, predicate="intersects")
    shared = shapely.area(shapely.intersection(barrios[left], barrios[right]))[left < right]
    assert shared.size > 21
    assert shared.max() == 0


def test_comuna_covers_every_barrio_and_nothing_else(maipu: city.City, barrios: np.ndarray):
    comuna = maipu.boundary.current.units.geometry.iloc[0]
    assert shapely.covers(comuna, barrios).all()
    assert shapely.symmetric_difference(comuna, shapely.union_all(barrios)).area == pytest.approx(0, abs=1e-12)


def test_every_corner_of_a_barrio_is_in_the_city_and_in_a_barrio(maipu: city.City, barrios: np.ndarray):
    lon, lat = shapely.get_coordinates(barrios).T
    assert maipu.contains(lon, lat).all()
    assert (maipu.primary.assign(lon, lat, np.full(lon.shape, "NaT", "datetime64[D]")) >= 0).all()


def test_plaza_de_maipu_is_in_the_city_and_the_pacific_is_not(maipu: city.City):
    assert maipu.contains([-70.757, -72.5], [-33.5102, -33.5]).tolist() == [True, False]


def test_limits_are_said_to_be_approximate(maipu: city.City):
    for layer in maipu.layers.values():
        assert not layer.spec.official
        assert layer.spec.note is not None
        assert "no oficial" in layer.spec.note["es"]
        assert "not official" in layer.spec.note["en"]


def test_everything_states_source_and_licence(maipu: city.City):
    versions = [version.spec for layer in maipu.layers.values() for version in layer.versions]
    for part in (*versions, *maipu.spec.places, *maipu.spec.streets):
        assert part.source
        assert part.licence


def test_categories_are_those_of_the_two_families(maipu: city.City):
    assert {family: [c.id for c in maipu.categories_of(family)] for family in Family} == CATEGORIES


def test_no_security_category_is_published_as_a_point(maipu: city.City):
    assert {c.published for c in maipu.categories_of(Family.SECURITY)} == {"area"}


def test_there_is_a_map_for_each_of_three_audiences(maipu: city.City):
    audiences = {name: spec.audience for name, spec in maipu.maps.items()}
    assert audiences == {"residents": Audience.PUBLIC, "crews": Audience.CREW, "planners": Audience.PLANNER}


def test_plans_cover_real_barrios_once_each(maipu: city.City):
    units = [unit for plan in maipu.plans for unit in plan.units]
    assert len(maipu.plans) == 5
    assert len(units) == len(set(units))


def test_outliers_are_left_out_of_the_streets(maipu: city.City, repo: Path):
    with (repo / "layers" / "streets.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 609
    assert len(maipu.streets) == len([row for row in rows if row["outlier"] == "False"]) == 604


def test_places_are_counted_by_kind(maipu: city.City):
    kinds = [place.kind for place in maipu.places]
    assert {kind: kinds.count(kind) for kind in kinds} == {"schools": 51, "plazas": 69, "landmarks": 18}


@pytest.mark.parametrize("folder", ["layers", "maps"])
def test_city_folder_holds_no_python(repo: Path, folder: str):
    assert list((repo / folder).rglob("*.py")) == []
