"""Put reports into the store: facts, units, text, events and counters, in the caller's transaction."""

import hashlib
import os
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.store import chain, tally, waiting
from geo_reports.store.facts import Facts, closings
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import event, photo, report, report_text, report_unit

COLUMNS = [column.name for column in report.columns]
_USED_IDS = sa.select(
    sa.select(sa.func.max(report.c.id)).scalar_subquery(),
    sa.select(sa.func.max(event.c.report_id)).scalar_subquery(),
)


@dataclass(frozen=True)
class Photo:
    """A photo that lies in the folder of photos under its digest; its original too, sealed, in evidence mode."""

    sha256: bytes
    n_bytes: int
    width: int
    height: int
    sealed_sha256: bytes | None = None


@dataclass(frozen=True)
class Arrivals:
    """Columns of (m,) located reports that are new to the store.

    Times are seconds since 1970 UTC; positions WGS 84 degrees; ``units`` is (m, layers) of ``unit.id``.
    ``sent_at`` is what the senders' clocks said; None where no sender has one, as in archives.
    """

    source: str
    channel: str
    actor: str
    received_at: int
    family: list[str]
    category: list[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy_m: list[float | None]
    outside: NDArray[np.bool_]
    occurred_at: list[int | None]
    precision: list[str]
    month: NDArray[np.int64]
    source_id: list[str]
    identity: list[bytes]
    public_id: list[str]
    size: list[str | None]
    status: list[str]
    closed_at: list[int | None]
    description: list[str | None]
    units: NDArray[np.int64]
    sent_at: list[int | None] | None = None
    photos: list[tuple[Photo, ...]] | None = None
    answers: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self.source_id)

    def pick(self, rows: list[int]) -> "Arrivals":
        """Only the reports at these positions."""
        if len(rows) == len(self):
            return self
        chosen: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            if isinstance(values, np.ndarray):
                chosen[column.name] = values[rows]
            elif isinstance(values, list):
                chosen[column.name] = [values[i] for i in rows]
        return replace(self, **chosen)

    @property
    def origin(self) -> tuple[str, str, str, int]:
        """What all reports of one insert share."""
        return self.source, self.channel, self.actor, self.received_at

    @classmethod
    def joined(cls, parts: "list[Arrivals]") -> "Arrivals":
        """Arrivals of one origin below each other, to be inserted at once."""
        first = parts[0]
        if len(parts) == 1:
            return first
        together: dict[str, Any] = {}
        for column in fields(cls):
            values = [getattr(part, column.name) for part in parts]
            if isinstance(values[0], np.ndarray):
                together[column.name] = np.concatenate(values)
            elif any(isinstance(value, list) for value in values):
                nothing = () if column.name == "photos" else None
                together[column.name] = [
                    item
                    for part, value in zip(parts, values, strict=True)
                    for item in (value if value is not None else [nothing] * len(part))
                ]
        return replace(first, **together)


def identity(source: str, source_id: str) -> bytes:
    """What makes a report the same report: 16 bytes of BLAKE2b over its source and its id there."""
    return identities(source, [source_id])[0]


def identities(source: str, source_ids: list[str]) -> list[bytes]:
    """``identity`` of many reports of one source."""
    blake2b = hashlib.blake2b
    return [blake2b(f"{source}\x1f{source_id}".encode(), digest_size=16).digest() for source_id in source_ids]


def next_report_id(connection: Connection) -> int:
    """First free id; ids of erased reports are never used again, as their events remain."""
    used = connection.execute(_USED_IDS).one()
    return max(used[0] or 0, used[1] or 0) + 1


def insert(connection: Connection, new: Arrivals, batch_id: int | None = None) -> range:
    """Insert reports and return their ids; counters and chain follow in the same transaction."""
    if not len(new):
        return range(0)
    first = next_report_id(connection)
    ids = range(first, first + len(new))
    salts = _salts(len(new))
    keys = morton.keys(new.lon, new.lat)
    rows = _report_rows(new, ids, keys, salts, batch_id)
    insert_rows(connection, report, COLUMNS, rows)
    layers = new.units.shape[1]
    pairs = list(zip(np.repeat(ids, layers).tolist(), new.units.ravel().tolist(), strict=True))
    insert_rows(connection, report_unit, ["report_id", "unit_id"], pairs)
    texts = [(i, text) for i, text in zip(ids, new.description, strict=True) if text]
    insert_rows(connection, report_text, ["report_id", "description"], texts)
    if new.photos is not None:
        _insert_photos(connection, ids, new.photos)
    chain.append_received(connection, new.received_at, new.actor, ids, new.status, _digests(new, salts, batch_id))
    tally.count(connection, new.units, keys, new.category, new.status, new.month)
    waiting.arrived(connection, ids, new)
    return ids


def _salts(n: int) -> list[bytes]:
    block = os.urandom(16 * n)
    return [block[16 * i : 16 * i + 16] for i in range(n)]


def _report_rows(
    new: Arrivals, ids: range, keys: NDArray[np.int64], salts: list[bytes], batch_id: int | None
) -> list[tuple[object, ...]]:
    n = len(new)
    at = [new.received_at] * n
    columns = {
        "id": ids,
        "public_id": new.public_id,
        "identity": new.identity,
        "family": new.family,
        "category": new.category,
        "lon": new.lon.tolist(),
        "lat": new.lat.tolist(),
        "accuracy_m": new.accuracy_m,
        "morton": keys.tolist(),
        "outside": new.outside.astype(int).tolist(),
        "occurred_at": new.occurred_at,
        "occurred_precision": new.precision,
        "month": new.month.tolist(),
        "received_at": at,
        "sent_at": new.sent_at or [None] * n,
        "source": [new.source] * n,
        "source_id": new.source_id,
        "channel": [new.channel] * n,
        "size": new.size,
        "status": new.status,
        "status_at": at,
        "closed_at": new.closed_at,
        "salt": salts,
        "batch_id": [batch_id] * n,
        "answers": new.answers or [None] * n,
        "duplicate_of": [None] * n,
    }
    return list(zip(*(columns[name] for name in COLUMNS), strict=True))


def _insert_photos(connection: Connection, ids: range, photos: list[tuple[Photo, ...]]) -> None:
    columns = ["report_id", "n", "sha256", "n_bytes", "width", "height", "state", "sealed_sha256"]
    rows = [
        (report_id, n, one.sha256, one.n_bytes, one.width, one.height, "held", one.sealed_sha256)
        for report_id, theirs in zip(ids, photos, strict=True)
        for n, one in enumerate(theirs)
    ]
    insert_rows(connection, photo, columns, rows)


def _digests(new: Arrivals, salts: list[bytes], batch_id: int | None) -> list[bytes]:
    """Salted digests for the events: the facts, then the closing time."""
    n = len(new)
    facts = Facts(
        salt=salts,
        public_id=new.public_id,
        family=new.family,
        category=new.category,
        lon=new.lon,
        lat=new.lat,
        accuracy_m=new.accuracy_m,
        occurred_at=new.occurred_at,
        precision=new.precision,
        source=[new.source] * n,
        source_id=new.source_id,
        channel=[new.channel] * n,
        size=new.size,
        batch_id=[batch_id] * n,
        sent_at=new.sent_at or [None] * n,
        photos=[tuple(one.sha256 for one in theirs) for theirs in new.photos] if new.photos else [()] * n,
        description=new.description,
        answers=new.answers or [None] * n,
    )
    return [one + end for one, end in zip(facts.digests(), closings(salts, new.closed_at), strict=True)]
