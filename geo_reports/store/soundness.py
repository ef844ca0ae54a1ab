"""Is a SQLite file itself sound: its header, its pages and indexes, the tables' definitions, what refers to what."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import StoreError
from geo_reports.store import peek
from geo_reports.store.schema import meta

DESIGN = "design"
"""Under what name a store remembers its tables' definitions."""
NOTHING = "There is no store here yet, or its file was emptied."
ORPHAN = "orphan: "
"""Begins the words for a row whose parent is gone."""
HEADER_BYTES = 100
PAGE_BYTES = 4096
HEADER = {
    "format versions": (18, (b"\x02\x02", b"\x01\x01")),  # a copy becomes WAL when it is first opened
    "reserved bytes per page": (20, (b"\x00",)),
    "payload fractions": (21, (b"\x40\x20\x20",)),
    "schema format": (44, (b"\x00\x00\x00\x04",)),
    "text encoding": (56, (b"\x00\x00\x00\x01",)),
    "user version": (60, (bytes(4),)),
    "vacuum mode": (64, (bytes(4),)),
    "application id": (68, (bytes(4),)),
    "expansion space": (72, (bytes(20),)),
}
"""Bytes of the file's header that are the same in every store (https://www.sqlite.org/fileformat2.html, 1.3)."""


def remember_design(connection: Connection) -> None:
    """Remember the tables' definitions after a migration; a database server guards its own."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.delete(meta).where(meta.c.key == DESIGN))
        connection.execute(sa.insert(meta).values(key=DESIGN, value=_design(connection)))


def _design(connection: Connection) -> str:
    # what ANALYZE adds is no part of the design
    select = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name"
    rows = "\n".join("\x1f".join(map(str, row)) for row in connection.exec_driver_sql(select))
    return hashlib.sha256(rows.encode("utf-8", "surrogateescape")).hexdigest()


@contextmanager
def lenient(connection: Connection) -> Iterator[Connection]:
    """Read texts that are no longer UTF-8 as what they are: damage is to be named, not to end the examination."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield connection
        return
    driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield connection
    finally:
        driver.text_factory = str


def header_faults(file: Path) -> list[str]:
    """Fields of the file's header that no store has; one that SQLite cannot open is its own business."""
    try:
        page = peek.beginning(file, PAGE_BYTES + 1)
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}.") from None
    if not page:
        raise StoreError(NOTHING)
    if len(page) <= PAGE_BYTES:
        return []  # until it grows, all that was written is in the log beside it
    raw = page[:HEADER_BYTES]
    return [
        f"the header's {name} is {raw[at : at + len(right[0])].hex()}, not {right[0].hex()}"
        for name, (at, right) in HEADER.items()
        if raw[at : at + len(right[0])] not in right
    ]


def page_faults(connection: Connection) -> list[str]:
    """What SQLite's own check finds in pages, indexes, types and foreign keys."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    faults = [line for line in found if line != "ok"]
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        faults.append(f"{ORPHAN}row {row} of {table} belongs to a {parent} that is not there")
    return faults


def design_faults(connection: Connection) -> list[str]:
    """Whether the tables' definitions are those of the last migration."""
    kept = connection.execute(sa.select(meta.c.value).where(meta.c.key == DESIGN)).scalar()
    if kept in (None, _design(connection)):
        return []  # none is kept in a store that came back from another engine
    return ["the definitions of its tables are not those that its last migration made"]
