"""Hold every report against its events, and what is derived of it against a derivation anew, a part at a time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.report import CLOSED
from geo_reports.store import chain, gallery
from geo_reports.store.facts import FACTS_BYTES, Facts, closings
from geo_reports.store.insert import COLUMNS, identity
from geo_reports.store.problems import Problems
from geo_reports.store.schema import (
    contact,
    event,
    event_note,
    photo,
    receipt,
    report,
    report_text,
    report_unit,
    waiting,
)
from geo_reports.store.schema import tombstone as tombstones
from geo_reports.store.waiting import Known, due

PART = 20_000
"""Reports in memory at once."""
FIRST_ID, LAST_ID = -(2**63), 2**63 - 1
Place = Callable[
    [NDArray[np.float64], NDArray[np.float64], list[int | None]], tuple[NDArray[np.bool_], NDArray[np.int64]]
]


@dataclass(frozen=True)
class Expected:
    """What the store does not know by itself: each derives anew, and None examines nothing.

    ``place`` tells (m,) outside and (m, layers) unit numbers of positions seen at seconds UTC; ``month`` the local
    ``yyyymm`` of seconds UTC; ``opens`` whether a sealed contact opens.
    """

    place: Place | None = None
    month: Callable[[list[int | None]], NDArray[np.int64]] | None = None
    opens: Callable[[bytes], bool] | None = None


@dataclass
class Part:
    """Reports with ids from ``low`` to ``high`` by column, and all that refers to them."""

    low: int
    high: int
    columns: dict[str, list[Any]]
    texts: dict[int, tuple[str, str | None]]
    photos: dict[int, tuple[bytes, ...]]
    events: dict[int, list[Any]]
    shown: dict[int, dict[int, gallery.Judged]]
    waiting: dict[int, dict[str, int]]

    def name(self, i: int) -> str:
        """What to call report ``i``."""
        name = self.columns["public_id"][i]
        return name if isinstance(name, str) and name.isprintable() else f"number {self.columns['id'][i]}"

    def facts(self) -> Facts:
        """Facts as they are now, in the form they were digested in."""
        ids = self.columns["id"]
        texts = [self.texts.get(i, (None,))[0] for i in ids]
        return Facts.of(self.columns, [self.photos.get(i, ()) for i in ids], texts)


class Tombstones:
    """Ids of removed reports."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(sa.select(tombstones).order_by(tombstones.c.first_id)).fetchall()
        self._first, self._last = [row.first_id for row in rows], [row.last_id for row in rows]

    def __contains__(self, report_id: int) -> bool:
        i = bisect_right(self._first, report_id) - 1
        return i >= 0 and report_id <= self._last[i]


def examine(
    connection: Connection, expected: Expected, problems: Problems, progress: Callable[[float], None], part: int = PART
) -> int:
    """Examine all reports; returns how many there are. Memory does not grow with the store."""
    buried = Tombstones(connection)
    last = connection.execute(sa.select(sa.func.max(report.c.id))).scalar() or 1
    seen = 0
    for one in _parts(connection, part):
        _against_events(one, buried, problems)
        _derived(connection, one, expected, problems)
        seen += len(one.columns["id"])
        progress(min(1.0, max(0.0, one.high / last)))
    return seen


def _parts(connection: Connection, n: int) -> Iterator[Part]:
    after = FIRST_ID
    while True:
        firsts = [
            connection.execute(sa.select(sa.func.min(column)).where(column > after)).scalar()
            for column in (report.c.id, event.c.report_id)
        ]
        known = [first for first in firsts if first is not None]
        if not known:
            return
        low = min(known)
        high = min(low + n - 1, LAST_ID)
        yield _load(connection, low, high)
        if high == LAST_ID:
            return
        after = high


def _load(connection: Connection, low: int, high: int) -> Part:
    select = sa.select(report).where(report.c.id.between(low, high)).order_by(report.c.id)
    rows = connection.execute(select).fetchall()
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)) if rows else {c: [] for c in COLUMNS}
    texts = connection.execute(sa.select(report_text).where(report_text.c.report_id.between(low, high)))
    photos, shown = _photos(connection, low, high)
    wanted = [event.c[name] for name in ("report_id", "at", "kind", "status", "reason", "actor", "digest")]
    history = (
        sa.select(*wanted, event_note.c.salt, event_note.c.note)
        .select_from(event.outerjoin(event_note))
        .where(event.c.report_id.between(low, high))
        .order_by(event.c.report_id, event.c.seq)
    )
    events: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(history):
        events[row[0]].append(row)
    waits: dict[int, dict[str, int]] = defaultdict(dict)
    for report_id, kind, since in connection.execute(sa.select(waiting).where(waiting.c.report_id.between(low, high))):
        waits[report_id][kind] = since
    return Part(low, high, columns, {i: (sent, public) for i, sent, public in texts}, photos, events, shown, waits)


def _photos(
    connection: Connection, low: int, high: int
) -> tuple[dict[int, tuple[bytes, ...]], dict[int, dict[int, gallery.Judged]]]:
    """Digests of each report's photos in their order, and what is said of each by its number."""
    columns = (photo.c.report_id, photo.c.n, photo.c.sha256, photo.c.state, photo.c.public_sha256)
    select = sa.select(*columns).where(photo.c.report_id.between(low, high))
    photos: dict[int, tuple[bytes, ...]] = defaultdict(tuple)
    shown: dict[int, dict[int, gallery.Judged]] = defaultdict(dict)
    for report_id, n, digest, state, public in connection.execute(select.order_by(*columns[:2])):
        photos[report_id] += (bytes(digest),)
        shown[report_id][n] = (state, bytes(public) if public is not None else None)
    return photos, shown


def _against_events(part: Part, buried: Tombstones, problems: Problems) -> None:
    ids = part.columns["id"]
    facts = part.facts()
    digests = facts.digests()
    ends = closings(facts.salt, part.columns["closed_at"])
    for i, report_id in enumerate(ids):
        history = part.events.get(report_id, [])
        received = [one for one in history if one.kind == "received"]
        if report_id in buried:
            problems.add("back", part.name(i))
        if not received:
            problems.add("unreceived", part.name(i))
            continue
        if len(received) > 1:
            problems.add("twice", part.name(i))
        if problem := _facts_problem(history, received[0], facts, i, digests[i], ends[i]):
            problems.add(problem, part.name(i))
        for kind in _states(part, i, received[0], history):
            problems.add(kind, part.name(i))
        if part.waiting.get(report_id, {}) != _due(part, i, history):
            problems.add("waiting", part.name(i))
    here = set(ids)
    for report_id, history in part.events.items():
        if report_id not in here and report_id not in buried and any(one.kind == "received" for one in history):
            problems.add("gone", f"number {report_id}")


def _facts_problem(history: list[Any], received: Any, facts: Facts, i: int, digest: bytes, end: bytes) -> str | None:
    """Kind of problem of a report whose facts are not those of its last revision, or of its arrival."""
    revisions = [at for at, one in enumerate(history) if one.kind == "revised"]
    latest = history[revisions[-1]] if revisions else received
    kept = bytes(latest.digest)
    if kept[:FACTS_BYTES] != digest:
        return None if latest is received and kept == facts.first_digest(i) else "facts"
    since = revisions[-1] if revisions else 0
    changed = any(one.kind == "status" for one in history[since:])
    return None if changed or kept[FACTS_BYTES:] == end else "closed_at"


def _states(part: Part, i: int, received: Any, history: list[Any]) -> Iterator[str]:
    """Kinds of problem of one report with what its events say of times, status, texts and notes."""
    get = part.columns.__getitem__
    name, number = bytes(get("identity")[i]), get("source_id")[i]
    if name != identity(get("source")[i], number) and name.hex() != number:
        yield "identity"
    if get("received_at")[i] != received.at:
        yield "received_at"
    status, at, closed_at = received.status, received.at, get("closed_at")[i]
    published = None
    for one in history:
        if one.kind == "status":
            status, at, closed_at = one.status, one.at, one.at if one.status in CLOSED else None
        elif one.kind == "text":
            published = one.note
        if one.note is not None and chain.salted(bytes(one.salt), one.note) != bytes(one.digest):
            yield "note"
    if (get("status")[i], get("status_at")[i], get("closed_at")[i]) != (status, at, closed_at):
        yield "status"
    if part.texts.get(get("id")[i], ("", None))[1] != published:
        yield "public_text"
    photos = part.shown.get(get("id")[i], {})
    if photos != gallery.judged(photos, history):
        yield "photo"


def _due(part: Part, i: int, history: list[Any]) -> dict[str, int]:
    """What waits of one report, as its events say."""
    get, report_id = part.columns.__getitem__, part.columns["id"][i]
    status, at, channel = (get(name)[i] for name in ("status", "status_at", "channel"))
    sent, public = part.texts.get(report_id, (None, None))
    held = any(state == gallery.HELD for state, _ in part.shown.get(report_id, {}).values())
    return due(Known(status, at, channel, public, sent is not None, held), history)


def misfiled(connection: Connection) -> list[int]:
    """Ids of the reports of which something else waits than their events say."""
    return [
        report_id
        for part in _parts(connection, PART)
        for i, report_id in enumerate(part.columns["id"])
        if part.waiting.get(report_id, {}) != _due(part, i, part.events.get(report_id, []))
    ]


def _derived(connection: Connection, part: Part, expected: Expected, problems: Problems) -> None:
    ids = np.array(part.columns["id"], np.int64)
    if not len(ids):
        return
    lon, lat = (np.array(part.columns[axis], np.float64) for axis in ("lon", "lat"))
    occurred = part.columns["occurred_at"]
    wrong = {"morton": morton.keys(lon, lat) != np.array(part.columns["morton"], np.int64)}
    if expected.month is not None:
        wrong["month"] = expected.month(occurred) != np.array(part.columns["month"], np.int64)
    if expected.place is not None:
        outside, units = expected.place(lon, lat, occurred)
        wrong["outside"] = outside.astype(np.int64) != np.array(part.columns["outside"], np.int64)
        wrong["units"] = _units_differ(connection, part, ids, units)
    wrong["receipt"], wrong["contact"] = _enclosed(connection, part, expected)
    for kind, where in wrong.items():
        for i in np.flatnonzero(where).tolist():
            problems.add(kind, part.name(i))


def _units_differ(
    connection: Connection, part: Part, ids: NDArray[np.int64], units: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each report's kept units are others than these (m, layers)."""
    select = sa.select(report_unit).where(report_unit.c.report_id.between(part.low, part.high))
    pairs = [value for row in connection.execute(select) for value in row]
    kept = np.array(pairs, np.int64).reshape(-1, 2)
    kept = kept[np.isin(kept[:, 0], ids)]  # rows without a report are the foreign keys' business
    base = int(max(units.max(initial=0), kept[:, 1].max(initial=0))) + 1
    new = np.arange(len(ids)).repeat(units.shape[1]) * base + units.ravel()
    old = np.searchsorted(ids, kept[:, 0]) * base + kept[:, 1]
    differ = np.zeros(len(ids), bool)
    differ[np.setxor1d(new, old) // base] = True
    return differ


def _enclosed(connection: Connection, part: Part, expected: Expected) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each report's receipt is of another time, and whether its contact does not open."""
    at = {report_id: i for i, report_id in enumerate(part.columns["id"])}
    receipts, contacts = (np.zeros(len(at), bool) for _ in range(2))
    select = sa.select(receipt.c.report_id, receipt.c.made_at)
    for report_id, made_at in connection.execute(select.where(receipt.c.report_id.between(part.low, part.high))):
        if report_id in at:
            receipts[at[report_id]] = made_at != part.columns["received_at"][at[report_id]]
    if expected.opens is not None:
        select = sa.select(contact.c.report_id, contact.c.sealed)
        for report_id, sealed in connection.execute(select.where(contact.c.report_id.between(part.low, part.high))):
            if report_id in at:
                contacts[at[report_id]] = not expected.opens(bytes(sealed))
    return receipts, contacts
