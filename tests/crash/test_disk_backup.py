"""A disk that is full or breaks under a backup: no file that looks like one, and what is backed up stays as it was."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.nursery import ROOT
from tests.crash.shim import BROKEN, FULL, Shim
from tests.store.site import bring_back, files_under, fill, site

BACKUPS = """
import sys
from pathlib import Path
from geo_reports.errors import GeoReportsError
from tests.store.site import make_backup, site
for line in sys.stdin:
    try:
        make_backup(site(Path(sys.argv[1])), Path(line.strip()))
        print("made", flush=True)
    except GeoReportsError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
"""
SHORT = {"halve": True}
CASES = {
    "target: no room": (("WRITE",), "out/*", FULL, {}),
    "target: cut short": (("WRITE",), "out/*", FULL, SHORT),
    "target: no room for its name": (("CREATE",), "out/*", FULL, {}),
    "target: write error": (("WRITE",), "out/*", BROKEN, {}),
    "target: sync error": (("SYNC",), "out/*", BROKEN, {}),
    "target: rename error": (("RENAME",), "out/*", BROKEN, {}),
    "working copy: no room": (("WRITE",), "work/*", FULL, {}),
    "working copy: write error": (("WRITE",), "work/*", BROKEN, {"after": 3}),
    "working copy: no room for its folder": (("MKDIR",), "*", FULL, {}),
}


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Shim:
    """A store with photos on a disk that can be made to fail."""
    folder = tmp_path_factory.mktemp("backups")
    (folder / "disk" / "out").mkdir(parents=True)
    fill(site(folder / "disk"), size=5000).close()
    return Shim(folder / "disk", folder)


@pytest.fixture(scope="module")
def back_up(shim: Shim) -> Iterator[Callable[[Path], str]]:
    """Have a process on that disk make backups; what it says of each."""
    words = [sys.executable, "-c", BACKUPS, str(shim.root)]
    env = {**os.environ, **shim.env}
    with subprocess.Popen(
        words, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def order(file: Path) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{file}\n")
            process.stdin.flush()
            return process.stdout.readline()

        yield order
        process.communicate(timeout=30)


@pytest.mark.parametrize("case", CASES)
def test_a_backup_that_cannot_be_written_leaves_nothing(shim, back_up, case):
    calls, pattern, error, more = CASES[case]
    before = settled(shim)
    shim.fail(*calls, pattern=pattern, error=error, **more)
    said = back_up(shim.root / "out" / "a.backup")
    assert shim.hits > 0, "nothing failed"
    shim.heal()
    assert said.partition(":")[0] in ("StoreError", "StoreFull")
    assert settled(shim) == before


def settled(shim: Shim) -> dict[Path, bytes | None]:
    """All but the store's own files, which whoever opens it may tidy up, and an empty folder to work in."""
    found = files_under(shim.root)
    return {path: data for path, data in found.items() if "sqlite" not in path.name and path.name != "work"}


def test_the_next_backup_is_whole(shim, back_up, tmp_path):
    shim.heal()
    file = shim.root / "out" / "b.backup"
    assert back_up(file) == "made\n"
    bring_back(file, site(tmp_path))
    file.unlink()
