"""Change a stored report: status, moderated text. Each change is one event and one transaction."""

import os
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import NotFound
from geo_reports.report import CLOSED, CloseReason, Status, check_transition
from geo_reports.store import chain, waiting
from geo_reports.store.facts import Facts, closings
from geo_reports.store.insert import identity
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import event_note, photo, report, report_text, report_unit, voice
from geo_reports.store.tally import add_counts, add_tiles, counted_as, tiles_of


def set_status(
    connection: Connection,
    public_id: str,
    new: Status,
    *,
    reason: CloseReason | None,
    note: str | None,
    actor: str,
    at: int,
) -> None:
    """Move a report to ``new``; raises ``IllegalTransition`` when it cannot follow the present status."""
    check_transition(Status(present(connection, public_id).status), new, reason)
    restore_status(connection, public_id, new, reason=reason, note=note, actor=actor, at=at)


def restore_status(
    connection: Connection,
    public_id: str,
    new: Status,
    *,
    reason: CloseReason | None = None,
    note: str | None = None,
    actor: str,
    at: int,
) -> None:
    """Give a report a status whatever it has now, as taking back a wrong step does; a duplicate is one no more."""
    row = present(connection, public_id)
    connection.execute(
        sa.update(report)
        .where(report.c.id == row.id)
        .values(status=new, status_at=at, closed_at=at if new in CLOSED else None, duplicate_of=None)
    )
    if row.status == Status.DUPLICATE:
        connection.execute(sa.delete(voice).where(voice.c.identity == merged_voice(public_id)))
    _count(connection, row, row._replace(status=str(new)))
    append_event(connection, row.id, "status", status=new, reason=reason, note=note, actor=actor, at=at)


def merged_voice(public_id: str) -> bytes:
    """Identity of the voice that a merged report lends to the one it was merged into."""
    return identity("merged", public_id)


def set_category(connection: Connection, public_id: str, family: str, category: str) -> None:
    """Give a report another category; the caller writes the event with ``revise``."""
    row = present(connection, public_id)
    connection.execute(sa.update(report).where(report.c.id == row.id).values(family=family, category=category))
    _count(connection, row, row._replace(category=category))


def _count(connection: Connection, old: "Present", new: "Present") -> None:
    """Count a report as what it is now instead of what it was."""
    units = connection.execute(sa.select(report_unit.c.unit_id).where(report_unit.c.report_id == old.id)).scalars()
    both = [(one._replace(status=counted_as(one.channel, one.status)), n) for one, n in ((old, -1), (new, +1))]
    add_counts(connection, [(unit, one.category, one.status, one.month, n) for unit in units for one, n in both])
    for one, n in both:
        add_tiles(connection, tiles_of(one.morton, one.category, one.status, one.month, n))


def set_public_text(connection: Connection, public_id: str, text: str | None, *, actor: str, at: int) -> None:
    """Publish a moderated text for a report, or take it back with None."""
    row = present(connection, public_id)
    changed = connection.execute(
        sa.update(report_text).where(report_text.c.report_id == row.id).values(public_text=text)
    )
    if changed.rowcount == 0:
        raise NotFound(f"Report {public_id} has no text to publish.")
    append_event(connection, row.id, "text", note=text, actor=actor, at=at)


def log_look(connection: Connection, public_id: str, *, kind: str, reason: str, actor: str, at: int) -> None:
    """Record that a person opened one report or read its contact, and why."""
    append_event(connection, present(connection, public_id).id, kind, note=reason, actor=actor, at=at)


class Present(NamedTuple):
    """What a change needs to know of a report."""

    id: int
    status: str
    category: str
    month: int
    morton: int
    channel: str


def present(connection: Connection, public_id: str) -> Present:
    """Report as it is now; raises ``NotFound``."""
    select = sa.select(*(report.c[name] for name in Present._fields))
    row = connection.execute(select.where(report.c.public_id == public_id)).first()
    if row is None:
        raise NotFound(f"There is no report {public_id!r}.")
    return Present(*row)


def append_event(
    connection: Connection,
    report_id: int,
    kind: str,
    *,
    status: str | None = None,
    reason: str | None = None,
    note: str | None = None,
    actor: str,
    at: int,
) -> int:
    """Chain one event of a report, with a salted note beside it where there is one; returns its position."""
    salt = os.urandom(16)
    digest = chain.salted(salt, note or "")
    seq = chain.append(connection, [chain.Entry(at, report_id, kind, status, reason, actor, digest)])
    if note:
        insert_rows(connection, event_note, ["seq", "salt", "note"], [(seq, salt, note)])
    waiting.refresh(connection, report_id)
    return seq


def revise(connection: Connection, report_id: int, *, what: str, actor: str, at: int) -> int:
    """Chain the digest of a report's facts as they are now: called after they were changed in this transaction.

    ``what`` names the facts that changed (at most 32 characters).
    """
    row = connection.execute(sa.select(report).where(report.c.id == report_id)).one()
    shots = sa.select(photo.c.sha256).where(photo.c.report_id == report_id).order_by(photo.c.n)
    photos = tuple(bytes(digest) for digest in connection.execute(shots).scalars())
    text = connection.execute(sa.select(report_text.c.description).where(report_text.c.report_id == report_id)).scalar()
    columns = {name: [value] for name, value in row._mapping.items()}
    end = closings([bytes(row.salt)], [row.closed_at])[0]
    digest = Facts.of(columns, [photos], [text]).digests()[0] + end
    seq = chain.append(connection, [chain.Entry(at, report_id, "revised", None, what, actor, digest)])
    waiting.refresh(connection, report_id)
    return seq
