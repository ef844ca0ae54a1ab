"""Rates of small populations: shrunk towards the whole, and the limits chance sets around it."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from geo_reports.analysis.weights import finite
from geo_reports.errors import InputError


def empirical_bayes_rates(cases: ArrayLike, population: ArrayLike) -> pd.DataFrame:
    """Global empirical Bayes rates: each unit's own rate, drawn the more to that of all the fewer live there.

    Parameters
    ----------
    cases : (n,) float
        Not negative.
    population : (n,) float
        Positive: people, dwellings, or kilometres of street.

    Returns
    -------
    DataFrame
        (n,) rows: ``raw`` (cases / population), ``rate`` (shrunk), ``weight`` (share of the unit's own rate in it, 0
        to 1), and ``expected`` (cases at the rate of all).

    Raises
    ------
    InputError
        Arrays of different lengths, negative cases, or a population that is not positive.

    Notes
    -----
    Marshall, R. J. (1991), Mapping disease and mortality rates using empirical Bayes estimators, Journal of the Royal
    Statistical Society C 40, 283-294, global estimator by moments; its variance between units is 0 where the rates
    differ no more than chance, and then every rate is that of all.
    """
    events, at_risk = _rates(cases, population)
    overall = events.sum() / at_risk.sum()
    raw = events / at_risk
    spread = (at_risk * (raw - overall) ** 2).sum() / at_risk.sum()
    between = max(0.0, spread - overall / at_risk.mean())
    weight = between / (between + overall / at_risk) if overall > 0 else np.zeros(events.size)
    return pd.DataFrame(
        {"raw": raw, "rate": overall + weight * (raw - overall), "weight": weight, "expected": overall * at_risk}
    )


def funnel_limits(cases: ArrayLike, population: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    """Limits within which each unit's rate would lie if all units shared the rate of all.

    Arguments and errors as of ``empirical_bayes_rates``; ``level`` is the share of units that would lie within.

    Returns
    -------
    DataFrame
        (n,) rows: ``raw``, ``overall``, ``low`` and ``high`` (rates; exact Poisson quantiles) and ``position``:
        ``above``, ``within`` or ``below``.
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level}; it lies between 0 and 1.", field="level")
    events, at_risk = _rates(cases, population)
    overall = events.sum() / at_risk.sum()
    tail = (1 - level) / 2
    low, high = (stats.poisson.ppf(quantile, overall * at_risk) for quantile in (tail, 1 - tail))
    position = np.where(events < low, "below", np.where(events > high, "above", "within"))
    columns = {"raw": events / at_risk, "overall": overall, "low": low / at_risk, "high": high / at_risk}
    return pd.DataFrame({**columns, "position": position})


def _rates(cases: ArrayLike, population: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    events, at_risk = finite(cases, "cases"), finite(population, "population")
    if events.size != at_risk.size or not events.size:
        raise InputError(f"cases and population hold {events.size} and {at_risk.size} units.", field="population")
    if (events < 0).any():
        raise InputError(f"cases are negative at position {int(np.argmax(events < 0))}.", field="cases")
    if (at_risk <= 0).any():
        position = int(np.argmax(at_risk <= 0))
        raise InputError(f"Nobody is at risk at position {position}: leave such units out.", field="population")
    return events, at_risk
