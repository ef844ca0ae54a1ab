"""Evidence mode: photos as they were sent, encrypted, for a number of days; every look at one is recorded first."""

from geo_reports.errors import InputError, NotFound
from geo_reports.intake.keys import ServerKey
from geo_reports.store import PhotoFolder, Store
from geo_reports.store.change import append_event
from geo_reports.store.erasure import IN_FLIGHT_S
from geo_reports.store.gallery import Kept, forget_originals, unwanted

LONGEST_REASON = 500
"""Characters of the reason why an original is read."""
DAY_S = 86_400
RETENTION = "retention"
"""Who lets go of originals whose days are over."""


class Evidence:
    """Keeps originals while the city folder says so (``days``), and lets go of them when it does not.

    ``folder`` is that of the pictures; the originals lie in one inside it.
    """

    def __init__(self, folder: PhotoFolder, key: ServerKey, days: int | None = None) -> None:
        self._folder, self._key, self._days = folder.sealed, key, days

    def keep(self, original: bytes, held: bytes) -> bytes | None:
        """Seal a photo as it was sent, bound to the digest of what is held of it; returns the name of its file.

        When this returns it is on disk. None, and nothing is kept, unless the mode is on.
        """
        return None if self._days is None else self._folder.put(self._key.seal_photo(original, held))

    def renew(self, digest: bytes) -> None:
        """Start the grace period of a file anew, as ``PhotoFolder.put`` does; ``PhotoDamaged`` if it is gone."""
        self._folder.put(self._folder.read(digest))

    def read(self, store: Store, one: Kept, *, actor: str, reason: str, at: int) -> bytes:
        """Open an original for a reason; who and why is on disk before a byte of it is read.

        The only way to an original. Raises ``InputError`` without a reason, ``NotFound`` where none is kept,
        ``PhotoDamaged`` or ``KeyProblem``.
        """
        why = reason.strip()
        if not why or len(why) > LONGEST_REASON or "\x00" in why:
            message = f"This needs a reason of at most {LONGEST_REASON} characters; it is recorded."
            raise InputError(message, field="reason")
        if one.sealed_sha256 is None:
            raise NotFound("No original of this photo is kept.")
        with store.writing() as connection:
            note = f"{one.n} {why}"
            append_event(connection, one.report_id, "evidence", reason="read", note=note, actor=actor, at=at)
        return self._key.open_photo(self._folder.read(one.sealed_sha256), one.sha256)

    def expire(self, store: Store, now: int) -> int:
        """Remove originals whose days are over, all of them while the mode is off; returns how many."""
        if not store.sealed_digests():
            return 0
        before = now + 1 if self._days is None else now - self._days * DAY_S
        with store.writing() as connection:
            gone = forget_originals(connection, before, actor=RETENTION, at=now)
        with store.reading() as connection:
            alone = unwanted(connection, set(gone))
        self._folder.discard(alone, older_than_s=IN_FLIGHT_S)
        return len(gone)
