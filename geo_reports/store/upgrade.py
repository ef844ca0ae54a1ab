"""Bring a store's schema up to the program's, with a copy of the old store beside it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import SchemaTooNew, SchemaTooOld, StoreError
from geo_reports.store import revisions
from geo_reports.store.copy import copy_store
from geo_reports.store.engine import open_engine, plain_errors, writing
from geo_reports.store.revisions import migrations
from geo_reports.store.soundness import remember_design


class Schema(NamedTuple):
    """Schema of a store (None before its first) and the one this program needs."""

    present: str | None
    needed: str

    @property
    def current(self) -> bool:
        """Whether nothing needs to be done."""
        return self.present == self.needed


def schema(engine: Engine) -> Schema:
    """Tell a store's schema; ``SchemaTooNew`` when a newer program was here first."""
    with plain_errors(), engine.connect() as connection, connection.begin():
        return _schema(connection)


def open_schema(engine: Engine) -> None:
    """Make a store ready to use: a new one gets its schema, an older SQLite file is upgraded with a copy beside it.

    ``SchemaTooNew`` when a newer program was here first; ``SchemaTooOld`` for a server's database, which is
    upgraded when its operator says so.
    """
    found = schema(engine)
    if found.current:
        return
    if found.present is not None and engine.dialect.name != "sqlite":
        raise SchemaTooOld(
            f"This database has schema {found.present} and this program needs {found.needed}: stop the service "
            "and run geo-reports db upgrade, which makes a copy first."
        )
    _copy_and_migrate(engine, None)


def copy_beside(engine: Engine, found: Schema) -> Path:
    """Name of the copy of a SQLite store that is made before an upgrade: ``NAME.before-SCHEMA``."""
    store = Path(str(engine.url.database))
    return store.with_name(f"{store.name}.before-{found.needed}")


def examine(db: str) -> Schema:
    """Tell the schema of a store without changing it."""
    engine = open_engine(db)
    try:
        return schema(engine)
    finally:
        engine.dispose()


def upgrade(db: str, copy_to: Path | None = None) -> Path | None:
    """Upgrade a store after copying it; returns the copy, None where the schema was current or the store new.

    The copy of a database goes to ``copy_to`` (a SQLite file), that of a SQLite file beside it unless ``copy_to``
    names another place.
    """
    engine = open_engine(db)
    try:
        return _copy_and_migrate(engine, copy_to)
    finally:
        engine.dispose()


def _copy_and_migrate(engine: Engine, copy_to: Path | None) -> Path | None:
    """Upgrade after copying what is there; programs that start together do it one after the other."""
    with _alone(engine):
        found, copy = schema(engine), None
        if found.current:
            return None
        if found.present is not None:
            copy = copy_to or copy_beside(engine, found)
            copy_store(engine, copy)
        migrate(engine)
        return copy


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep other programs from upgrading stores in the folder of this SQLite file."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file:
        yield
        return
    # the folder: closing the file itself would take SQLite's own locks on it away
    descriptor = os.open(Path(file).absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def migrate(engine: Engine) -> None:
    """Bring the schema up to this program's, whole or not at all."""
    with _without_foreign_keys(engine) as connection:
        found = _schema(connection)
        if found.current:  # another process was here meanwhile
            return
        if found.present is None:
            revisions.make_new(connection)
        else:
            revisions.bring_to(connection, "head")
        remember_design(connection)


def _schema(connection: Connection) -> Schema:
    present, needed = revisions.present(connection), migrations()[1].get_current_head()
    if needed is None:
        raise StoreError("This installation lacks the migrations of the store: install it again.")
    if present is not None and present not in revisions.known():
        raise SchemaTooNew(
            f"This store was upgraded to schema {present} by a newer geo_reports; "
            f"this one knows up to {needed}. Install the newer program."
        )
    return Schema(present, needed)


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """Write without SQLite's foreign keys, which would follow a table that is made anew; check them at the end."""
    if engine.dialect.name != "sqlite":
        with writing(engine) as connection:
            yield connection
        return
    with plain_errors(), engine.connect() as raw:
        driver = raw.connection.driver_connection
        assert driver is not None  # noqa: S101 the connection is open
        driver.execute("PRAGMA foreign_keys = OFF")  # inside a transaction it would do nothing
        try:
            connection = raw.execution_options(geo_reports_write=True)
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise StoreError(f"The upgrade was undone: {len(broken)} rows would refer to nothing.")
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
