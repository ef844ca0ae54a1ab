"""Knox's test: pairs of events that are close in space and in time, against what the times alone would give.

Knox, E. G. (1964), The detection of space-time interactions, Applied Statistics 13, 25-29. As a table over bands of
distance and time it shows near-repeats: Ratcliffe, J. H. (2009), Near Repeat Calculator.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.spatial import cKDTree

from geo_reports.analysis.pairs import count_close, count_in_bands
from geo_reports.analysis.weights import finite
from geo_reports.errors import InputError

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Knox:
    """Close pairs and how surprising they are.

    ``expected`` is the product of the pairs close in space and those close in time over all pairs. ``p`` is one-sided.
    By permutation of the times it is the share of as many pairs or more, the data among them. Without permutations it
    is the chance of *more* pairs than observed if their number is Poisson, as R's ``surveillance::knox`` gives it;
    ``p_at_least``, of as many or more, is the careful one of the two.
    """

    observed: int
    expected: float
    p: float
    p_at_least: float
    pairs_in_space: int
    pairs_in_time: int
    permutations: int


def knox(
    x: ArrayLike,
    y: ArrayLike,
    t: ArrayLike,
    distance: float,
    days: float,
    permutations: int = 0,
    seed: int | None = None,
) -> Knox:
    """Knox's statistic of (n,) events.

    Parameters
    ----------
    x, y : (n,) float
        Positions in a projected CRS; ``distance`` is in the same unit.
    t : (n,) float
        Times in days, from any origin.
    distance, days : float
        A pair is close when it is at most so far apart in space, and at most so many days.
    permutations : int
        Number of random orders of the times; ``p`` is (1 + those with as many pairs) / (1 + permutations).
    seed : int, optional
        Of the permutations.

    Raises
    ------
    InputError
        Arrays of different lengths, values that are no numbers, negative limits, or fewer than 2 events.
    """
    place, when = _events(x, y, t)
    _check((distance, days), permutations)
    first, second = _pairs(place, distance)
    in_time = _pairs_in_time(when, days)
    observed = int((np.abs(when[first] - when[second]) <= days).sum())
    n = len(when)
    expected = len(first) * in_time / (n * (n - 1) / 2)
    if permutations:
        simulated = count_close(first, second, when, days, permutations, seed)
        p = at_least = (1 + int((simulated >= observed).sum())) / (1 + permutations)
    else:
        p = float(special.pdtrc(observed, expected))
        at_least = float(special.pdtrc(observed - 1, expected)) if observed else 1.0
    return Knox(observed, expected, p, at_least, len(first), in_time, permutations)


def near_repeat(
    x: ArrayLike,
    y: ArrayLike,
    t: ArrayLike,
    distances: Sequence[float],
    days: Sequence[float],
    permutations: int = 999,
    seed: int | None = None,
) -> pd.DataFrame:
    """Near-repeat table: pairs of events in each band of distance and of time.

    Parameters
    ----------
    x, y, t, seed
        As of ``knox``.
    distances, days : sequence of float
        Upper limits of the bands, increasing. The first band begins at 0 and holds both its limits, so that pairs at
        the same place are in it; every other holds its upper limit only.
    permutations : int
        At least 1.

    Returns
    -------
    DataFrame
        One row per band of distance and band of days: ``distance_from``, ``distance_to``, ``days_from``, ``days_to``,
        ``observed``, ``expected`` (mean over the permutations), ``ratio`` (NaN where nothing is expected) and ``p``
        (one-sided, of as many or more).

    Raises
    ------
    InputError
        As of ``knox``, and for limits that do not increase.
    """
    place, when = _events(x, y, t)
    space, time = _limits(distances, "distances"), _limits(days, "days")
    _check((0.0, 0.0), permutations)
    if not permutations:
        raise InputError("A near-repeat table needs permutations: 99 or more.", field="permutations")
    first, second = _pairs(place, float(space[-1]))
    apart = np.hypot(*(place[first] - place[second]).T)
    band = np.asarray(np.searchsorted(space, apart, side="left"), np.int64)
    observed, total, larger = count_in_bands(first, second, band, len(space), when, time, permutations, seed)
    expected = total / permutations
    ratio = np.divide(observed, expected, where=expected > 0, out=np.full(observed.shape, np.nan))
    starts = [np.concatenate(([0.0], limits[:-1])) for limits in (space, time)]
    rows, columns = (index.ravel() for index in np.indices(observed.shape))
    return pd.DataFrame(
        {
            "distance_from": starts[0][rows],
            "distance_to": space[rows],
            "days_from": starts[1][columns],
            "days_to": time[columns],
            "observed": observed.ravel(),
            "expected": expected.ravel(),
            "ratio": ratio.ravel(),
            "p": ((1 + larger) / (1 + permutations)).ravel(),
        }
    )


def _events(x: ArrayLike, y: ArrayLike, t: ArrayLike) -> tuple[Floats, Floats]:
    east, north, when = finite(x, "x"), finite(y, "y"), finite(t, "t")
    if not east.size == north.size == when.size:
        raise InputError(f"x, y and t hold {east.size}, {north.size} and {when.size} events.", field="t")
    if when.size < 2:
        raise InputError("Pairs need at least 2 events.", field="t")
    return np.column_stack((east, north)), when


def _check(limits: tuple[float, float], permutations: int) -> None:
    for name, limit in zip(("distance", "days"), limits, strict=True):
        if not 0 <= limit < np.inf:
            raise InputError(f"{name} is {limit}; it is a number from 0.", field=name)
    if permutations < 0:
        raise InputError("permutations is 0 or more.", field="permutations")


def _limits(given: Sequence[float], name: str) -> Floats:
    limits = finite(given, name)
    if not limits.size or limits[0] < 0 or (np.diff(limits) <= 0).any():
        raise InputError(f"{name} are upper limits of bands: increasing numbers from 0.", field=name)
    return limits


def _pairs(place: Floats, distance: float) -> tuple[Longs, Longs]:
    """Pairs of events at most ``distance`` apart."""
    found = cKDTree(place).query_pairs(np.nextafter(distance, np.inf), output_type="ndarray")
    first, second = found[:, 0].astype(np.int64), found[:, 1].astype(np.int64)
    # the tree compares squares, which rounds: hold each pair against the limit itself
    near = np.flatnonzero(np.hypot(*(place[first] - place[second]).T) <= distance)
    # by the first event: its times are then read one after the other
    near = near[np.argsort(first[near], kind="stable")]
    return first[near], second[near]


def _pairs_in_time(when: Floats, days: float) -> int:
    """Number of pairs at most ``days`` apart."""
    ordered = np.sort(when)
    after = np.searchsorted(ordered, ordered + days, side="right")
    return int((after - np.arange(1, ordered.size + 1)).sum())
