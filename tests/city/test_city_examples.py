"""The example cities load from real data, and know what their archives hold."""

import csv
import gzip
import runpy
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.report import Family

# units, residents, warnings: West Yorkshire has 8 rings to repair
EXPECTED = {"toronto": (140, 0, 0), "west_yorkshire": (1388, 2_226_058, 8), "santiago": (1, 0, 0)}


@pytest.fixture(scope="module")
def cities(repo: Path, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the example cities with their data linked in."""
    copies = tmp_path_factory.mktemp("cities")
    for name in EXPECTED:
        shutil.copytree(repo / "tests" / "cities" / name, copies / name, ignore=shutil.ignore_patterns("data"))
    link = runpy.run_path(str(repo / "tests" / "cities" / "link_data.py"))["link"]
    assert len(link(real_data, copies)) == 8
    return copies


def profile(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / "layers" / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))


def values(files: Iterable[Path], column: str) -> set[str]:
    found = set()
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            found |= {row[column] for row in csv.DictReader(file)}
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_example_city_is_sound(cities: Path, name: str):
    units, residents, warned = EXPECTED[name]
    problems, warnings = check(cities / name)
    assert problems == []
    assert len(warnings) == warned
    table = city.load(cities / name).primary.table
    assert (len(table), table.population.sum()) == (units, residents)


@pytest.mark.parametrize(
    ("name", "archive", "pattern"),
    [("toronto", "incidents", "incidents.csv.gz"), ("west_yorkshire", "street", "*-street.csv.gz")],
)
def test_profile_translates_every_category_of_the_archive(cities: Path, name: str, archive: str, pattern: str):
    told = profile(cities / name, archive)
    found = values((cities / name / "layers" / "data").glob(pattern), told["category_column"])
    assert found == set(told["categories"])
    security = {category.id for category in city.load(cities / name).categories_of(Family.SECURITY)}
    assert set(told["categories"].values()) == security


def test_every_point_of_santiago_lies_in_its_rectangle(cities: Path):
    points = gpd.read_file(cities / "santiago" / "layers" / "data" / "microbasurales.geojson").geometry
    assert len(points) == 230
    assert city.load(cities / "santiago").contains(points.x, points.y).all()


def test_city_without_its_data_says_which_file_is_missing(repo: Path, tmp_path: Path):
    source = repo / "tests" / "cities" / "toronto"
    copy = Path(shutil.copytree(source, tmp_path / "toronto", ignore=shutil.ignore_patterns("data")))
    problems, _ = check(copy)
    assert [(p.where, p.wrong) for p in problems if p.file == "layers/city.toml"] == [
        ("layers[neighbourhoods].versions[0].file", "'data/neighbourhoods.geojson' does not exist")
    ]


def test_linking_again_replaces_the_links_and_an_absent_folder_makes_none(repo: Path, tmp_path: Path):
    link = runpy.run_path(str(repo / "tests" / "cities" / "link_data.py"))["link"]
    (tmp_path / "source" / "toronto").mkdir(parents=True)
    (tmp_path / "source" / "toronto" / "a.csv").write_text("x")
    first, again = link(tmp_path / "source", tmp_path / "cities"), link(tmp_path / "source", tmp_path / "cities")
    assert first == again == [tmp_path / "cities" / "toronto" / "layers" / "data" / "a.csv"]
    assert again[0].read_text() == "x"
    assert link(tmp_path / "nowhere", tmp_path / "cities") == []
