"""Kill an upgrade at random moments: what is left must be the old store or the new one, whole.

The long run: ``python -m tests.crash.upgrade --rows 100000 --kills 100`` (add ``--db postgresql://…`` for a server).
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from geo_reports.store import Store
from geo_reports.store.engine import open_engine
from geo_reports.store.upgrade import examine
from tests.store.old_store import make

UPGRADE = "import sys; from pathlib import Path; from geo_reports.store.upgrade import upgrade; "
UPGRADE += "upgrade(sys.argv[1], Path(sys.argv[2]))"

Fresh = Callable[[], tuple[str, Path]]
"""Gives the place of a new store, and of its copy."""


@dataclass
class Tally:
    """How often a killed upgrade left the old store, and how often the new one."""

    old: int = 0
    new: int = 0


def start(db: str, copy: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", UPGRADE, db, str(copy)])


def duration_s(db: str, copy: Path) -> float:
    """How long an upgrade takes that nobody interrupts."""
    began = time.monotonic()
    assert start(db, copy).wait() == 0
    return time.monotonic() - began


def kill_one(db: str, copy: Path, after_s: float, rows: int) -> str:
    """Kill one upgrade; the schema that is left, after its rows were counted and the copy was examined."""
    running = start(db, copy)
    time.sleep(after_s)
    running.kill()
    running.wait()
    left = str(examine(db).present)
    assert count(db) == rows
    if copy.exists():  # it bears its name only when it is whole
        assert (str(examine(str(copy)).present), count(str(copy))) == ("0001", rows)
    return left


def count(db: str) -> int:
    engine = open_engine(db)
    with engine.begin() as connection:
        n = int(connection.execute(sa.text("SELECT count(*) FROM report")).scalar_one())
    engine.dispose()
    return n


def finish(db: str, rows: int) -> None:
    """Upgrade what is left, and examine it whole."""
    assert start(db, Path(f"{tempfile.mkdtemp()}/copy.sqlite")).wait() == 0
    store = Store(db)
    assert store.size() == {"reports": rows, "receipts": rows}
    assert all(wrong.empty for wrong in store.miscounted().values())
    assert store.integrity() == []
    store.close()


def run(fresh: Fresh, rows: int, kills: int, seed: int) -> Tally:
    """Kill upgrades of new stores at moments spread over the time one takes; each is then finished."""
    draw, tally = random.Random(seed), Tally()
    db, copy = fresh()
    make(db, rows)
    whole_s = duration_s(db, copy)
    db = ""
    for _ in range(kills):
        if not db:
            db, copy = fresh()
            make(db, rows)
        left = kill_one(db, copy, draw.uniform(0.05, 1.05) * whole_s, rows)
        assert left in ("0001", "0002", "0003")
        if left == "0001":
            tally.old += 1
        else:
            tally.new += 1
            finish(db, rows)
            db = ""  # only an old store can be killed again
    if db:
        finish(db, rows)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**6))

        def fresh() -> tuple[str, Path]:
            number = next(numbers)
            return str(Path(folder) / f"{number}.sqlite"), Path(folder) / f"{number}.copy"

        began = time.monotonic()
        tally = run(fresh, given.rows, given.kills, given.seed)
    print(f"{given.kills} kills of upgrades of {given.rows} reports in {time.monotonic() - began:.0f} s: ", end="")
    print(f"{tally.old} left the old store, {tally.new} the new one; 0 rows lost.")


if __name__ == "__main__":
    main()
