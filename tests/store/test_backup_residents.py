"""What residents and moderators add to a store comes back with a backup: voices, merges, answers, photos, followers."""

import pytest
import sqlalchemy as sa

from geo_reports.store import (
    Doctor,
    Eraser,
    ErasureLog,
    Message,
    Photo,
    PhotoFolder,
    Store,
    Surroundings,
    change,
    gallery,
    merging,
    subscriptions,
    voices,
)
from geo_reports.store.subscriptions import ASKED, Subscription, Subscriptions
from tests.store.hand import AT, arrivals, counted, digest, dump, public_id, receipt
from tests.store.site import bring_back, fill, make_backup, site

BY = {"actor": "ana", "at": AT + 20}
KEPT, SEALED, SHOWN = b"a dump as it is kept", b"a dump as it was sent, encrypted", b"a dump as it is shown"


@pytest.fixture(params=[("sqlite", "postgres"), ("postgres", "sqlite")], ids=["to a server", "from a server"])
def places(request, tmp_path):
    """A store in use and an empty place, on different engines."""
    made = []
    for name, engine in zip(("here", "there"), request.param, strict=True):
        db = request.getfixturevalue("postgres").database() if engine == "postgres" else None
        made.append(site(tmp_path / name, db))
    store = fill(made[0])
    _add(made[0], store)
    store.close()
    return made


def _add(here, store):
    """A report with answers, a published photo, its original and a voice; one merged into it; two followers."""
    folder = PhotoFolder(here.photos)
    kept = Photo(folder.put(KEPT), len(KEPT), 10, 10, folder.sealed.put(SEALED))
    answers = ['{"blocks":"street"}']
    store.add(arrivals("seen", description="Ñandú", photos=[(kept,)], answers=answers), receipt("seen"))
    store.add(arrivals("again"), receipt("again"))
    with store.writing() as connection:
        one = gallery.photo_of(connection, public_id("seen"), 0)
        gallery.publish(connection, one, folder.put(SHOWN), len(SHOWN), **BY)
        assert voices.add(connection, public_id("seen"), digest("somebody")[:16], at=AT + 21)
        merging.merge(connection, public_id("again"), public_id("seen"), note=None, **BY)
        change.append_event(connection, one.report_id, "comment", note="¿Cuándo?", actor="resident", at=AT + 22)
    kept = followers(here, store)
    for name in ("left", "stays"):
        assert kept.ask(follower(name), Message("subscriptions", "confirm", name, "{}"), most_per_hour=9)
        assert kept.confirm(digest(f"token {name}"), AT + 30) is not None


def followers(here, store):
    return Subscriptions(store, ErasureLog.beside(here.keys, store.store_id()))


def follower(name):
    hashes = (digest(name), b"sealed " + name.encode(), digest(f"token {name}"))
    return Subscription("barrios", "A", *hashes, "es", 7, ASKED, AT, AT)


def problems(here):
    around = Surroundings(photos=PhotoFolder(here.photos))
    return [str(one) for one in Doctor(here.db, lambda: around).examine() if not one.well]


def test_all_of_it_comes_back_and_goes_on(places, tmp_path):
    here, there = places
    made = make_backup(here, tmp_path / "a.backup")
    assert (made.lacking, made.manifest.photos) == ((), 5)
    bring_back(made.file, there)
    assert sorted(dump(there.db).splitlines()) == sorted(dump(here.db).splitlines())
    folder = PhotoFolder(there.photos)
    assert {folder.read(digest) for digest in _pictures(there)} >= {KEPT, SHOWN}
    store = Store(there.db)
    assert [folder.sealed.read(digest) for digest in store.sealed_digests()] == [SEALED]
    with store.reading() as connection:
        seen = change.present(connection, public_id("seen")).id
        assert voices.counts(connection, [seen]) == {seen: 2}
        assert voices.merged_into(connection, public_id("again")) == public_id("seen")
    with store.writing() as connection:
        assert not voices.add(connection, public_id("seen"), digest("somebody")[:16], at=AT + 60)
        merging.part(connection, public_id("again"), status="acknowledged", actor="ana", at=AT + 60)
    assert followers(there, store).ask(
        follower("new"), Message("subscriptions", "confirm", "new", "{}"), most_per_hour=9
    )
    assert counted(store)
    store.close()
    assert problems(there) == []


def test_who_left_and_what_was_erased_since_does_not_come_back(places, tmp_path):
    here, there = places
    made = make_backup(here, tmp_path / "a.backup")
    store = Store(here.db)
    log = ErasureLog.beside(here.keys, store.store_id())
    assert followers(here, store).leave(digest("token left"), AT + 40) is not None
    eraser = Eraser(store, log, PhotoFolder(here.photos))
    eraser.by_public_id(public_id("seen"), reason="asked", actor="operator", at=AT + 41)
    store.close()
    done = bring_back(made.file, there, erasures=log.path)
    assert done.mended.erased == 1
    store = Store(there.db)
    with store.reading() as connection:
        assert connection.execute(sa.select(subscriptions.table.c.address_hash)).scalars().all() == [digest("stays")]
        assert voices.merged_into(connection, public_id("again")) is None
        assert connection.execute(sa.text("SELECT count(*) FROM voice")).scalar() == 0
    assert store.sealed_digests() == []
    store.close()
    assert public_id("seen") not in dump(there.db)
    left = {path.read_bytes() for path in there.photos.rglob("*") if path.is_file()}
    assert left & {KEPT, SEALED, SHOWN} == set()
    assert problems(there) == []


def _pictures(there):
    store = Store(there.db)
    found = store.photo_digests()
    store.close()
    return found
