"""Open a store: engine and transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from geo_reports.errors import MissingExtra, StoreBusy, StoreError, StoreFull
from geo_reports.store.checkpoint import move_log
from geo_reports.store.keyfile import make_folder

BUSY_MS = 5000
"""How long a writer waits for another before the sender is asked to try again."""
WRITE_LOCK = 0x67656F72
"""Number of PostgreSQL's advisory lock that writers take; it must differ from other programs' in that database."""


def store_url(db: str) -> URL:
    """URL of a store given as a URL or as the path of a SQLite file; ``StoreError`` for one that cannot be read."""
    if "://" not in db:
        return URL.create("sqlite", database=str(Path(db)))
    try:
        return make_url(db)
    except (ValueError, sa.exc.ArgumentError):
        raise _no_store(db) from None


def _no_store(db: str) -> StoreError:
    # the rest may hold a password
    scheme = db.partition("://")[0]
    return StoreError(f"{scheme}://… names no store: give the path of a SQLite file, or postgresql://USER@HOST/NAME.")


def file_of(db: str) -> Path | None:
    """SQLite file of a store given as a URL or a path, None where it is none."""
    url = store_url(db)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def place_of(db: str) -> str:
    """Where a store is, as it may be shown: without a password."""
    return store_url(db).render_as_string(hide_password=True) if "://" in db else db


def open_engine(db: str) -> Engine:
    """Engine with the durability the promise needs; the folder of a SQLite file is made if absent."""
    try:
        url = store_url(db)
        if url.get_backend_name() != "sqlite":
            return _open_postgres(url)
    except ModuleNotFoundError:
        raise MissingExtra("postgres", f"A store at {db.partition('://')[0]}://") from None
    except sa.exc.ArgumentError:
        raise _no_store(db) from None
    if url.database:
        _private_file(Path(url.database))
    # an error must not carry what a resident wrote into a log
    patience_s = BUSY_MS / 1000
    options: dict[str, Any] = {"connect_args": {"timeout": patience_s}, "hide_parameters": True}
    if url.database:  # a store in memory has one connection, and nobody waits for it
        options["pool_timeout"] = patience_s
        # what another connection wrote empties a connection's cache: the one that wrote last has the best
        options["pool_use_lifo"] = True
    engine = sa.create_engine(url, **options)
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgres(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    # asked before use: a connection that a restart has cut is replaced, not handed out
    options = {"connect_timeout": BUSY_MS // 1000, "options": "-c timezone=UTC"}
    engine = sa.create_engine(
        url, hide_parameters=True, pool_pre_ping=True, connect_args=options, pool_timeout=BUSY_MS / 1000
    )
    sa.event.listen(engine, "begin", _begin_postgres)
    return engine


def _private_file(path: Path) -> None:
    """Make the file and its folder if absent, readable by their owner only; so are SQLite's side files."""
    try:
        if not path.parent.exists():
            make_folder(path.parent)
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
        "wal_autocheckpoint=0",  # see checkpoint.py
        "journal_size_limit=0",  # a log that starts anew is as long as what is in it
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a write lock taken at once can wait; one taken half way through a transaction cannot
    write = connection.get_execution_options().get("geo_reports_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    """Let writers in one at a time, as SQLite does: ids and the chain are then gapless and in the order of commits."""
    if connection.get_execution_options().get("geo_reports_write", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One durable transaction: committed at the end of the block, undone on any error."""
    with plain_errors(), engine.connect() as raw:
        connection = raw.execution_options(geo_reports_write=True)
        with connection.begin():
            yield connection
        if engine.dialect.name == "sqlite" and engine.url.database:
            driver = raw.connection.driver_connection
            if driver is not None:
                move_log(driver, Path(engine.url.database))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store."""
    with plain_errors(), engine.connect() as raw:
        connection = raw
        if engine.dialect.name == "postgresql":
            connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say in words what the database could not do; what it can do and the program got wrong is raised as it is."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreBusy("The store is busy with many readers; try again in a moment.") from error
    except sa.exc.DBAPIError as error:
        found = _translated(error)
        if found is None:
            raise
        raise found from error


def _translated(error: sa.exc.DBAPIError) -> StoreError | None:
    text, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None) or ""
    if "locked" in text or "busy" in text or state in ("55P03", "40001", "40P01"):
        return StoreBusy("The store is busy with another writer; try again in a moment.")
    if "disk is full" in text or state == "53100":
        return StoreFull("There is no room left on the store's disk; nothing was stored. Reading still works.")
    if state == "25006" or "during recovery" in text:
        return StoreError("The store's database takes no writes now: it is a standby, or was made read-only.")
    if "not a database" in text:
        return StoreError("That file is no store of geo_reports; name another with --db.")
    if "malformed" in text:
        return StoreError("The store's file is damaged: stop the service and run geo-reports doctor.")
    if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
        return StoreError(f"The store cannot be used: {str(error.orig).strip()}")
    return None
