"""Parameters of OGC API - Features, read strictly: whatever cannot be read is 400 (OGC 17-069r4, requirement 9)."""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import shapely

from geo_reports.api.errors import BadParameter
from geo_reports.city import Layer
from geo_reports.city.folder import LayerVersion

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPEN = ("", "..")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII | re.IGNORECASE)


def whole(name: str, text: str | None, default: int, *, least: int) -> int:
    """Whole number from ``least``."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise BadParameter(f"{name} is a whole number from {least}.")
    return int(text)


def check_crs(name: str, text: str | None) -> None:
    """Refuse every coordinate system but CRS84."""
    if text is not None and text != CRS84:
        raise BadParameter(f"{name}: the only coordinate system is {CRS84}.")


def box(text: str | None) -> shapely.Geometry | None:
    """Area of a ``bbox`` of four numbers, or of six, of which heights are not used.

    West may be greater than east: such a box crosses the 180th meridian (requirement 24).
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise _no_box() from None
    if len(numbers) == 6 and numbers[2] <= numbers[5] and all(map(math.isfinite, numbers)):
        del numbers[5], numbers[2]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise _no_box()
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise _no_box()
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))


def _no_box() -> BadParameter:
    return BadParameter("bbox: write west,south,east,north in degrees, south before north.")


def at_time(layer: Layer, text: str | None, zone: ZoneInfo) -> LayerVersion | None:
    """Latest edition that held at a time or within an interval, on the city's calendar; the current one without."""
    if text is None:
        return layer.current
    since, until = _interval(text, zone)
    ends = [version.spec.valid_from for version in layer.versions[1:]] + [None]
    for version, next_from in reversed(list(zip(layer.versions, ends, strict=True))):
        begins, end = version.spec.valid_from, min(filter(None, (version.spec.valid_to, next_from)), default=None)
        if (begins is None or until is None or begins <= until) and (end is None or since is None or since < end):
            return version
    return None


def _interval(text: str, zone: ZoneInfo) -> tuple[date | None, date | None]:
    parts = text.split("/")
    try:
        start, end = parts if len(parts) != 1 else (text or "?", text or "?")
        since = None if start in OPEN else _moment(start, zone)
        until = None if end in OPEN else _moment(end, zone)
        if since is not None and until is not None and until < since:
            raise ValueError("ends before it begins")
        return since and since.date(), until and until.date()
    except (ValueError, OverflowError):
        raise BadParameter(
            "datetime: write 2026-09-30T12:00:00Z, or an interval of two such times with / between them."
        ) from None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise ValueError("no moment of RFC 3339")
    moment = datetime.fromisoformat(text.upper())
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
