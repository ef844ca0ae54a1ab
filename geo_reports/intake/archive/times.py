"""Turn date and hour columns into UTC seconds, local months and days, a whole chunk at a time."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_reports.intake.archive.profile import TimeColumns
from geo_reports.report import Precision


@dataclass(frozen=True)
class Times:
    """(m,) times. ``at`` is seconds UTC where ``known``; ``day`` the local day or NaT; ``month`` local yyyymm or 0."""

    known: NDArray[np.bool_]
    at: NDArray[np.int64]
    day: NDArray[np.datetime64]
    month: NDArray[np.int64]
    precision: Precision
    bad_date: NDArray[np.bool_]
    bad_hour: NDArray[np.bool_]


def read_times(spec: TimeColumns, columns: dict[str, list[str]], n: int, zone: ZoneInfo) -> Times:
    """Read the times of (n,) rows; an empty cell is an unknown time, an unreadable one is marked bad."""
    if spec.date_column is None or spec.precision is Precision.UNKNOWN:
        return _unknown(n)
    # archives repeat few dates and hours many times: read each distinct text once
    date_of, dates = pd.factorize(np.array(columns.get(spec.date_column, []), object))
    texts = pd.Series(dates, dtype=object).str.strip()
    start = _local_start(texts, spec, zone)
    empty = (texts == "").to_numpy()
    bad_date = (start.isna().to_numpy() & ~empty)[date_of]
    hour, bad_hour = _hours(columns.get(spec.hour_column, []) if spec.hour_column else None, n)
    local = start.iloc[date_of].reset_index(drop=True) + pd.to_timedelta(hour, unit="h")
    # nothing finer than the stated precision is kept, whatever the columns hold
    if spec.precision is Precision.MONTH:
        local = local.dt.to_period("M").dt.to_timestamp()
    else:
        local = local.dt.floor("h" if spec.precision is Precision.HOUR else "D")
    known = ~local.isna().to_numpy()
    at, day = _seconds(local, zone), local.to_numpy("datetime64[D]")
    return Times(known, at, day, _months(local), spec.precision, bad_date, bad_hour & known)


def _seconds(local: pd.Series, zone: ZoneInfo) -> NDArray[np.int64]:
    """Seconds UTC of naive local times, 0 for NaT; of a repeated hour the first, of a skipped hour the next."""
    first = np.ones(len(local), bool)
    utc = local.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").dt.tz_convert("UTC")
    seconds: NDArray[np.int64] = (
        utc.dt.tz_localize(None).fillna(pd.Timestamp(0)).to_numpy("datetime64[s]").view(np.int64)
    )
    return seconds


def _months(local: pd.Series) -> NDArray[np.int64]:
    """Local yyyymm, 0 for NaT."""
    months: NDArray[np.int64] = (local.dt.year * 100 + local.dt.month).fillna(0).to_numpy(np.int64)
    return months


def _unknown(n: int) -> Times:
    no, zero = np.zeros(n, bool), np.zeros(n, np.int64)
    return Times(no, zero, np.full(n, "NaT", "datetime64[D]"), zero, Precision.UNKNOWN, no, no)


def _local_start(texts: pd.Series, spec: TimeColumns, zone: ZoneInfo) -> pd.Series:
    """Naive local time of each text, NaT where it cannot be read."""
    style = {"iso": "ISO8601", "month": "%Y-%m"}.get(spec.date_format, spec.date_format)
    aware = spec.utc_means_local_day or "%z" in style
    parsed = pd.to_datetime(
        texts.where(texts != "", None), format=style, errors="coerce", utc=aware or style == "ISO8601"
    )
    local = parsed
    if aware:
        local = parsed.dt.tz_convert(zone).dt.tz_localize(None)
    elif style == "ISO8601":
        local = _iso(texts, parsed, zone)
    return local if spec.precision is Precision.HOUR and spec.hour_column is None else local.dt.floor("D")


def _iso(texts: pd.Series, parsed: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Naive local time of ISO 8601 texts: those with an offset are converted, the others already local."""
    offset = texts.str.contains(r"T.*(?:Z|[+-]\d\d:?\d\d)$|\d (?:Z|[+-]\d\d:?\d\d)$", regex=True)
    naive = parsed.dt.tz_localize(None)
    return naive.where(~offset, parsed.dt.tz_convert(zone).dt.tz_localize(None))


def _hours(column: list[str] | None, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Hours 0 to 23 of (n,) texts and which are none; "14:30" and "14" both mean 14."""
    if column is None:
        return np.zeros(n), np.zeros(n, bool)
    of, texts = pd.factorize(np.array(column, object))
    first = pd.Series(texts, dtype=object).str.strip().str.partition(":")
    hour = np.array(pd.to_numeric(first[0], errors="coerce"), np.float64) if len(texts) else np.zeros(0)
    bad = ~((hour >= 0) & (hour <= 23) & (hour == np.floor(hour)))
    return np.where(bad, 0.0, hour)[of], bad[of]
