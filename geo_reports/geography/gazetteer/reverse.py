"""What lies nearest to a point."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.gazetteer.candidate import Nearby
from geo_reports.geography.gazetteer.index import CELL_DEGREES, Index, Row
from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE

RINGS = (1, 3, 8)
"""Rings of cells looked through, widening only while something is missing."""


def nearby(index: Index, lon: float, lat: float) -> Nearby:
    """Nearest street, the nearest number on it, and the nearest place, up to about 3 km away."""
    street = number = ""
    street_m = number_m = math.inf
    rows, away = _widening(index.streets_near, lon, lat, RINGS)
    if rows:
        best = rows[int(np.argmin(away))][0]
        street, street_m = index.name(best), float(away.min())
        houses = [(float(m), row[1]) for m, row in zip(away, rows, strict=True) if row[0] == best and row[1]]
        number_m, number = min(houses, default=(math.inf, ""))
    place, place_m = _place(index, lon, lat, RINGS)
    return Nearby(street, street_m, number, number_m, place, place_m)


def beside(index: Index, lon: float, lat: float, but: str) -> str:
    """Name of a place, or else of a street, near a point, that is not called ``but``; empty where there is none."""
    place, _ = _place(index, lon, lat, RINGS)
    if place and place != but:
        return place
    rows, away = _widening(index.streets_near, lon, lat, RINGS[:2])
    street = index.name(rows[int(np.argmin(away))][0]) if rows else ""
    return street if street != but else ""


def _place(index: Index, lon: float, lat: float, widths: tuple[int, ...]) -> tuple[str, float]:
    rows, away = _widening(index.places_near, lon, lat, widths)
    return (index.name(rows[int(np.argmin(away))][0]), float(away.min())) if rows else ("", math.inf)


def _widening(
    look: Callable[[float, float, int], list[Row]], lon: float, lat: float, widths: tuple[int, ...]
) -> tuple[list[Row], NDArray[np.float64]]:
    """Rows and their distances, of so many rings of cells that the nearest is sure to be among them."""
    rows: list[Row] = []
    away = np.empty(0)
    for rings in widths:
        rows = look(lon, lat, rings)
        away = _away(rows, lon, lat) if rows else away
        # a piece of a line may reach half a cell out of the one it is found in
        sure_m = (rings - 0.5) * CELL_DEGREES * METRES_PER_DEGREE * math.cos(math.radians(lat))
        if rows and away.min() <= sure_m:
            break
    return rows, away


def _away(rows: list[Row], lon: float, lat: float) -> NDArray[np.float64]:
    """Distance in metres from a point to each row's piece."""
    ends = np.array([row[2:6] for row in rows], float)
    scale = METRES_PER_DEGREE * np.array([math.cos(math.radians(lat)), 1.0])
    begin, end = (ends[:, :2] - (lon, lat)) * scale, (ends[:, 2:] - (lon, lat)) * scale
    along = end - begin
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(-(begin * along).sum(axis=1) / length, 0, 1)
    east, north = (begin + share[:, None] * along).T
    return np.asarray(np.hypot(east, north))
