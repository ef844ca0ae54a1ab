"""``Followup``: what the sender of a report may still do with it, by its tracking code alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import BinaryIO

from geo_reports.city import CategorySpec, City, check_answers
from geo_reports.errors import BadPhoto, IllegalTransition, InputError, PhotoDamaged, UnknownCategory
from geo_reports.fieldwork.moderation import OPENNESS
from geo_reports.intake import Admission, HeldPhoto, Photos, ServerKey, WriteLimit, check_number
from geo_reports.intake.erasure import Erasure
from geo_reports.intake.guesses import Guesses
from geo_reports.report import CLOSED, OPEN, Answers, Channel, Family, Size, Status
from geo_reports.store import Announce, News, PhotoFolder, Store, followup, outbox, silent
from geo_reports.store.followup import Corrected, Own, Transaction

LONGEST_COMMENT, LONGEST_WHY, LONGEST_TEXT = 1000, 1000, 4000
"""Characters of a comment, of why a report is opened again, and of a corrected text."""
MOST_PHOTOS, MOST_COMMENTS = 10, 50
"""Of one report, with those that came with it: whoever finds a code must not be able to fill the disk."""
MOST_CHANGES = 200
"""Everything a sender can change of one report."""
REOPEN_DAYS = 60
"""For so long after a report was closed its sender can open it again; later it is another report."""
WAITING = OPEN | {Status.HELD}


class Act(StrEnum):
    """What a sender can do."""

    COMMENT = "comment"
    PHOTO = "photo"
    CORRECT = "correct"
    RETRACT = "retract"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    ERASE = "erase"


MAY: dict[Act, frozenset[Status]] = {
    Act.COMMENT: frozenset(Status) - {Status.RETRACTED},
    Act.PHOTO: WAITING | CLOSED,
    Act.CORRECT: WAITING,
    Act.RETRACT: WAITING,
    Act.CONFIRM: frozenset({Status.CLEANED}),
    Act.REOPEN: CLOSED,
    Act.ERASE: frozenset(Status),
}
"""In which states of a report its sender may do what."""
NO_WORDS = frozenset({Act.COMMENT, Act.REOPEN})
"""What is done with free text, which the children's mode does not take."""


def may(act: Act, status: Status, closed_at: datetime | None, channel: str, now: datetime) -> bool:
    """Tell whether a sender may do something with a report as it is now."""
    if channel == Channel.CHILDREN and act in NO_WORDS:
        return False
    late = closed_at is not None and now - closed_at > timedelta(days=REOPEN_DAYS)
    return status in MAY[act] and not (act is Act.REOPEN and late)


def choices(city: City, family: str, present: str) -> tuple[CategorySpec, ...]:
    """Categories a sender may correct a report to: those of its family that show no more of it than the present one.

    Whoever finds the code of a security report must not be able to put its place on the public map.
    """
    known = city.categories.get(present)
    shown = OPENNESS[known.published] if known is not None else 0
    return tuple(one for one in city.categories_of(Family(family)) if OPENNESS[one.published] <= shown)


@dataclass(frozen=True)
class Correction:
    """What a report shall say; ``answers`` to the questions of the category, empty ``description`` for none."""

    category: str
    size: Size | None
    answers: Answers
    description: str


class ActLimit(WriteLimit):
    """Counts what senders do with reports by their codes, per network prefix and hour."""

    def _said(self, minutes: int) -> str:
        return f"Many changes came from your network. Please try again in {minutes} min."


class Followup:
    """The sender's side of a report. Whoever has the code is its sender; nothing else is asked.

    Each action raises ``NotFound`` for a wrong code, ``IllegalTransition`` where the report's state does not allow it,
    ``InputError`` for what cannot be used, ``TooManyRequests`` and ``StoreError``. ``seen`` is ``Own.n_changes`` when
    the form was made: sent again, it changes nothing and raises nothing.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        key: ServerKey,
        clock: Callable[[], datetime],
        *,
        door: tuple[Admission, Photos],
        folder: PhotoFolder,
        limit: WriteLimit,
        erasure: Erasure,
        announce: Announce = silent,
    ) -> None:
        self._city, self._store, self._key, self._clock = city, store, key, clock
        self._admission, self._photos = door
        self._folder, self._limit, self._erasure, self._announce = folder, limit, erasure, announce
        self._guesses = Guesses()

    def wrong_code(self, sender: str) -> None:
        """Count a wrong code of a network address; ``TooManyRequests`` once there were too many."""
        self._guesses.wrong(sender)

    def own(self, code: str) -> Own:
        """Report of a code, as forms need to know it."""
        with self._store.reading() as connection:
            return followup.own(connection, self._key.code_hash(code))

    def comment(self, code: str, text: str, *, seen: int, sender: str | None) -> None:
        """Keep a comment for the municipality; nobody else reads it."""
        words = _words(text, LONGEST_COMMENT, "comment")
        with self._changing(code, Act.COMMENT, sender) as (connection, one):
            if followup.came_before(connection, one, seen, "comment", note=words):
                return
            if one.n_comments >= MOST_COMMENTS:
                raise InputError(f"A report takes {MOST_COMMENTS} comments at most.", field="comment")
            followup.comment(connection, one, words, at=self._seconds())

    def add_photos(self, code: str, files: Sequence[BinaryIO], *, sender: str | None) -> int:
        """Add photos, which wait for a moderator; returns how many the report did not have yet."""
        if not files:
            raise BadPhoto("Choose a photo first.")
        check_number(files)
        self._require(Act.PHOTO, self.own(code))  # before a file is read: a wrong code costs no work
        held = [self._held(file, sender).photo for file in files]
        with self._changing(code, Act.PHOTO, sender) as (connection, one):
            return followup.add_photos(connection, one, held, most=MOST_PHOTOS, at=self._seconds())

    def _held(self, file: BinaryIO, sender: str | None) -> HeldPhoto:
        self._admission.require_room()
        if sender is not None:
            self._limit.check(sender)
        return self._photos.hold(file)

    def correct(self, code: str, wanted: Correction, *, sender: str | None) -> tuple[str, ...]:
        """Change what was told, as long as the report is open; returns the names of what changed.

        The place stays: it decides who works on the report and where it is counted.
        """
        words = _words(wanted.description, LONGEST_TEXT, "description", empty=True)
        with self._changing(code, Act.CORRECT, sender) as (connection, one):
            category = self._city.categories.get(wanted.category)
            if category is None or category not in choices(self._city, one.family, one.category):
                raise UnknownCategory(f"{wanted.category!r} is no category to choose here.", field="category")
            # a child's report has no text, whatever a form sends
            text = one.description if one.channel == Channel.CHILDREN else words or None
            size = wanted.size if one.family == Family.DUMP else None
            told = check_answers(self._city, category, wanted.answers)
            facts = Corrected(category.id, str(size) if size else None, told, text, category.published == "point")
            return followup.correct(connection, one, facts, at=self._seconds())

    def retract(self, code: str, *, sender: str | None) -> None:
        """Take a report back: nobody acts on it any more. Not once others have joined it, as it is theirs too."""
        with self._changing(code, Act.RETRACT, sender, done=Status.RETRACTED) as (connection, one):
            if one.status is Status.RETRACTED:
                return
            if one.n_joined:
                raise IllegalTransition("Others said that they saw the same: the report is theirs too and stays.")
            self._move(connection, one, Status.RETRACTED, None)

    def confirm(self, code: str, *, sender: str | None) -> None:
        """Say that the place is clean, or the matter solved, as the municipality says."""
        with self._changing(code, Act.CONFIRM, sender, done=Status.VERIFIED) as (connection, one):
            if one.status is not Status.VERIFIED:
                self._move(connection, one, Status.VERIFIED, None)

    def reopen(self, code: str, why: str, *, seen: int, sender: str | None) -> None:
        """Say that a closed report is not solved, and why; within ``REOPEN_DAYS``."""
        words = _words(why, LONGEST_WHY, "why")
        with self._changing(code, Act.REOPEN, sender, done=Status.ACKNOWLEDGED) as (connection, one):
            if followup.came_before(connection, one, seen, "status", status=Status.ACKNOWLEDGED, note=words):
                return
            self._require(Act.REOPEN, one)
            self._move(connection, one, Status.ACKNOWLEDGED, words)

    def erase(self, code: str, again: str) -> None:
        """Erase a report for good; ``again`` is the code typed once more, ``InputError`` where it is another."""
        if self._key.code_hash(again) != self._key.code_hash(code):
            raise InputError("That is not the code of this report; copy it letter by letter.", field="again")
        self._erasure.by_code_soon(code)

    def close(self, timeout_s: float) -> bool:
        """Wait for erasures to come to their end on the disk; False when that takes longer."""
        return self._erasure.close(timeout_s)

    def photo(self, digest: bytes) -> bytes | None:
        """Bytes of a kept photo for its sender's copy of everything, None where it is gone or damaged."""
        try:
            return self._folder.read(digest)
        except PhotoDamaged:
            return None

    @contextmanager
    def _changing(
        self, code: str, act: Act, sender: str | None, done: Status | None = None
    ) -> Iterator[tuple[Transaction, Own]]:
        """One transaction that may do something with a report; it counts for its network only if it succeeds.

        A report that is ``done`` already is let through: the form was sent twice.
        """
        self._admission.require_room()
        code_hash = self._key.code_hash(code)
        with self._store.reading() as connection:
            followup.own(connection, code_hash)  # a wrong code takes no place in the line of writers
        take_back = self._limit.check(sender) if sender is not None else None
        try:
            with self._store.writing() as connection:
                one = followup.own(connection, code_hash)
                if one.status is not done:
                    self._require(act, one)
                if one.n_changes >= MOST_CHANGES and act is not Act.RETRACT:
                    raise IllegalTransition("This report was changed so often that it takes no more changes.")
                yield connection, one
        except BaseException:
            if take_back is not None:
                take_back()
            raise

    def _require(self, act: Act, one: Own) -> None:
        closed_at = None if one.closed_at is None else datetime.fromtimestamp(one.closed_at, self._city.zone)
        if not may(act, one.status, closed_at, one.channel, self._clock()):
            raise IllegalTransition(f"With a report that is {one.status} now, its sender cannot do this: {act}.")

    def _move(self, connection: Transaction, one: Own, new: Status, note: str | None) -> None:
        followup.move(connection, one, new, note=note, at=self._seconds())
        # without the contact: who does something by the code needs no mail that it was done
        news = News("report.status", one.public_id, one.family, one.category, has_contact=False)
        outbox.put(connection, self._announce(news), self._seconds())

    def _seconds(self) -> int:
        return int(self._clock().timestamp())


def _words(text: str, longest: int, field: str, *, empty: bool = False) -> str:
    """Text without blanks around it; ``InputError`` for an empty one, or one that is too long or cannot be kept."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > longest or "\x00" in plain or (not plain and not empty):
        raise InputError(f"Write 1 to {longest} characters, without a NUL character.", field=field)
    return plain
