"""Merge a report into another that tells of the same, and part them again."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import InputError
from geo_reports.report import OPEN, Status
from geo_reports.store import change, voices
from geo_reports.store.schema import report, voice


def merge(connection: Connection, public_id: str, into: str, *, note: str | None, actor: str, at: int) -> None:
    """Make a report a duplicate of an open one of its family, which gets its voice.

    Reports that were merged into it follow. ``NotFound``, ``IllegalTransition``, or ``InputError`` with the field
    "target" for one that cannot take it.
    """
    one, target = (_row(connection, name) for name in (public_id, into))
    if one.id == target.id:
        raise InputError("A report is not merged into itself; choose another.", field="target")
    if target.family != one.family or Status(target.status) not in OPEN:
        raise InputError(f"A {one.family} report is merged into an open {one.family} report.", field="target")
    change.set_status(connection, public_id, Status.DUPLICATE, reason=None, note=note, actor=actor, at=at)
    followers = connection.execute(
        sa.select(report.c.id, report.c.public_id).where(report.c.duplicate_of == one.id)
    ).fetchall()
    for report_id, name in ((one.id, public_id), *followers):
        connection.execute(sa.update(report).where(report.c.id == report_id).values(duplicate_of=target.id))
        connection.execute(sa.delete(voice).where(voice.c.identity == change.merged_voice(name)))
        voices.add(connection, into, change.merged_voice(name), at=at)
        change.append_event(connection, report_id, "merged", note=into, actor=actor, at=at)
    change.append_event(connection, target.id, "merged", reason="received", note=public_id, actor=actor, at=at)


def part(connection: Connection, public_id: str, *, status: Status, actor: str, at: int) -> None:
    """Make a duplicate a report of its own again with a status; ``InputError`` for one that is none."""
    one = _row(connection, public_id)
    if one.status != Status.DUPLICATE:
        raise InputError("This report is not merged into another one.", field="target")
    other = connection.execute(sa.select(report.c.public_id).where(report.c.id == one.duplicate_of)).scalar()
    change.restore_status(connection, public_id, status, actor=actor, at=at)
    change.append_event(connection, one.id, "parted", note=other, actor=actor, at=at)
    if other is not None:
        reason = "received"
        change.append_event(connection, one.duplicate_of, "parted", reason=reason, note=public_id, actor=actor, at=at)


def _row(connection: Connection, public_id: str) -> Any:
    report_id = change.present(connection, public_id).id
    columns = (report.c.id, report.c.family, report.c.status, report.c.duplicate_of)
    return connection.execute(sa.select(*columns).where(report.c.id == report_id)).one()
