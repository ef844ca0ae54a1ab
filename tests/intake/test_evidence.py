"""Originals: kept only while the city folder says so, through every step of a form, gone when their days are over."""

import io
import os

import pytest

from geo_reports.errors import BadPhoto
from geo_reports.intake.evidence import DAY_S, Evidence
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.photos import Photos, collect_orphans
from geo_reports.store import PhotoFolder, Store, gallery
from geo_reports.store.change import append_event
from tests.intake import photo_corpus as corpus
from tests.store.hand import AT, TABLE, arrivals, receipt

KEY = ServerKey(bytes(range(32)))
FORM = "k" * 24


@pytest.fixture
def folder(tmp_path):
    return PhotoFolder(tmp_path / "photos")


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "reports.sqlite"))
    opened.register_units("barrios", TABLE)
    yield opened
    opened.close()


def hold(photos, data=None):
    return photos.hold(io.BytesIO(corpus.readable_gps() if data is None else data))


def age(folder, seconds):
    for path in folder._root.rglob("*"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))


def sealed_files(folder):
    return sorted(folder._root.glob("evidence/*/*.sealed"))


def test_place_and_original_go_through_a_form(folder):
    photos = Photos(folder, KEY, 30)
    held = hold(photos)
    assert held.place == pytest.approx((-70.7575, -33.51))
    again = photos.redeem(photos.ticket(held, FORM), FORM)
    assert again.place == pytest.approx(held.place, abs=1e-7)
    assert (again.photo, again.original) == (held.photo, held.original)
    assert folder.sealed.read(again.photo.sealed_sha256)
    with pytest.raises(BadPhoto):
        photos.redeem(photos.ticket(held, FORM).replace("-70.75", "-70.76"), FORM)


def test_without_place_and_mode(folder):
    photos = Photos(folder, KEY)
    held = hold(photos, corpus.png())
    assert (held.place, held.photo.sealed_sha256) == (None, None)
    assert photos.redeem(photos.ticket(held, FORM), FORM) == held
    assert sealed_files(folder) == []


def test_a_form_keeps_its_original_from_being_collected(folder, store):
    photos = Photos(folder, KEY, 30)
    held = hold(photos)
    age(folder, 2 * DAY_S)
    photos.redeem(photos.ticket(held, FORM), FORM)
    assert collect_orphans(folder, store) == 0
    age(folder, 2 * DAY_S)
    assert collect_orphans(folder, store) == 2
    with pytest.raises(BadPhoto, match="not kept so long"):
        photos.redeem(photos.ticket(held, FORM), FORM)


def test_an_original_is_on_disk_before_its_report_and_only_its_owner_can_read_it(folder):
    photos = Photos(folder, KEY, 30)
    hold(photos)
    (file,) = sealed_files(folder)
    modes = {path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)}
    assert modes == {0o600, 0o700}
    assert corpus.MARK.encode() not in file.read_bytes()


def kept(folder, store, days=30):
    photos = Photos(folder, KEY, days)
    held = hold(photos)
    store.add(arrivals("dump", photos=[(held.photo,)]), receipt("dump"))
    age(folder, 180)
    return photos


def test_originals_go_when_their_days_are_over(folder, store):
    photos = kept(folder, store)
    assert photos.collect(store, AT + 30 * DAY_S) == 0
    assert len(sealed_files(folder)) == 1
    assert photos.collect(store, AT + 30 * DAY_S + 1) == 1
    assert sealed_files(folder) == []
    assert store.sealed_digests() == []
    last = store.events_of(1)[-1]
    assert (last["kind"], last["reason"], last["actor"], last["note"]) == ("evidence", "expired", "retention", "0")
    assert photos.collect(store, AT + 40 * DAY_S) == 0
    assert folder.verify(store.photo_digests()) == []


def test_originals_go_when_the_mode_is_ended(folder, store):
    kept(folder, store)
    assert Photos(folder, KEY).collect(store, AT) == 1
    assert sealed_files(folder) == []


def test_a_photo_that_was_added_later_has_days_of_its_own(folder, store):
    photos = kept(folder, store)
    late = hold(photos, corpus.png())
    age(folder, 180)
    with store.writing() as connection:
        assert gallery.add(connection, 1, [late.photo], actor="resident", at=AT + 20 * DAY_S) == [1]
    assert photos.collect(store, AT + 31 * DAY_S) == 1
    assert len(sealed_files(folder)) == 1
    assert store.sealed_digests() == [late.photo.sealed_sha256]
    assert photos.collect(store, AT + 51 * DAY_S) == 1
    assert sealed_files(folder) == []


def test_an_original_of_two_reports_stays_for_the_other(folder, store):
    """A form that was sent again with a new key names the same file."""
    photos = Photos(folder, KEY, 30)
    held = hold(photos)
    for name in ("first", "second"):
        store.add(arrivals(name, photos=[(held.photo,)]), receipt(name))
    with store.writing() as connection:
        append_event(connection, 2, "photo", reason="held", note="0 ", actor="resident", at=AT + 20 * DAY_S)
    age(folder, 180)
    assert Evidence(folder, KEY, 30).expire(store, AT + 31 * DAY_S) == 1
    assert store.sealed_digests() == [held.photo.sealed_sha256]
    assert len(sealed_files(folder)) == 1
    assert Evidence(folder, KEY, 30).expire(store, AT + 51 * DAY_S) == 1
    assert sealed_files(folder) == []
