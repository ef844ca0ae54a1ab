"""How house numbers run around a place: a street known badly goes the way the streets beside it go.

Where numbers count from an origin of the city, as in Chile, streets side by side share their direction and nearly
their numbers. A *run* is the way between two known numbers of one street, in metres per number.
"""

import math

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.gazetteer.along import Estimate, Known
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE

Floats = NDArray[np.float64]
NEAR_M = 2000.0
"""Distance at which a run tells little about a place."""
ALIKE_M = 400.0
"""Difference between the numbers of two streets side by side, in metres of street, at which half of it is left."""
AGREED = 0.4
"""Part of their length that is left of the runs' mean where they go the same way; below it they say nothing."""
OWN = 3.0
"""Weight of the street's own runs: it is the same street, but one wrong point bends it."""
SHORTEST_M, ENOUGH_M = 30.0, 100.0
"""Length of a run: shorter ones have no direction, longer ones no better one."""
LEAST_RATE, MOST_RATE = 0.2, 2.0
"""Metres per number of a run, as multiples of what is usual in the city; others hold a wrong point."""


def runs(orders: Floats, lon: Floats, lat: Floats, rate: float) -> list[tuple[float, float, float, float, float]]:
    """Runs of a street whose (n,) different numbers are given in ascending order, with their places.

    Rows of number, longitude and latitude in the middle of the run, and metres east and north per number.
    """
    found = []
    for at in range(len(orders) - 1):
        to = min(int(np.searchsorted(orders, orders[at] + ENOUGH_M / rate)), len(orders) - 1)
        steps = float(orders[to] - orders[at])
        if steps * rate < SHORTEST_M:
            continue
        here = float(lon[at] + lon[to]) / 2, float(lat[at] + lat[to]) / 2
        north = float(lat[to] - lat[at]) * METRES_PER_DEGREE / steps
        east = float(lon[to] - lon[at]) * METRES_PER_DEGREE * math.cos(math.radians(here[1])) / steps
        if LEAST_RATE <= math.hypot(east, north) / rate <= MOST_RATE:
            found.append((float(orders[at] + orders[to]) / 2, *here, east, north))
    return found


def carried_on(index: Index, street: Thing, last: Known, number: int, rate: float) -> Estimate | None:
    """Place of a number beyond the last one known, from the way numbers run there; None where they run every way.

    ``rate`` is metres of street per number in this city.
    """
    rows = np.array(index.runs_near(last.lon, last.lat), float)
    if not len(rows):
        return None
    scale = METRES_PER_DEGREE * np.array([math.cos(math.radians(last.lat)), 1.0])
    ahead, away = rows[:, 4:6], (np.array([last.lon, last.lat]) - rows[:, 2:4]) * scale
    length = np.hypot(*ahead.T)
    there = rows[:, 1] + (away * ahead).sum(axis=1) / length**2  # what the run's street would be numbered here
    weight = np.exp(-0.5 * (away**2).sum(axis=1) / NEAR_M**2) / (1 + ((there - last.order) * rate / ALIKE_M) ** 2)
    axis = _axis(index.points(street.id), last, scale)
    if axis is not None:
        weight *= (np.abs(ahead @ axis) / length) ** 4
    own = rows[:, 0] == street.id
    way, agreed = _mean(ahead, length, np.where(own, OWN, 1.0) * weight)
    if agreed < AGREED:
        way, agreed = _mean(ahead, length, own * weight)
    if agreed < AGREED:
        return None
    if axis is not None:
        way = axis * float(way @ axis)
    steps = number - last.order
    lon, lat = (last.lon, last.lat) + way * steps / scale
    return Estimate(float(lon), float(lat), _accuracy(abs(steps) * rate, agreed, last), "beyond")


def _accuracy(reach_m: float, agreed: float, last: Known) -> float:
    return 60 + reach_m * (0.45 + 0.9 * (1 - agreed)) + last.spread_m


def _mean(ahead: Floats, length: Floats, weight: Floats) -> tuple[Floats, float]:
    """Mean of the runs, a little short where little is known, and the part of their length that is left in it."""
    total = float(weight.sum())
    if total <= 1e-6:
        return np.zeros(2), 0.0
    way = (weight[:, None] * ahead).sum(axis=0)
    return way / (total + 0.05), float(np.hypot(*way) / (weight * length).sum())


def _axis(points: list[tuple[float, float]], last: Known, scale: Floats) -> Floats | None:
    """Direction of a street by its points, either way round; None where they do not lie in a line."""
    at = (np.array(points, float) - (last.lon, last.lat)) * scale
    at = at[np.hypot(*at.T) <= 2 * NEAR_M]  # a long road bends
    if len(at) < 2:
        return None
    _, spread, direction = np.linalg.svd(at - at.mean(axis=0), full_matrices=False)
    return np.asarray(direction[0]) if spread[0] > max(150.0, 3 * spread[1]) else None
