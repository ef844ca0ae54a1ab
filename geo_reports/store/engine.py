"""Open a store: engine, transactions and schema version."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection, Engine, make_url

from geo_reports.errors import MissingExtra, SchemaTooNew, StoreBusy, StoreError

BUSY_MS = 5000
"""How long a writer waits for another before the sender is asked to try again."""


def store_url(db: str) -> URL:
    """URL of a store given as a URL or as the path of a SQLite file."""
    return make_url(db) if "://" in db else URL.create("sqlite", database=str(Path(db)))


def open_engine(db: str) -> Engine:
    """Engine with the durability the promise needs; the folder of a SQLite file is made if absent."""
    try:
        url = store_url(db)
        if url.get_backend_name() != "sqlite":
            return sa.create_engine(url, hide_parameters=True)
    except ModuleNotFoundError:
        raise MissingExtra("postgres", f"A store at {db.partition('://')[0]}://") from None
    except sa.exc.ArgumentError:
        raise StoreError(f"{db!r} names no store: give the path of a SQLite file, or postgresql://….") from None
    if url.database:
        _private_file(Path(url.database))
    # an error must not carry what a resident wrote into a log
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_MS / 1000}, hide_parameters=True)
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _private_file(path: Path) -> None:
    """Make the file and its folder if absent, readable by their owner only; so are SQLite's side files."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}. Choose another place with --db.") from None


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit on its own
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL may lose the last commits when the power fails
        "foreign_keys=ON",
        "secure_delete=ON",  # what is erased is gone from the file
        "temp_store=MEMORY",
        "cache_size=-65536",
        "wal_autocheckpoint=12288",  # 48 MB: an import rewrites index pages less often
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a write lock taken at once can wait; one taken half way through a transaction cannot
    write = connection.get_execution_options().get("geo_reports_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One durable transaction: committed at the end of the block, undone on any error."""
    with _plain_errors(), engine.connect() as raw:
        connection = raw.execution_options(geo_reports_write=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store."""
    with _plain_errors(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        text = str(error.orig).lower()
        if "locked" in text or "busy" in text:
            raise StoreBusy("The store is busy with another writer; try again in a moment.") from error
        raise StoreError(f"The store cannot be used: {error.orig}") from error
    except sa.exc.DatabaseError as error:
        if "not a database" in str(error.orig).lower():
            raise StoreError("That file is no store of geo_reports; name another with --db.") from error
        raise


def migrate(engine: Engine) -> None:
    """Bring the schema up to this program's; ``SchemaTooNew`` when a newer program was here first."""
    config = Config()
    config.set_main_option("script_location", str(files("geo_reports.store") / "migrations"))
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    with writing(engine) as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in known:
            raise SchemaTooNew(
                f"This store was upgraded to schema {present} by a newer geo_reports; "
                f"this one knows up to {script.get_current_head()}. Install the newer program."
            )
        if present != script.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
