"""Photos that come with a report: each is made safe, and on disk before the report is stored."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import BinaryIO

from geo_reports.errors import BadPhoto, PhotoDamaged, PhotoTooLarge, TooManyRequests
from geo_reports.intake.images import LIMITS, TOO_LARGE, reencode
from geo_reports.intake.keys import ServerKey
from geo_reports.store import Photo, PhotoFolder, Store

MOST = 5
"""Photos of one report."""
MOST_BYTES = 40_000_000
"""Bytes of one request with photos."""
AT_ONCE = 4
"""Photos in memory at once, whoever sent them."""
MOST_WAITING = 12
"""Photos that may wait for that; each holds one of the forty threads that pages need too."""
TURN_S = 15.0
GRACE_S = 86_400.0
"""After a day no form that was shown with a photo is sent any more."""


@dataclass(frozen=True)
class HeldPhoto:
    """A photo in the folder that no report refers to yet, and the SHA-256 of the file it was made of."""

    photo: Photo
    original: bytes


class Photos:
    """Takes photos in and names them in forms until their report is sent."""

    def __init__(self, folder: PhotoFolder, key: ServerKey) -> None:
        self._folder, self._key = folder, key
        self._turns, self._room = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE + MOST_WAITING)

    def hold(self, sent: BinaryIO) -> HeldPhoto:
        """Make a photo safe and keep it; when this returns it is on disk.

        Raises ``BadPhoto``, ``PhotoTooLarge``, ``TooManyRequests`` when too many come at once, or ``StoreError``.
        """
        with self._turn():
            sent.seek(0)
            data = sent.read(LIMITS.max_bytes + 1)
            if len(data) > LIMITS.max_bytes:
                raise PhotoTooLarge(TOO_LARGE)
            image = reencode(data)
            photo = Photo(self._folder.put(image.jpeg), len(image.jpeg), image.width, image.height)
            return HeldPhoto(photo, hashlib.sha256(data).digest())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with ExitStack() as taken:
            for places, wait_s in ((self._room, 0.0), (self._turns, TURN_S)):
                if not places.acquire(timeout=wait_s):
                    raise TooManyRequests("Many photos are coming in just now. Try again in a moment.", 10)
                taken.callback(places.release)
            yield

    def collect(self, store: Store) -> int:
        """Remove photos that no report refers to, if older than a day; returns how many."""
        return collect_orphans(self._folder, store)

    def ticket(self, held: HeldPhoto, form_key: str) -> str:
        """Name a held photo in a form with this key."""
        photo = held.photo
        text = f"{photo.sha256.hex()} {photo.n_bytes} {photo.width} {photo.height} {held.original.hex()}"
        return f"{text} {self._key.sign(f'held photo {form_key} {text}')}"

    def redeem(self, ticket: str, form_key: str) -> HeldPhoto:
        """Return the photo a form names; ``BadPhoto`` for a ticket that is not ours, another form's, or too old."""
        text, _, signature = ticket.rpartition(" ")
        if not self._key.signed(f"held photo {form_key} {text}", signature):
            raise BadPhoto("That photo does not belong to this form; choose it again.")
        digest, n_bytes, width, height, original = text.split()
        photo = Photo(bytes.fromhex(digest), int(n_bytes), int(width), int(height))
        try:
            self._folder.put(self._folder.read(photo.sha256))  # again, or it could be collected before the commit
        except PhotoDamaged:
            raise BadPhoto("That photo was not kept so long; choose it again.") from None
        return HeldPhoto(photo, bytes.fromhex(original))


def originals(sent: Iterable[BinaryIO]) -> list[bytes]:
    """SHA-256 of files as they were sent, which a retry has in common whatever was made of them."""
    digests = []
    for file in sent:
        file.seek(0)
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
        digests.append(digest.digest())
    return digests


def check_number(sent: Sequence[object]) -> None:
    """Raise ``BadPhoto`` for more photos than a report may have."""
    if len(sent) > MOST:
        raise BadPhoto(f"A report takes {MOST} photos at most; send fewer.")


def collect_orphans(folder: PhotoFolder, store: Store, older_than_s: float = GRACE_S) -> int:
    """Remove photos that no report refers to, if older than a day; returns how many."""
    return len(folder.collect(store.photo_digests(), older_than_s=older_than_s))
