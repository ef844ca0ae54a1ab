"""A loaded city answers for its units, editions, places and digest."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from geo_reports import city
from geo_reports.errors import NotFound
from geo_reports.report import Family

UNKNOWN = "NaT"
EDITIONS = """\
[[layers.versions]]
file = "sectors.geojson"
id_column = "id"
name_column = "name"
source = "made up"
licence = "CC0-1.0"
valid_from = 2020-01-01
valid_to = 2021-01-01

[[layers.versions]]
file = "barrios.geojson"
id_column = "id"
name_column = "name"
source = "made up"
licence = "CC0-1.0"
valid_from = 2022-01-01
"""


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    """A copy of the tiny city, to change."""
    return Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))


@pytest.fixture
def two_editions(folder: Path) -> city.Layer:
    """Sectors W and E in 2020, nothing in 2021, the squares A to D since 2022."""
    toml = folder / "layers" / "city.toml"
    before, found, after = toml.read_text(encoding="utf-8").partition('[[layers.versions]]\nfile = "sectors.geojson"')
    assert found
    toml.write_text(before + EDITIONS + after[after.index("\n[[places]]") :], encoding="utf-8")
    return city.load(folder).layer("sectors")


def units(layer: city.Layer, lon: list[float], lat: list[float], day: list[str]) -> list[str]:
    rows = layer.assign(lon, lat, np.array(day, "datetime64[D]"))
    return [layer.table.unit[row] if row >= 0 else "" for row in rows]


def test_points_fall_in_their_squares_and_outside_in_none(tiny_city: city.City):
    lon, lat = [-69.995, -69.985, -69.995, -69.985, -69.97], [-32.995, -32.995, -32.985, -32.985, -32.985]
    assert units(tiny_city.primary, lon, lat, [UNKNOWN] * 5) == ["A", "B", "C", "D", ""]


def test_point_on_a_shared_border_or_corner_falls_in_the_unit_that_sorts_first(tiny_city: city.City):
    lon, lat = [-69.99, -69.99, -69.99], [-32.995, -32.985, -32.99]
    assert units(tiny_city.primary, lon, lat, [UNKNOWN] * 3) == ["A", "C", "A"]


def test_point_in_two_overlapping_units_falls_in_one(tiny_city: city.City):
    lon, lat = [-69.999, -69.990, -69.981], [-32.99] * 3
    assert units(tiny_city.layer("sectors"), lon, lat, [UNKNOWN] * 3) == ["W", "E", "E"]


def test_population_is_unknown_where_the_file_holds_null(tiny_city: city.City):
    population = tiny_city.primary.table.population
    assert population[:3].tolist() == [1000, 2000, 4000]
    assert np.isnan(population[3])


@pytest.mark.parametrize(
    ("day", "unit"),
    [
        ("1966-05-05", "W"),  # older than the first edition
        ("2020-01-01", "W"),
        ("2020-12-31", "W"),
        ("2021-01-01", ""),  # the first day the first edition no longer holds
        ("2021-12-31", ""),
        ("2022-01-01", "A"),
        ("2030-01-01", "A"),
        (UNKNOWN, "A"),
    ],
)
def test_report_counts_in_the_edition_valid_on_its_day(two_editions: city.Layer, day: str, unit: str):
    assert units(two_editions, [-69.995], [-32.995], [day]) == [unit]


def test_points_of_several_days_are_assigned_together(two_editions: city.Layer):
    days = ["2020-06-01", "2021-06-01", "2022-06-01", UNKNOWN]
    assert units(two_editions, [-69.995] * 4, [-32.985] * 4, days) == ["W", "", "C", "C"]


def test_no_edition_holds_after_the_last_has_ended(folder: Path):
    toml = folder / "layers" / "city.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('file = "sectors.geojson"', 'file = "sectors.geojson"\nvalid_to = 2020-01-01'))
    layer = city.load(folder).layer("sectors")
    assert units(layer, [-69.999] * 3, [-32.99] * 3, ["2019-12-31", "2020-01-01", UNKNOWN]) == ["W", "", "W"]


def test_without_a_boundary_layer_the_primary_layer_is_the_city(tiny_city: city.City):
    assert tiny_city.boundary is tiny_city.primary
    assert [layer.id for layer in tiny_city.unit_layers] == ["barrios", "sectors"]
    assert tiny_city.contains([-69.995, -69.97], [-32.995, -32.995]).tolist() == [True, False]


def test_boundary_layer_assigns_no_reports(folder: Path):
    toml = folder / "layers" / "city.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('primary_layer = "barrios"', 'primary_layer = "barrios"\nboundary_layer = "sectors"'))
    made = city.load(folder)
    assert made.boundary.id == "sectors"
    assert [layer.id for layer in made.unit_layers] == ["barrios"]


def test_unknown_layer_is_answered_with_those_there_are(tiny_city: city.City):
    with pytest.raises(NotFound, match="barrios, sectors"):
        tiny_city.layer("wards")


def test_publication_has_a_default_per_family(tiny_city: city.City):
    published = {category.id: category.published for category in tiny_city.spec.categories}
    assert published == {
        "household": "point",
        "rubble": "point",
        "street_robbery": "area",
        "street_light": "point",
        "threat": "never",
    }
    assert [c.id for c in tiny_city.categories_of(Family.DUMP)] == ["household", "rubble"]


def test_rows_marked_to_be_skipped_are_no_streets(tiny_city: city.City):
    assert tiny_city.streets.street.tolist() == ["LOS AROMOS", "LOS AROMOS", "AV LOS CIPRESES"]
    assert tiny_city.streets.number.tolist() == ["100", "200", ""]


def test_digest_follows_every_file_of_the_folder(folder: Path):
    seen = {city.load(folder).digest}
    for name in ("layers/city.toml", "layers/streets.csv", "maps/crews.toml"):
        path = folder / name
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(city.load(folder).digest)
    assert len(seen) == 4


def test_digest_does_not_depend_on_where_the_folder_lies(folder: Path, tiny_city: city.City):
    assert city.load(folder).digest == tiny_city.digest
