"""``write_starter`` makes a city folder that works at once."""

from pathlib import Path

import pytest

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.city.starter import write_starter
from geo_reports.errors import InputError
from geo_reports.report import Family


def test_starter_has_no_problem_and_no_warning(tmp_path: Path):
    write_starter(tmp_path / "new")
    assert check(tmp_path / "new") == ([], [])


def test_starter_returns_the_files_it_wrote(tmp_path: Path):
    written = write_starter(tmp_path)
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_starter_is_four_squares_with_three_maps_and_a_plan(tmp_path: Path):
    write_starter(tmp_path)
    made = city.load(tmp_path)
    assert list(made.primary.table.unit) == ["a", "b", "c", "d"]
    assert set(made.maps) == {"residents", "crews", "planners"}
    assert [plan.units for plan in made.plans] == [("a", "b")]
    assert all(made.categories_of(family) for family in Family)
    # 0.01 degree near the equator is 1.11 km
    assert made.primary.table.area_km2.tolist() == pytest.approx([1.11 * 1.11] * 4, rel=0.02)


def test_starter_publishes_no_security_report_as_a_point(tmp_path: Path):
    write_starter(tmp_path)
    assert {c.published for c in city.load(tmp_path).categories_of(Family.SECURITY)} == {"area"}


@pytest.mark.parametrize("name", ["layers/mine.csv", "maps/mine.toml"])
def test_starter_refuses_to_write_beside_other_files(tmp_path: Path, name: str):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        write_starter(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_starter_refuses_a_file_in_place_of_a_folder(tmp_path: Path):
    (tmp_path / "maps").write_text("a file")
    with pytest.raises(InputError):
        write_starter(tmp_path)
    assert not (tmp_path / "layers").exists()


def test_starter_accepts_empty_folders(tmp_path: Path):
    (tmp_path / "layers").mkdir()
    (tmp_path / "maps").mkdir()
    assert write_starter(tmp_path)
