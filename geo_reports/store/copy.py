"""Copy a live store into one SQLite file: consistent, whole, and the same form from either engine."""

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import SchemaTooNew, StoreError
from geo_reports.store import revisions
from geo_reports.store.engine import plain_errors, reading
from geo_reports.store.rows import insert_rows

CHUNK = 10_000
"""Rows in memory at once."""


def copy_store(engine: Engine, target: Path) -> None:
    """Write a SQLite file with every table as it is at one moment, while others go on reading and writing.

    The file appears under its name only when it is whole and on disk, readable by its owner only. ``StoreError``
    or ``OSError`` when it cannot be written.
    """
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        if engine.dialect.name == "sqlite":
            _vacuum(engine, draft)
        else:
            _transcribe(engine, draft)
        _sync(draft)
        draft.replace(target)
        _sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _vacuum(engine: Engine, target: Path) -> None:
    with plain_errors(), engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # VACUUM runs in no transaction; the one just begun is empty
        connection.exec_driver_sql("VACUUM INTO ?", (str(target),))
        connection.exec_driver_sql("BEGIN")


def _transcribe(engine: Engine, target: Path) -> None:
    file = sa.create_engine(f"sqlite:///{target}", hide_parameters=True)
    try:
        with reading(engine) as source, plain_errors(), file.connect() as copy:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                copy.exec_driver_sql(f"PRAGMA {pragma}")  # a draft: it is synced once, when it is whole
            copy.commit()
            with copy.begin():
                _copy_tables(source, copy)
    finally:
        file.dispose()


def _copy_tables(source: Connection, copy: Connection) -> None:
    """Give the copy the schema of its source, then every row."""
    revision = revisions.present(source)
    if revision is None:
        raise StoreError("There is no store in this database: nothing to copy.")
    if revision not in revisions.known():
        raise SchemaTooNew(f"This store has schema {revision}, of a newer geo_reports. Install the newer program.")
    revisions.make_at(copy, revision)
    tables = sa.MetaData()
    tables.reflect(copy)
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            names = [column.name for column in table.columns]
            wanted = sa.text(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608 names of our schemas
            rows = source.execute(wanted, execution_options={"stream_results": True})
            for part in rows.partitions(CHUNK):
                insert_rows(copy, table, names, [tuple(row) for row in part])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
