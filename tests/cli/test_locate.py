"""``locate`` as people use it: the tiny city's four squares and two overlapping sectors."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo_reports.cli import main
from geo_reports.cli.common import app

Ask = Callable[..., str]


@pytest.fixture
def ask(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run ``locate`` in a folder of its own; standard output, or standard error when it fails."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))

    def run(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main(["locate", *words])
        out, err = capsys.readouterr()
        assert left.value.code == code, err
        return err if code else out

    return run


def test_help_has_an_example() -> None:
    done = CliRunner().invoke(app, ["locate", "--help"])
    assert "Example: geo-reports locate" in re.sub(r"[`\s]+", " ", done.output)


def test_a_point_inside_has_a_unit_in_each_layer(ask: Ask, tiny_city) -> None:
    said = json.loads(ask("-69.995", "-32.995", "--json", "--day", "2026-01-05"))
    assert (said["lon"], said["lat"], said["day"], said["inside"]) == (-69.995, -32.995, "2026-01-05", True)
    assert [layer["layer"] for layer in said["layers"]] == list(tiny_city.layers)
    units = tiny_city.primary.current.units
    row = tiny_city.primary.current.index.assign_one(-69.995, -32.995)
    assert said["layers"][0]["unit"] == units.unit[row]
    assert said["layers"][0]["name"] == units["name"][row]
    assert said["layers"][0]["nearest"] is None


def test_a_point_outside_has_the_nearest_unit_and_its_distance(ask: Ask, tiny_city) -> None:
    said = json.loads(ask("-70.01", "-32.995", "--json"))
    barrios = said["layers"][0]
    assert not said["inside"]
    assert barrios["unit"] is None
    row = tiny_city.primary.current.index.assign_one(-69.999, -32.995)
    assert barrios["nearest"]["unit"] == tiny_city.primary.current.units.unit[row]
    assert barrios["nearest"]["distance_m"] == pytest.approx(934, abs=2)  # a square is as wide


def test_words_for_people(ask: Ask) -> None:
    assert "in Villa Chica" in ask("-69.995", "-32.995")
    said = ask("-70.01", "-32.995")
    assert "outside Villa Chica" in said
    assert re.search(r"Nearest in barrios: .*, 93\d m away\.", said)


@pytest.mark.parametrize("words", [("200", "0"), ("0", "91"), ("nan", "0"), ("0", "inf")])
def test_what_is_no_place_is_refused(ask: Ask, words: tuple[str, str]) -> None:
    assert "no place on Earth" in ask(*words, code=1)


def test_swapped_numbers_are_noticed(ask: Ask) -> None:
    assert "swapped" in ask("-32.995", "-69.995", code=1)
