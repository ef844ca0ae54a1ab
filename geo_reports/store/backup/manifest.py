"""What a backup says of itself, and whether a copy of a store is what a manifest says."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import Connection

from geo_reports import __version__
from geo_reports.errors import StoreError
from geo_reports.store import chain
from geo_reports.store.engine import plain_errors


class Manifest(BaseModel):
    """What is in a backup: the store at one moment. Times are seconds since 1970 UTC.

    The list of photos is the store's own table; their number and bytes are given here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    program: str = __version__
    schema_: str
    store_id: str
    key_check: str | None
    city: str
    made_at: int
    events: int
    head: str
    rows: dict[str, int]
    photos: int
    photo_bytes: int


@contextmanager
def reading_copy(file: Path) -> Iterator[Connection]:
    """Read a SQLite copy that nobody writes, leaving no side file."""
    # quoted: a question mark in a path would begin the parameters
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), hide_parameters=True)
    try:
        with plain_errors(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def describe(copy: Path, city: str, made_at: int) -> Manifest:
    """Manifest of a SQLite copy; ``StoreError`` for a store that was never used."""
    with reading_copy(copy) as connection:
        facts = _facts(connection)
        if facts["store_id"] is None:
            raise StoreError("This store was never used: there is nothing to back up.")
        return Manifest(city=city, made_at=made_at, **facts)


def check_copy(copy: Path, said: Manifest) -> None:
    """Examine a copy: the file, its references, the chain, and what the manifest says; ``StoreError`` names faults."""
    with reading_copy(copy) as connection:
        require_sound(connection)
        facts, expected = _facts(connection), said.model_dump()
    wrong = [name for name, value in facts.items() if expected[name] != value]
    if wrong:
        raise StoreError(f"The copy of the store is not what its manifest says ({', '.join(wrong)}).")


def require_sound(connection: Connection) -> None:
    """Examine a SQLite store: its pages, its references and the chain of its events; ``StoreError`` names faults."""
    faults = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check")
    faults += [f"a row of {row[0]} refers to nothing" for row in orphans]
    if not faults:
        names = ", ".join(chain.COLUMNS)
        walk = chain.verify(connection.exec_driver_sql(f"SELECT {names} FROM event ORDER BY seq"))  # noqa: S608
        faults += [walk.why] if walk.broken is not None else []
    if faults:
        raise StoreError(f"The copy of the store is not sound ({'; '.join(faults[:5])}): run geo-reports doctor.")


def photos_of(connection: Connection) -> Iterator[tuple[bytes, int]]:
    """Digest and bytes of each picture once, in the order in which a backup holds them."""
    columns = _columns(connection, "photo")
    if columns:
        select = "SELECT sha256, n_bytes FROM photo"
        if "public_sha256" in columns:  # a copy may be of an older schema
            select += " UNION SELECT public_sha256, public_n_bytes FROM photo WHERE public_sha256 IS NOT NULL"
        rows = connection.exec_driver_sql(f"SELECT DISTINCT sha256, n_bytes FROM ({select}) ORDER BY sha256")  # noqa: S608
        yield from ((bytes(digest), int(n_bytes)) for digest, n_bytes in rows.yield_per(10_000))


def originals_of(connection: Connection) -> Iterator[bytes]:
    """Digest of each sealed original once, in the order in which a backup holds them after the pictures."""
    if "sealed_sha256" in _columns(connection, "photo"):
        select = "SELECT DISTINCT sealed_sha256 FROM photo WHERE sealed_sha256 IS NOT NULL ORDER BY 1"
        yield from (bytes(digest) for digest in connection.exec_driver_sql(select).scalars())


def _facts(connection: Connection) -> dict[str, Any]:
    tables = _tables(connection)
    if not {"alembic_version", "meta", "event"} <= set(tables):
        raise StoreError("The copy holds no store of geo_reports.")
    last = connection.exec_driver_sql("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").first()
    names = connection.exec_driver_sql("SELECT key, value FROM meta WHERE key IN ('store_id', 'key_check')")
    meta = {str(key): str(value) for key, value in names}
    photos = [n_bytes for _, n_bytes in photos_of(connection)]
    return {
        "schema_": str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()),
        "store_id": meta.get("store_id"),
        "key_check": meta.get("key_check"),
        "events": last[0] if last else 0,
        "head": bytes(last[1]).hex() if last else chain.GENESIS.hex(),
        "rows": {name: _count(connection, name) for name in tables},
        "photos": len(photos),
        "photo_bytes": sum(photos),
    }


def _tables(connection: Connection) -> list[str]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").scalars()
    return [name for name in names if not name.startswith("sqlite_")]


def _columns(connection: Connection, table: str) -> set[str]:
    """Columns of a table, none where it is not there."""
    return {str(row[1]) for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())  # noqa: S608 a table's own name
