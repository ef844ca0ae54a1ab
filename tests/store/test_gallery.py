"""Photos as rows: what is shown, the files they need, and that every copy and every erasure knows all of them."""

import hashlib
import os

import pytest
import sqlalchemy as sa

from geo_reports.errors import NotFound
from geo_reports.store import Doctor, Eraser, ErasureLog, Photo, PhotoFolder, Surroundings, gallery
from geo_reports.store.schema import waiting
from tests.store.hand import AT, arrivals, dump, public_id, receipt
from tests.store.site import bring_back, fill, make_backup, send, site

ONE, TWO = public_id("one"), public_id("two")


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def photo(name, sealed=None):
    return Photo(digest(name), 10, 20, 30, digest(sealed) if sealed else None)


@pytest.fixture
def two(store):
    """Report one with photos a and b, of which a has an original; report two with photo a and the same original."""
    store.add(arrivals("one", photos=[(photo("a", "original a"), photo("b"))]), receipt("one"))
    store.add(arrivals("two", photos=[(photo("a", "original a"),)]), receipt("two"))
    return store


def publish(store, name, n, shown):
    with store.writing() as connection:
        one = gallery.photo_of(connection, name, n)
        gallery.publish(connection, one, digest(shown), 7, actor="ana", at=AT + 1)


def test_photos_of_a_report(two):
    with two.reading() as connection:
        first, second = gallery.photos_of(connection, ONE)
        assert (first.n, first.state, first.width, first.height) == (0, "held", 20, 30)
        assert (first.sha256, first.public_sha256, first.sealed_sha256) == (digest("a"), None, digest("original a"))
        assert (second.n, second.sealed_sha256) == (1, None)
        with pytest.raises(NotFound):
            gallery.photo_of(connection, ONE, 2)
        with pytest.raises(NotFound):
            gallery.photos_of(connection, "nobody")


def test_every_file_is_known(two):
    publish(two, ONE, 1, "shown b")
    assert sorted(two.photo_digests()) == sorted(map(digest, ("a", "b", "shown b")))
    assert two.sealed_digests() == [digest("original a")]
    with two.reading() as connection:
        pictures, originals = gallery.files_of(connection, [1])
        assert (sorted(pictures), originals) == (sorted(map(digest, ("a", "b", "shown b"))), [digest("original a")])
        asked = [digest(name) for name in ("a", "b", "shown b", "original a", "gone")]
        assert gallery.unwanted(connection, asked) == [digest("gone")]
        named = [gallery.owners(connection, [digest(name)]) for name in ("shown b", "original a", "gone")]
        assert named == [[ONE], sorted([ONE, TWO]), []]


def test_what_is_judged_waits_no_more(two):
    def waits():
        with two.reading() as connection:
            return set(connection.execute(sa.select(waiting.c.report_id).where(waiting.c.kind == "photo")).scalars())

    assert waits() == {1, 2}
    publish(two, ONE, 0, "shown a")
    assert waits() == {1, 2}
    with two.writing() as connection:
        one = gallery.photo_of(connection, ONE, 1)
        gallery.unpublish(connection, one, gallery.WITHHELD, why="a face", actor="ana", at=AT + 2)
    assert waits() == {2}
    with two.writing() as connection:
        one = gallery.photo_of(connection, ONE, 0)
        gallery.unpublish(connection, one, gallery.HELD, why="category", actor="ana", at=AT + 3)
    assert waits() == {1, 2}


def test_more_photos_for_a_report(two):
    with two.writing() as connection:
        assert gallery.add(connection, 2, [photo("c", "original c"), photo("d")], actor="resident", at=AT + 5) == [1, 2]
        assert gallery.add(connection, 2, [], actor="resident", at=AT + 6) == []
    kinds = [event["kind"] for event in two.events_of(2)]
    assert kinds == ["received", "photo", "photo", "revised"]
    assert digest("original c") in two.sealed_digests()


def test_the_chain_says_the_same_as_the_rows(two, db):
    def wrong():
        return [str(one) for one in Doctor(db).examine() if not one.well]

    publish(two, ONE, 0, "shown a")
    with two.writing() as connection:
        gallery.add(connection, 1, [photo("c")], actor="resident", at=AT + 5)
        one = gallery.photo_of(connection, ONE, 0)
        gallery.unpublish(connection, one, gallery.WITHHELD, why="", actor="ana", at=AT + 6)
    publish(two, ONE, 0, "shown again")
    assert wrong() == []
    with two.writing() as connection:
        gallery._set(connection, one, gallery.PUBLISHED, digest("shown a"), 7)
    assert [finding for finding in wrong() if finding.startswith("judgements of photos") and ONE in finding]


@pytest.mark.parametrize("note", ["", "x", "0 not-hex", "9 "])
def test_notes_that_say_nothing_of_a_photo_are_no_judgement(note):
    class Event:
        kind, reason = "photo", "published"

    event = Event()
    event.note = note
    told = gallery.judged([0], [event])
    assert told[0] == ("held", None)


# copies and erasure ---------------------------------------------------------------------------


def filled(place):
    """A store in use, one of whose photos has a derivative and an original; returns it and the digests of the three."""
    store, folder = fill(place), PhotoFolder(place.photos)
    files = {name: name.encode() * 9 for name in ("kept", "shown", "sealed")}
    kept, shown = folder.put(files["kept"]), folder.put(files["shown"])
    sealed = folder.sealed.put(files["sealed"])
    send(store, "rich", photos=[(kept, len(files["kept"]))])
    with store.writing() as connection:
        one = gallery.photo_of(connection, public_id("rich"), 0)
        connection.exec_driver_sql("UPDATE photo SET sealed_sha256 = ? WHERE sha256 = ?", (sealed, kept))
        gallery.publish(connection, one, shown, len(files["shown"]), actor="ana", at=AT + 20)
    return store, {"kept": kept, "shown": shown, "sealed": sealed}


def there(place, digests):
    folder = PhotoFolder(place.photos)
    found = {name for name in ("kept", "shown") if folder.path(digests[name]).exists()}
    return found | ({"sealed"} if folder.sealed.path(digests["sealed"]).exists() else set())


def test_a_backup_holds_derivatives_and_originals(tmp_path):
    here, back = site(tmp_path / "here"), site(tmp_path / "back")
    store, digests = filled(here)
    store.close()
    made = make_backup(here, tmp_path / "a.backup")
    assert (made.lacking, made.manifest.photos) == ((), 5)
    bring_back(tmp_path / "a.backup", back)
    assert there(back, digests) == {"kept", "shown", "sealed"}
    assert PhotoFolder(back.photos).sealed.read(digests["sealed"]) == b"sealed" * 9
    modes = {path.stat().st_mode & 0o777 for path in (back.photos / "evidence").rglob("*")}
    assert modes == {0o700, 0o600}
    assert dump(here.db) == dump(back.db)
    found = Doctor(back.db, lambda: Surroundings(photos=PhotoFolder(back.photos))).examine()
    assert [one.detail for one in found if one.what == "photos"] == ["5 and 1 sealed originals, all on disk and whole"]


def test_what_a_backup_lacks_is_told(tmp_path):
    here = site(tmp_path / "here")
    store, digests = filled(here)
    store.close()
    folder = PhotoFolder(here.photos)
    folder.path(digests["shown"]).unlink()
    folder.sealed.path(digests["sealed"]).write_bytes(b"damaged")
    made = make_backup(here, tmp_path / "a.backup")
    assert sorted(made.lacking) == sorted(digests[name].hex() for name in ("shown", "sealed"))
    found = Doctor(here.db, lambda: Surroundings(photos=folder)).examine()
    (finding,) = [one for one in found if one.what == "photos"]
    assert (finding.well, finding.reports) == (False, (public_id("rich"),))


def test_an_erasure_takes_derivatives_and_originals_also_out_of_older_backups(tmp_path):
    here, back = site(tmp_path / "here"), site(tmp_path / "back")
    store, digests = filled(here)
    make_backup(here, tmp_path / "a.backup")
    for path in here.photos.rglob("*"):
        os.utime(path, (AT, AT))
    log = ErasureLog.beside(here.keys, store.store_id())
    eraser = Eraser(store, log, PhotoFolder(here.photos))
    done = eraser.by_public_id(public_id("rich"), reason="asked", actor="ana", at=AT + 30)
    assert (done.reports, done.photos, done.later) == (1, 3, 0)
    assert there(here, digests) == set()
    assert len(list(here.photos.rglob("*.jpg"))) == 3
    bring_back(tmp_path / "a.backup", back, erasures=log.path)
    assert there(back, digests) == set()
    store.close()


def test_repair_collects_what_nobody_refers_to(tmp_path):
    here = site(tmp_path / "here")
    store, digests = filled(here)
    folder = PhotoFolder(here.photos)
    folder.put(b"orphan")
    folder.sealed.put(b"orphan")
    for path in here.photos.rglob("*"):
        os.utime(path, (AT, AT))
    done = Doctor(here.db, lambda: Surroundings(photos=folder)).repair()
    assert done == ["2 photos that no report refers to were removed"]
    assert there(here, digests) == {"kept", "shown", "sealed"}
    store.close()


def test_a_store_of_before_is_opened_without_photos_lost(tmp_path):
    """Manifests of older schemas know neither derivatives nor originals."""
    from geo_reports.store.backup.manifest import originals_of, photos_of

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with engine.begin() as connection:
        assert (list(photos_of(connection)), list(originals_of(connection))) == ([], [])
        connection.exec_driver_sql("CREATE TABLE photo (sha256 BLOB, n_bytes INTEGER)")
        connection.exec_driver_sql("INSERT INTO photo VALUES (?, 5), (?, 5)", (digest("a"), digest("a")))
        assert list(photos_of(connection)) == [(digest("a"), 5)]
        assert list(originals_of(connection)) == []
    engine.dispose()
