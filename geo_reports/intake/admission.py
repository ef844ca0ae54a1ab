"""What must be so before a report is taken in: room on the disks, and a network that has not sent too much."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from geo_reports.errors import ProofNeeded, StoreError, StoreFull
from geo_reports.intake.flood import Flood, Proof
from geo_reports.intake.limits import WriteLimit

LOOK_S = 1.0
"""For so long a look at the disks is believed."""
MB = 1_000_000


class Admission:
    """Lets senders in while every folder's disk has ``min_free_mb`` left.

    What is asked for stays readable with a full disk, and what keeps the service running has room to end well.
    """

    def __init__(
        self,
        limit: WriteLimit,
        folders: Sequence[Path] = (),
        min_free_mb: int = 0,
        clock: Callable[[], float] = time.monotonic,
        flood: Flood | None = None,
    ) -> None:
        self._limit, self._folders, self._min_free_mb, self._clock = limit, folders, min_free_mb, clock
        self._flood = flood
        self._looked_at = -LOOK_S
        self._free_mb = 0.0

    def enter(self, sender: str | None, proof: Proof | None = None) -> Callable[[], None]:
        """Count a report of a network address, or of somebody known (None); calling what is returned takes it back.

        Raises ``TooManyRequests``, ``ProofNeeded``, or ``StoreFull``, and then nothing was counted.
        """
        self.require_room()
        if sender is None:
            return _nothing
        leave = self._limit.check(sender)
        if self._flood is None:
            return leave
        try:
            ebb = self._flood.enter(proof or Proof())
        except ProofNeeded:
            leave()
            raise

        def take_back() -> None:
            leave()
            ebb()

        return take_back

    def require_room(self) -> None:
        """Raise ``StoreFull`` when a disk is nearly full."""
        now = self._clock()
        if now - self._looked_at >= LOOK_S:
            self._free_mb = min((_free_mb(folder) for folder in self._folders), default=float("inf"))
            self._looked_at = now
        if self._free_mb < self._min_free_mb:
            raise StoreFull("There is too little room left on the disk to keep new reports. Reading still works.")


def _nothing() -> None:
    """Nothing was counted."""


def _free_mb(folder: Path) -> float:
    """Megabytes that are free for us on the disk of a folder, which need not exist yet."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise StoreError("The disk of the store does not answer.") from error
    return disk.f_bavail * disk.f_frsize / MB
