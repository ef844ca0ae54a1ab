"""Streets of one name that are several streets: split where their points lie too far apart."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE
from geo_reports.geography.gazetteer.parse import House

DRAWN_REACH_M = 400.0
"""Gap that parts a street whose course is known."""
POINTS_REACH_M = 1500.0
"""Gap that parts a street known by a few points only."""


@dataclass
class Points:
    """What is known of a name: (n,) points in degrees, their house numbers, and the courses of its lines."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    houses: list[House | None]
    courses: list[NDArray[np.float64]] = field(default_factory=list)

    @property
    def all_lon(self) -> NDArray[np.float64]:
        """Longitudes of all points, corners of lines included."""
        return np.concatenate([self.lon, *(course[:, 0] for course in self.courses)])

    @property
    def all_lat(self) -> NDArray[np.float64]:
        """Latitudes of all points, corners of lines included."""
        return np.concatenate([self.lat, *(course[:, 1] for course in self.courses)])

    @property
    def rate(self) -> float | None:
        """Metres of street per house number, the median between neighbors in number; None below three numbers."""
        if len(self.houses) < 3:
            return None
        orders, x, y = self._in_order()
        if len(orders) < 3:
            return None
        return float(np.median(np.hypot(np.diff(x), np.diff(y)) / np.diff(orders)))

    @property
    def numbered(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """House numbers in order, each once, with the mean longitude and latitude of their points."""
        order = np.array([np.nan if house is None else house.order for house in self.houses], float)
        has = ~np.isnan(order)
        values, group = np.unique(order[has], return_inverse=True)
        n = np.maximum(np.bincount(group), 1)
        return values, np.bincount(group, self.lon[has]) / n, np.bincount(group, self.lat[has]) / n

    def _in_order(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """House numbers in order, with the mean of their points in metres."""
        orders, lon, lat = self.numbered
        return orders, *_metres(lon, lat)

    def settled(self) -> "Points":
        """Take leading zeros as mere writing where the street's points fit better without them.

        A zero marks the other side of the street's origin in one list and fills up to four digits in another.
        """
        if len(self.houses) < 2:
            return self
        orders = self.numbered[0]
        if len(orders) < 2 or not (orders < 0).any() or not (orders > 0).any():
            return self
        unmarked = [None if house is None else replace(house, order=abs(house.order)) for house in self.houses]
        other = replace(self, houses=unmarked)
        return other if other._roughness() < self._roughness() else self

    def _roughness(self) -> float:
        """Median disagreement between distances and differences of number, of neighbors in number."""
        orders, x, y = self._in_order()
        if len(orders) < 2:
            return 0.0
        away, steps = np.hypot(np.diff(x), np.diff(y)), np.diff(orders)
        return float(np.mean(np.minimum(np.abs(away - steps), 2000)))

    def take(self, rows: list[int], courses: list[int]) -> "Points":
        """Some of the points and courses."""
        return Points(
            self.lon[rows], self.lat[rows], [self.houses[row] for row in rows], [self.courses[at] for at in courses]
        )


def split(points: Points) -> list[Points]:
    """Parts of a name that lie together: streets of their own."""
    if len(points.lon) < 2 and not points.courses:
        return [points]
    x, y = _metres(points.all_lon, points.all_lat)
    if len(x) < 2 or np.hypot(np.ptp(x), np.ptp(y)) <= DRAWN_REACH_M:
        return [points]
    reach = DRAWN_REACH_M if points.courses else POINTS_REACH_M
    groups = _Groups(len(x))
    _join_near(groups, x, y, reach)
    at = len(points.lon)
    begins = []
    for course in points.courses:
        begins.append(at)
        for number in range(at + 1, at + len(course)):
            groups.join(at, number)
        at += len(course)
    if not points.courses:
        _join_by_number(groups, points, x, y)
    rows, courses = defaultdict(list), defaultdict(list)
    for row in range(len(points.lon)):
        rows[groups.of(row)].append(row)
    for number, begin in enumerate(begins):
        courses[groups.of(begin)].append(number)
    return [points.take(rows[group], courses[group]) for group in sorted({*rows, *courses})]


class _Groups:
    """Which things belong together (union-find)."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def of(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.of(one), self.of(other)))
        self._parent[high] = low


def _join_near(groups: _Groups, x: NDArray[np.float64], y: NDArray[np.float64], reach: float) -> None:
    """Join points in one cell or in neighboring cells of side ``reach``."""
    cells: dict[tuple[int, int], int] = {}
    for row, key in enumerate(zip((x // reach).astype(int).tolist(), (y // reach).astype(int).tolist(), strict=True)):
        groups.join(cells.setdefault(key, row), row)
    for (column, line), row in cells.items():
        for near in ((column + 1, line), (column, line + 1), (column + 1, line + 1), (column + 1, line - 1)):
            if near in cells:
                groups.join(row, cells[near])


def _join_by_number(groups: _Groups, points: Points, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Join neighbors in number whose distance is what the numbers between them would take."""
    rate = points.rate
    if rate is None:
        return
    rows = sorted((house.order, row) for row, house in enumerate(points.houses) if house is not None)
    for (order, row), (next_order, next_row) in pairwise(rows):
        if np.hypot(x[row] - x[next_row], y[row] - y[next_row]) <= 1.5 * rate * (next_order - order):
            groups.join(row, next_row)


def _metres(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not len(lon):
        return lon, lat
    return (lon - lon[0]) * METRES_PER_DEGREE * np.cos(np.radians(lat.mean())), (lat - lat[0]) * METRES_PER_DEGREE
