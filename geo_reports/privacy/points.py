"""Reports one by one, in the form an audience may see them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geo_reports.privacy.rules import PLACE_DECIMALS, PUBLIC_DECIMALS, STAFF, TEXT_AS_SENT
from geo_reports.report import Audience, Channel, Family, Precision

POINT_COLUMNS = [
    "public_id",
    "family",
    "category",
    "status",
    "size",
    "lon",
    "lat",
    "occurred",
    "received_on",
    "closed_on",
    "age_days",
    "unit",
    "unit_name",
    "text",
    "synthetic",
]


Box = tuple[float, float, float, float]
"""West, south, east, north in WGS 84 degrees."""


@dataclass(frozen=True)
class Filters:
    """Which reports are wanted. Empty means all; ``bbox`` is west, south, east, north in WGS 84 degrees.

    ``since`` and ``until`` (exclusive) bound the day of the observation; ``before`` is the public id of the
    last report of the page before.
    """

    bbox: Box | None = None
    families: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    layer: str | None = None
    unit: str | None = None
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True)
class ReportPage:
    """Rows with ``POINT_COLUMNS`` and ``BESIDE_COLUMNS``, and the cursor of the next page if there is one."""

    rows: pd.DataFrame
    next: str | None


def present(
    found: pd.DataFrame, units: dict[int, str], names: dict[str, str], audience: Audience, now: datetime, zone: ZoneInfo
) -> pd.DataFrame:
    """Rows of the store as this audience sees them: coordinates rounded, times coarsened, text moderated."""
    decimals = _decimals(audience)
    today = now.astimezone(zone).date()
    unit = [units.get(report_id, "") for report_id in found.id.tolist()]
    seen = found.occurred_at.where(found.occurred_at.notna(), found.received_at)
    return pd.DataFrame(
        {
            "public_id": found.public_id,
            "family": found.family,
            "category": found.category,
            "status": found.status,
            "size": found["size"].astype(object).where(found["size"].notna(), None),
            "lon": found.lon.astype(float).round(decimals),
            "lat": found.lat.astype(float).round(decimals),
            "occurred": [
                when(at, precision, zone, coarse=audience not in STAFF)
                for at, precision in zip(found.occurred_at, found.occurred_precision, strict=True)
            ],
            "received_on": [day(at, zone) for at in found.received_at],
            "closed_on": [day(at, zone) for at in found.closed_at],
            "age_days": [max(0, (today - _local(at, zone).date()).days) for at in seen],
            "unit": unit,
            "unit_name": [names.get(name, "") for name in unit],
            "text": _text(found, audience),
            "synthetic": found.channel == Channel.DEMO,
        },
        columns=POINT_COLUMNS,
    )


def _text(found: pd.DataFrame, audience: Audience) -> pd.Series:
    """Text of a dump as sent for those who work with it; else what a moderator published."""
    public = found.public_text.astype(object)
    as_sent = public.isna() & (found.family == Family.DUMP) & (audience in TEXT_AS_SENT)
    chosen = public.where(~as_sent, found.description.astype(object))
    return chosen.where(chosen.notna(), None)


def around(bbox: Box | None, audience: Audience) -> Box | None:
    """Box that holds every report whose rounded place lies in ``bbox``, and some others."""
    if bbox is None:
        return None
    west, south, east, north = bbox
    step = 10.0 ** -_decimals(audience)
    return west - step, south - step, east + step, north + step


def shown_inside(found: pd.DataFrame, bbox: Box | None, audience: Audience) -> pd.DataFrame:
    """Reports whose rounded place lies in ``bbox``.

    A box compared with true places would let its sender find one, by moving an edge and watching what appears.
    """
    if bbox is None:
        return found
    west, south, east, north = bbox
    lon, lat = shown_at(found, audience)
    return found[lon.between(west, east) & lat.between(south, north)]


def shown_at(found: pd.DataFrame, audience: Audience) -> tuple[pd.Series, pd.Series]:
    """Longitudes and latitudes as this audience sees them, WGS 84 degrees."""
    lon, lat = (found[name].astype(float).round(_decimals(audience)) for name in ("lon", "lat"))
    return lon, lat


def _decimals(audience: Audience) -> int:
    return PLACE_DECIMALS if audience in STAFF else PUBLIC_DECIMALS


def when(at: Any, precision: str, zone: ZoneInfo, coarse: bool) -> str:
    """Local time of an observation as far as it is known; never finer than the day when ``coarse``."""
    if pd.isna(at) or precision == Precision.UNKNOWN:
        return ""
    local = _local(at, zone)
    if precision == Precision.MONTH:
        return local.strftime("%Y-%m")
    return local.strftime("%Y-%m-%d" if coarse or precision == Precision.DAY else "%Y-%m-%d %H:%M")


def day(at: Any, zone: ZoneInfo) -> str:
    """Local day of a time in seconds, empty for none."""
    return "" if pd.isna(at) else _local(at, zone).strftime("%Y-%m-%d")


def _local(seconds: Any, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)
