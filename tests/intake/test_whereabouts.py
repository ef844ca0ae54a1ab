"""Where a point lies, in a layer of two editions with a gap of a year between them."""

import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest

from geo_reports import city
from geo_reports.intake.whereabouts import NearestUnit, Standing, standings

EDITION = 'file = "barrios.geojson"\nid_column = "id"\nname_column = "name"\npopulation_column = "population"\n'
LATER = EDITION.replace("barrios.geojson", "moved.geojson") + "valid_from = 2021-01-01\n"
ENDED = "valid_to = 2020-01-01\n"


@pytest.fixture
def moved(repo: Path, tmp_path: Path) -> city.City:
    """The tiny city, whose squares end with 2019 and come back in 2021 one square farther west."""
    folder = Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))
    layers = folder / "layers"
    units = gpd.read_file(layers / "barrios.geojson")
    units.set_geometry(units.translate(-0.01)).to_file(layers / "moved.geojson")
    toml = (layers / "city.toml").read_text()
    assert EDITION in toml
    (layers / "city.toml").write_text(toml.replace(EDITION, f"{LATER}[[layers.versions]]\n{EDITION}{ENDED}"))
    return city.load(folder)


def standing(place: city.City, lon: float, day: date) -> Standing:
    return standings(place, lon, -32.995, day)[0]


def test_unit_and_nearest_are_of_the_edition_of_that_day(moved: city.City) -> None:
    east, before, after = -69.985, date(2019, 6, 1), date(2022, 6, 1)
    assert standing(moved, east, before).unit == "B"
    out = standing(moved, east, after)
    assert (out.unit, out.nearest) == (None, NearestUnit("B", "Barrio B", pytest.approx(467, abs=2)))
    assert standing(moved, -70.005, before).nearest == NearestUnit("A", "Barrio A", pytest.approx(467, abs=2))
    assert standing(moved, -70.005, after).unit == "A"


def test_no_unit_is_near_where_no_edition_held(moved: city.City) -> None:
    assert standing(moved, -69.995, date(2020, 6, 1)) == Standing("barrios", None, None, None, None, ())
