"""Photos as rows: which a report has, what is shown of them, which files they need, which originals are due to go."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import NotFound
from geo_reports.store.change import append_event, present, revise
from geo_reports.store.insert import Photo
from geo_reports.store.schema import event, event_note, photo, report

HELD, PUBLISHED, WITHHELD = "held", "published", "withheld"
Judged = tuple[str, bytes | None]
"""State of a photo, and the digest of what is shown of it."""


@dataclass(frozen=True)
class Kept:
    """One photo and the report it belongs to; digests name files."""

    report_id: int
    family: str
    category: str
    status: str
    channel: str
    n: int
    state: str
    sha256: bytes
    width: int
    height: int
    public_sha256: bytes | None
    sealed_sha256: bytes | None


_OF_REPORT = (report.c.id.label("report_id"), report.c.family, report.c.category, report.c.status, report.c.channel)
_OF_PHOTO = [photo.c[name] for name in ("n", "state", "sha256", "width", "height", "public_sha256", "sealed_sha256")]


def photos_of(connection: Connection, public_id: str) -> list[Kept]:
    """Photos of a report in their order; ``NotFound`` where there is no such report."""
    report_id = present(connection, public_id).id
    select = sa.select(*_OF_REPORT, *_OF_PHOTO).select_from(report.join(photo)).where(report.c.id == report_id)
    return [_kept(row) for row in connection.execute(select.order_by(photo.c.n))]


def photo_of(connection: Connection, public_id: str, n: int) -> Kept:
    """One photo of a report; ``NotFound`` where there is none."""
    found = [one for one in photos_of(connection, public_id) if one.n == n]
    if not found:
        raise NotFound(f"Report {public_id} has no photo {n}.")
    return found[0]


def add(connection: Connection, report_id: int, new: Sequence[Photo], *, actor: str, at: int) -> list[int]:
    """Give a report more photos, held until a moderator judges them; returns their numbers."""
    last = connection.execute(sa.select(sa.func.max(photo.c.n)).where(photo.c.report_id == report_id)).scalar()
    first = 0 if last is None else last + 1
    for n, one in enumerate(new, first):
        columns = {name: getattr(one, name) for name in ("sha256", "n_bytes", "width", "height", "sealed_sha256")}
        connection.execute(sa.insert(photo).values(report_id=report_id, n=n, state=HELD, **columns))
        append_event(connection, report_id, "photo", reason=HELD, note=_note(n, None), actor=actor, at=at)
    if new:
        revise(connection, report_id, what="photos", actor=actor, at=at)
    return list(range(first, first + len(new)))


def publish(connection: Connection, one: Kept, sha256: bytes, n_bytes: int, *, actor: str, at: int) -> None:
    """Show a photo as the derivative with this digest, in place of any shown before."""
    _set(connection, one, PUBLISHED, sha256, n_bytes)
    append_event(connection, one.report_id, "photo", reason=PUBLISHED, note=_note(one.n, sha256), actor=actor, at=at)


def unpublish(connection: Connection, one: Kept, state: str, *, why: str, actor: str, at: int) -> None:
    """Show a photo no more: ``withheld`` for good, or ``held`` until it is judged again."""
    _set(connection, one, state, None, None)
    append_event(connection, one.report_id, "photo", reason=state, note=_note(one.n, None, why), actor=actor, at=at)


def _set(connection: Connection, one: Kept, state: str, sha256: bytes | None, n_bytes: int | None) -> None:
    change = sa.update(photo).where(photo.c.report_id == one.report_id, photo.c.n == one.n)
    connection.execute(change.values(state=state, public_sha256=sha256, public_n_bytes=n_bytes))


def _note(n: int, sha256: bytes | None, why: str = "") -> str:
    """What a ``photo`` event says: number, digest of what is shown (or nothing), and why; parted by blanks."""
    return f"{n} {sha256.hex() if sha256 else ''}" + (f" {why}" if why else "")


def told(note: str) -> tuple[int, bytes | None]:
    """Number and digest that the note of a ``photo`` event names; ``ValueError`` for any other text."""
    number, _, rest = note.partition(" ")
    digest = rest.partition(" ")[0]
    return int(number), bytes.fromhex(digest) or None


def judged(numbers: Iterable[int], history: Iterable[Any]) -> dict[int, Judged]:
    """What a report's events say of its photos, by their number."""
    states: dict[int, Judged] = dict.fromkeys(numbers, (HELD, None))
    for one in history:
        if one.kind == "photo" and one.note is not None:
            with suppress(ValueError):  # a note that was changed is found by its digest
                n, digest = told(one.note)
                states[n] = one.reason, digest if one.reason == PUBLISHED else None
    return states


# files ---------------------------------------------------------------------------------------


def pictures(connection: Connection) -> list[bytes]:
    """Digests of all pictures that reports refer to: what is held, and what is shown of it."""
    shown = sa.select(photo.c.public_sha256).where(photo.c.public_sha256.is_not(None))
    return _digests(connection, sa.union(sa.select(photo.c.sha256), shown))


def originals(connection: Connection) -> list[bytes]:
    """Digests of all sealed originals that reports refer to."""
    return _digests(connection, sa.select(photo.c.sealed_sha256).where(photo.c.sealed_sha256.is_not(None)).distinct())


def files_of(connection: Connection, report_ids: Sequence[int]) -> tuple[list[bytes], list[bytes]]:
    """Digests of the pictures and of the originals of some reports."""
    columns = (photo.c.sha256, photo.c.public_sha256, photo.c.sealed_sha256)
    rows = connection.execute(sa.select(*columns).where(photo.c.report_id.in_(report_ids))).fetchall()
    shown = {bytes(digest) for row in rows for digest in row[:2] if digest is not None}
    return sorted(shown), sorted({bytes(row[2]) for row in rows if row[2] is not None})


def unwanted(connection: Connection, digests: Iterable[bytes]) -> list[bytes]:
    """Those of these files that no report refers to."""
    asked = list(digests)
    columns = (photo.c.sha256, photo.c.public_sha256, photo.c.sealed_sha256)
    wanted = {one for column in columns for one in _digests(connection, sa.select(column).where(column.in_(asked)))}
    return [digest for digest in asked if digest not in wanted]


def owners(connection: Connection, digests: Sequence[bytes]) -> list[str]:
    """public_id of the reports that have these files."""
    has = [column.in_(digests) for column in (photo.c.sha256, photo.c.public_sha256, photo.c.sealed_sha256)]
    select = sa.select(report.c.public_id).join(photo).where(sa.or_(*has)).distinct()
    return list(connection.execute(select.order_by(report.c.public_id)).scalars())


# evidence ------------------------------------------------------------------------------------


def opened_at(connection: Connection, report_id: int, actor: str) -> int | None:
    """When somebody last opened a report for a recorded reason (seconds UTC)."""
    mine = (event.c.report_id == report_id, event.c.kind == "opened", event.c.actor == actor)
    found: int | None = connection.execute(sa.select(sa.func.max(event.c.at)).where(*mine)).scalar()
    return found


def forget_originals(connection: Connection, before: int, *, actor: str, at: int) -> list[bytes]:
    """Let go of originals that came in before a time, with an event for each; returns their digests."""
    columns = (photo.c.report_id, photo.c.n, photo.c.sealed_sha256)
    select = sa.select(*columns).join(report).where(photo.c.sealed_sha256.is_not(None), report.c.received_at < before)
    gone = []
    for report_id, n, digest in connection.execute(select.order_by(*columns[:2])).fetchall():
        if n in _added_since(connection, report_id, before):
            continue
        change = sa.update(photo).where(photo.c.report_id == report_id, photo.c.n == n)
        connection.execute(change.values(sealed_sha256=None))
        append_event(connection, report_id, "evidence", reason="expired", note=str(n), actor=actor, at=at)
        gone.append(bytes(digest))
    return gone


def _added_since(connection: Connection, report_id: int, since: int) -> set[int]:
    """Numbers of photos that were added to a report later than it came."""
    added = (event.c.kind == "photo", event.c.reason == HELD, event.c.at >= since)
    select = sa.select(event_note.c.note).join(event).where(event.c.report_id == report_id, *added)
    return {told(note)[0] for note in connection.execute(select).scalars()}


def _kept(row: Any) -> Kept:
    values = row._asdict()
    digests = {name: bytes(values[name]) for name in values if name.endswith("sha256") and values[name] is not None}
    return Kept(**{**values, **digests})


def _digests(connection: Connection, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> list[bytes]:
    return [bytes(digest) for digest in connection.execute(select).scalars()]
