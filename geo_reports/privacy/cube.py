"""The one published cube of security counts: unit x month, small cells as ranges.

Nothing but this cube is ever published about area-published categories: no category, status or hour, one
layer, whole months only. Every total is the sum of the cells' ranges, so no subtraction of published
figures says more about a small cell than the cell itself does.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from geo_reports.privacy.rules import SECURITY_DELAY_DAYS, SUPPRESS_BELOW

CLASS_LIMITS = (5, 15, 40, 100)
"""Lower limits of classes 2 to 5 of the circles on the public map, in reports per period."""


@dataclass(frozen=True)
class AreaCounts:
    """Counts per unit and month.

    ``cells``: unit, name, month (yyyymm), low, high, shown ("12", "<5" or "3-7").
    ``totals``: unit, name, low, high, shown, klass.
    ``low`` and ``high`` are equal where the count is exact. Months run from ``first_month`` to ``last_month``.
    """

    cells: pd.DataFrame
    totals: pd.DataFrame
    first_month: int
    last_month: int


def last_public_month(today: date) -> int:
    """Latest month (yyyymm) that ended at least ``SECURITY_DELAY_DAYS`` days before ``today``."""
    settled = today - timedelta(days=SECURITY_DELAY_DAYS)
    before = settled.replace(day=1) - timedelta(days=1)
    return before.year * 100 + before.month


def months_up_to(last: int, n: int) -> list[int]:
    """``n`` months (yyyymm) ending with ``last``, oldest first."""
    index = (last // 100) * 12 + last % 100 - 1
    return [(i // 12) * 100 + i % 12 + 1 for i in range(index - n + 1, index + 1)]


def area_counts(
    exact: pd.DataFrame,
    guarded: pd.DataFrame | None,
    units: pd.DataFrame,
    months: list[int],
    below: int = SUPPRESS_BELOW,
) -> AreaCounts:
    """Cells of every unit and month, from counts (unit, month, n).

    Parameters
    ----------
    exact, guarded : DataFrame
        Counts that may be given as they are, and counts that are suppressed below ``below``; ``guarded`` is
        None where no category needs it, so that an empty table still hides that it is empty.
    units : DataFrame
        unit and name, in the order wanted.
    months : list of int
        The whole period, oldest first.
    """
    low = _grid(exact, units, months)
    high = low.copy()
    if guarded is not None:
        hidden = _grid(guarded, units, months)
        small = hidden < below
        low += np.where(small, 0, hidden)
        high += np.where(small, below - 1, hidden)
    cells = pd.DataFrame(
        {
            "unit": np.repeat(units.unit.to_numpy(), len(months)),
            "name": np.repeat(units.name.to_numpy(), len(months)),
            "month": np.tile(months, len(units)),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )
    totals = pd.DataFrame(
        {"unit": units.unit.to_numpy(), "name": units.name.to_numpy(), "low": low.sum(1), "high": high.sum(1)}
    )
    totals["klass"] = np.searchsorted(CLASS_LIMITS, totals.low, side="right") + 1
    few = np.where(cells.low == 0, "<" + (cells.high + 1).astype(str), _range(cells))
    cells["shown"] = np.where(cells.low == cells.high, cells.low.astype(str), few)
    totals["shown"] = np.where(totals.low == totals.high, totals.low.astype(str), _range(totals))
    return AreaCounts(cells, totals, months[0], months[-1])


def _grid(
    counts: pd.DataFrame, units: pd.DataFrame, months: list[int]
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    table = np.zeros((len(units), len(months)), np.int64)
    row = pd.Index(units.unit).get_indexer(counts.unit)
    column = pd.Index(months).get_indexer(counts.month)
    known = (row >= 0) & (column >= 0)
    np.add.at(table, (row[known], column[known]), counts.n.to_numpy(np.int64)[known])
    return table


def _range(frame: pd.DataFrame) -> pd.Series:
    return frame.low.astype(str) + "-" + frame.high.astype(str)
