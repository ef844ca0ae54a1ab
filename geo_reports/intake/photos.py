"""Photos that come with a report: each is made safe, and on disk before the report is stored."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import BinaryIO

from geo_reports.errors import BadPhoto, PhotoDamaged, PhotoTooLarge, TooManyRequests
from geo_reports.intake.evidence import Evidence
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
    """A photo in the folder that no report refers to yet, and the SHA-256 of the file it was made of.

    ``place`` is the longitude and latitude (WGS 84) the camera wrote: to be offered to the sender, and never stored.
    """

    photo: Photo
    original: bytes
    place: tuple[float, float] | None = None


class Photos:
    """Takes photos in and names them in forms until their report is sent."""

    def __init__(self, folder: PhotoFolder, key: ServerKey, evidence_days: int | None = None) -> None:
        self._folder, self._key = folder, key
        self._evidence = Evidence(folder, key, evidence_days)
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
            digest = self._folder.put(image.jpeg)
            sealed = self._evidence.keep(data, digest)
            photo = Photo(digest, len(image.jpeg), image.width, image.height, sealed)
            return HeldPhoto(photo, hashlib.sha256(data).digest(), image.place)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with ExitStack() as taken:
            for places, wait_s in ((self._room, 0.0), (self._turns, TURN_S)):
                if not places.acquire(timeout=wait_s):
                    raise TooManyRequests("Many photos are coming in just now. Try again in a moment.", 10)
                taken.callback(places.release)
            yield

    def collect(self, store: Store, now: int) -> int:
        """Remove what no report refers to, if older than a day, and originals whose days are over; returns how many.

        ``now`` is the time, seconds UTC.
        """
        return self._evidence.expire(store, now) + collect_orphans(self._folder, store)

    def ticket(self, held: HeldPhoto, form_key: str) -> str:
        """Name a held photo in a form with this key: a signed text without quotes or brackets.

        It carries the place, which is the sender's own to see and is kept nowhere else.
        """
        photo = held.photo
        sealed = photo.sealed_sha256.hex() if photo.sealed_sha256 else "-"
        place = f"{held.place[0]:.7f},{held.place[1]:.7f}" if held.place else "-"
        text = (
            f"{photo.sha256.hex()} {photo.n_bytes} {photo.width} {photo.height} {held.original.hex()} {sealed} {place}"
        )
        return f"{text} {self._key.sign(f'held photo {form_key} {text}')}"

    def redeem(self, ticket: str, form_key: str) -> HeldPhoto:
        """Return the photo a form names; ``BadPhoto`` for a ticket that is not ours, another form's, or too old."""
        text, _, signature = ticket.rpartition(" ")
        if not self._key.signed(f"held photo {form_key} {text}", signature):
            raise BadPhoto("That photo does not belong to this form; choose it again.")
        digest, n_bytes, width, height, original, sealed, place = text.split()
        sealed_sha256 = bytes.fromhex(sealed) if sealed != "-" else None
        photo = Photo(bytes.fromhex(digest), int(n_bytes), int(width), int(height), sealed_sha256)
        try:
            self._folder.put(self._folder.read(photo.sha256))  # again, or it could be collected before the commit
            if sealed_sha256 is not None:
                self._evidence.renew(sealed_sha256)
        except PhotoDamaged:
            raise BadPhoto("That photo was not kept so long; choose it again.") from None
        return HeldPhoto(photo, bytes.fromhex(original), _place(place))


def _place(text: str) -> tuple[float, float] | None:
    lon, comma, lat = text.partition(",")
    return (float(lon), float(lat)) if comma else None


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
    """Remove pictures and originals that no report refers to, if older than a day; returns how many."""
    pictures = folder.collect(store.photo_digests(), older_than_s=older_than_s)
    return len(pictures) + len(folder.sealed.collect(store.sealed_digests(), older_than_s=older_than_s))
