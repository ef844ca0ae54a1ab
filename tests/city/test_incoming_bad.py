"""Every bad layer is refused with its place and its remedy, quickly, and nothing changes."""

import hashlib
import re
import shutil
import time
from pathlib import Path

import pytest

from geo_reports.city.check import check
from geo_reports.cli import main
from tests.city.bad_layers import BAD, BadLayer

SECONDS = 10


def state(folder: Path) -> dict[str, str]:
    """Digest of every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    return made


def test_the_corpus_is_large_enough():
    names = [bad.name for bad in BAD]
    assert len(set(names)) == len(names) >= 30
    assert sum(bad.checked is not None for bad in BAD) >= 30


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_bad_layer_is_refused_and_nothing_changes(
    bad: BadLayer, folder: Path, outside: Path, capsys: pytest.CaptureFixture[str]
):
    path = bad.make(outside)
    before = state(folder)
    words = ["layers", "add", str(path), "--id", "barrios", "--valid-from", "2026-01-01", "--city", str(folder)]
    began = time.monotonic()
    with pytest.raises(SystemExit) as left:
        main([*words, *bad.options])
    took = time.monotonic() - began
    said = capsys.readouterr().err
    assert left.value.code == 1, said
    assert [word for word in bad.says if word not in said] == [], said
    assert "Traceback" not in said
    assert state(folder) == before
    assert took < SECONDS


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.checked is not None], ids=lambda bad: bad.name)
def test_a_bad_layer_in_the_folder_is_found_by_check(bad: BadLayer, folder: Path):
    (folder / "layers" / "sectors.geojson").unlink()
    path = bad.make(folder / "layers")
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text().replace("sectors.geojson", path.name))
    began = time.monotonic()
    problems, warnings = check(folder)
    assert time.monotonic() - began < SECONDS
    found = [one for one in (*problems, *warnings) if re.search(re.escape(path.stem), str(one))]
    lines = [str(one) for one in found if all(word in str(one) for word in bad.checked or ())]
    assert lines, "\n".join(map(str, (*problems, *warnings)))
    assert all(one.remedy for one in found)
