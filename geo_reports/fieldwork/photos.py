"""``PhotoDesk``: photos as staff see and judge them; what is shown of one is made anew, never the one that was kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_reports.accounts.actor import Actor
from geo_reports.city import City
from geo_reports.errors import InputError, NotAllowed, NotFound, PhotoDamaged
from geo_reports.fieldwork.desk import MAY_MOVE, MAY_PUBLISH
from geo_reports.intake.derivative import Rectangle, checked, derive
from geo_reports.intake.evidence import Evidence
from geo_reports.report import Family, Status
from geo_reports.store import PhotoFolder, Store, gallery
from geo_reports.store.erasure import IN_FLIGHT_S
from geo_reports.store.gallery import Kept
from geo_reports.store.tally import counted_as

OPENED_S = 3600
"""How long after somebody opened a security report, for a reason that was recorded, they may look at its photos."""
LONGEST_WHY = 500


@dataclass(frozen=True)
class PhotoInfo:
    """One photo of a report: ``state`` is held, published or withheld; pixels of what is kept of it."""

    n: int
    state: str
    width: int
    height: int
    has_evidence: bool


Photos = list[PhotoInfo]


class PhotoDesk:
    """Photos of reports, for staff. ``NotAllowed`` where the actor's role does not reach, ``NotFound`` for no photo."""

    def __init__(
        self, city: City, store: Store, folder: PhotoFolder, evidence: Evidence, clock: Callable[[], datetime]
    ) -> None:
        self._city, self._store, self._clock = city, store, clock
        self._folder, self._evidence = folder, evidence

    def list(self, public_id: str) -> Photos:
        """Photos of a report in their order."""
        with self._store.reading() as connection:
            found = gallery.photos_of(connection, public_id)
        return [PhotoInfo(one.n, one.state, one.width, one.height, one.sealed_sha256 is not None) for one in found]

    def publish(self, public_id: str, n: int, rectangles: Sequence[Rectangle], actor: Actor) -> None:
        """Show a photo with these rectangles covered for good, in place of what was shown of it before.

        Raises ``InputError`` for rectangles that are none, and for photos of a category that is not shown one by one.
        """
        _require(actor)
        checked(rectangles)
        one = self._find(public_id, n)
        self._require_shown(one)
        made = derive(self._folder.read(one.sha256), rectangles)
        digest = self._folder.put(made)
        with self._store.writing() as connection:
            before = gallery.photo_of(connection, public_id, n)
            self._require_shown(before)  # once more: it may have got another category meanwhile
            gallery.publish(connection, before, digest, len(made), actor=actor.login, at=self._seconds())
        self._drop(before)

    def withhold(self, public_id: str, n: int, actor: Actor, reason: str = "") -> None:
        """Show a photo to nobody but those who moderate, whatever was shown of it before."""
        _require(actor)
        why = reason.strip()
        if len(why) > LONGEST_WHY or "\x00" in why:
            raise InputError(f"A reason has at most {LONGEST_WHY} characters.", field="reason")
        with self._store.writing() as connection:
            before = gallery.photo_of(connection, public_id, n)
            gallery.unpublish(connection, before, gallery.WITHHELD, why=why, actor=actor.login, at=self._seconds())
        self._drop(before)

    def read(self, public_id: str, n: int, actor: Actor) -> bytes:
        """Photo as it is kept (JPEG). Of a security report only for who opened it for a reason within the last hour.

        Crews see those of dumps that were approved, and none that a moderator withholds.
        """
        families = MAY_MOVE.get(actor.role, frozenset())
        if not families:
            raise NotAllowed("Photos are seen by crews, moderators and administrators.")
        one = self._find(public_id, n)
        if one.family not in families:
            raise NotAllowed("Photos of a security report are seen by moderators and administrators.")
        if counted_as(one.channel, one.status) == Status.HELD and actor.role not in MAY_PUBLISH:
            raise NotFound("There is no such photo.")  # nor is there such a report, for them
        if one.state == gallery.WITHHELD and actor.role not in MAY_PUBLISH:
            raise NotAllowed("This photo is seen by moderators and administrators.")
        if one.family == Family.SECURITY and not self._opened(one, actor):
            raise NotAllowed("Open the report first and say why; its photos are shown there.")
        return self._folder.read(one.sha256)

    def original(self, public_id: str, n: int, actor: Actor, reason: str) -> bytes:
        """Photo as it was sent, where evidence mode kept it; who reads it and why is recorded first.

        Raises ``InputError`` without a reason. What it returns is a stranger's file: never to be shown in a page.
        """
        _require(actor)
        one = self._find(public_id, n)
        return self._evidence.read(self._store, one, actor=actor.login, reason=reason, at=self._seconds())

    def shown(self, digest: bytes) -> bytes:
        """What is shown of a photo, by the digest that ``privacy`` gave; ``NotFound`` once it was withheld."""
        try:
            return self._folder.read(digest)
        except PhotoDamaged:
            with self._store.reading() as connection:
                if gallery.unwanted(connection, [digest]):
                    raise NotFound("There is no such photo.") from None
            raise

    def _require_shown(self, one: Kept) -> None:
        category = self._city.categories.get(one.category)
        if category is None or category.published != "point":
            raise InputError("Photos of this kind of report are never shown in public.", field="photo")

    def _find(self, public_id: str, n: int) -> Kept:
        with self._store.reading() as connection:
            return gallery.photo_of(connection, public_id, n)

    def _opened(self, one: Kept, actor: Actor) -> bool:
        with self._store.reading() as connection:
            at = gallery.opened_at(connection, one.report_id, actor.login)
        return at is not None and self._seconds() - at <= OPENED_S

    def _drop(self, before: Kept) -> None:
        """Remove what was shown before, unless it is shown still; what is very young goes with the orphans."""
        if before.public_sha256 is not None:
            with self._store.reading() as connection:
                alone = gallery.unwanted(connection, [before.public_sha256])
            self._folder.discard(alone, older_than_s=IN_FLIGHT_S)

    def _seconds(self) -> int:
        return int(self._clock().timestamp())


def _require(actor: Actor) -> None:
    if actor.role not in MAY_PUBLISH:
        raise NotAllowed("Photos are judged by moderators and administrators.")
