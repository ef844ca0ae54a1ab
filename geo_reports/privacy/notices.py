"""``Notices``: what leaves by itself, in messages that nobody asked for at that moment."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from geo_reports.city import CategorySpec
from geo_reports.privacy import rules
from geo_reports.privacy.window import Window
from geo_reports.report import UNSEEN, WITHDRAWN, Audience, Family, Status
from geo_reports.store import Query

WITHDRAWN_NOTICE = "withdrawn"
"""Said of a report that the public no longer sees, whatever the reason."""


@dataclass(frozen=True)
class Notice:
    """Public facts of one dump: no place finer than the unit (of the primary layer), no time finer than the month.

    ``month`` is the local month of the observation as ``yyyymm``, 0 where it is unknown.
    """

    public_id: str
    category: str
    status: str
    unit: str
    month: int

    def facts(self) -> dict[str, Any]:
        """Fill a JSON object with it."""
        return asdict(self)


def announced(category: CategorySpec) -> bool:
    """Tell whether reports of a category are announced to other systems: dumps that the public sees as points."""
    return category.family is Family.DUMP and rules.as_points(Audience.PUBLIC, category)


def status_by_mail(family: Family, status: Status) -> Status | None:
    """Status that a mail to the sender may name; of a security report none, as others may read that mailbox."""
    return status if family is Family.DUMP else None


class Notices(Window):
    """The part of a view that answers for messages."""

    def notice(self, public_id: str) -> Notice | None:
        """Facts of a report as they are now; None where it is gone, or was never to be announced."""
        found = self._store.find(Query(public_id=public_id))
        if found.empty:
            return None
        row = found.iloc[0]
        category = self.city.categories.get(str(row.category))
        if category is None or not announced(category) or row.family != Family.DUMP or row.outside:
            return None
        if row.status == Status.HELD or self._never_public(row):
            return None
        layer = self.city.primary.id
        unit = self._store.units_of([int(row.id)], layer).get(int(row.id), "")
        known = Notice(public_id, category.id, str(row.status), unit, int(row.month))
        return replace(known, status=WITHDRAWN_NOTICE) if Status(row.status) in WITHDRAWN else known

    def _never_public(self, row: pd.Series) -> bool:
        """Tell whether a withdrawn report was never shown: a child's that nobody approved is told to nobody."""
        if Status(row.status) not in WITHDRAWN:
            return False
        return all(event["status"] in (None, *UNSEEN) for event in self._store.events_of(int(row.id)))
