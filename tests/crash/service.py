"""A service to be killed: ``python -m tests.crash.service PORT DB FOLDER``.

Told to, it kills itself, as -9 does, at a point of ``store.faults``.
"""

import argparse
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn

from geo_reports.app import build, create_app, utc_now
from geo_reports.settings import Settings
from geo_reports.store import checkpoint, faults

PAGE_BYTES = 4096
CITY = Path(__file__).parent.parent / "cities" / "tiny"


def die_at(order: Path) -> None:
    """Arm the fault points: an order "POINT N" lies in a file, as soon as somebody puts it there."""
    passed = 0

    def hook(reached: str) -> None:
        nonlocal passed
        if not order.exists():
            return
        point, n = order.read_text().split()
        passed += reached == point
        if passed >= int(n):
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(hook)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("db")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--die-at", type=Path, help="file with an order: at which fault point to die, and when")
    parser.add_argument("--min-free-mb", type=int, default=1)
    parser.add_argument("--pages", type=int, help="checkpoint after so many pages instead of after 48 MB")
    parser.add_argument("--ahead-s", type=float, default=0.0, help="how far the clock is ahead of the real one")
    given = parser.parse_args(words)
    if given.die_at:
        die_at(given.die_at)
    if given.pages:
        checkpoint.LOG_BYTES = given.pages * PAGE_BYTES
    settings = Settings(
        city=CITY,
        db=given.db,
        key_dir=given.folder / "keys",
        photo_dir=given.folder / "photos",
        data_dir=given.folder / "data",
        writes_per_hour=10**9,
        flood_per_minute=10**9,
        min_free_mb=given.min_free_mb,
    )

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=given.ahead_s)

    app = create_app(build(settings, clock).house)
    uvicorn.run(app, host="127.0.0.1", port=given.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
