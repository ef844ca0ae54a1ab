"""Reports per unit when their places are uncertain: how many to expect, and between which numbers."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXACT_UP_TO = 2_000
"""Most uncertain reports of a unit for which the distribution is computed; more are approximated."""
LOCATION_COLUMNS = ("location_expected", "location_low", "location_high", "n_without_accuracy")
"""Columns that ``with_location`` adds, in order."""
LEVEL = 0.9
"""Probability that the interval of a unit holds the true number, or more than that, as numbers are whole."""

Floats = NDArray[np.float64]


def with_location(
    frame: pd.DataFrame, chances: pd.DataFrame, n_without_accuracy: pd.Series, level: float = LEVEL
) -> pd.DataFrame:
    """Frame of units with the expected number of reports in each and its interval.

    Parameters
    ----------
    frame : DataFrame
        (k,) rows with ``unit``, each once; "" is outside the layer.
    chances : DataFrame
        ``unit``, ``p``: one row for each report and unit it may lie in; ``p`` adds up to 1 for each report.
    n_without_accuracy : Series
        Reports by unit whose accuracy is not known: they are in ``chances`` as certain.
    level : float
        See ``interval``.

    Returns
    -------
    DataFrame
        ``frame`` with ``LOCATION_COLUMNS``. ``location_expected`` adds up to the number of reports.

    Raises
    ------
    ValueError
        ``chances`` holds a unit that ``frame`` has not.
    """
    unknown = sorted(set(chances.unit) - set(frame.unit))
    if unknown:
        raise ValueError(f"units in chances that the frame has not: {', '.join(map(repr, unknown[:10]))}")
    of = {unit: p.to_numpy(np.float64) for unit, p in chances.groupby("unit").p}
    mine = [of.get(unit, np.empty(0)) for unit in frame.unit]
    ends = [interval(p, level) for p in mine]
    return frame.assign(
        location_expected=[float(p.sum()) for p in mine],
        location_low=[low for low, _ in ends],
        location_high=[high for _, high in ends],
        n_without_accuracy=n_without_accuracy.reindex(frame.unit, fill_value=0).to_numpy(np.int64),
    )


def interval(p: Floats, level: float = LEVEL) -> tuple[int, int]:
    """Lower and upper end of the central interval for a sum of independent yes and no.

    Parameters
    ----------
    p : (n,) float
        Probability of each "yes".
    level : float
        The interval holds the sum with at least this probability: each tail beyond it has at most half of the rest.

    Returns
    -------
    (int, int)
        Smallest numbers whose distribution function reaches ``(1 - level) / 2`` and ``1 - (1 - level) / 2``.

    Raises
    ------
    ValueError
        A probability is not between 0 and 1, or ``level`` is not strictly so.
    """
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a probability lies between 0 and 1")
    if not 0 < level < 1:
        raise ValueError("the level of an interval lies between 0 and 1")
    certain = int((p == 1).sum())
    unsure = p[(p > 0) & (p < 1)]
    tail = (1 - level) / 2
    if len(unsure) <= EXACT_UP_TO:
        below = np.cumsum(poisson_binomial(unsure))
        # rounding must not push an end past a probability that it reaches exactly
        low, high = (int(np.searchsorted(below, share - 1e-12)) for share in (tail, 1 - tail))
        return certain + low, certain + min(high, len(unsure))
    return certain + _refined_normal(unsure, tail), certain + _refined_normal(unsure, 1 - tail)


def poisson_binomial(p: Floats) -> Floats:
    """Probabilities of 0, 1, ... n for the sum of (n,) independent yes and no, as (n + 1,) float.

    Halves are summed up separately and their distributions convolved: all terms are positive, so nothing cancels.
    """
    if len(p) <= 8:
        mass = np.ones(1)
        for one in p.tolist():
            mass = np.append(mass * (1 - one), 0) + np.append(0, mass * one)
        return mass
    half = len(p) // 2
    return np.convolve(poisson_binomial(p[:half]), poisson_binomial(p[half:]))


def _refined_normal(p: Floats, share: float) -> int:
    """Smallest number whose distribution function reaches ``share``, nearly.

    The normal distribution with a correction for skewness (Volkova 1996, A refinement of the central limit theorem for
    sums of independent random indicators, Theory of Probability and its Applications 40, 791-794), and half a
    number for whole numbers.
    """
    normal = NormalDist()
    spread = math.sqrt(float((p * (1 - p)).sum()))
    skew = float((p * (1 - p) * (1 - 2 * p)).sum()) / spread**3
    z = normal.inv_cdf(share)
    # the quantile that belongs to the corrected distribution function (Cornish and Fisher)
    return max(0, math.ceil(float(p.sum()) + spread * (z + skew * (z * z - 1) / 6) - 0.5))
