"""Examine a store: what it holds must agree with itself, with its events and with what can be derived again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import GeoReportsError, StoreError
from geo_reports.store import chain, gallery, ledger, recount, repair, soundness, subscriptions
from geo_reports.store.audit import Verdict
from geo_reports.store.engine import file_of, open_engine, place_of, reading, writing
from geo_reports.store.ledger import Expected
from geo_reports.store.photos import PhotoFolder
from geo_reports.store.problems import BACKUP, REPAIR, Finding, Problems
from geo_reports.store.schema import batch, event, meta, tombstone
from geo_reports.store.upgrade import schema

LONGEST_IMPORT_S = 6 * 3600
"""A batch that began earlier than this and is still marked running was left by a process that died."""
Progress = Callable[[float], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Surroundings:
    """What a store is examined against besides itself; what is None is not examined.

    ``notes`` are findings about the surroundings themselves; ``audit`` walks the chain with its signed heads;
    ``now`` is the time, seconds UTC.
    """

    now: int = 0
    expected: Expected = field(default_factory=Expected)
    photos: PhotoFolder | None = None
    audit: Callable[[Progress], Verdict] | None = None
    notes: tuple[Finding, ...] = ()


class Doctor:
    """Examines the store at ``db`` and repairs what can be derived again.

    ``surroundings`` is asked for only when the file is sound, as building them may write to it.
    """

    def __init__(self, db: str, surroundings: Callable[[], Surroundings] = Surroundings) -> None:
        self._db, self._surroundings = db, surroundings

    def examine(self, progress: Progress = lambda share: None) -> list[Finding]:
        """All examinations, in order; a store too damaged for one of them is a finding, never an error."""
        return list(self._examinations(progress))

    def _examinations(self, progress: Progress) -> Iterator[Finding]:
        engine: Engine | None = None
        try:
            faults = _file_faults(self._db)
            engine = open_engine(self._db)
            faults += _read(engine, _engine_faults)
        except (StoreError, *DAMAGE) as error:
            yield Finding("store file", False, f"cannot be examined: {_plainly(error)}", remedy=BACKUP)
            if engine is not None:
                engine.dispose()
            return
        try:
            yield _file_finding(faults)
            yield from self._contents(engine, not faults, progress)
        finally:
            engine.dispose()

    def _contents(self, engine: Engine, sound: bool, progress: Progress) -> Iterator[Finding]:
        around = Surroundings()
        if sound:
            try:
                around = self._surroundings()
            except GeoReportsError as error:
                yield Finding("surroundings", False, f"{error} What depends on them was not examined.")
        yield from around.notes
        yield from _guarded("event chain", lambda: _chain(engine, around, progress))
        yield from _guarded("reports", lambda: _reports(engine, around.expected, progress))
        opens = around.expected.opens
        yield from _guarded("subscriptions", lambda: _read(engine, lambda seen: subscriptions.examine(seen, opens)))
        for what, look in EXAMINATIONS.items():
            yield from _guarded(what, lambda look=look: _read(engine, look))  # type: ignore[misc]
        yield from _guarded("batches", lambda: _read(engine, lambda connection: _batches(connection, around.now)))
        if around.photos is not None:
            folder = around.photos
            yield from _guarded("photos", lambda: _read(engine, lambda connection: _photos(connection, folder)))

    def repair(self) -> list[str]:
        """Derive again what can be derived: counters, pyramid, keys, units, what waits. Says what was done.

        ``StoreError`` for a file that is not sound: writing to it could only harm.
        """
        faults = _file_faults(self._db)
        engine = open_engine(self._db)
        try:
            faults += _read(engine, _engine_faults)
            beyond = [fault for fault in faults if not fault.startswith(soundness.ORPHAN)]
            if beyond:
                raise StoreError(f"{place_of(self._db)} is damaged and is not repaired: {beyond[0]}. {BACKUP}.")
            with writing(engine) as connection:
                done = repair.orphans(connection)
            around = self._surroundings()
            with writing(engine) as connection:
                done += repair.derived(connection, around.expected)
                done += repair.counts(connection)
                done += repair.queue(connection)
        finally:
            engine.dispose()
        if around.photos is not None:
            done += self._collect(around.photos)
        return done

    def _collect(self, folder: PhotoFolder) -> list[str]:
        engine = open_engine(self._db)
        try:
            pictures, originals = _read(engine, gallery.pictures), _read(engine, gallery.originals)
        finally:
            engine.dispose()
        removed = folder.collect(pictures, older_than_s=86_400.0)
        gone = len(removed + folder.sealed.collect(originals, older_than_s=86_400.0))
        return [f"{gone} photos that no report refers to were removed"] if gone else []


DAMAGE = (TypeError, ValueError, OverflowError, AttributeError, KeyError, IndexError, sa.exc.SQLAlchemyError)
"""What values of the wrong kind, which only a damaged file can hold, do to the examinations."""


def _guarded(what: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except (GeoReportsError, *DAMAGE) as error:
        return [Finding(what, False, f"cannot be examined: {_plainly(error)}", remedy=BACKUP)]


def _plainly(error: Exception) -> str:
    """What went wrong, in the engine's words where it has some: ours would only send the reader here."""
    cause = error.__cause__
    words = str(cause.orig if isinstance(cause, sa.exc.DBAPIError) else error)
    return words.splitlines()[0] if words else type(error).__name__


def _read(engine: Engine, look: Callable[[Connection], T]) -> T:
    with reading(engine) as connection, soundness.lenient(connection):
        return look(connection)


# the file ------------------------------------------------------------------------------------


def _file_faults(db: str) -> list[str]:
    file = file_of(db)
    return soundness.header_faults(Path(file)) if file is not None else []


def _engine_faults(connection: Connection) -> list[str]:
    found = schema(connection.engine)
    if found.present is None:
        raise StoreError(soundness.NOTHING)
    if not found.current:
        raise StoreError(
            f"The store has schema {found.present or 'none'} and this program needs {found.needed}: "
            "run geo-reports db upgrade, then examine it again."
        )
    if connection.dialect.name != "sqlite":
        return []
    return soundness.page_faults(connection) + soundness.design_faults(connection)


def _file_finding(faults: list[str]) -> Finding:
    if not faults:
        return Finding("store file", True, "sound")
    more = f" and {len(faults) - 10} more" if len(faults) > 10 else ""
    orphans = all(fault.startswith(soundness.ORPHAN) for fault in faults)
    return Finding("store file", False, "; ".join(faults[:10]) + more, remedy=REPAIR if orphans else BACKUP)


# what it holds -------------------------------------------------------------------------------


def _chain(engine: Engine, around: Surroundings, progress: Progress) -> list[Finding]:
    if around.audit is not None:
        verdict = around.audit(progress)
        problems, events, heads = verdict.problems, verdict.events, verdict.heads
    else:
        walk = _read(engine, lambda connection: chain.verify(chain.events(connection)))
        problems, events, heads = [walk.why] if walk.broken is not None else [], walk.last, 0
    if problems:
        return [Finding("event chain", False, "; ".join(problems), remedy="Compare with a backup from there on")]
    signed = f", as {heads:,} signed heads say" if heads else ", no signed head to compare with"
    return [Finding("event chain", True, f"unbroken, {events:,} events{signed}")]


def _reports(engine: Engine, expected: Expected, progress: Progress) -> list[Finding]:
    problems = Problems()
    n = _read(engine, lambda connection: ledger.examine(connection, expected, problems, progress))
    derived = "units, months and keys" if expected.place else "keys"
    well = {
        "reports": f"{n:,}, all as they were received",
        "status": "all as their last event says",
        "texts": "published texts and notes as they were written",
        "judgements of photos": "all as their last event says",
        "queue": "what waits for a moderator as derived again",
        "places": f"{derived} as derived again",
        "receipts": "all made with their report",
    }
    if expected.opens is not None:
        well["contacts"] = "all open with the server key"
    return problems.findings(well)


def _tombstones(connection: Connection) -> list[Finding]:
    """Each removal's event holds the digest of how many reports went."""
    n = sa.func.sum(tombstone.c.last_id - tombstone.c.first_id + 1).label("n")
    about = (event.c.seq, event.c.kind, event.c.reason, event.c.digest)
    select = sa.select(*about, n).select_from(tombstone.join(event)).group_by(*about)
    rows = connection.execute(select).fetchall()
    wrong = [str(row.seq) for row in rows if not _as_removed(row.kind, row.reason, bytes(row.digest), int(row.n))]
    if not wrong:
        return [Finding("removals", True, f"{len(rows)}, their tombstones as their events say")]
    what = f"tombstones are not those of the removals in events {', '.join(wrong)}: put in or changed"
    return [Finding("removals", False, what, remedy=BACKUP)]


def _as_removed(kind: str, reason: str | None, digest: bytes, n: int) -> bool:
    if chain.salted(b"", f"{kind}: {n} reports") == digest:
        return True
    # the first program wrote the number into the reason: "batch 3: 17"
    return str(reason).endswith(f": {n}") and chain.salted(b"", f"{reason} reports") == digest


def _counts(connection: Connection) -> list[Finding]:
    found = []
    for name, wrong in recount.differences(connection).items():
        well = wrong.empty
        detail = "equal to a recount" if well else f"{len(wrong)} rows differ from a recount"
        found.append(Finding(name, well, detail, remedy="" if well else REPAIR))
    return found


def _meta(connection: Connection) -> list[Finding]:
    known = {row.key: row.value for row in connection.execute(sa.select(meta))}
    lengths = {"store_id": 16, "key_check": 64, "layers": 64}
    wrong = [
        name
        for name, length in lengths.items()
        if name in known and (len(known[name]) != length or set(known[name]) - set("0123456789abcdef"))
    ]
    detail = f"damaged: {', '.join(wrong)}" if wrong else "sound"
    return [Finding("settings in the store", not wrong, detail, remedy=BACKUP if wrong else "")]


def _batches(connection: Connection, now: int) -> list[Finding]:
    """Imports that a process left half way when it died."""
    select = sa.select(batch).where(batch.c.state == "running").order_by(batch.c.id)
    found = []
    for row in connection.execute(select):
        dead = now - row.started_at > LONGEST_IMPORT_S
        detail = f"batch {row.id} of {row.file_name} ({row.n_new:,} reports stored) " + (
            "was left half way by a process that died" if dead else "is running, or was cut off a short while ago"
        )
        remedy = f"Import the file again to complete it, or run geo-reports import --undo {row.id}"
        found.append(Finding("batches", not dead, detail, remedy=remedy if dead else ""))
    return found or [Finding("batches", True, "none was left half way")]


def _photos(connection: Connection, folder: PhotoFolder) -> list[Finding]:
    pictures, originals = gallery.pictures(connection), gallery.originals(connection)
    faults = folder.verify(pictures) + folder.sealed.verify(originals)
    if not faults:
        sealed = f" and {len(originals)} sealed originals" if originals else ""
        return [Finding("photos", True, f"{len(pictures)}{sealed}, all on disk and whole")]
    named = tuple(gallery.owners(connection, [fault.digest for fault in faults[:20]]))
    words = ", ".join(f"{fault.digest.hex()[:12]}… is {fault.what}" for fault in faults[:5])
    return [Finding("photos", False, f"{len(faults)} photos: {words}", named, len(named), "Take them from a backup")]


EXAMINATIONS: dict[str, Callable[[Connection], list[Finding]]] = {
    "removals": _tombstones,
    "counters": _counts,
    "settings in the store": _meta,
}
"""What can be examined with nothing but a view of the store."""
