"""Bring a store's schema up to the program's, with a copy of the old store beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import SchemaTooNew, StoreError
from geo_reports.store.engine import plain_errors, writing


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


def migrate(engine: Engine) -> None:
    """Bring the schema up to this program's, whole or not at all; ``SchemaTooNew`` when a newer program was here first.

    A SQLite file is copied beside itself first, as ``NAME.before-SCHEMA``.
    """
    found = schema(engine)
    if found.current:
        return
    if found.present is not None and engine.dialect.name == "sqlite":
        _copy(engine, found)
    with _without_foreign_keys(engine) as connection:
        if not _schema(connection).current:  # another process may have been here meanwhile
            config, _ = _scripts()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(files("geo_reports.store") / "migrations"))
    return config, ScriptDirectory.from_config(config)


def _schema(connection: Connection) -> Schema:
    _, script = _scripts()
    known = {revision.revision for revision in script.walk_revisions()}
    present, needed = MigrationContext.configure(connection).get_current_revision(), script.get_current_head()
    if needed is None:
        raise StoreError("This installation lacks the migrations of the store: install it again.")
    if present is not None and present not in known:
        raise SchemaTooNew(
            f"This store was upgraded to schema {present} by a newer geo_reports; "
            f"this one knows up to {needed}. Install the newer program."
        )
    return Schema(present, needed)


def _copy(engine: Engine, found: Schema) -> Path:
    """Copy a SQLite store as it was; an unfinished copy never bears the name."""
    store = Path(str(engine.url.database))
    target = store.with_name(f"{store.name}.before-{found.needed}")
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with plain_errors(), engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # VACUUM runs in no transaction; the one just begun is empty
        connection.exec_driver_sql("VACUUM INTO ?", (str(draft),))
        connection.exec_driver_sql("BEGIN")
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    return target


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
