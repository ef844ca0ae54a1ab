"""Everything the store keeps of one report, for whoever has its tracking code."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import NotFound
from geo_reports.store.followup import NOBODY
from geo_reports.store.schema import (
    contact,
    event,
    event_note,
    outbox,
    photo,
    receipt,
    report,
    report_text,
    report_unit,
    unit,
    voice,
)


@dataclass(frozen=True)
class Kept:
    """Rows by table, as they are kept; ``contact`` is sealed, ``units`` names the unit of each layer.

    ``voices`` counts people who said that they saw the same; who they are is kept nowhere.
    """

    report: dict[str, Any]
    made_at: int
    text: dict[str, Any] | None
    contact: bytes | None
    units: dict[str, str]
    photos: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    duplicate_of: str | None
    voices: int
    messages: tuple[dict[str, Any], ...]


def kept(connection: Connection, code_hash: bytes) -> Kept:
    """All rows about the report that a code belongs to; ``NotFound`` says nothing more."""
    given = connection.execute(sa.select(receipt).where(receipt.c.code_hash == code_hash)).first()
    if given is None:
        raise NotFound(NOBODY)
    which = given.report_id
    facts = dict(connection.execute(sa.select(report).where(report.c.id == which)).one()._mapping)
    units = sa.select(unit.c.layer, unit.c.unit).join(report_unit).where(report_unit.c.report_id == which)
    texts = _rows(connection, sa.select(report_text).where(report_text.c.report_id == which))
    other = sa.select(report.c.public_id).where(report.c.id == facts["duplicate_of"])
    voices = sa.select(sa.func.count()).select_from(voice).where(voice.c.report_id == which)
    told = outbox.c.payload.contains(facts["public_id"], autoescape=True)
    return Kept(
        report=facts,
        made_at=given.made_at,
        text=texts[0] if texts else None,
        contact=connection.execute(sa.select(contact.c.sealed).where(contact.c.report_id == which)).scalar(),
        units={row.layer: row.unit for row in connection.execute(units)},
        photos=_rows(connection, sa.select(photo).where(photo.c.report_id == which).order_by(photo.c.n)),
        events=_rows(connection, _history(which)),
        duplicate_of=connection.execute(other).scalar(),
        voices=connection.execute(voices).scalar_one(),
        messages=_rows(connection, sa.select(outbox.c.kind, outbox.c.made_at, outbox.c.state).where(told)),
    )


def _history(report_id: int) -> sa.Select[Any]:
    columns = (event.c.at, event.c.kind, event.c.status, event.c.reason, event.c.actor, event_note.c.note)
    history = sa.select(*columns).select_from(event.outerjoin(event_note))
    return history.where(event.c.report_id == report_id).order_by(event.c.seq)


def _rows(connection: Connection, select: sa.Select[Any]) -> tuple[dict[str, Any], ...]:
    return tuple(dict(row._mapping) for row in connection.execute(select))
