"""Where a store is with all that belongs to it, and the folder in which a copy of it is worked on."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from geo_reports.errors import StoreBusy, StoreError

Progress = Callable[[float], None]
"""Told the share (0 to 1) that is done."""


@dataclass(frozen=True)
class Site:
    """Places of one store.

    ``work`` is a folder that may be made and removed; it holds copies in the clear for a while, so it lies where the
    store lies.
    """

    db: str
    photos: Path
    keys: Path
    work: Path


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """Folder for drafts, only its owner's, empty at first and gone afterwards; what a killed program left is removed.

    Folders above it that were made for it go too, unless something was put there meanwhile. ``StoreBusy`` while
    another program works there, ``StoreError`` where it cannot be made.
    """
    try:
        made = _make(folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StoreError(f"{folder} cannot be used: {error.strerror}.") from None
    try:
        if not _taken(descriptor, folder):
            raise StoreBusy(f"Another backup or restore works in {folder}: wait until it is done.")
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
            for parent in made:
                with suppress(OSError):  # it holds something by now
                    parent.rmdir()
    finally:
        os.close(descriptor)


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it, only their owner's; returns the ones above that were made, inmost first."""
    above: list[Path] = []
    if not folder.parent.exists():
        above = [folder.parent, *_make(folder.parent)]
    folder.mkdir(exist_ok=True, mode=0o700)
    return above


def _taken(descriptor: int, folder: Path) -> bool:
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # another program may have finished and removed the folder since it was opened
        return os.fstat(descriptor).st_ino == folder.stat().st_ino
    return False
