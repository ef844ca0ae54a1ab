import sqlite3
from contextlib import ExitStack
from importlib.resources import files

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from geo_reports.errors import SchemaTooNew, StoreBusy, StoreError
from geo_reports.store import Store
from geo_reports.store.engine import open_engine, reading, writing
from geo_reports.store.revisions import bring_to
from geo_reports.store.schema import metadata
from tests.store.hand import arrivals, receipt


@pytest.fixture
def db(tmp_path):
    """Where a new SQLite store is to be."""
    return str(tmp_path / "reports.sqlite")


def test_commits_survive_a_power_loss(store):
    with store.reading() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        assert pragma == {"journal_mode": "wal", "synchronous": 2}
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_another_writer_makes_the_store_busy(store, db):
    engine = open_engine(db)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy), writing(engine):
        pass
    other.execute("ROLLBACK")
    with writing(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM report").scalar() == 0
    other.close()
    engine.dispose()


def test_readers_do_not_wait_for_a_writer(store, db):
    store.add(arrivals("one"), receipt("one"))
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.size()["reports"] == 1
    other.execute("ROLLBACK")
    other.close()


def test_a_newer_schema_is_refused_and_left_alone(store, db):
    store.close()
    with sqlite3.connect(db) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaTooNew, match="9999"):
        Store(db)
    with sqlite3.connect(db) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_a_folder_in_the_place_of_the_file_is_an_error_in_words(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        Store(str(tmp_path))


@pytest.fixture(params=["sqlite", "postgres"])
def migrated(request, tmp_path):
    """A connection to a database that every migration was run on, from the first."""
    url = str(tmp_path / "m.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with writing(engine) as connection:
        bring_to(connection, "head")
    with reading(engine) as connection:
        yield connection
    engine.dispose()


def test_the_migrations_make_the_schema_of_the_program(migrated):

    def compared(_item, name, _kind, _reflected, _to):
        # a second copy for SQLite's own check; a row of it could be too long for a server's index
        return migrated.dialect.name == "sqlite" or name != "ix_outbox_copy"

    options = {"compare_type": True, "compare_server_default": True, "include_object": compared}
    context = MigrationContext.configure(migrated, opts=options)
    assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_file_as_a_new_store(store, tmp_path):
    """What the comparison above does not look at: kinds of tables, and conditions of indexes."""
    engine = open_engine(str(tmp_path / "migrated.sqlite"))
    with writing(engine) as connection:
        bring_to(connection, "head")
    asked = (
        "SELECT name, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'",
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'alembic_version'",
    )
    with store.reading() as fresh, reading(engine) as migrated:
        for sql in asked:
            assert set(migrated.exec_driver_sql(sql)) == set(fresh.exec_driver_sql(sql))
    engine.dispose()


def test_the_first_migration_is_a_copy():
    """A migration that reads the present schema would change with it."""
    for path in (files("geo_reports.store") / "migrations" / "versions").iterdir():
        if path.name.endswith(".py"):
            assert "geo_reports" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("scheme", "rest"), [("postgresql", "server:port/reports"), ("oracool", "server/reports")])
def test_a_url_that_names_no_store_is_told_without_its_password(scheme, rest):
    with pytest.raises(StoreError, match=f"{scheme}://… names no store") as refused:
        open_engine(f"{scheme}://user:secret@{rest}")
    assert "secret" not in str(refused.value)


def test_many_readers_make_the_store_busy(store, db):
    engine = open_engine(db)
    assert engine.pool.timeout() == 5
    engine.pool._timeout = 0.05
    with ExitStack() as readers:
        for _ in range(15):
            readers.enter_context(reading(engine))
        with pytest.raises(StoreBusy, match="readers"), writing(engine):
            pass
    with writing(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM report").scalar() == 0
    engine.dispose()


def test_a_standby_says_that_it_takes_no_writes(postgres_url):
    Store(postgres_url).close()
    engine = open_engine(postgres_url)
    name = engine.url.database
    with writing(engine) as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    engine.dispose()
    standby = Store(postgres_url)
    with pytest.raises(StoreError, match="takes no writes"):
        standby.set_meta("a", "b")
    standby.close()
