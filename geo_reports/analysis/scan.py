"""Kulldorff's spatial scan statistic: the circles that hold more cases than their population explains.

Kulldorff, M. (1997), A spatial scan statistic, Communications in Statistics: Theory and Methods 26, 1481-1496, Poisson
model; p-values by Monte Carlo, of secondary clusters against the most likely one of each simulation.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from geo_reports.analysis.weights import finite
from geo_reports.errors import InputError

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
COLUMNS = ("x", "y", "radius", "llr", "cases", "expected", "relative_risk", "population", "members", "p")
AT_ONCE = 100
"""Simulations in memory at once."""


@dataclass(frozen=True, eq=False)
class _Circles:
    """Circles around one place: the places by distance, and after which of them a circle may end."""

    order: Longs
    ends: Longs
    population: Floats


def scan_statistic(
    x: ArrayLike,
    y: ArrayLike,
    cases: ArrayLike,
    population: ArrayLike,
    max_share: float = 0.5,
    simulations: int = 999,
    seed: int | None = None,
) -> pd.DataFrame:
    """Clusters of high rates among (n,) places.

    Parameters
    ----------
    x, y : (n,) float
        One point for each place, such as the centroid of a unit, in a projected CRS.
    cases : (n,) float
        Not negative.
    population : (n,) float
        Not negative; where it is 0 there are no cases.
    max_share : float
        Largest part of the whole population in one circle, at most 0.5: beyond it the rest would be the cluster.
    simulations : int
        Random distributions of the same number of cases over the population; 0 leaves ``p`` NaN.
    seed : int, optional
        Of the simulations.

    Returns
    -------
    DataFrame
        Clusters that share no place, most likely first: centre ``x``, ``y`` and ``radius``; ``llr`` (log likelihood
        ratio); ``cases`` and ``expected`` inside; ``relative_risk`` (inside over outside, infinite where all cases are
        inside); ``population``; ``members`` (positions of the places, nearest first); ``p`` (1 + simulations whose
        greatest ratio is as great, over 1 + simulations). Every circle with more cases than expected that no likelier
        one overlaps is listed, however unlikely it is: ``p`` says what to make of it. Empty without cases.

    Raises
    ------
    InputError
        Arrays of different lengths, values that are no numbers or negative, cases where nobody is, or a bad share.
    """
    place = np.column_stack((finite(x, "x"), finite(y, "y"))) if _same(x, y) else np.empty((0, 2))
    events, at_risk = finite(cases, "cases"), finite(population, "population")
    _check(place, events, at_risk, max_share, simulations)
    total = float(events.sum())
    if not total:
        return pd.DataFrame(columns=list(COLUMNS))
    share = at_risk / at_risk.sum()
    circles = [_circles(place, share, centre, max_share) for centre in range(len(place))]
    candidates = _candidates(place, events, at_risk, share, circles, total)
    greatest = _simulate(circles, share, round(total), simulations, seed)
    chosen = _apart(candidates, len(place))
    if simulations:
        larger = (greatest[None, :] >= chosen.llr.to_numpy()[:, None] * (1 - 1e-12)).sum(axis=1)
        chosen["p"] = (1 + larger) / (1 + simulations)
    else:
        chosen["p"] = np.nan
    return chosen[list(COLUMNS)]


def likelihood_ratio(inside: Floats, expected: Floats, total: float) -> Floats:
    """Log likelihood ratio of circles with more cases inside than expected; 0 for all others."""
    high = inside * total > expected * total
    outside, expected_outside = total - inside, total - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = special.xlogy(inside, inside / expected) + special.xlogy(outside, outside / expected_outside)
    return np.where(high, ratio, 0.0)


def _circles(place: Floats, share: Floats, centre: int, max_share: float) -> _Circles:
    apart = np.hypot(*(place - place[centre]).T)
    order = np.lexsort((np.arange(len(place)), apart))
    population = np.cumsum(share[order])
    # places at the same distance enter a circle together
    last_of_its_distance = np.append(np.diff(apart[order]) > 1e-9 * max(1.0, float(apart.max())), True)
    fits = population <= max_share * (1 + 1e-12)
    ends = np.flatnonzero(last_of_its_distance & fits & (population > 0))
    most = int(ends[-1]) + 1 if ends.size else 0
    return _Circles(order[:most], ends, population[ends])


def _candidates(
    place: Floats, events: Floats, at_risk: Floats, share: Floats, circles: list[_Circles], total: float
) -> pd.DataFrame:
    """The likeliest circle around each place."""
    rows = []
    for centre, around in enumerate(circles):
        if not around.ends.size:
            continue
        inside = np.cumsum(events[around.order])[around.ends]
        ratio = likelihood_ratio(inside, around.population * total, total)
        best = int(ratio.argmax())
        if ratio[best] <= 0:
            continue
        members = around.order[: int(around.ends[best]) + 1]
        expected = float(around.population[best] * total)
        outside = (total - inside[best]) / (total - expected)
        rows.append(
            {
                "x": place[centre, 0],
                "y": place[centre, 1],
                "radius": float(np.hypot(*(place[members[-1]] - place[centre]))),
                "llr": float(ratio[best]),
                "cases": float(inside[best]),
                "expected": expected,
                "relative_risk": float(inside[best] / expected / outside) if outside > 0 else np.inf,
                "population": float(at_risk[members].sum()),
                "members": members,
            }
        )
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p"])


def _simulate(circles: list[_Circles], share: Floats, total: int, simulations: int, seed: int | None) -> Floats:
    """(simulations,) greatest ratio of each random distribution of the cases."""
    draw = np.random.default_rng(seed)
    greatest = np.zeros(simulations)
    # counts are whole numbers: n log n is looked up
    whole = np.arange(total + 1, dtype=np.float64)
    table = special.xlogy(whole, whole)
    for begin in range(0, simulations, AT_ONCE):
        part = slice(begin, min(begin + AT_ONCE, simulations))
        drawn = draw.multinomial(total, share, size=part.stop - part.start).T
        found = greatest[part]
        for around in circles:
            if not around.ends.size:
                continue
            inside = np.cumsum(drawn[around.order], axis=0)[around.ends]
            expected = (around.population * total)[:, None]
            with np.errstate(divide="ignore"):
                log_in, log_out = np.log(expected), np.log(total - expected)
            ratio = table[inside] + table[total - inside] - inside * log_in - (total - inside) * log_out
            np.maximum(found, np.where(inside > expected, ratio, 0.0).max(axis=0), out=found)
    return greatest


def _apart(candidates: pd.DataFrame, n: int) -> pd.DataFrame:
    """Clusters from the most likely on, without those that share a place with a likelier one."""
    ranked = candidates.assign(size=[len(members) for members in candidates.members])
    ranked = ranked.sort_values(["llr", "size"], ascending=[False, True], kind="stable")
    taken, kept = np.zeros(n, bool), []
    for row, members in zip(ranked.index, ranked.members, strict=True):
        if not taken[members].any():
            taken[members] = True
            kept.append(row)
    return ranked.loc[kept].reset_index(drop=True)


def _same(x: ArrayLike, y: ArrayLike) -> bool:
    if np.shape(x) != np.shape(y):
        raise InputError(f"x and y hold {np.shape(x)} and {np.shape(y)} numbers; give as many of both.", field="y")
    return True


def _check(place: Floats, events: Floats, at_risk: Floats, max_share: float, simulations: int) -> None:
    if not len(place) == events.size == at_risk.size or not events.size:
        raise InputError(
            f"There are {len(place)} places, {events.size} numbers of cases and {at_risk.size} populations.",
            field="cases",
        )
    if not 0 < max_share <= 0.5:
        raise InputError(f"max_share is {max_share}; it lies above 0 and is at most 0.5.", field="max_share")
    if simulations < 0:
        raise InputError("simulations is 0 or more.", field="simulations")
    for name, values in (("cases", events), ("population", at_risk)):
        if (values < 0).any():
            raise InputError(f"{name} is negative at position {int(np.argmax(values < 0))}.", field=name)
    if not at_risk.sum():
        raise InputError("The whole population is 0.", field="population")
    if (events[at_risk == 0] > 0).any():
        raise InputError("There are cases where nobody lives: leave such places out.", field="population")
