"""Bytes of erased rows that SQLite left in its files, and how they are got rid of.

``secure_delete`` overwrites a row where it is deleted. Copies that page splits left behind in unused parts of a page
stay, mostly of index entries with random keys; they go when the file is written anew, which is done only if the file
is found to hold any.
"""

import struct
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import StoreBusy
from geo_reports.store import peek
from geo_reports.store.engine import BUSY_MS, plain_errors
from geo_reports.store.schema import contact, event, event_note, receipt, report, report_text

SHORTEST_BYTES = 12
"""Shorter needles are found anywhere by chance."""
LONGEST_BYTES = 32
PATIENCE_MS = 1000
"""How long readers are waited for; most take a few milliseconds."""


def needles(connection: Connection, ids: list[int]) -> list[bytes]:
    """Bytes by which erased reports would be recognised in a file: names, place, texts, contact, code."""
    if connection.dialect.name != "sqlite":
        return []
    found: list[bytes] = []
    facts = (report.c.id, report.c.public_id, report.c.identity, report.c.source_id, report.c.lon, report.c.lat)
    for row in connection.execute(sa.select(*facts, report.c.morton).where(report.c.id.in_(ids))):
        place = struct.pack(">dd", row.lon, row.lat)
        index_entry = _whole_number(row.morton) + _whole_number(row.id)
        found += [row.public_id.encode(), bytes(row.identity), row.source_id.encode(), place, index_entry]
    notes = sa.select(event_note.c.note).join(event, event.c.seq == event_note.c.seq).where(event.c.report_id.in_(ids))
    notes = notes.where(event.c.kind.not_in(("merged", "parted")))  # they name another report, which stays
    for select in (
        sa.select(report_text.c.description).where(report_text.c.report_id.in_(ids)),
        sa.select(report_text.c.public_text).where(report_text.c.report_id.in_(ids)),
        notes,
        sa.select(contact.c.sealed).where(contact.c.report_id.in_(ids)),
        sa.select(receipt.c.code_hash).where(receipt.c.report_id.in_(ids)),
    ):
        for value in connection.execute(select).scalars():
            raw = value.encode() if isinstance(value, str) else bytes(value or b"")
            # what is left of a long value may lack its beginning or its end
            found += [raw[:LONGEST_BYTES], raw[-LONGEST_BYTES:]]
    return [needle for needle in dict.fromkeys(found) if len(needle) >= SHORTEST_BYTES]


def _whole_number(value: int) -> bytes:
    """Form of a positive whole number in SQLite's records; 0 and 1 take no byte."""
    if value < 2:
        return b""
    n_bytes = next(n for n in (1, 2, 3, 4, 6, 8) if value < 1 << (8 * n - 1))
    return value.to_bytes(n_bytes, "big")


def settle(engine: Engine, wanted: list[bytes]) -> bool:
    """Bring what was erased to an end on the disk; False when a reader keeps old pages alive for now.

    The log is emptied into the file; where the file still holds any of the ``wanted`` bytes it is written anew.
    """
    if engine.dialect.name != "sqlite":
        return True  # a server's pages are the business of its own VACUUM
    settled = _alone(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    if wanted and peek.holds(Path(str(engine.url.database)), wanted):
        settled = _alone(engine, "VACUUM") and _alone(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    return settled


def older_copies(engine: Engine) -> tuple[Path, ...]:
    """Copies that upgrades left beside a SQLite file."""
    if engine.dialect.name != "sqlite":
        return ()
    file = Path(str(engine.url.database))
    return tuple(sorted(path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.before-")))


def _alone(engine: Engine, statement: str) -> bool:
    """Run a statement that takes no transaction; False when others keep it from being done."""
    try:
        with plain_errors(), engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # the one just begun is empty
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            try:
                answer = connection.exec_driver_sql(statement)
                row = answer.first() if answer.returns_rows else None
                return row is None or row[0] == 0
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_MS}")
                connection.exec_driver_sql("BEGIN")
    except StoreBusy:
        return False
