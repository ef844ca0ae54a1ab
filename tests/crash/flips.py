"""Flip one random bit of a store's file, or of a photo, and see whether ``doctor`` finds it.

The long run: ``python -m tests.crash.flips --flips 1000``.
"""

import argparse
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from PIL import Image

from geo_reports.accounts import Actor
from geo_reports.app import Workshop, build, build_doctor
from geo_reports.intake.photos import HeldPhoto
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from geo_reports.settings import Settings
from geo_reports.store import Doctor, Photo, PhotoFolder, Store
from geo_reports.store.schema import outbox
from tests.store.hand import arrivals

TINY = Path(__file__).parent.parent / "cities" / "tiny"
NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
ANA = Actor("ana", Audience.ADMIN)


@dataclass
class Site:
    """A store in a folder with all that a service leaves there; nothing has it open."""

    folder: Path

    @property
    def db(self) -> Path:
        return self.folder / "reports.sqlite"

    @property
    def photos(self) -> list[Path]:
        return sorted((self.folder / "photos").glob("*/*.jpg"))

    @property
    def settings(self) -> Settings:
        return Settings(
            city=TINY,
            db=str(self.db),
            key_dir=self.folder / "keys",
            data_dir=self.folder / "data",
            photo_dir=self.folder / "photos",
        )

    def doctor(self) -> Doctor:
        return build_doctor(self.settings, clock=lambda: NOW)


def furnish(folder: Path, sent: int = 120, made: int = 120) -> Site:
    """Make a store that has something in every table."""
    site = Site(folder)
    workshop = build(site.settings, clock=lambda: NOW)
    workshop.demo.seed(dumps=made // 2, security=made // 2)
    numbers = [_send(workshop, site, i) for i in range(sent)]
    for i, public_id in enumerate(numbers[:40]):
        _work(workshop, public_id, i)
    for login, role in (("berta", Audience.CREW), ("carla", Audience.PLANNER)):
        password = workshop.house.accounts.add(login, role)
        workshop.house.accounts.sign_in(login, password)
    workshop.house.intake.close()
    _undo(site)
    return site


def _send(workshop: Workshop, site: Site, i: int) -> str:
    new = NewReport(
        family="dump" if i % 3 else "security",
        category="rubble" if i % 3 else "street_robbery",
        lon=-69.999 + i * 1.5e-4,
        lat=-32.999 + (i * 37 % 120) * 1.5e-4,
        accuracy_m=12.5 if i % 2 else None,
        size="car" if i % 3 and i % 4 else None,
        description=f"Escombros número {i} junto a la plaza, ñandú" if i % 2 else None,
        contact=f"vecina{i}@example.org" if i % 5 == 0 else None,
        occurred_at=["2026-10-01", "2026-09", "2026-10-02T10:00", None][i % 4],
        sent_at="2026-10-15T11:59:00-03:00" if i % 3 == 1 else None,
    )
    held = [_photo(site, i)] if i % 10 == 1 else []
    return workshop.house.intake.accept(new, channel=Channel.WEB, photos=held).public_id


def _photo(site: Site, i: int) -> HeldPhoto:
    out = BytesIO()
    Image.new("RGB", (40, 30), (i, 2 * i, 90)).save(out, "JPEG")
    digest = PhotoFolder(site.folder / "photos").put(out.getvalue())
    return HeldPhoto(Photo(digest, len(out.getvalue()), 40, 30), digest)


def _work(workshop: Workshop, public_id: str, i: int) -> None:
    desk = workshop.house.fieldwork
    desk.set_status(public_id, Status.ACKNOWLEDGED, reason=None, note="Vamos el martes" if i % 2 else None, actor=ANA)
    if i % 4 == 0:
        desk.set_status(public_id, Status.CLOSED_WITHOUT_SOLUTION, reason=CloseReason.NOT_FOUND, note=None, actor=ANA)
    if i % 2:
        desk.publish_text(public_id, f"Escombros en la plaza, {i}", actor=ANA)


def _undo(site: Site) -> None:
    """Leave tombstones and messages, then close the file."""
    store = Store(str(site.db))
    at = int(NOW.timestamp())
    batch = store.start_batch("old", "old.csv", "ab" * 32, at)
    with store.writing() as connection:
        store.add_batch_chunk(
            connection, batch, arrivals(*[f"old {i}" for i in range(20)]), {"n_read": 20, "n_new": 20}
        )
        columns = {"sink": "mail", "kind": "received", "made_at": at, "state": "waiting", "attempts": 0, "next_at": at}
        rows = [columns | {"dedup_id": f"message {i}", "payload": '{"report": "abc"}'} for i in range(10)]
        connection.execute(sa.insert(outbox), rows)
    store.undo_batch(batch, actor="import", at=at)
    store.close()
    with sqlite3.connect(site.db) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def logical(db: Path) -> str | None:
    """Everything that can be read of a SQLite file, None when SQLite's own check objects.

    Every table and the definitions are dumped; that the indexes hold the same is what the check proves.
    """
    connection = sqlite3.connect(db)
    connection.text_factory = bytes
    try:
        if connection.execute("PRAGMA integrity_check").fetchall() != [(b"ok",)]:
            return None
        design = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = [name.decode() for kind, name, _, _ in design if kind == b"table"]
        values = ("user_version", "application_id", "encoding", "auto_vacuum")
        pragmas = [connection.execute(f"PRAGMA {name}").fetchone() for name in values]
        rows = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables]
        return repr((design, pragmas, rows))
    except sqlite3.Error:
        return None
    finally:
        connection.close()


@dataclass
class Tally:
    """What became of flips: found by which examination, harmless, missed (and where)."""

    found: Counter[str] = field(default_factory=Counter)
    harmless: int = 0
    missed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        by = ", ".join(f"{what} {n}" for what, n in self.found.most_common())
        missed = f": {'; '.join(self.missed)}" if self.missed else ""
        n = self.found.total()
        return f"{n} found ({by}), {self.harmless} harmless, {len(self.missed)} missed{missed}"


def flip(file: Path, at: int, bit: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        (byte,) = opened.read(1)
        opened.seek(at)
        opened.write(bytes([byte ^ (1 << bit)]))


def run(site: Site, file: Path, flips: int, seed: int, say: Callable[[str], None] = lambda line: None) -> Tally:
    """Flip ``flips`` bits of a file, each in an untouched copy of the site, and examine."""
    draw, tally, size = random.Random(seed), Tally(), file.stat().st_size
    whole = logical(site.db)
    assert whole is not None
    assert all(finding.well for finding in site.doctor().examine())
    for _ in range(flips):
        at, bit = draw.randrange(size), draw.randrange(8)
        with tempfile.TemporaryDirectory() as folder:
            copy = Site(Path(folder) / "site")
            shutil.copytree(site.folder, copy.folder, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
            flipped = copy.folder / file.relative_to(site.folder)
            flip(flipped, at, bit)
            unread = Path(folder) / "unread.sqlite"
            shutil.copy(copy.db, unread)
            bad = [finding for finding in copy.doctor().examine() if not finding.well]
            if bad:
                tally.found[bad[0].what] += 1
                say(f"{at}.{bit} {bad[0]}"[:200])
            elif flipped.suffix == ".sqlite" and logical(unread) == whole:
                tally.harmless += 1
            else:
                tally.missed.append(f"bit {bit} of byte {at} (page {at // 4096 + 1})")
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", action="store_true", help="print what was found of each flip")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = furnish(Path(folder) / "site")
        began = time.monotonic()
        say = partial(print, flush=True) if given.each else lambda line: None
        print("store:", run(site, site.db, given.flips, given.seed, say), flush=True)
        print("photos:", run(site, site.photos[0], max(1, given.flips // 10), given.seed, say))
        print(f"{site.db.stat().st_size:,} bytes, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
