"""A backup of a live store comes back whole, on both engines and across them."""

import shutil
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from geo_reports.errors import InputError, KeyProblem, StoreBusy, StoreError
from geo_reports.intake.keys import open_key
from geo_reports.store import PhotoFolder, Store
from geo_reports.store.backup import verify_backup
from geo_reports.store.backup.site import workspace
from geo_reports.store.engine import open_engine
from geo_reports.store.keyfile import server_key_file
from tests.store import old_store
from tests.store.hand import AT, TABLE, counted, dump, tamper
from tests.store.site import KEY, bring_back, files_under, fill, make_backup, send, site


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def here(request, tmp_path_factory):
    """A store in use, on each engine; tests only read it."""
    folder = tmp_path_factory.mktemp("here")
    made = site(folder, request.getfixturevalue("postgres").database() if request.param == "postgres" else None)
    fill(made).close()
    return made


@pytest.fixture
def mine(tmp_path, one):
    """A SQLite store in use, for one test alone."""
    shutil.copytree(Path(one.db).parent, tmp_path / "here")
    return site(tmp_path / "here")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    made = site(tmp_path_factory.mktemp("one"))
    fill(made).close()
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def there(request, tmp_path):
    """An empty place, on each engine."""
    return site(tmp_path / "there", request.getfixturevalue("postgres_url") if request.param == "postgres" else None)


def rows(db):
    return sorted(dump(db).splitlines())


def test_every_row_photo_and_key_comes_back_and_the_store_goes_on(here, there, tmp_path):
    made = make_backup(here, tmp_path / "a.backup")
    assert (made.manifest.made_at, made.manifest.rows["report"], made.manifest.photos) == (AT, 3, 3)
    done = bring_back(made.file, there)
    assert rows(there.db) == rows(here.db)
    assert (done.mended.erased, done.mended.recounted, done.lacking) == (0, False, 0)
    assert not any(path.exists() for path in (here.work, there.work, there.photos / ".restoring"))
    store = Store(there.db)
    digests = store.photo_digests()
    assert (len(digests), PhotoFolder(there.photos).verify(digests)) == (3, [])
    open_key(there.keys, store)
    send(store, "four")
    store.start_batch("archive", "b.csv", "1" * 64, AT)
    store.register_units("sectors", TABLE)
    assert store.chain_break() is None
    assert counted(store)
    store.close()
    before = rows(there.db)
    shutil.rmtree(there.photos)
    with pytest.raises(InputError, match="empty place only"):
        bring_back(made.file, there)
    assert rows(there.db) == before


def test_a_copy_has_the_schema_of_a_store(here, tmp_path):
    there = site(tmp_path / "there")
    bring_back(make_backup(here, tmp_path / "a.backup").file, there)
    fresh = str(tmp_path / "fresh.sqlite")
    Store(fresh).close()
    assert _schema(there.db) == _schema(fresh)


def _schema(db):
    engine = open_engine(db)
    with engine.connect() as connection:
        found = set(connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all())
    engine.dispose()
    return found


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_backup_is_one_moment_while_others_write(engine, request, tmp_path):
    here = site(tmp_path / "here", request.getfixturevalue("postgres_url") if engine == "postgres" else None)
    store = fill(here)
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            send(store, f"late {number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = make_backup(here, tmp_path / "a.backup")
    finally:
        stop.set()
        writer.join()
    there = site(tmp_path / "there")
    bring_back(made.file, there)
    again = Store(there.db)
    with again.reading() as connection:
        last = connection.execute(sa.text("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")).one()
        n = connection.execute(sa.text("SELECT count(*) FROM report")).scalar()
    assert (last[0], bytes(last[1]).hex(), n) == (
        made.manifest.events,
        made.manifest.head,
        made.manifest.rows["report"],
    )
    assert n < store.size()["reports"]
    assert again.chain_break() is None
    assert counted(again)
    again.close()
    store.close()


def test_a_store_of_the_first_schema_is_restored_and_upgraded(tmp_path):
    here, there = site(tmp_path / "here"), site(tmp_path / "there")
    here.keys.parent.mkdir()
    old_store.make(here.db, 20)
    tamper(here.db, "INSERT INTO meta VALUES ('store_id', 'abcd')")
    here.keys.mkdir()
    server_key_file(here.keys, "abcd").write_text("0" * 64)
    server_key_file(here.keys, "abcd").chmod(0o600)
    made = make_backup(here, tmp_path / "a.backup")
    assert made.manifest.schema_ == "0001"
    bring_back(made.file, there)
    store = Store(there.db)
    assert store.size() == {"reports": 20, "receipts": 20}
    assert counted(store)
    store.close()


def test_wrong_counters_are_counted_anew(mine, tmp_path):
    here, there = mine, site(tmp_path / "there")
    tamper(here.db, "UPDATE counter SET n = n + 1")
    assert bring_back(make_backup(here, tmp_path / "a.backup").file, there).mended.recounted
    store = Store(there.db)
    assert counted(store)
    store.close()


def test_a_store_that_is_not_sound_is_not_backed_up(mine, tmp_path):
    here = mine
    tamper(here.db, "UPDATE event SET actor = 'eve' WHERE seq = 2")
    with pytest.raises(StoreError, match="event 2"):
        make_backup(here, tmp_path / "a.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert not here.work.exists()


def test_a_missing_photo_is_named_and_the_rest_is_kept(mine, tmp_path):
    here, there = mine, site(tmp_path / "there")
    store = Store(here.db)
    gone, damaged, _ = store.photo_digests()
    PhotoFolder(here.photos).path(gone).unlink()
    PhotoFolder(here.photos).path(damaged).write_bytes(b"rotten")
    store.close()
    made = make_backup(here, tmp_path / "a.backup")
    assert set(made.lacking) == {gone.hex(), damaged.hex()}
    assert bring_back(made.file, there).lacking == 2
    assert len(list(there.photos.rglob("*.jpg"))) == 1


def test_a_backup_replaces_nothing_and_needs_a_store_and_its_key(mine, tmp_path):
    here = mine
    with pytest.raises(InputError, match="no store"):
        make_backup(site(tmp_path / "none"), tmp_path / "a.backup")
    store = Store(here.db)
    key = server_key_file(here.keys, store.store_id())
    store.close()
    (tmp_path / "a.backup").write_bytes(b"older")
    with pytest.raises(InputError, match="there already"):
        make_backup(here, tmp_path / "a.backup")
    with pytest.raises(InputError, match="no folder"):
        make_backup(here, tmp_path / "none" / "a.backup")
    key.write_text("0" * 64)
    with pytest.raises(KeyProblem, match="not the key"):
        make_backup(here, tmp_path / "b.backup")
    key.unlink()
    with pytest.raises(KeyProblem, match="cannot be read"):
        make_backup(here, tmp_path / "b.backup")
    assert (tmp_path / "a.backup").read_bytes() == b"older"
    assert {path.name for path in tmp_path.iterdir()} == {"here", "a.backup"}


def test_two_backups_do_not_meet(mine, tmp_path):
    here = mine
    with workspace(here.work), pytest.raises(StoreBusy, match="Another backup"):
        make_backup(here, tmp_path / "a.backup")
    make_backup(here, tmp_path / "a.backup")


def test_verifying_keeps_nothing(mine, tmp_path):
    here = mine
    made = make_backup(here, tmp_path / "a.backup")
    before = files_under(tmp_path)
    assert verify_backup(made.file, KEY, "it", tmp_path / "work") == made.manifest
    assert files_under(tmp_path) == before


def test_a_restore_goes_into_an_empty_place_only(mine, tmp_path):
    here = mine
    store = Store(here.db)
    store_id = store.store_id()
    store.close()
    file = make_backup(here, tmp_path / "a.backup").file
    there = site(tmp_path / "there")
    taken = server_key_file(there.keys, store_id)
    stray = there.photos / "ab" / "old.jpg"
    for full, what, problem in (
        (here, None, InputError),
        (there, stray, InputError),
        (there, tmp_path / "there" / "reports.sqlite-wal", InputError),
        (there, taken, KeyProblem),
    ):
        if what is not None:
            what.parent.mkdir(parents=True, exist_ok=True)
            what.write_text("1" * 64)
            what.chmod(0o600)
        before, kept = files_under(tmp_path), dump(here.db)
        with pytest.raises(problem, match=r"already|not empty"):
            bring_back(file, full)
        assert (files_under(tmp_path), dump(here.db)) == (before, kept)
        if what is not None:
            shutil.rmtree(tmp_path / "there")


def test_the_same_key_may_be_there(mine, tmp_path):
    here, there = mine, site(tmp_path / "there")
    there.keys.parent.mkdir()
    here.keys.rename(there.keys)
    (tmp_path / "link").symlink_to(there.keys)
    from_there = site(tmp_path / "here")
    from_there.keys.symlink_to(there.keys)
    assert bring_back(make_backup(from_there, tmp_path / "a.backup").file, there).log_known
