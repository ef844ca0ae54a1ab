"""Be killed at each named moment of a backup and of a restore, in folders of their own: ``killed.py FOLDER URL``.

``FOLDER/here`` is a store in use, ``FOLDER/whole.backup`` its backup, ``URL`` an empty database.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from geo_reports.store import faults
from tests.store.site import bring_back, make_backup, site

BACKUP = ("backup.copied", "backup.written")
RESTORE = ("restore.mended", "restore.photos", "restore.key", "restore.placed")


def die_at(point: str, work: Callable[[], object]) -> None:
    """Do the work in a child that is killed when it reaches the moment."""
    child = os.fork()
    if child == 0:
        faults.arm(lambda reached: os.kill(os.getpid(), signal.SIGKILL) if reached == point else None)
        work()
        os._exit(1)  # it went past the moment
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{point} was not reached"


def main(folder: Path, url: str) -> None:
    for point in BACKUP:
        mine = folder / point
        shutil.copytree(folder / "here", mine / "here")
        die_at(point, lambda mine=mine: make_backup(site(mine / "here"), mine / "a.backup"))
    for point in RESTORE:
        die_at(point, lambda point=point: bring_back(folder / "whole.backup", site(folder / point)))
    die_at("restore.filled", lambda: bring_back(folder / "whole.backup", site(folder / "restore.filled", url)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
