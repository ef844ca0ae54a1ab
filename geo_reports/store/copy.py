"""Copy a live store into one SQLite file: consistent, whole, and the same form from either engine."""

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from geo_reports.store.engine import plain_errors, reading

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
        with reading(engine) as source, plain_errors(), file.connect() as copy, copy.begin():
            tables = sa.MetaData()
            tables.reflect(source)
            for table in tables.sorted_tables:
                _copy_table(source, copy, table)
    finally:
        file.dispose()


def _copy_table(source: Connection, copy: Connection, table: sa.Table) -> None:
    """Copy a table by its rows; indexes and foreign keys are the upgrade's and the restore's business."""
    plain = sa.MetaData()
    columns = [sa.Column(column.name, column.type.as_generic()) for column in table.columns]
    twin = sa.Table(table.name, plain, *columns)
    plain.create_all(copy)
    rows = source.execution_options(stream_results=True).execute(sa.select(table))
    for part in rows.mappings().partitions(CHUNK):
        copy.execute(sa.insert(twin), [dict(row) for row in part])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
