"""The append-only event chain: every change, each link holding the hash of the one before.

A link holds no personal data, only salted digests: erasing a report deletes its salt and its data and
leaves a link that can still be verified and no longer says anything.
"""

import hashlib
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import event

GENESIS = bytes(32)
_HEAD = sa.select(event.c.seq, event.c.hash).order_by(event.c.seq.desc()).limit(1)
COLUMNS = ["seq", "at", "report_id", "kind", "status", "reason", "actor", "digest", "hash"]


@dataclass(frozen=True)
class Entry:
    """What is to be written: ``kind`` is received, status, text, opened or undone."""

    at: int
    report_id: int | None
    kind: str
    status: str | None
    reason: str | None
    actor: str
    digest: bytes


def link(previous: bytes, seq: int, entry: Entry) -> bytes:
    """Hash of an entry at position ``seq`` after a link with hash ``previous`` (SHA-256)."""
    text = (
        f"{seq}\x1f{entry.at}\x1f{entry.report_id}\x1f{entry.kind}\x1f{entry.status}"
        f"\x1f{entry.reason}\x1f{entry.actor}\x1f{entry.digest.hex()}"
    )
    return hashlib.sha256(previous + text.encode()).digest()


def salted(salt: bytes, text: str) -> bytes:
    """Digest of a text that cannot be guessed without its salt."""
    return hashlib.blake2b(text.encode(), digest_size=32, key=salt).digest()


def head(connection: Connection) -> tuple[int, bytes]:
    """Position and hash of the last link, (0, zeros) of an empty chain."""
    row = connection.execute(_HEAD).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def append(connection: Connection, entries: Sequence[Entry]) -> int:
    """Chain entries to the head inside the caller's transaction; returns the last position."""
    seq, previous = head(connection)
    rows = []
    for entry in entries:
        seq += 1
        previous = link(previous, seq, entry)
        rows.append(
            (
                seq,
                entry.at,
                entry.report_id,
                entry.kind,
                entry.status,
                entry.reason,
                entry.actor,
                entry.digest,
                previous,
            )
        )
    insert_rows(connection, event, COLUMNS, rows)
    return seq


def append_received(
    connection: Connection, at: int, actor: str, report_ids: range, statuses: Sequence[str], digests: Sequence[bytes]
) -> None:
    """Chain one ``received`` entry per report: the links that ``append`` makes, at half its cost in an import."""
    seq, previous = head(connection)
    sha256 = hashlib.sha256
    rows = []
    for report_id, status, digest in zip(report_ids, statuses, digests, strict=True):
        seq += 1
        text = f"{seq}\x1f{at}\x1f{report_id}\x1freceived\x1f{status}\x1fNone\x1f{actor}\x1f{digest.hex()}"
        previous = sha256(previous + text.encode()).digest()
        rows.append((seq, at, report_id, "received", status, None, actor, digest, previous))
    insert_rows(connection, event, COLUMNS, rows)


@dataclass(frozen=True)
class Walk:
    """What a walk along the chain found: its last position, where and how it breaks, and the hashes asked for."""

    last: int
    broken: int | None
    why: str
    hashes: dict[int, bytes]


def verify(rows: Iterable[Sequence[Any]], wanted: Container[int] = ()) -> Walk:
    """Walk along whole events by position, to the end or to the first break; the hashes at ``wanted`` are kept."""
    previous, last = GENESIS, 0
    hashes: dict[int, bytes] = {}
    sha256 = hashlib.sha256
    for seq, at, report_id, kind, status, reason, actor, digest, kept in rows:
        if seq != last + 1:
            return Walk(last, last + 1, f"event {last + 1} is missing; the next one is {seq}", hashes)
        if not isinstance(digest, bytes):
            return Walk(last, seq, f"event {seq} holds no digest", hashes)
        text = f"{seq}\x1f{at}\x1f{report_id}\x1f{kind}\x1f{status}\x1f{reason}\x1f{actor}\x1f{digest.hex()}"
        previous = sha256(previous + text.encode("utf-8", "surrogatepass")).digest()
        if previous != kept:
            why = f"event {seq} does not follow from the one before: it was edited, moved or put in"
            return Walk(last, seq, why, hashes)
        last = seq
        if seq in wanted:
            hashes[seq] = previous
    return Walk(last, None, "", hashes)


def events(connection: Connection) -> Iterator[Sequence[Any]]:
    """Whole events by position as plain tuples, a part at a time."""
    select = f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq"  # noqa: S608 names of our schema
    # closed also when a walk ends at a break
    with connection.execution_options(stream_results=True).exec_driver_sql(select) as result:
        for part in result.partitions(10_000):
            yield from part
