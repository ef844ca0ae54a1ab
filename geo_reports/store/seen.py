"""``Seen``: a mark of what may be shown of reports one by one, which nothing else that happens here changes."""

import threading
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store import chain
from geo_reports.store.schema import event, pyramid, report
from geo_reports.store.tally import ZOOMS

UNSEEN_KINDS = ("comment", "contact", "evidence", "internal", "opened", "read")
"""Events that change nothing that is shown."""
Mark = tuple[int, int]
"""Position of the last event of a report that is shown, and how many reports are."""


class Seen:
    """Marks of some categories and statuses. Safe to use from several threads.

    The chain counts everything that ever happens: whoever asks each second whether a mark that follows it has changed
    counts security reports, and the times staff open one. Of two equal marks of one store the same is shown: without a
    new event on a report that is shown, reports can only stop being shown, and then there are fewer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[int, Mark]] = {}

    def mark(self, connection: Connection, categories: Sequence[str], statuses: Sequence[str]) -> Mark:
        """Mark of the reports of some categories and statuses; only what came since the last look is read."""
        key = tuple(categories), tuple(statuses)
        head, _ = chain.head(connection)
        with self._lock:
            before, known = self._known.get(key, (0, (0, 0)))
        if before != head:
            last = _last(connection, *key, after=before if before < head else 0)
            known = known[0] if last is None else last, _count(connection, *key)
            with self._lock:
                self._known[key] = head, known
        return known


def _last(connection: Connection, categories: tuple[str, ...], statuses: tuple[str, ...], after: int) -> int | None:
    select = (
        sa.select(event.c.seq)
        .join(report, report.c.id == event.c.report_id)
        .where(event.c.seq > after, event.c.kind.not_in(UNSEEN_KINDS))
        .where(report.c.category.in_(categories), report.c.status.in_(statuses), report.c.outside == 0)
        .order_by(event.c.seq.desc())
        .limit(1)
    )
    return connection.execute(select).scalar()


def _count(connection: Connection, categories: tuple[str, ...], statuses: tuple[str, ...]) -> int:
    of = (pyramid.c.z == ZOOMS[0], pyramid.c.category.in_(categories), pyramid.c.status.in_(statuses))
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(pyramid.c.n), 0)).where(*of)).scalar_one())
