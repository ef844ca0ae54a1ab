"""Ripley's K: whether points attract or repel each other, distance by distance.

Ripley, B. D. (1977), Modelling spatial patterns, Journal of the Royal Statistical Society B 39, 172-212, for the
isotropic correction; Ohser, J. and Stoyan, D. (1981), Biometrical Journal 23, 523-533, for the translation correction.
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geo_reports.analysis.weights import finite
from geo_reports.errors import InputError

Floats = NDArray[np.float64]
Correction = Literal["none", "border", "translation", "isotropic"]
CORRECTIONS: tuple[Correction, ...] = ("none", "border", "translation", "isotropic")


def ripley_k(
    x: ArrayLike,
    y: ArrayLike,
    bounds: tuple[float, float, float, float],
    r: ArrayLike,
    correction: Correction = "isotropic",
) -> pd.DataFrame:
    """Ripley's K of (n,) points in a rectangle.

    Parameters
    ----------
    x, y : (n,) float
        Positions in a projected CRS, all within ``bounds``.
    bounds : (x min, y min, x max, y max)
        The rectangle that was observed.
    r : (m,) float
        Distances, from 0; beyond half the shorter side of the rectangle no correction helps.
    correction : {"none", "border", "translation", "isotropic"}
        How pairs beyond the edge are made up for: not at all; by points that are at least ``r`` from the edge alone; by
        the part of the rectangle that overlaps itself when moved by the pair; by the part of the circle around a point
        through the other that lies inside.

    Returns
    -------
    DataFrame
        (m,) rows: ``r``, ``k``, ``theoretical`` (pi r squared, of points that do not know of each other) and ``l``
        (square root of k / pi). ``k`` is NaN where the border correction leaves no point.

    Raises
    ------
    InputError
        Points outside the rectangle, fewer than 2 of them, a rectangle without area, or negative distances.
    """
    east, north = finite(x, "x"), finite(y, "y")
    distance = finite(r, "r")
    west, south, right, top = (float(limit) for limit in bounds)
    _check(east, north, distance, (west, south, right, top), correction)
    place = np.column_stack((east, north))
    width, height = right - west, top - south
    first, second, apart = _ordered_pairs(place, float(distance.max(initial=0.0)))
    if correction == "border":
        edge = np.minimum.reduce((east - west, right - east, north - south, top - north))
        k = _border(first, apart, edge, distance, width * height)
    else:
        if correction == "translation":
            weight = _translation(place, first, second, width, height)
        elif correction == "isotropic":
            weight = _isotropic(place[first], apart, (west, south, right, top))
        else:
            weight = np.ones(apart.size)
        k = _cumulative(apart, weight, distance) * width * height / (east.size * (east.size - 1))
    theoretical = np.pi * distance**2
    return pd.DataFrame({"r": distance, "k": k, "theoretical": theoretical, "l": np.sqrt(k / np.pi)})


def _check(
    east: Floats, north: Floats, distance: Floats, bounds: tuple[float, float, float, float], correction: str
) -> None:
    west, south, right, top = bounds
    if correction not in CORRECTIONS:
        raise InputError(f"{correction!r} is no correction; there are: {', '.join(CORRECTIONS)}.", field="correction")
    if not (right > west and top > south):
        raise InputError("bounds is x min, y min, x max, y max of a rectangle with an area.", field="bounds")
    if east.size != north.size or east.size < 2:
        raise InputError(f"x and y hold {east.size} and {north.size} points; give at least 2 each.", field="x")
    outside = (east < west) | (east > right) | (north < south) | (north > top)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise InputError(f"{int(outside.sum())} points lie outside bounds, the first at position {first}.", field="x")
    if (distance < 0).any():
        raise InputError("r is a list of distances from 0.", field="r")


def _ordered_pairs(place: Floats, most: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Both orders of every pair at most ``most`` apart, with their distance."""
    found = cKDTree(place).query_pairs(np.nextafter(most, np.inf), output_type="ndarray").astype(np.int64)
    apart = np.hypot(*(place[found[:, 0]] - place[found[:, 1]]).T)
    first, second = (np.concatenate((found[:, a], found[:, 1 - a])) for a in (0, 1))
    return first, second, np.concatenate((apart, apart))


def _cumulative(apart: Floats, weight: Floats, distance: Floats) -> Floats:
    order = np.argsort(apart, kind="stable")
    total = np.concatenate(([0.0], np.cumsum(weight[order])))
    return np.asarray(total[np.searchsorted(apart[order], distance, side="right")])


def _border(first: NDArray[np.int64], apart: Floats, edge: Floats, distance: Floats, area: float) -> Floats:
    """K of the points more than ``r`` from the edge, around which every neighbor would be seen."""
    k = np.full(distance.size, np.nan)
    n = edge.size
    for number, r in enumerate(distance):
        inner = edge > r
        if inner.any():
            near = int((apart[inner[first]] <= r).sum())
            k[number] = near / int(inner.sum()) * area / n
    return k


def _translation(
    place: Floats, first: NDArray[np.int64], second: NDArray[np.int64], width: float, height: float
) -> Floats:
    moved = np.abs(place[first] - place[second])
    return np.asarray(width * height / ((width - moved[:, 0]) * (height - moved[:, 1])))


def _isotropic(centre: Floats, radius: Floats, bounds: tuple[float, float, float, float]) -> Floats:
    """One over the share of each circle's circumference that lies inside the rectangle."""
    west, south, right, top = bounds
    # distances to the four edges, going round, so that neighbors in this order share a corner
    edge = np.column_stack((right - centre[:, 0], top - centre[:, 1], centre[:, 0] - west, centre[:, 1] - south))
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.where(edge < radius[:, None], np.arccos(np.minimum(1.0, edge / radius[:, None])), 0.0)
    outside = np.zeros(radius.size)
    for side in range(4):
        following = (side + 1) % 4
        to_corner = np.arctan2(edge[:, following], edge[:, side])
        # each side hides an arc of ``half`` to both directions; at a corner two of them overlap
        outside += np.minimum(half[:, side], to_corner) + np.minimum(half[:, following], np.pi / 2 - to_corner)
    share = 1.0 - outside / (2 * np.pi)
    # a pair that a circle hardly shows would outweigh all others: R's spatstat bounds the weight at 100 as well
    return np.minimum(1.0 / np.maximum(share, 1e-12), MOST_WEIGHT)


MOST_WEIGHT = 100.0
"""Greatest weight of one pair under the isotropic correction."""
