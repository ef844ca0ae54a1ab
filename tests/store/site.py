"""A store with everything in it, ready to be backed up, and the places it may be restored to."""

from datetime import UTC, datetime
from pathlib import Path

from geo_reports.accounts import Accounts
from geo_reports.intake.keys import ServerKey, open_key
from geo_reports.report import Audience, Status
from geo_reports.store import Message, Photo, PhotoFolder, Sending, Store
from geo_reports.store.backup import Site, back_up, restore
from tests.store.hand import AT, TABLE, arrivals, public_id, receipt

KEY = bytes(range(32))
CITY = "town"


def clock() -> datetime:
    return datetime.fromtimestamp(AT, UTC)


def check_of(secret: bytes) -> str:
    return ServerKey(secret).check


def site(folder: Path, db: str | None = None) -> Site:
    """Places in a folder; ``db`` is a database, or a file in the folder."""
    return Site(db or str(folder / "reports.sqlite"), folder / "photos", folder / "keys", folder / "work")


def make_backup(here, file, key=KEY):
    return back_up(here, file, lambda: key, CITY, check_of=check_of, clock=lambda: AT)


def bring_back(file, there, key=KEY, **given):
    return restore(there, file, key, "the one given", CITY, check_of=check_of, clock=lambda: AT + 99, **given)


def send(store, name, *, photos=(), **columns):
    """Accept one report with photos, given as digest and bytes of what is in the folder."""
    told = tuple(Photo(digest, n_bytes, 10, 10) for digest, n_bytes in photos)
    new = arrivals(name, **columns, **({"photos": [told]} if told else {}))
    given = receipt(name, f"body {name}", b"sealed contact of " + name.encode())
    message = Message("desk", "report.received", f"message {name}", f'{{"id": "{public_id(name)}"}}')
    assert store.add_all([Sending(new, given, (message,))]) == [True]


def fill(here, names=("one", "two", "three"), size=1):
    """Open a store in use: reports with text, contact and photo, changes, an account, an undone batch."""
    store = Store(here.db)
    store.register_units("barrios", TABLE)
    open_key(here.keys, store)
    folder = PhotoFolder(here.photos)
    for number, name in enumerate(names):
        content = (b"photo of " + name.encode()) * size
        photo = (folder.put(content), len(content))
        send(store, name, photos=[photo], description=f"Ñandú {name}", lon=-69.9 + number / 7, accuracy_m=8.0)
    store.set_status(public_id(names[0]), Status.ACKNOWLEDGED, reason=None, note="seen", actor="ana", at=AT + 9)
    store.set_public_text(public_id(names[0]), "A ñandú", actor="ana", at=AT + 10)
    accounts = Accounts(store, clock)
    accounts.sign_in("ana", accounts.add("ana", Audience.CREW))
    batch = store.start_batch("archive", "a.csv", "0" * 64, AT)
    with store.writing() as connection:
        store.add_batch_chunk(connection, batch, arrivals("from archive"), {"n_new": 1})
    store.undo_batch(batch, actor="import", at=AT + 11)
    return store


def files_under(folder):
    """Every path below a folder with its bytes, to tell whether anything was touched."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
