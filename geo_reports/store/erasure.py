"""Erase reports for good: from the tables, from the store's files, from the photos, and from backups to come back."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from geo_reports.errors import NotFound
from geo_reports.store import gallery
from geo_reports.store.erasure_log import ErasureLog, trace
from geo_reports.store.faults import reach
from geo_reports.store.photos import PhotoFolder
from geo_reports.store.remnants import needles, older_copies, settle
from geo_reports.store.remove import Chosen, remove
from geo_reports.store.schema import outbox, receipt, report
from geo_reports.store.store import Store
from geo_reports.store.subscriptions import leave_again

KIND = "erased"
IN_FLIGHT_S = 120.0
"""Longest time from keeping a photo to the commit of its report: a younger one may be on its way into another."""


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    ``photos`` are files that went at once: what was kept of each, what was shown of it, its sealed original; ``later``
    are so young that they may be on their way into another report, and go with the orphans after a day. ``settled``
    is False while a reader keeps old pages of a SQLite file alive. ``copies`` of the file from before an upgrade still
    hold what they held.
    """

    reports: int
    photos: int
    later: int
    settled: bool
    copies: tuple[Path, ...]


@dataclass(frozen=True)
class Begun:
    """An erasure that is on disk: the reports are gone, and what may be left of them in the file is still ``wanted``.

    Counts as of ``Erased``.
    """

    reports: int
    photos: int
    later: int
    wanted: list[bytes]


class Eraser:
    """Erases from one store."""

    def __init__(self, store: Store, log: ErasureLog, photos: PhotoFolder) -> None:
        self._store, self._log, self._photos = store, log, photos

    def by_public_id(self, public_id: str, *, reason: str, actor: str, at: int) -> Erased:
        """Erase one report; ``NotFound`` where there is none."""
        return self._erase(report.c.public_id == public_id, f"There is no report {public_id!r}.", reason, actor, at)

    def by_code_hash(self, code_hash: bytes, *, reason: str, actor: str, at: int) -> Erased:
        """Erase the report a tracking code belongs to; ``NotFound`` says nothing more."""
        return self._finish(self.begin_by_code_hash(code_hash, reason=reason, actor=actor, at=at))

    def begin_by_code_hash(self, code_hash: bytes, *, reason: str, actor: str, at: int) -> Begun:
        """Erase as ``by_code_hash``, and leave what may take long to ``settle``: writing the file anew."""
        chosen = report.c.id == sa.select(receipt.c.report_id).where(receipt.c.code_hash == code_hash).scalar_subquery()
        nobody = "No report belongs to this tracking code. Check each letter and number."
        return self._begin(chosen, nobody, reason, actor, at)

    def settle(self, wanted: list[bytes]) -> bool:
        """Bring erasures to their end on the disk; False while a reader keeps old pages of a SQLite file alive."""
        return settle(self._engine(), wanted)

    def _erase(self, chosen: Chosen, nobody: str, reason: str, actor: str, at: int) -> Erased:
        return self._finish(self._begin(chosen, nobody, reason, actor, at))

    def _begin(self, chosen: Chosen, nobody: str, reason: str, actor: str, at: int) -> Begun:
        with self._store.writing() as connection:
            rows = connection.execute(sa.select(report.c.id, report.c.identity, report.c.salt).where(chosen)).all()
            if not rows:
                raise NotFound(nobody)
            ids = [row.id for row in rows]
            digests, wanted = gallery.files_of(connection, ids), needles(connection, ids)
            # before the commit: what is gone from the store must never be missing in the log
            self._log.add((trace(bytes(row.identity), bytes(row.salt)) for row in rows), at)
            reach("erase.logged")
            remove_reports(connection, ids, reason=reason, actor=actor, at=at)
        reach("erase.committed")
        alone = [self._unwanted(some) for some in digests]
        later = [*self._photos.discard(alone[0], older_than_s=IN_FLIGHT_S)]
        later += self._photos.sealed.discard(alone[1], older_than_s=IN_FLIGHT_S)
        return Begun(len(rows), sum(map(len, alone)) - len(later), len(later), wanted)

    def _finish(self, begun: Begun) -> Erased:
        settled = self.settle(begun.wanted)
        return Erased(begun.reports, begun.photos, begun.later, settled, older_copies(self._engine()))

    def _engine(self) -> Engine:
        with self._store.reading() as connection:
            return connection.engine

    def _unwanted(self, digests: list[bytes]) -> list[bytes]:
        with self._store.reading() as connection:
            return gallery.unwanted(connection, digests)


def remove_reports(connection: Connection, ids: list[int], *, reason: str, actor: str, at: int) -> None:
    """Remove erased reports, and what waits to be told about them, in the caller's transaction."""
    chosen = report.c.id.in_(ids)
    for name in connection.execute(sa.select(report.c.public_id).where(chosen)).scalars().all():
        told = outbox.c.payload.contains(name, autoescape=True) | outbox.c.dedup_id.contains(name, autoescape=True)
        connection.execute(sa.delete(outbox).where(told))
    remove(connection, chosen, kind=KIND, reason=reason, actor=actor, at=at)


def erase_again(connection: Connection, log: set[str], *, at: int) -> int:
    """Erase from a restored store what was erased after its backup (``log``: traces); returns how many reports.

    Who left after it is no longer written to, either.
    """
    leave_again(connection, log)
    select = sa.select(report.c.id, report.c.identity, report.c.salt).execution_options(yield_per=10_000)
    ids = [row.id for row in connection.execute(select) if trace(bytes(row.identity), bytes(row.salt)) in log]
    for start in range(0, len(ids), 10_000):
        part = ids[start : start + 10_000]
        remove_reports(connection, part, reason="restored backup", actor="restore", at=at)
    return len(ids)
