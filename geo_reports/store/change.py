"""Change a stored report: status, moderated text. Each change is one event and one transaction."""

import os
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import NotFound
from geo_reports.report import CLOSED, CloseReason, Status, check_transition
from geo_reports.store import chain
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import event_note, report, report_text, report_unit
from geo_reports.store.tally import add_counts, add_tiles, tiles_of


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
    row = _row(connection, public_id)
    check_transition(Status(row.status), new, reason)
    connection.execute(
        sa.update(report)
        .where(report.c.id == row.id)
        .values(status=new, status_at=at, closed_at=at if new in CLOSED else None)
    )
    units = connection.execute(sa.select(report_unit.c.unit_id).where(report_unit.c.report_id == row.id)).scalars()
    moves = [
        (unit_id, row.category, status, row.month, n)
        for unit_id in units
        for status, n in ((row.status, -1), (str(new), +1))
    ]
    add_counts(connection, moves)
    for status, n in ((row.status, -1), (str(new), +1)):
        add_tiles(connection, tiles_of(row.morton, row.category, status, row.month, n))
    _event(connection, row.id, "status", new, reason, note, actor, at)


def set_public_text(connection: Connection, public_id: str, text: str | None, *, actor: str, at: int) -> None:
    """Publish a moderated text for a report, or take it back with None."""
    row = _row(connection, public_id)
    changed = connection.execute(
        sa.update(report_text).where(report_text.c.report_id == row.id).values(public_text=text)
    )
    if changed.rowcount == 0:
        raise NotFound(f"Report {public_id} has no text to publish.")
    _event(connection, row.id, "text", None, None, text, actor, at)


def log_look(connection: Connection, public_id: str, *, kind: str, reason: str, actor: str, at: int) -> None:
    """Record that a person opened one report or read its contact, and why."""
    _event(connection, _row(connection, public_id).id, kind, None, None, reason, actor, at)


class _Present(NamedTuple):
    """What a change needs to know of a report."""

    id: int
    status: str
    category: str
    month: int
    morton: int


def _row(connection: Connection, public_id: str) -> _Present:
    select = sa.select(report.c.id, report.c.status, report.c.category, report.c.month, report.c.morton)
    row = connection.execute(select.where(report.c.public_id == public_id)).first()
    if row is None:
        raise NotFound(f"There is no report {public_id!r}.")
    return _Present(*row)


def _event(
    connection: Connection,
    report_id: int,
    kind: str,
    status: str | None,
    reason: str | None,
    note: str | None,
    actor: str,
    at: int,
) -> None:
    salt = os.urandom(16)
    digest = chain.salted(salt, note or "")
    seq = chain.append(connection, [chain.Entry(at, report_id, kind, status, reason, actor, digest)])
    if note:
        insert_rows(connection, event_note, ["seq", "salt", "note"], [(seq, salt, note)])
