"""The command line as people use it: real commands, a real store, real files."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo_reports.cli import main
from geo_reports.cli.common import app

COMMANDS = [
    "init",
    "check",
    "import",
    "aggregate",
    "render",
    "serve",
    "demo",
    "doctor",
    "report",
    "reassign",
    "locate",
    "geocode",
]
USER_COMMANDS = ["add", "list", "role", "disable", "enable", "reset"]
CSV = """id,lon,lat,kind,day
1,-69.995,-32.995,rubble,2026-01-05
2,-69.985,-32.995,rubble,2026-01-06
3,x,-32.995,rubble,2026-01-06
"""
PROFILE = """
format = 1
source = "town-hall"
id_column = "id"
lon_column = "lon"
lat_column = "lat"
category_column = "kind"
[occurred]
date_column = "day"
precision = "day"
"""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    stdout: str
    stderr: str


Shell = Callable[..., Said]


@pytest.fixture
def shell(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command in a folder of its own, with its own store and keys, and expect an exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))
    monkeypatch.setenv("GEO_REPORTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GEO_REPORTS_KEY_DIR", str(tmp_path / "keys"))

    def run(*words: str, code: int = 0) -> Said:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = Said(*capsys.readouterr())
        assert left.value.code == code, said
        return said

    return run


@pytest.fixture
def archive(tmp_path: Path) -> list[str]:
    (tmp_path / "old.csv").write_text(CSV)
    (tmp_path / "profile.toml").write_text(PROFILE)
    return ["import", "old.csv", "--profile", "profile.toml"]


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), *(["user", name] for name in USER_COMMANDS)])
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    done = CliRunner().invoke(app, [*command, "--help"])
    assert done.exit_code == 0
    assert f"Example: geo-reports {' '.join(command)}" in re.sub(r"[`\s]+", " ", done.output)


def test_import_adds_up_and_again_adds_nothing(shell: Shell, archive: list[str], tmp_path: Path) -> None:
    first = json.loads(shell(*archive, "--json").stdout)
    assert (first["read"], first["new"], first["existing"], first["rejected"]) == (3, 2, 0, 1)
    assert "4," in (tmp_path / "old.csv.rejects.csv").read_text()
    again = json.loads(shell(*archive, "--json").stdout)
    assert (again["read"], again["new"], again["existing"], again["rejected"]) == (3, 0, 2, 1)
    table = json.loads(shell("aggregate", "--json").stdout)
    assert {row["unit"]: row["count"] for row in table}["A"] == 1


def test_dry_run_stores_nothing(shell: Shell, archive: list[str]) -> None:
    assert json.loads(shell(*archive, "--dry-run", "--json").stdout)["new"] == 2
    assert json.loads(shell("import", "--batches", "--json").stdout) == []


def test_undo_takes_a_batch_back(shell: Shell, archive: list[str]) -> None:
    batch = json.loads(shell(*archive, "--json").stdout)["batch"]
    assert "2 reports removed" in shell("import", "--undo", str(batch)).stdout
    assert sum(row["count"] for row in json.loads(shell("aggregate", "--json").stdout)) == 0
    assert "unbroken" in shell("doctor").stdout


def test_quiet_when_nobody_watches(shell: Shell, archive: list[str]) -> None:
    assert shell(*archive).stderr == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["import"], "Give one of"),
        (["import", "absent.csv"], "absent.csv: the file does not exist"),
        (["import", "--undo", "99"], "no import batch 99"),
        (["aggregate", "--from", "2026-13"], "write a month like 2026-09"),
        (["aggregate", "--from", "2026-06", "--to", "2026-01"], "--to is before --from"),
        (["aggregate", "--layer", "nowhere"], "No layer 'nowhere'"),
        (["aggregate", "--category", "gold"], "'gold' is no category"),
        (["render", "nothing", "-o", "x.html"], "There is no map 'nothing'"),
        (["render", "residents", "-o", "absent/x.html"], "absent/x.html: cannot be written"),
        (["render", "planners", "-o", "x.html"], "add --audience planner"),
        (["report", "--family", "dump", "--category", "rubble"], "a report needs a place"),
        (["report", "--family", "dump", "--category", "rubble", "--lon", "0.5", "--lat", "0.5"], "outside"),
        (
            ["report", "--family", "dump", "--category", "gold", "--lon", "-69.99", "--lat", "-32.99"],
            "'gold' is no category",
        ),
        (["check", "nowhere"], "layers/city.toml"),
        (["user", "disable", "nobody"], "nobody"),
    ],
)
def test_mistakes_get_one_sentence(shell: Shell, words: list[str], says: str) -> None:
    assert says in " ".join(shell(*words, code=1).stderr.split())


def test_report_by_phone_gives_a_code(shell: Shell) -> None:
    place = ["--lon", "-69.995", "--lat", "-32.995"]
    said = shell("report", "--family", "dump", "--category", "rubble", *place, "--size", "car").stdout
    assert re.search(r"Tracking code: [0-9A-Z]{4}(-[0-9A-Z]{4}){3}\n", said)


def test_init_writes_a_folder_that_passes_check(shell: Shell, tmp_path: Path) -> None:
    shell("init", "mine")
    assert "0 problems" in shell("check", "mine").stdout
    assert "mine" in shell("init", "mine", code=1).stderr


def test_check_prints_all_problems_as_json(shell: Shell, tmp_path: Path) -> None:
    shell("init", "mine")
    toml = tmp_path / "mine" / "layers" / "city.toml"
    toml.write_text(toml.read_text().replace("timezone", "timezoen", 1))
    found = json.loads(shell("check", "mine", "--json", code=1).stdout)["problems"]
    assert {(p["file"], p["where"]) for p in found} == {
        ("layers/city.toml", "timezone"),
        ("layers/city.toml", "timezoen"),
    }


def test_demo_is_seeded_labelled_and_apart(shell: Shell, tmp_path: Path) -> None:
    made = json.loads(shell("demo", "--dumps", "40", "--security", "60", "--json").stdout)
    assert made["made"] == 100
    assert set(made["accounts"]) == {"demo-crew", "demo-planner", "demo-moderator", "demo-admin"}
    assert made["database"].endswith("demo.sqlite")
    shell("render", "residents", "-o", "residents.html", "--demo")
    assert "Demostración" in (tmp_path / "residents.html").read_text()
    assert sum(row["count"] for row in json.loads(shell("aggregate", "--json").stdout)) == 0


def test_the_same_seed_makes_the_same_reports(shell: Shell, tmp_path: Path) -> None:
    figures = []
    for name in ("one.sqlite", "two.sqlite"):
        shell("demo", "--db", name, "--dumps", "50", "--security", "10", "--seed", "5")
        table = json.loads(shell("aggregate", "--db", name, "--json").stdout)
        figures.append([(row["unit"], row["count"]) for row in table])
    assert figures[0] == figures[1]


def test_demo_never_joins_real_reports(shell: Shell, archive: list[str]) -> None:
    shell(*archive, "--db", "real.sqlite")
    assert "store of their own" in shell("demo", "--db", "real.sqlite", code=1).stderr


def test_doctor_finds_and_repairs_a_wrong_counter(shell: Shell, archive: list[str], tmp_path: Path) -> None:
    shell(*archive, "--db", "real.sqlite")
    with sqlite3.connect(tmp_path / "real.sqlite") as connection:
        connection.execute("UPDATE counter SET n = n + 1")
    connection.close()
    assert "differ from a recount" in shell("doctor", "--db", "real.sqlite", code=1).stderr
    assert "equal to a recount" in shell("doctor", "--db", "real.sqlite", "--repair").stdout


def test_a_lost_key_is_explained_and_can_be_accepted(shell: Shell, tmp_path: Path) -> None:
    shell("user", "list")
    next((tmp_path / "keys").glob("*.key")).unlink()
    assert "--accept-lost-key" in shell("user", "list", code=1).stderr
    shell("doctor", "--accept-lost-key")
    shell("user", "list")


def test_accounts_are_made_listed_and_disabled(shell: Shell) -> None:
    assert re.search(r"ana: \S{19}", shell("user", "add", "ana", "--role", "crew").stdout)
    shell("user", "disable", "ana")
    assert json.loads(shell("user", "list", "--json").stdout)[0]["disabled"] is True
    assert "public" in shell("user", "add", "eva", "--role", "public", code=1).stderr


def test_the_installed_program_answers_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "geo_reports", "check", "nowhere"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("layers/city.toml: file: is missing")


def test_help_loads_no_map_library() -> None:
    code = "import sys, geo_reports.cli; print(sorted({'folium', 'geopandas', 'fastapi'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
