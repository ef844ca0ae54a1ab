"""Where a house number lies along a street of which some numbers are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.gazetteer.metres import all_metres, metres

NEIGHBORS = 3
"""Known numbers on each side that take part in an estimate."""


@dataclass(frozen=True)
class Known:
    """A known house number: WGS 84 degrees, and the half extent of its points in metres."""

    order: int
    text: str
    lon: float
    lat: float
    spread_m: float


@dataclass(frozen=True)
class Estimate:
    """A place along a street. ``how`` is exact, between, beyond or near."""

    lon: float
    lat: float
    accuracy_m: float
    how: str


def exact(known: list[Known], text: str, scatter_m: float) -> Estimate:
    """Place of a number that is known, preferring the one written alike ("13 B" before "13").

    ``scatter_m`` is how far apart the source puts one address when it gives it twice.
    """
    same = [house for house in known if house.text == text] or [h for h in known if h.text.isdigit()] or known
    if len(same) == 1:
        return Estimate(same[0].lon, same[0].lat, scatter_m + same[0].spread_m, "exact")
    lon, lat = float(np.median([h.lon for h in same])), float(np.median([h.lat for h in same]))
    apart = float(all_metres(lon, lat, [h.lon for h in same], [h.lat for h in same]).max())
    return Estimate(lon, lat, scatter_m + apart + max(h.spread_m for h in same), "exact")


def estimate(below: list[Known], above: list[Known], number: int, rate: float) -> Estimate | None:
    """Place of a number between, or beyond, those known; ``rate`` is metres of street per number.

    ``below`` and ``above`` come nearest first. Every pair around the number gives a place by proportion; the answer
    is their weighted middle and the accuracy grows with the gap and with how much they disagree, so that a wrong
    point among them makes the answer uncertain instead of wrong.
    """
    if below and above:
        return _between(below[:NEIGHBORS], above[:NEIGHBORS], number, rate)
    side = below or above
    return _beyond(side[:NEIGHBORS], number, rate) if side else None


def _between(below: list[Known], above: list[Known], number: int, rate: float) -> Estimate:
    places, weights = [], []
    for low in below:
        for high in above:
            span = high.order - low.order
            apart = metres(low.lon, low.lat, high.lon, high.lat)
            share = (number - low.order) / span
            places.append((low.lon + share * (high.lon - low.lon), low.lat + share * (high.lat - low.lat)))
            likely = 1.0 if apart <= 2.5 * rate * span + 100 else 0.2  # streets are not longer than their numbers
            weights.append(likely / (span + 10 / rate))
    at = np.array(places)
    weight = np.array(weights) / np.sum(weights)
    lon, lat = _weighted_median(at[:, 0], weight), _weighted_median(at[:, 1], weight)
    disagree = float(np.sum(weight * all_metres(lon, lat, at[:, 0], at[:, 1])))
    low, high = below[0], above[0]
    apart = metres(low.lon, low.lat, high.lon, high.lat)
    nearest = min(number - low.order, high.order - number) * rate
    surplus = max(0.0, apart - 2 * rate * (high.order - low.order) - 100)
    accuracy = 35 + 0.12 * apart + 0.15 * nearest + 1.5 * disagree + 0.5 * surplus + max(low.spread_m, high.spread_m)
    return Estimate(lon, lat, accuracy, "between")


def _beyond(side: list[Known], number: int, rate: float) -> Estimate:
    """Past the last known number: carried on in the street's direction, no further than the length that is known."""
    last = side[0]
    gap = abs(number - last.order)
    reach = gap * rate
    lon, lat = last.lon, last.lat
    if len(side) > 1:
        first = side[-1]
        span = abs(last.order - first.order)
        apart = metres(first.lon, first.lat, last.lon, last.lat)
        if span and 0.3 * rate * span <= apart <= 2 * rate * span + 50:
            share = min(gap / span, 1.0)
            lon, lat = last.lon + share * (last.lon - first.lon), last.lat + share * (last.lat - first.lat)
            reach = 0.8 * share * apart + (gap - share * span) * rate
    return Estimate(lon, lat, 40 + reach + last.spread_m, "beyond" if (lon, lat) != (last.lon, last.lat) else "near")


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weight[order]), 0.5 - 1e-9)])
