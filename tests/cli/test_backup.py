"""Backups, restores and erasures as an operator uses them: real commands, a real store, real files."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo_reports.cli import main
from geo_reports.cli.common import app
from geo_reports.store import faults

Run = Callable[..., str]
REPORT = ["report", "--family", "dump", "--category", "rubble", "--lon", "-69.995", "--lat", "-32.995", "--json"]


@pytest.fixture
def run(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder of its own, expect an exit code, and return what it said on both channels."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))
    monkeypatch.setenv("GEO_REPORTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GEO_REPORTS_KEY_DIR", str(tmp_path / "keys"))

    def command(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        assert left.value.code == code, said
        return said.out + said.err

    return command


def test_there_and_back_with_an_erasure_in_between(run: Run, tmp_path: Path) -> None:
    run(*REPORT)
    gone = json.loads(run(*REPORT, "--description", "planted words"))
    said = run("backup", "a.backup")
    assert "written and read back whole" in said
    assert "(RPO): 2 reports, 2 events" in said
    assert "Keep a copy away from this machine" in said
    assert "is whole" in run("backup", "--verify", "a.backup")
    assert "Erased: 1 report" in run("erase", "--code", gone["code"], "--reason", "asked for", "--yes")
    assert not any(b"planted words" in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    said = run("restore", "a.backup", "--db", "new/reports.sqlite")
    assert re.search(r"Restored into new/reports.sqlite in \d+\.\d s \(RTO\)", said)
    assert "Erased again, as they were after the backup: 1 reports." in said
    assert "removals: 1" in run("doctor", "--db", "new/reports.sqlite")
    assert "already" in run("restore", "a.backup", "--db", "new/reports.sqlite", code=1)


def test_wrong_input_is_answered_with_what_to_do(run: Run, tmp_path: Path) -> None:
    assert "no store" in run("backup", code=1)
    assert not (tmp_path / "keys").exists()
    public_id = json.loads(run(*REPORT))["public_id"]
    assert "There is no backup key" in run("backup", "--key-file", "none", code=1)
    assert "Name the backup FILE" in run("backup", "--verify", code=1)
    run("backup", "--new-key", "k")
    assert "never replaces" in run("backup", "--new-key", "k", code=1)
    file = json.loads(run("backup", "--key-file", "k", "--json"))["file"]
    assert "There is no backup key" in run("restore", file, "--db", "new.sqlite", code=1)
    assert "of the city" in run("restore", file, "--db", "new.sqlite", "--key-file", "k", "--city", _other(run), code=1)
    assert "Give one of" in run("erase", "--reason", "x", code=1)
    assert "Say why" in run("erase", "--report", public_id, code=1)
    assert "1 to 32 characters" in run("erase", "--report", public_id, "--reason", "x" * 33, "--yes", code=1)
    assert "no report" in run("erase", "--report", "none", "--reason", "x", "--yes", code=1)
    assert "tracking code" in run("erase", "--code", "none", "--reason", "x", "--yes", code=1)
    assert {path.name for path in tmp_path.iterdir()} == {"city", "data", file, "k", "keys"}


def _other(run: Run) -> str:
    run("init", "city")
    return "city"


def test_an_erasure_is_asked_about(run: Run) -> None:
    public_id = json.loads(run(*REPORT))["public_id"]
    words = ["erase", "--report", public_id, "--reason", "asked for"]
    assert CliRunner().invoke(app, words, input="n\n").exit_code == 1
    assert CliRunner().invoke(app, words, input="y\n").exit_code == 0


@pytest.mark.parametrize("point", ["backup.written", "restore.mended", "restore.key"])
def test_stopped_half_way_it_leaves_everything_as_it_was(run: Run, tmp_path: Path, point: str) -> None:
    run(*REPORT)
    run("backup", "a.backup")

    def stop(reached: str) -> None:
        if reached == point:
            raise KeyboardInterrupt

    words = ["backup", "b"] if point.startswith("backup") else ["restore", "a.backup", "--db", "new/r.sqlite"]
    before = sorted(tmp_path.rglob("*"))
    faults.arm(stop)
    try:
        run(*words, code=130)
    finally:
        faults.arm(None)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["backup", "restore", "erase"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])
    assert f"Example: geo-reports {command}" in re.sub(r"[`\s]+", " ", done.output)
