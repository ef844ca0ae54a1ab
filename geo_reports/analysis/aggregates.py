"""Reports per unit: counts that lose nothing, rates, and the time it takes to close."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo_reports.report import CLOSED, OPEN, WITHDRAWN

SUMMARY_COLUMNS = (
    *("unit", "name", "population", "area_km2", "count", "open", "closed", "withdrawn"),
    *("median_days_to_close", "n_closings", "per_1000", "per_km2"),
)
"""Columns of the summary frame, in order."""

_STANDINGS = pd.Index([*OPEN, *CLOSED, *WITHDRAWN], dtype=object)
_STANDING = np.repeat([0, 1, 2], [len(OPEN), len(CLOSED), len(WITHDRAWN)])


def by_unit(counts: pd.DataFrame, closings: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Summary of reports per unit; no report is lost, none is counted twice.

    Parameters
    ----------
    counts : DataFrame
        ``unit``, ``status``, ``n``, any other columns; unit "" means outside the layer.
    closings : DataFrame
        ``unit``, ``days``: one row per report with both times known, in days from observed to closed.
    units : DataFrame
        (k,) rows with ``unit``, ``name``, ``population``, ``area_km2``; each unit once.

    Returns
    -------
    DataFrame
        (k + 1,) rows with ``SUMMARY_COLUMNS``: the units in their order, then unit "", outside the layer.
        ``count`` is ``open + closed``, the reports that describe an incident of their own; ``count`` and
        ``withdrawn`` together add up to ``counts.n``. ``median_days_to_close`` is NaN without closings;
        ``per_1000`` (count per 1000 residents) and ``per_km2`` are NaN without a population or an area.

    Raises
    ------
    ValueError
        A unit is repeated in ``units``, a unit of ``counts`` or ``closings`` is not in it, or a status is unknown.
    """
    index = _index(units)
    tally = np.zeros((len(index), 3), np.int64)
    standing = _STANDING[_positions(counts.status, _STANDINGS, "statuses", "counts")]
    np.add.at(tally, (_positions(counts.unit, index, "units", "counts"), standing), counts.n.to_numpy(np.int64))
    days = closings.days.groupby(_positions(closings.unit, index, "units", "closings"))
    out = units[["unit", "name", "population", "area_km2"]].reset_index(drop=True)
    out = out.reindex(range(len(index))).fillna({"unit": "", "name": ""})
    out["open"], out["closed"], out["withdrawn"] = tally.T
    out["count"] = out.open + out.closed
    out["median_days_to_close"] = days.median().reindex(out.index).astype(float)
    out["n_closings"] = days.count().reindex(out.index, fill_value=0).astype(np.int64)
    out["per_1000"] = _rate(1000 * out["count"], out.population)
    out["per_km2"] = _rate(out["count"], out.area_km2)
    return out[list(SUMMARY_COLUMNS)]


def breakdown(counts: pd.DataFrame, by: Literal["category", "status", "month"]) -> pd.DataFrame:
    """Sum reports per unit and ``by``: rows ``unit``, ``by``, ``n``, sorted, without combinations that never occur.

    All of ``counts.n`` is kept, also outside the layer (unit "") and with an unknown time (month 0). Give it
    ``incidents(counts)`` for sums that agree with ``count`` of the summary.
    """
    return pd.DataFrame(counts.groupby(["unit", by], as_index=False, observed=True)["n"].sum())


def incidents(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``counts`` that describe an incident of their own: open or closed, not withdrawn."""
    return counts[~counts.status.isin(list(WITHDRAWN))]


def _index(units: pd.DataFrame) -> pd.Index:
    """Ids of the units, then "" for outside the layer."""
    index = pd.Index([*units.unit, ""], dtype=object)
    if not index.is_unique:
        repeated = ", ".join(repr(unit) for unit in index[index.duplicated()].unique())
        raise ValueError(f"units holds more than once (or reserved for outside): {repeated}; give each unit once")
    return index


def _positions(values: pd.Series, index: pd.Index, what: str, where: str) -> NDArray[np.int64]:
    """Position of each value in ``index``; raises ``ValueError`` naming up to ten that are absent."""
    # each distinct text is looked up once: a million rows hold only a few units
    code, distinct = pd.factorize(values, use_na_sentinel=False)
    found = index.get_indexer(pd.Index(distinct, dtype=object))
    if (found < 0).any():
        unknown = [str(value) for value in distinct[found < 0]]
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise ValueError(f"unknown {what} in {where}: {', '.join(sorted(unknown)[:10])}{more}")
    return np.asarray(found[code], np.int64)


def _rate(amount: ArrayLike, base: ArrayLike) -> NDArray[np.float64]:
    """Quotient, NaN where the base is missing or not positive."""
    top, bottom = np.asarray(amount, np.float64), np.asarray(base, np.float64)
    rate = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=rate, where=bottom > 0)
    return rate
