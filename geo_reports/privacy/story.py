"""One report and its history, for its sender or for staff who may open it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geo_reports.privacy.points import when

TOLD = ("received", "status")
"""Events that belong to the story; that staff opened a report or edited its text does not."""


@dataclass(frozen=True)
class StoryEvent:
    """One step of the story; ``at`` is local time."""

    at: datetime
    kind: str
    status: str | None
    reason: str | None
    note: str | None


@dataclass(frozen=True)
class Story:
    """A report as its sender or its case worker sees it. Degrees are WGS 84, times local."""

    public_id: str
    family: str
    category: str
    status: str
    size: str | None
    occurred: str
    received_at: datetime
    unit_name: str
    description: str | None
    public_text: str | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    has_contact: bool
    events: tuple[StoryEvent, ...]


def tell(
    row: dict[str, Any],
    events: list[dict[str, Any]],
    unit_name: str,
    zone: ZoneInfo,
    *,
    placed: bool,
    has_contact: bool,
) -> Story:
    """Story of one row of the store (with text) and its events; the point only where ``placed``."""
    return Story(
        public_id=row["public_id"],
        family=row["family"],
        category=row["category"],
        status=row["status"],
        size=_or_none(row["size"]),
        occurred=when(row["occurred_at"], row["occurred_precision"], zone, coarse=False),
        received_at=_local(row["received_at"], zone),
        unit_name=unit_name,
        description=_or_none(row["description"]),
        public_text=_or_none(row["public_text"]),
        lon=float(row["lon"]) if placed else None,
        lat=float(row["lat"]) if placed else None,
        accuracy_m=_or_none(row["accuracy_m"]) if placed else None,
        has_contact=has_contact,
        events=tuple(
            StoryEvent(_local(e["at"], zone), e["kind"], e["status"], e["reason"], e["note"])
            for e in events
            if e["kind"] in TOLD
        ),
    )


def _local(seconds: Any, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value
