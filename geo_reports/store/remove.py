"""Remove reports: their data and salts go, their events stay and say nothing any more, a tombstone says why.

An erased report's digests cannot be tied to anything without its salt, so the chain stays whole and tells nobody.
"""

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.report import Status
from geo_reports.store import chain
from geo_reports.store.change import merged_voice
from geo_reports.store.merging import part
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import (
    event,
    event_note,
    photo,
    receipt,
    report,
    report_text,
    report_unit,
    tombstone,
    voice,
)
from geo_reports.store.tally import COUNTED, ZOOMS, add_counts, add_tiles

NOBODY = "service"
"""Actor of what follows by itself."""
Chosen = sa.ColumnElement[bool]
"""Condition on ``report`` that says which reports go."""


def remove(connection: Connection, chosen: Chosen, *, kind: str, reason: str, actor: str, at: int) -> int:
    """Remove the chosen reports with all that belongs to them; one event of ``kind`` says why. Returns how many."""
    ids = np.fromiter(
        connection.execute(sa.select(report.c.id).where(chosen).order_by(report.c.id)).scalars(), np.int64
    )
    _part(connection, chosen, at)
    _uncount(connection, chosen)
    _forget_merges(connection, chosen)
    which = sa.select(report.c.id).where(chosen)
    notes = sa.select(event.c.seq).where(event.c.report_id.in_(which))
    connection.execute(sa.delete(event_note).where(event_note.c.seq.in_(notes)))
    for table in (report_unit, report_text, photo, receipt):
        connection.execute(sa.delete(table).where(table.c.report_id.in_(which)))
    # contacts, voices and what waits follow by their foreign keys
    connection.execute(sa.delete(report).where(chosen))
    digest = chain.salted(b"", f"{kind}: {len(ids)} reports")
    seq = chain.append(connection, [chain.Entry(at, None, kind, None, reason, actor, digest)])
    rows = [(first, last, seq) for first, last in _runs(ids)]
    insert_rows(connection, tombstone, ["first_id", "last_id", "seq"], rows)
    return len(ids)


def _part(connection: Connection, chosen: Chosen, at: int) -> None:
    """Let reports that were merged into these, and stay, be worked on again: nobody else tells of the matter now.

    It is nobody's act: what their own senders did is told by the actor of an event.
    """
    here = sa.select(report.c.id).where(chosen).correlate(None)
    left = sa.select(report.c.public_id).where(report.c.duplicate_of.in_(here), report.c.id.not_in(here))
    for name in connection.execute(left.order_by(report.c.id)).scalars().all():
        part(connection, name, status=Status.ACKNOWLEDGED, actor=NOBODY, at=at)


def _forget_merges(connection: Connection, chosen: Chosen) -> None:
    """Take what other reports keep of these: their names in the history of a merge, the voice that each lent."""
    kinds = event.c.kind.in_(("merged", "parted"))
    said = sa.select(report.c.public_id, event_note.c.note).select_from(event_note).join(event)
    said = said.join(report, report.c.id == event.c.report_id).where(chosen, kinds).distinct()
    for name, other in connection.execute(said).fetchall():
        theirs = sa.select(event.c.seq).join(report, report.c.id == event.c.report_id)
        theirs = theirs.where(report.c.public_id == other, kinds)
        connection.execute(sa.delete(event_note).where(event_note.c.seq.in_(theirs), event_note.c.note == name))
        connection.execute(sa.delete(voice).where(voice.c.identity == merged_voice(name)))


def _uncount(connection: Connection, chosen: Chosen) -> None:
    kinds = (report.c.category, COUNTED, report.c.month)
    n = sa.func.count().label("n")
    units = sa.select(report_unit.c.unit_id, *kinds, n).select_from(report).join(report_unit).where(chosen)
    rows = connection.execute(units.group_by(report_unit.c.unit_id, *kinds))
    add_counts(connection, [(*row[:-1], -row[-1]) for row in rows])
    for z in ZOOMS:
        tile = report.c.morton.op(">>")(sa.literal_column(str(2 * (morton.BITS - z))))
        rows = connection.execute(sa.select(tile, *kinds, n).where(chosen).group_by(tile, *kinds))
        add_tiles(connection, [(z, *row[:-1], -row[-1]) for row in rows])


def _runs(ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive ids; an import that nobody interrupted is one."""
    if not len(ids):
        return []
    breaks = np.flatnonzero(np.diff(ids) != 1)
    first, last = np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(ids) - 1]))
    return list(zip(ids[first].tolist(), ids[last].tolist(), strict=True))
