"""Backups of one city's store: where they go by default, and with which key they are sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from geo_reports.errors import KeyProblem
from geo_reports.intake.keys import ServerKey
from geo_reports.store.backup import (
    Made,
    Manifest,
    Restored,
    Site,
    back_up,
    make_key,
    open_backup_key,
    restore,
    verify_backup,
)
from geo_reports.store.engine import place_of

__all__ = ["Made", "Manifest", "Restored", "Safekeeping", "make_key"]

Progress = Callable[[float], None]


class Safekeeping:
    """Backs a store up and brings it back. ``made_key`` tells whether a backup key had to be made."""

    def __init__(
        self, site: Site, city: str, key_file: Path, may_make_key: bool, clock: Callable[[], datetime]
    ) -> None:
        self._site, self._city, self._clock = site, city, clock
        self.key_file, self._may_make_key = key_file, may_make_key
        self.made_key = False

    @property
    def place(self) -> str:
        """Where the store is, without a password."""
        return place_of(self._site.db)

    @property
    def photo_folder(self) -> Path:
        """Where its photos are."""
        return self._site.photos

    def back_up(self, file: Path | None, progress: Progress) -> Made:
        """Write a backup and read it back; without a name, or in a folder, it is called by city and moment.

        Errors as of ``store.backup.back_up``.
        """
        folder = Path() if file is None else file
        moment = self._clock().astimezone(UTC)
        target = folder / f"{self._city}-{moment:%Y%m%dT%H%M%SZ}.backup" if folder.is_dir() else folder
        return back_up(
            self._site, target, self._first_key, self._city, check_of=_check_of, clock=self._seconds, progress=progress
        )

    def _first_key(self) -> bytes:
        if self._may_make_key and not self.key_file.exists():
            make_key(self.key_file)
            self.made_key = True
        return self._key()

    def verify(self, file: Path, progress: Progress) -> Manifest:
        """Read a backup whole and keep nothing of it. Errors as of ``restore``."""
        return verify_backup(file, self._key(), self._key_name, self._site.work, progress)

    def restore(self, file: Path, erasures: Path | None, progress: Progress) -> Restored:
        """Restore a backup into the empty place of the settings. Errors as of ``store.backup.restore``."""
        return restore(
            self._site,
            file,
            self._key(),
            self._key_name,
            self._city,
            check_of=_check_of,
            erasures=erasures,
            clock=self._seconds,
            progress=progress,
        )

    @property
    def _key_name(self) -> str:
        return f"the one in {self.key_file}"

    def _key(self) -> bytes:
        if not self.key_file.exists():
            raise KeyProblem(f"There is no backup key at {self.key_file}: name your copy of it with --key-file.")
        return open_backup_key(self.key_file)

    def _seconds(self) -> float:
        return self._clock().timestamp()


def _check_of(secret: bytes) -> str:
    return ServerKey(secret).check
