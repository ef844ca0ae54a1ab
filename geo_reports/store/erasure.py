"""Erase reports for good: from the tables, from the store's files, from the photos, and from backups to come back."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import NotFound
from geo_reports.store.erasure_log import ErasureLog, trace
from geo_reports.store.faults import reach
from geo_reports.store.photos import PhotoFolder
from geo_reports.store.remnants import needles, older_copies, settle
from geo_reports.store.remove import Chosen, remove
from geo_reports.store.schema import outbox, photo, receipt, report
from geo_reports.store.store import Store

KIND = "erased"
IN_FLIGHT_S = 120.0
"""Longest time from keeping a photo to the commit of its report: a younger one may be on its way into another."""


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    ``photos`` went at once; ``later`` are so young that they may be on their way into another report, and go with the
    orphans after a day. ``settled`` is False while a reader keeps old pages of a SQLite file alive. ``copies`` of the
    file from before an upgrade still hold what they held.
    """

    reports: int
    photos: int
    later: int
    settled: bool
    copies: tuple[Path, ...]


class Eraser:
    """Erases from one store."""

    def __init__(self, store: Store, log: ErasureLog, photos: PhotoFolder) -> None:
        self._store, self._log, self._photos = store, log, photos

    def by_public_id(self, public_id: str, *, reason: str, actor: str, at: int) -> Erased:
        """Erase one report; ``NotFound`` where there is none."""
        return self._erase(report.c.public_id == public_id, f"There is no report {public_id!r}.", reason, actor, at)

    def by_code_hash(self, code_hash: bytes, *, reason: str, actor: str, at: int) -> Erased:
        """Erase the report a tracking code belongs to; ``NotFound`` says nothing more."""
        chosen = report.c.id == sa.select(receipt.c.report_id).where(receipt.c.code_hash == code_hash).scalar_subquery()
        nobody = "No report belongs to this tracking code. Check each letter and number."
        return self._erase(chosen, nobody, reason, actor, at)

    def _erase(self, chosen: Chosen, nobody: str, reason: str, actor: str, at: int) -> Erased:
        with self._store.writing() as connection:
            rows = connection.execute(sa.select(report.c.id, report.c.identity, report.c.salt).where(chosen)).all()
            if not rows:
                raise NotFound(nobody)
            ids = [row.id for row in rows]
            digests, wanted = _digests(connection, ids), needles(connection, ids)
            # before the commit: what is gone from the store must never be missing in the log
            self._log.add((trace(bytes(row.identity), bytes(row.salt)) for row in rows), at)
            reach("erase.logged")
            remove_reports(connection, ids, reason=reason, actor=actor, at=at)
        reach("erase.committed")
        alone = self._unwanted(digests)
        later = self._photos.discard(alone, older_than_s=IN_FLIGHT_S)
        with self._store.reading() as connection:
            engine = connection.engine
        settled = settle(engine, wanted)
        return Erased(len(rows), len(alone) - len(later), len(later), settled, older_copies(engine))

    def _unwanted(self, digests: list[bytes]) -> list[bytes]:
        with self._store.reading() as connection:
            still = set(connection.execute(sa.select(photo.c.sha256).where(photo.c.sha256.in_(digests))).scalars())
        return [digest for digest in digests if digest not in still]


def remove_reports(connection: Connection, ids: list[int], *, reason: str, actor: str, at: int) -> None:
    """Remove erased reports, and what waits to be told about them, in the caller's transaction."""
    chosen = report.c.id.in_(ids)
    for name in connection.execute(sa.select(report.c.public_id).where(chosen)).scalars().all():
        told = outbox.c.payload.contains(name, autoescape=True) | outbox.c.dedup_id.contains(name, autoescape=True)
        connection.execute(sa.delete(outbox).where(told))
    remove(connection, chosen, kind=KIND, reason=reason, actor=actor, at=at)


def erase_again(connection: Connection, log: set[str], *, at: int) -> int:
    """Erase from a restored store what was erased after its backup (``log``: traces); returns how many reports."""
    select = sa.select(report.c.id, report.c.identity, report.c.salt).execution_options(yield_per=10_000)
    ids = [row.id for row in connection.execute(select) if trace(bytes(row.identity), bytes(row.salt)) in log]
    for start in range(0, len(ids), 10_000):
        part = ids[start : start + 10_000]
        remove_reports(connection, part, reason="restored backup", actor="restore", at=at)
    return len(ids)


def _digests(connection: Connection, ids: list[int]) -> list[bytes]:
    select = sa.select(photo.c.sha256).distinct().where(photo.c.report_id.in_(ids))
    return [bytes(digest) for digest in connection.execute(select).scalars()]
