"""What a sender does with a report later, found by the hash of its tracking code; each change is one transaction.

A form that is sent twice changes nothing the second time: it says how many changes of the sender it knew of
(``Own.n_changes``), and what came after those is compared with what it asks for. No key is kept for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import BadPhoto, NotFound
from geo_reports.report import Status
from geo_reports.store import change, gallery, waiting
from geo_reports.store.insert import Photo
from geo_reports.store.schema import contact, event, event_note, photo, receipt, report, report_text, voice
from geo_reports.store.waiting import SENDER

NOBODY = "No report belongs to this tracking code. Check each letter and number."
Transaction = Connection
"""What an action is done in; for rooms that hold one open and speak no SQL."""
THEIRS = (event.c.actor == SENDER) & event.c.kind.in_(("comment", "photo", "revised", "status", "text"))
"""Events of what a sender did after sending; a voice is somebody else's."""


@dataclass(frozen=True)
class Own:
    """A report as its sender's next step needs to know it. Times are seconds UTC.

    ``n_changes`` counts what its sender did to it so far; ``n_joined`` those who saw the same and said so, by a voice
    or by a report that was merged into it.
    """

    id: int
    public_id: str
    family: str
    category: str
    status: Status
    status_at: int
    closed_at: int | None
    channel: str
    size: str | None
    answers: str | None
    description: str | None
    public_text: str | None
    has_contact: bool
    duplicate_of: int | None
    photos: tuple[tuple[int, str], ...]
    n_changes: int
    n_comments: int
    n_joined: int


def own(connection: Connection, code_hash: bytes) -> Own:
    """Report that a code belongs to; ``NotFound`` says nothing more."""
    return _own(connection, report.c.id == _of_code(code_hash))


def own_by_id(connection: Connection, public_id: str) -> Own:
    """Report with a public name; ``NotFound``."""
    return _own(connection, report.c.public_id == public_id)


def _of_code(code_hash: bytes) -> sa.ScalarSelect[Any]:
    return sa.select(receipt.c.report_id).where(receipt.c.code_hash == code_hash).scalar_subquery()


def _own(connection: Connection, which: sa.ColumnElement[bool]) -> Own:
    columns = ("id", "public_id", "family", "category", "status", "status_at", "closed_at", "channel", "size")
    select = (
        sa.select(*(report.c[name] for name in columns), report.c.answers, report.c.duplicate_of)
        .add_columns(report_text.c.description, report_text.c.public_text)
        .add_columns(contact.c.report_id.is_not(None).label("has_contact"))
        .select_from(report.outerjoin(report_text).outerjoin(contact))
    )
    row = connection.execute(select.where(which)).first()
    if row is None:
        raise NotFound(NOBODY)
    shots = sa.select(photo.c.n, photo.c.state).where(photo.c.report_id == row.id).order_by(photo.c.n)
    kinds = sa.select(event.c.kind).where(event.c.report_id == row.id, THEIRS)
    done = list(connection.execute(kinds).scalars())
    facts = {**row._mapping, "status": Status(row.status), "has_contact": bool(row.has_contact)}
    return Own(
        **facts,
        photos=tuple((n, state) for n, state in connection.execute(shots)),
        n_changes=len(done),
        n_comments=done.count("comment"),
        n_joined=_joined(connection, row.id),
    )


def _joined(connection: Connection, report_id: int) -> int:
    voices = sa.select(sa.func.count()).select_from(voice).where(voice.c.report_id == report_id)
    return int(connection.execute(voices).scalar_one())


def came_before(
    connection: Connection, one: Own, seen: int, kind: str, *, status: str | None = None, note: str | None = None
) -> bool:
    """Tell whether the sender did the same since there were ``seen`` changes: the form was sent twice."""
    select = (
        sa.select(event.c.kind, event.c.status, event_note.c.note)
        .select_from(event.outerjoin(event_note))
        .where(event.c.report_id == one.id, THEIRS)
        .order_by(event.c.seq)
        .offset(max(0, seen))
    )
    return any(tuple(row) == (kind, status, note) for row in connection.execute(select))


def comment(connection: Connection, one: Own, text: str, *, at: int) -> None:
    """Keep words for the municipality; they are never published."""
    change.append_event(connection, one.id, "comment", note=text, actor=SENDER, at=at)
    waiting.refresh(connection, one.id)


def add_photos(connection: Connection, one: Own, photos: Sequence[Photo], *, most: int, at: int) -> int:
    """Add photos that are on disk and that the report does not have yet; returns how many there were.

    ``BadPhoto`` where it would have more than ``most``.
    """
    had = connection.execute(sa.select(photo.c.sha256).where(photo.c.report_id == one.id)).scalars()
    known = {bytes(digest) for digest in had}
    fresh = {new.sha256: new for new in photos if new.sha256 not in known}
    if len(one.photos) + len(fresh) > most:
        raise BadPhoto(
            f"A report takes {most} photos at most; there is room for {max(0, most - len(one.photos))} more."
        )
    gallery.add(connection, one.id, list(fresh.values()), actor=SENDER, at=at)
    waiting.refresh(connection, one.id)
    return len(fresh)


@dataclass(frozen=True)
class Corrected:
    """Facts of a report as its sender wants them; ``answers`` is the text they are kept as.

    ``published`` says whether reports of the category may be shown one by one.
    """

    category: str
    size: str | None
    answers: str | None
    description: str | None
    published: bool


def correct(connection: Connection, one: Own, wanted: Corrected, *, at: int) -> tuple[str, ...]:
    """Change what differs; returns the names of what did. A corrected text is no longer published."""
    changed = []
    if not wanted.published or wanted.description != one.description:
        _take_back(connection, one, wanted, at)
    if wanted.category != one.category:
        change.set_category(connection, one.public_id, one.family, wanted.category)
        changed.append("category")
    for name in ("size", "answers"):
        if getattr(wanted, name) != getattr(one, name):
            value = {name: getattr(wanted, name)}
            connection.execute(sa.update(report).where(report.c.id == one.id).values(value))
            changed.append(name)
    if wanted.description != one.description:
        _replace_text(connection, one, wanted.description)
        changed.append("text")
    if changed:
        change.revise(connection, one.id, what=",".join(changed), actor=SENDER, at=at)
        waiting.refresh(connection, one.id)
    return tuple(changed)


def _take_back(connection: Connection, one: Own, wanted: Corrected, at: int) -> None:
    """Take back what was published: a text nobody checked, and all of a report that is no longer shown by itself."""
    if one.public_text is not None:
        change.set_public_text(connection, one.public_id, None, actor=SENDER, at=at)
    if not wanted.published:
        for shot in gallery.photos_of(connection, one.public_id):
            if shot.state == gallery.PUBLISHED:
                gallery.unpublish(connection, shot, gallery.HELD, why="category", actor=SENDER, at=at)


def _replace_text(connection: Connection, one: Own, text: str | None) -> None:
    connection.execute(sa.delete(report_text).where(report_text.c.report_id == one.id))
    if text is not None:
        connection.execute(sa.insert(report_text).values(report_id=one.id, description=text))


def move(connection: Connection, one: Own, new: Status, *, note: str | None, at: int) -> None:
    """Move a report through the workflow in its sender's name; raises ``IllegalTransition``."""
    change.set_status(connection, one.public_id, new, reason=None, note=note, actor=SENDER, at=at)
    waiting.refresh(connection, one.id)
