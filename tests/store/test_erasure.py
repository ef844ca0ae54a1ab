"""An erased report is gone from tables, files and photos, and does not come back with an older backup."""

import shutil
import struct
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from geo_reports.errors import NotFound, StoreError
from geo_reports.store import Doctor, Eraser, ErasureLog, PhotoFolder, Query, Store, faults, merging, voices
from geo_reports.store.change import present
from geo_reports.store.erasure_log import traces_of
from geo_reports.store.peek import holds
from geo_reports.store.remnants import settle
from tests.store.hand import AT, counted, dump, public_id, receipt
from tests.store.site import bring_back, files_under, fill, make_backup, send, site

LATER_S = 3600.0
LON, LAT = -69.123456789, -32.987654321
TEXT = "Planted words of a resident"


BOTH = pytest.mark.parametrize("here", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def here(request, tmp_path):
    """A place for a store: a SQLite file unless a test asks for both engines."""
    engine = getattr(request, "param", "sqlite")
    return site(tmp_path / "here", request.getfixturevalue("postgres_url") if engine == "postgres" else None)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A SQLite store in use, to be copied: making one takes a second."""
    made = site(tmp_path_factory.mktemp("one"))
    _plant(made, fill(made)).close()
    return Path(made.db).parent


@pytest.fixture
def store(here, one):
    """A store in use, with one report that shall go; its photo of its own, and one that another report shares."""
    if here.db.endswith(".sqlite"):
        shutil.copytree(one, Path(here.db).parent)
        opened = Store(here.db)
    else:
        opened = _plant(here, fill(here))
    yield opened
    opened.close()


def _plant(here, opened):
    folder = PhotoFolder(here.photos)
    own, shared = (folder.put(data) for data in (b"photo of a face", b"photo of one"))
    photos = [(own, 15), (shared, 12)]
    send(opened, "planted", photos=photos, description=TEXT, lon=LON, lat=LAT, sent_at=[AT])
    return opened


def eraser(here, store):
    return Eraser(store, log_of(here, store), PhotoFolder(here.photos, clock=lambda: time.time() + LATER_S))


def log_of(here, store):
    return ErasureLog.beside(here.keys, store.store_id())


def erase(here, store, name="planted"):
    return eraser(here, store).by_public_id(public_id(name), reason="court order", actor="operator", at=AT + 50)


def planted():
    """Bytes by which the report would be known."""
    given = receipt("planted")
    texts = (TEXT, public_id("planted"), "sealed contact of planted", "photo of a face")
    return [*(text.encode() for text in texts), given.code_hash, struct.pack(">dd", LON, LAT)]


@BOTH
def test_nothing_of_it_is_in_any_table_and_figures_drop_by_one(here, store):
    before, figures = store.size()["reports"], store.counts("barrios").n.sum()
    done = erase(here, store)
    assert (done.reports, done.photos, done.later, done.settled) == (1, 1, 0, True)
    left, words = dump(here.db), (TEXT, public_id("planted"), "contact of planted", str(LON), str(LAT))
    assert [word for word in words if word in left] == []
    assert store.size() == {"reports": before - 1, "receipts": before - 1}
    assert counted(store)
    assert store.chain_break() is None
    assert store.counts("barrios").n.sum() == figures - 1


def test_only_its_own_photo_goes(here, store):
    erase(here, store)
    kept = {path.read_bytes() for path in here.photos.rglob("*.jpg")}
    assert kept == {b"photo of one", b"photo of two", b"photo of three"}
    assert PhotoFolder(here.photos).verify(store.photo_digests()) == []


def test_no_byte_of_it_is_left_in_any_file(here, store, tmp_path):
    # many others around it: their inserts split pages, which leaves copies behind
    for number in range(60):
        send(store, f"other {number}", description="x" * (number * 17 % 600), lon=-70 + number / 999)
    raw = b"".join(content or b"" for content in files_under(tmp_path).values())
    assert [needle for needle in planted() if needle not in raw] == []
    erase(here, store)
    raw = b"".join(content or b"" for content in files_under(tmp_path).values())
    assert [needle for needle in planted() if needle in raw] == []


def test_a_file_that_still_holds_bytes_is_written_anew(here, store):
    with store.writing() as connection:
        engine = connection.engine
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        connection.execute(sa.text("INSERT INTO meta VALUES ('x', 'left behind by a page split')"))
        connection.execute(sa.text("DELETE FROM meta WHERE key = 'x'"))
    wanted = [b"left behind by a page split"]
    assert settle(engine, [])
    assert holds(Path(here.db), wanted)
    assert settle(engine, wanted)
    assert not holds(Path(here.db), wanted)


def test_a_reader_keeps_old_pages_and_is_told_of(here, store):
    reader = Store(here.db)
    with reader.reading() as connection:
        connection.execute(sa.text("SELECT count(*) FROM report")).scalar()
        assert not erase(here, store, "two").settled
    reader.close()
    assert erase(here, store, "one").settled


def test_a_photo_that_just_came_waits_as_it_may_be_on_its_way_into_another_report(here, store):
    patient = Eraser(store, log_of(here, store), PhotoFolder(here.photos))
    done = patient.by_public_id(public_id("planted"), reason="asked", actor="operator", at=AT)
    assert (done.photos, done.later) == (0, 1)


@BOTH
def test_by_its_code(here, store):
    eraser(here, store).by_code_hash(receipt("planted").code_hash, reason="asked", actor="sender", at=AT)
    assert public_id("planted") not in dump(here.db)
    with pytest.raises(NotFound, match="tracking code"):
        eraser(here, store).by_code_hash(receipt("planted").code_hash, reason="asked", actor="sender", at=AT)
    with pytest.raises(NotFound, match="no report"):
        erase(here, store)


@BOTH
def test_an_older_backup_does_not_bring_it_back(here, store, tmp_path):
    file = make_backup(here, tmp_path / "before.backup").file
    erase(here, store)
    after = make_backup(here, tmp_path / "after.backup").file
    there = site(tmp_path / "there")
    done = bring_back(file, there, erasures=log_of(here, store).path)
    assert (done.mended.erased, done.log_known) == (1, True)
    again = Store(there.db)
    assert again.chain_break() is None
    assert counted(again)
    assert TEXT not in dump(there.db)
    assert len(list(there.photos.rglob("*.jpg"))) == 3
    raw = b"".join(content or b"" for content in files_under(tmp_path / "there").values())
    assert [needle for needle in planted() if needle in raw] == []
    again.close()
    # the log travels inside a backup, and is there for the next one
    elsewhere = site(tmp_path / "elsewhere")
    assert bring_back(after, elsewhere).mended.erased == 0
    assert ErasureLog.beside(elsewhere.keys, store.store_id()).traces() == log_of(here, store).traces()


def test_without_the_log_it_is_said_that_nobody_knows(here, store, tmp_path):
    file = make_backup(here, tmp_path / "before.backup").file
    erase(here, store)
    done = bring_back(file, site(tmp_path / "there"))
    assert (done.mended.erased, done.log_known) == (0, False)


def test_the_same_report_sent_again_after_its_erasure_stays(here, store, tmp_path):
    erase(here, store)
    send(store, "planted", description=TEXT)
    done = bring_back(make_backup(here, tmp_path / "a.backup").file, site(tmp_path / "there"))
    assert done.mended.erased == 0


class Stop(Exception):
    """The program ends here."""


@pytest.mark.parametrize(("point", "there"), [("erase.logged", True), ("erase.committed", False)])
def test_the_log_is_on_disk_before_the_commit(here, store, point, there):
    def stop(reached):
        if reached == point:
            raise Stop

    faults.arm(stop)
    try:
        with pytest.raises(Stop):
            erase(here, store)
    finally:
        faults.arm(None)
    assert (public_id("planted") in dump(here.db)) is there
    assert len(log_of(here, store).traces()) == 1


def test_no_log_no_erasure(here, store):
    log_of(here, store).path.mkdir()
    with pytest.raises(StoreError, match="Nothing was erased"):
        erase(here, store)
    assert public_id("planted") in dump(here.db)


def test_the_log_outlives_broken_off_lines_and_finds_damage(tmp_path):
    log = ErasureLog(tmp_path / "keys" / "s.erased")
    assert log.traces() == set()
    log.add(["a" * 64], AT)
    with log.path.open("a") as file:
        file.write(f"{AT} bbbb")
    log.add(["c" * 64], AT)
    assert log.traces() == {"a" * 64, "c" * 64}
    assert log.path.stat().st_mode & 0o777 == 0o600
    other = ErasureLog(tmp_path / "other.erased")
    other.join(log.text())
    other.join(log.text())
    assert other.traces() == log.traces()
    assert len(other.text().splitlines()) == 2
    with pytest.raises(StoreError, match="line 1"):
        traces_of(log.text().replace("a", "d"), "it")


def test_the_log_tells_nothing_of_what_was_erased(here, store):
    erase(here, store)
    text = log_of(here, store).text()
    assert len(text) == 85
    assert public_id("planted") not in text


@BOTH
@pytest.mark.parametrize(("name", "into"), [("planted", "other"), ("other", "planted")])
def test_a_merge_leaves_no_name_of_it_with_the_other_report(here, store, name, into):
    send(store, "other")
    send(store, "third")
    with store.writing() as connection:
        by = {"note": None, "actor": "ana", "at": AT + 1}
        merging.merge(connection, public_id(name), public_id(into), **by)
        merging.merge(connection, public_id("third"), public_id(into), **by)
    before = _voices(store, "other")
    erase(here, store)
    left = dump(here.db)
    assert public_id("planted") not in left
    assert public_id("third") in left
    # a voice that was lent goes with its report; those of others stay where they were heard
    assert (before, _voices(store, "other")) == ((2, 1) if into == "other" else (0, 0))
    # whoever was merged into what is gone is worked on again
    found = store.find(Query()).set_index("public_id").status
    assert found[public_id("third")] == ("duplicate" if into == "other" else "acknowledged")
    assert found[public_id("other")] == ("received" if into == "other" else "acknowledged")
    assert counted(store)
    assert [str(one) for one in Doctor(here.db).examine() if not one.well] == []


def _voices(store, name):
    with store.reading() as connection:
        return sum(voices.counts(connection, [present(connection, public_id(name)).id]).values())
