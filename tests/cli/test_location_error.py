"""``locate --accuracy`` and ``aggregate --with-location-error``."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geo_reports.cli import main

Run = Callable[..., str]


@pytest.fixture
def run(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder of its own; standard output, or standard error when it fails."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))
    monkeypatch.setenv("GEO_REPORTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GEO_REPORTS_KEY_DIR", str(tmp_path / "keys"))

    def run(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        out, err = capsys.readouterr()
        assert left.value.code == code, err
        return err if code else out

    return run


def test_locate_says_how_probable_each_unit_is(run: Run) -> None:
    plain = json.loads(run("locate", "-69.99", "-32.995", "--json"))
    said = json.loads(run("locate", "-69.99", "-32.995", "--accuracy", "30", "--json"))
    barrios = said["layers"][0].pop("probabilities")
    assert {row["unit"]: row["p"] for row in barrios} == {"A": 0.5, "B": 0.5}
    assert [row["p"] for row in said["layers"][1].pop("probabilities")] == [
        1.0
    ]  # the sectors overlap: the first has it
    assert (said.pop("accuracy_m"), said.pop("level")) == (30, 0.95)
    assert said == plain


def test_a_lower_level_is_less_sure(run: Run) -> None:
    at = ("locate", "-69.9903", "-32.995", "--accuracy", "40", "--json")  # 28 m from the border
    p = [json.loads(run(*at, *more))["layers"][0]["probabilities"][0]["p"] for more in ((), ("--level", "0.68"))]
    assert p == pytest.approx([0.957, 0.855], abs=0.002)


def test_words_for_people(run: Run) -> None:
    said = run("locate", "-69.99", "-32.995", "--accuracy", "30")
    assert "Within 30 m in 95% of cases" in said
    assert said.count("50.0%") == 2
    outside = run("locate", "-70.00005", "-32.995", "--accuracy", "30")
    assert re.search(r"barrios +│ – +│ – +│ +6\d\.\d%", outside)


@pytest.mark.parametrize("more", [("--accuracy", "-1"), ("--accuracy", "nan"), ("--accuracy", "9", "--level", "1")])
def test_what_is_no_accuracy_is_refused(run: Run, more: tuple[str, ...]) -> None:
    said = run("locate", "-69.99", "-32.995", *more, code=1)
    assert "level" in said if "--level" in more else "radius in metres" in said


def test_the_nearest_unit_is_that_of_the_edition_of_the_day(
    run: Run, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "city")
    monkeypatch.setenv("GEO_REPORTS_CITY", str(tmp_path / "city"))
    layers = tmp_path / "city" / "layers"
    squares = json.loads((layers / "barrios.geojson").read_text())
    squares["features"] = [one for one in squares["features"] if one["properties"]["id"] not in ("A", "C")]
    (layers / "later.geojson").write_text(json.dumps(squares))
    version = 'file = "barrios.geojson"\nid_column = "id"\nname_column = "name"\n'
    text = (layers / "city.toml").read_text()
    assert version in text
    later = version.replace("barrios", "later") + "valid_from = 2026-06-01\nvalid_to = 2026-09-01\n"
    old = 'source = "made up"\nlicence = "CC0-1.0"\n\n[[layers.versions]]\n'
    (layers / "city.toml").write_text(text.replace(version, later + old + version))
    near = {}
    for day in ("2026-05-31", "2026-06-01", "2026-09-01"):
        barrios = json.loads(run("locate", "-70.001", "-32.995", "--day", day, "--json"))["layers"][0]
        assert barrios["unit"] is None
        near[day] = barrios["nearest"] and (barrios["nearest"]["unit"], round(barrios["nearest"]["distance_m"], -2))
    assert near == {"2026-05-31": ("A", 100), "2026-06-01": ("B", 1000), "2026-09-01": None}


def test_aggregate_with_the_location_error(run: Run, tmp_path: Path) -> None:
    rows = "id,lon,lat,kind,day,m\n1,-69.99,-32.995,rubble,2026-01-05,40\n2,-69.995,-32.995,rubble,2026-01-06,\n"
    (tmp_path / "old.csv").write_text(rows)
    (tmp_path / "old.toml").write_text(
        'format = 1\nsource = "town-hall"\nid_column = "id"\nlon_column = "lon"\nlat_column = "lat"\n'
        'category_column = "kind"\naccuracy_column = "m"\n[occurred]\ndate_column = "day"\nprecision = "day"\n'
    )
    run("import", "old.csv", "--profile", "old.toml")
    plain = run("aggregate", "--csv").splitlines()
    said = run("aggregate", "--csv", "--with-location-error")
    table = {row["unit"]: row for row in csv.DictReader(io.StringIO(said))}
    names = ("location_expected", "location_low", "location_high", "n_without_accuracy")
    assert [table["A"][name] for name in names] == ["1.5", "1", "2", "1"]
    assert [table["B"][name] for name in names] == ["0.5", "0", "1", "0"]
    assert [",".join(line.split(",")[:-4]) for line in said.splitlines()] == plain
    assert json.loads(run("aggregate", "--json", "--with-location-error"))[0]["location_expected"] == 1.5
    assert "as points" in run("aggregate", "--family", "security", "--with-location-error", code=1)
    assert "leave out" in run("aggregate", "--by", "month", "--with-location-error", code=1)
