"""``Areas``: what the page, the feed and the digest of one neighborhood may tell."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd

from geo_reports.errors import NotAllowed, NotFound
from geo_reports.privacy import cube, rules
from geo_reports.privacy.figures import Figures
from geo_reports.privacy.notices import announced
from geo_reports.privacy.points import day
from geo_reports.report import FIXED, OPEN, UNSEEN, Audience, Channel, Family, Status
from geo_reports.store.news import Period, changes

MONTHS = 12
"""Months of the trend."""
NEWS_DAYS = 60
"""Days that a feed looks back."""
NEWS = 50
"""Most entries of a feed."""
_EVENTS_EACH = 6
"""Events read for each entry: several of one report and day are one piece of news."""

Standings = dict[str, dict[Status, int]]


@dataclass(frozen=True)
class Range:
    """A count as far as it is known; ``low`` and ``high`` are equal where it is exact."""

    low: int
    high: int


@dataclass(frozen=True)
class AreaRow:
    """One unit in the list of all: dumps by standing, None where none may be counted; ``security`` of the cube."""

    unit: str
    name: str
    open: int | None
    fixed: int | None
    unsolved: int | None
    security: Range | None


@dataclass(frozen=True)
class Area:
    """One unit: its figures over all time, its months (``yyyymm``, oldest first) and what is not counted.

    ``median_days`` runs from observed to closed, solved or not; None without closings.
    ``partial``: some categories of dumps are left out as this audience sees no exact count of them.
    """

    row: AreaRow
    median_days: float | None
    n_closings: int
    months: tuple[tuple[int, int], ...]
    security_months: tuple[tuple[int, Range], ...]
    partial: bool


@dataclass(frozen=True)
class AreaNews:
    """What became of one dump on one local day ``on``; it is told from the midnight after (``told_at``)."""

    public_id: str
    category: str
    status: str
    size: str | None
    unit: str
    unit_name: str
    on: date
    told_at: datetime
    received_on: str
    text: str | None
    new: bool


class Areas(Figures):
    """The part of a view that speaks of neighborhoods."""

    def area_rows(self) -> tuple[AreaRow, ...]:
        """Every unit of the primary layer, in its order."""
        standing, security = self._standings(), self._security()
        names = self._names(None)
        return tuple(_row(unit, names[unit], standing, security) for unit in self._current())

    def area(self, unit: str) -> Area:
        """One unit by its id; ``NotFound`` for an unknown one."""
        if unit not in self._current():
            raise NotFound(f"There is no unit {unit!r}.")
        standing, security = self._standings(), self._security()
        days, n = None, 0
        months: tuple[tuple[int, int], ...] = ()
        exact, partial = self._counted()
        if exact:
            summary = self.aggregates(family=Family.DUMP, categories=exact)
            mine = summary[summary.unit == unit].iloc[0]
            n = int(mine.n_closings)
            days = float(mine.median_days_to_close) if n else None
            months = self._months(unit, exact)
        row = _row(unit, self._names(None)[unit], standing, security)
        return Area(row, days, n, months, self._security_months(unit), partial)

    def area_news(
        self, unit: str | None = None, *, since: int | None = None, until: int | None = None, limit: int = NEWS
    ) -> tuple[AreaNews, ...]:
        """News of dumps, newest first: one for each report and local day, at the status that ended the day.

        Only of days that are over: a feed that changed with each report would tell who has just stood where. ``since``
        and ``until`` are seconds UTC. ``NotFound`` for an unknown unit.
        """
        if unit is not None and unit not in self._current():
            raise NotFound(f"There is no unit {unit!r}.")
        midnight = self._seconds(self._today())
        first = self._seconds(self._today() - timedelta(days=NEWS_DAYS))
        assert midnight is not None and first is not None  # noqa: S101, PT018 a day has a start
        period = Period(first if since is None else since, midnight if until is None else min(until, midnight))
        with self._store.reading() as connection:
            found = changes(
                connection,
                period,
                categories=[c.id for c in self.city.spec.categories if self._told(c.id)],
                statuses=[status for status in Status if status not in UNSEEN],
                layer=self.city.primary.id,
                units=None if unit is None else (unit,),
                limit=limit * _EVENTS_EACH,
            )
        return self._as_news(found, limit)

    def area_name(self, unit: str) -> str:
        """Name of a unit by its id, which stays its name where it is no longer one."""
        return self._names(None).get(unit, unit)

    def area_day(self) -> datetime:
        """Local midnight from which the latest news are told."""
        return datetime.combine(self._today(), time(), self.city.zone)

    def _as_news(self, found: pd.DataFrame, limit: int) -> tuple[AreaNews, ...]:
        last: dict[tuple[str, str], dict[str, Any]] = {}
        arrived = set()
        for row in found.astype(object).to_dict("records"):  # newest first: the first of a day is how it ended
            key = row["public_id"], day(row["at"], self.city.zone)
            last.setdefault(key, row)
            if row["then"] == Status.RECEIVED:
                arrived.add(key)
        seen = {
            key: row
            for key, row in last.items()
            if row["then"] not in UNSEEN and not (row["kind"] == "received" and row["channel"] == Channel.IMPORT)
        }
        units = self._store.units_of([int(row["id"]) for row in seen.values()], self.city.primary.id)
        names = self._names(None)
        out = []
        for (public_id, on), row in list(seen.items())[:limit]:
            unit, told = units.get(int(row["id"]), ""), date.fromisoformat(on)
            out.append(
                AreaNews(
                    public_id,
                    row["category"],
                    row["then"],
                    None if pd.isna(row["size"]) else row["size"],
                    unit,
                    names.get(unit, ""),
                    told,
                    datetime.combine(told + timedelta(days=1), time(), self.city.zone),
                    day(row["received_at"], self.city.zone),
                    None if pd.isna(row["public_text"]) else row["public_text"],
                    (public_id, on) in arrived,
                )
            )
        return tuple(out)

    def _told(self, category: str) -> bool:
        spec = self.city.categories[category]
        return announced(spec) and rules.as_points(self.audience, spec)

    def _current(self) -> list[str]:
        return [str(unit) for unit in self.city.primary.current.units.unit]

    def _counted(self) -> tuple[tuple[str, ...], bool]:
        """Categories of dumps that this audience sees counted exactly, and whether there are others."""
        dumps = self.city.categories_of(Family.DUMP)
        exact = tuple(c.id for c in dumps if rules.as_exact_counts(self.audience, c))
        return exact, len(exact) < len(dumps)

    def _standings(self) -> Standings | None:
        """Dumps of each unit and status, None where none may be counted."""
        exact, _ = self._counted()
        if not exact:
            return None
        parts = self.breakdown("status", family=Family.DUMP, categories=exact)
        out: Standings = defaultdict(dict)
        for unit, status, n in zip(parts.unit, parts.status, parts.n.tolist(), strict=True):
            out[unit][Status(status)] = n
        return out

    def _months(self, unit: str, exact: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
        today = self._today()
        months = cube.months_up_to(today.year * 100 + today.month, MONTHS)
        parts = self.breakdown("month", family=Family.DUMP, months=(months[0], months[-1]), categories=exact)
        mine = parts[parts.unit == unit]
        counted = dict(zip(mine.month.tolist(), mine.n.tolist(), strict=True))
        return tuple((month, int(counted.get(month, 0))) for month in months)

    def _security(self) -> dict[str, Range]:
        """Total of each unit over the cube's months; empty where nothing of security is published."""
        if self.audience is not Audience.PUBLIC:
            raise NotAllowed("The pages of neighborhoods show what everybody may see.")
        try:
            totals = self.aggregates(family=Family.SECURITY, months=self._cube_months())
        except NotAllowed:
            return {}
        if "low" not in totals:  # every kind is about a thing and published as points
            return {unit: Range(int(n), int(n)) for unit, n in zip(totals.unit, totals["count"], strict=True)}
        return {row.unit: Range(int(row.low), int(row.high)) for row in totals.itertuples(index=False)}

    def _security_months(self, unit: str) -> tuple[tuple[int, Range], ...]:
        try:
            cells = self.breakdown("month", family=Family.SECURITY, months=self._cube_months())
        except NotAllowed:
            return ()
        mine = cells[cells.unit == unit].sort_values("month")
        if "low" not in mine:
            return tuple((int(row.month), Range(int(row.n), int(row.n))) for row in mine.itertuples(index=False))
        return tuple((int(row.month), Range(int(row.low), int(row.high))) for row in mine.itertuples(index=False))

    def _cube_months(self) -> tuple[int, int]:
        months = cube.months_up_to(cube.last_public_month(self._today()), MONTHS)
        return months[0], months[-1]


def _row(unit: str, name: str, standings: Standings | None, security: dict[str, Range]) -> AreaRow:
    def n(statuses: Iterable[Status]) -> int | None:
        return None if standings is None else sum(standings.get(unit, {}).get(status, 0) for status in statuses)

    unsolved = n([Status.CLOSED_WITHOUT_SOLUTION])
    return AreaRow(unit, name, n(OPEN), n(FIXED), unsolved, security.get(unit))
