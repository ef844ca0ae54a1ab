"""``Published``: the public page of one report, and what will be public of a report before it is sent."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from geo_reports.city import check_answers
from geo_reports.errors import NotFound
from geo_reports.privacy import rules
from geo_reports.privacy.beside import beside, public_answers
from geo_reports.privacy.points import POINT_COLUMNS, day, present
from geo_reports.privacy.window import Window
from geo_reports.report import UNSEEN, WITHDRAWN, Answers, Audience, Channel, NewReport, Occurred, Status
from geo_reports.store import Query, voices

NO_SUCH = "There is no such report, or it is not shown."
_PUBLIC_STATUSES = frozenset(Status) - UNSEEN


@dataclass(frozen=True)
class Step:
    """One step that everybody sees: the local day, the status and, for an end without a solution, the reason."""

    day: date
    status: str
    reason: str | None


@dataclass(frozen=True)
class OneReport:
    """A report as everybody sees it: ``row`` has ``POINT_COLUMNS``, ``photos`` are the numbers of published ones."""

    row: dict[str, Any]
    steps: tuple[Step, ...]
    answers: Answers
    voices: int
    photos: tuple[int, ...]


@dataclass(frozen=True)
class Withdrawn:
    """A report that was public and no longer is; ``merged_into`` is the public one it belongs to now, if any."""

    merged_into: str | None


@dataclass(frozen=True)
class Preview:
    """What everybody will see of a report: one ``point``, a count of an ``area`` in a month, or ``never`` anything.

    ``row`` has ``POINT_COLUMNS``, for a point only; ``month`` is the local month as ``yyyymm``, 0 where unknown.
    """

    form: Literal["point", "area", "never"]
    category: str
    unit_name: str
    month: int
    row: dict[str, Any] | None
    answers: Answers


class Published(Window):
    """The part of a view that shows one report to everybody; the same to every audience."""

    def public_report(self, public_id: str) -> OneReport | Withdrawn:
        """One report that is public as a point; ``NotFound`` in the same words for every other, and for none."""
        found = self._store.find(Query(public_id=public_id), text=True)
        if found.empty or not self._as_point(found.iloc[0]):
            raise NotFound(NO_SUCH)
        row, events = found.iloc[0], self._store.events_of(int(found.id.iloc[0]))
        if not any(event["status"] in _PUBLIC_STATUSES for event in events if event["status"]):
            raise NotFound(NO_SUCH)  # never approved: that it was sent is not told either
        if Status(row.status) in WITHDRAWN:
            return Withdrawn(self._public_target(public_id))
        more = beside(self._store, self.city, found).iloc[0]
        steps = tuple(
            Step(date.fromisoformat(day(event["at"], self.city.zone)), event["status"], event["reason"])
            for event in events
            if event["kind"] in ("received", "status") and event["status"] in _PUBLIC_STATUSES
        )
        return OneReport(self._public_row(found), steps, more.answers, int(more.voices), tuple(more.photos))

    def preview(self, new: NewReport, lon: float, lat: float, occurred: Occurred) -> Preview:
        """What everybody will see of a report at a point (WGS 84 degrees): what ``public_report`` would show of it."""
        category = self.city.categories[new.category]
        version = self.city.primary.current
        at = version.index.assign_one(lon, lat)
        unit, unit_name = tuple(version.units.iloc[at][["unit", "name"]]) if at >= 0 else ("", "")
        kept = check_answers(self.city, category, new.answers)
        if not rules.as_points(Audience.PUBLIC, category):
            return Preview(category.published, category.id, unit_name, occurred.month, None, {})
        found = _as_stored(new, lon, lat, occurred, int(self._clock().timestamp()))
        rows = present(found, {0: unit}, {unit: unit_name}, Audience.PUBLIC, self._clock(), self.city.zone)
        answers = public_answers(self.city, category.id, kept)
        return Preview("point", category.id, unit_name, occurred.month, _first(rows), answers)

    def _as_point(self, row: pd.Series) -> bool:
        category = self.city.categories.get(str(row.category))
        shown = category is not None and rules.as_points(Audience.PUBLIC, category) and not row.outside
        return shown and Status(row.status) is not Status.HELD

    def _public_row(self, found: pd.DataFrame) -> dict[str, Any]:
        units = self._store.units_of(found.id.tolist(), self.city.primary.id)
        return _first(present(found, units, self._names(None), Audience.PUBLIC, self._clock(), self.city.zone))

    def _public_target(self, public_id: str) -> str | None:
        """Report that another was merged into, if everybody sees that one."""
        with self._store.reading() as connection:
            target = voices.merged_into(connection, public_id)
        found = self._store.find(Query(public_id=target)) if target else pd.DataFrame()
        if found.empty or not self._as_point(found.iloc[0]) or Status(found.status.iloc[0]) in UNSEEN:
            return None
        return target


def _as_stored(new: NewReport, lon: float, lat: float, occurred: Occurred, now: int) -> pd.DataFrame:
    """One row as the store would find it the moment the report was accepted."""
    row = {
        "id": 0,
        "public_id": "",
        "family": str(new.family),
        "category": new.category,
        "status": str(Status.RECEIVED),
        "size": str(new.size) if new.size else None,
        "lon": lon,
        "lat": lat,
        "occurred_at": int(occurred.at.timestamp()) if occurred.at else None,
        "occurred_precision": str(occurred.precision),
        "received_at": now,
        "closed_at": None,
        "channel": str(Channel.WEB),
        "description": new.description,
        "public_text": None,
    }
    return pd.DataFrame([row])


def _first(rows: pd.DataFrame) -> dict[str, Any]:
    return dict(zip(POINT_COLUMNS, rows.astype(object).iloc[0], strict=True))
