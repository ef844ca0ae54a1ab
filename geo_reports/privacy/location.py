"""How sure the unit of each counted report is, as far as the place that an audience sees tells."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geo_reports.city import Layer
from geo_reports.errors import InputError
from geo_reports.privacy import rules
from geo_reports.report import Audience

MOST_LOCATED = 50_000
"""Reports whose places are looked at for one answer; counts alone come from counters and have no such limit."""
COARSEST_M = 1_000.0
"""Coarser accuracies are taken as this: all borders of a city would be asked for one report that may lie anywhere."""
DECIMALS = 2
"""Decimals of an expected number: more would tell the distance of a single report from a border more finely."""


def require_few(found: pd.DataFrame) -> None:
    """Raise ``InputError`` for more reports than ``MOST_LOCATED``."""
    if len(found) > MOST_LOCATED:
        raise InputError(
            f"The location error is computed for at most {MOST_LOCATED:,} reports: ask for fewer months or single "
            "categories.",
            field="from",
        )


def chances(
    found: pd.DataFrame, layer: Layer, metric_crs: str, zone: ZoneInfo, audience: Audience
) -> tuple[pd.DataFrame, pd.Series]:
    """Unit and p of (m,) reports, and by unit those whose accuracy is not known.

    An uncertain place is taken as this audience sees it, rounded, so that no sum tells it more finely. One without
    accuracy, and one outside the city that the audience does not see as a point, stays where it is counted.
    """
    shown = ~found.outside.to_numpy(bool) | (audience in rules.STAFF)
    accuracy = found.accuracy_m.astype(float).to_numpy()
    vague = shown & (accuracy > 0)
    decimals = rules.PLACE_DECIMALS if audience in rules.STAFF else rules.PUBLIC_DECIMALS
    lon, lat = (np.where(vague, at.round(decimals), at) for at in (found.lon.astype(float), found.lat.astype(float)))
    days = np.array([_day(at, zone) for at in found.occurred_at], "datetime64[D]")
    held = layer.probabilities(lon, lat, np.where(vague, np.minimum(accuracy, COARSEST_M), np.nan), days, metric_crs)
    names = np.append(layer.table.unit.to_numpy(object), "")
    unit = names[held.unit.to_numpy()]
    # a report that is exact, or without accuracy, has one row
    blank = np.isnan(accuracy)[held.point.to_numpy()]
    return pd.DataFrame({"unit": unit, "p": held.p.to_numpy()}), pd.Series(unit[blank]).value_counts()


def _day(seconds: float | None, zone: ZoneInfo) -> np.datetime64:
    if seconds is None or pd.isna(seconds):
        return np.datetime64("NaT")
    return np.datetime64(datetime.fromtimestamp(int(seconds), UTC).astimezone(zone).date())
