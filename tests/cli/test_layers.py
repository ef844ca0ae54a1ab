"""``layers add`` as people use it: what it says, in words and in JSON, and what it leaves behind."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo_reports.cli import main
from geo_reports.cli.common import app
from tests.city.bad_layers import BOW_TIE, collection, feature, frame, polygon, square
from tests.city.test_incoming_bad import state

Shell = Callable[..., tuple[str, str]]
ADD = ["layers", "add"]
TO = ["--id", "barrios", "--valid-from", "2026-01-01", "--city", "tiny"]

INTERRUPTED = """
import os, signal, sys, threading, time
from geo_reports.cli import main

def interrupt():
    while "geo_reports.city.incoming.units" not in sys.modules:
        time.sleep(0.01)
    while True:  # as a person would: once more when the first press fell where a library does not hear it
        time.sleep(0.4)
        os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
threading.Thread(target=interrupt, daemon=True).start()
try:
    main(sys.argv[1:])
finally:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
"""


@pytest.fixture
def shell(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command beside a copy of the tiny city and a sound layer; answer what it said on both streams."""
    shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny")
    frame().to_file(tmp_path / "new.gpkg")
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said
        return said.out, said.err

    return run


def test_help_has_an_example():
    done = CliRunner().invoke(app, [*ADD, "--help"])
    assert done.exit_code == 0
    assert "Example: geo-reports layers add" in done.output


def test_a_sound_layer_is_written_and_what_comes_next_is_said(shell: Shell, tmp_path: Path):
    said, _ = shell(*ADD, "new.gpkg", *TO, "--source", "Town", "--licence", "CC0-1.0")
    assert "Written: layers/barrios-2026-01-01.geojson, 2 units" in said
    assert "Guessed: the id is id (2 of 2 ids are those of the present edition)." in said
    assert "Overlaps: 0, 0 m²" in said
    for command in ("check", "layers diff --id barrios", "reassign"):
        assert f"geo-reports {command}" in said
    assert "0 problems" in shell("check", "tiny")[0]


def test_a_dry_run_writes_nothing_and_answers_in_json(shell: Shell, tmp_path: Path):
    before = state(tmp_path / "tiny")
    said = json.loads(shell(*ADD, "new.gpkg", *TO, "--dry-run", "--json")[0])
    assert (said["written"], said["units"], said["ends"]) == (False, 2, "barrios.geojson")
    assert said["topology"]["gaps"]["count"] == 0
    assert state(tmp_path / "tiny") == before


def test_overlaps_and_repairs_are_said_in_square_metres_and_drawn(shell: Shell, tmp_path: Path):
    west = [[-70, -33], [-69.985, -33], [-69.985, -32.99], [-70, -32.99], [-70, -33]]
    bow = [[lon + 0.02, lat] for lon, lat in BOW_TIE]
    file = collection(feature(polygon(west), "A"), feature(polygon(square(1)), "B"), feature(polygon(bow), "C"))
    file(tmp_path)
    said, _ = shell(*ADD, "bad.geojson", *TO, "--repair", "--qa-map", "qa.html")
    assert "Repaired: feature 2 (C): Self-intersection" in said
    # half a square of about 934 m by 1109 m
    assert "A and B 517,938 m²" in said
    assert "<html" in (tmp_path / "qa.html").read_text()


def test_an_approximate_layer_is_not_called_official_by_accident(shell: Shell, tmp_path: Path):
    to = [*ADD, "new.gpkg", *TO[2:]]
    assert "official = true" in shell(*to, "--id", "sectors", "--dry-run")[0]
    assert "official" not in shell(*to, "--id", "barrios", "--dry-run")[0]


def test_a_map_overwrites_nothing_but_a_page(shell: Shell, tmp_path: Path):
    before = state(tmp_path / "tiny")
    assert "ends in .html" in shell(*ADD, "new.gpkg", *TO, "--qa-map", "tiny/layers/city.toml", code=1)[1]
    assert state(tmp_path / "tiny") == before


def test_many_problems_are_cut_short(shell: Shell, tmp_path: Path):
    collection(*(feature(polygon(BOW_TIE), f"u{number}") for number in range(50)))(tmp_path)
    said = shell(*ADD, "bad.geojson", *TO, code=1)[1].splitlines()
    assert len(said) == 22
    assert said[-2:] == ["… and 30 more problems.", "Nothing was written."]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*ADD, "new.gpkg", "--id", "barrios", "--city", "tiny"], "--valid-from: say from which day"),
        ([*ADD, "new.gpkg", "--id", "barrios", "--valid-from", "1.1.2026", "--city", "tiny"], "write a day like"),
        ([*ADD, "new.gpkg", "--id", "x", "--city", "tiny"], "there are barrios, sectors"),
        ([*ADD, "new.gpkg", "--id", "x", "--new", "--city", "tiny"], "--name-es"),
        ([*ADD, "new.gpkg", *TO, "--name-es", "x"], "add --new"),
        ([*ADD, "new.gpkg", *TO, "--qa-map", "absent/qa.html"], "absent/qa.html cannot be written"),
        ([*ADD, "new.gpkg", "--id", "x", "--city", "nowhere"], "layers/city.toml: file: is missing"),
    ],
)
def test_mistakes_get_a_sentence_and_change_nothing(shell: Shell, tmp_path: Path, words: list[str], says: str):
    before = state(tmp_path / "tiny")
    assert says in shell(*words, code=1)[1]
    assert state(tmp_path / "tiny") == before


def test_ctrl_c_stops_it_and_changes_nothing(shell: Shell, tmp_path: Path):
    before = state(tmp_path / "tiny")
    many = []
    for number in range(20_000):
        west, south = -70 + number % 200 * 1e-4, -33 + number // 200 * 1e-4
        ring = [[west, south], [west + 1e-4, south], [west + 1e-4, south + 1e-4], [west, south]]
        many.append(feature(polygon(ring), f"u{number}"))
    collection(*many)(tmp_path)
    began = time.monotonic()
    command = [sys.executable, "-c", INTERRUPTED, *ADD, "bad.geojson", *TO]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 30
    assert state(tmp_path / "tiny") == before
