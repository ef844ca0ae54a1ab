"""A circular Gaussian over a polygon, edge by edge.

In polar coordinates around its centre, and in standard deviations, the Gaussian over a polygon whose edges run with
their inside to the left is 1 or 0 (does the polygon hold the centre?) plus one term for each edge:

    -1 / 2 pi * integral from ta to tb of exp(-(h^2 + t^2) / 2) h / (h^2 + t^2) dt

where the line of the edge passes the centre at distance ``h``, positive where the centre lies to its left, and ``t``
runs along the line. Each is a difference of two values of Owen's T (Owen 1956, Tables for computing bivariate
normal probabilities, Annals of Mathematical Statistics 27, 1075-1090). An edge far away adds almost nothing, so
only those nearby are asked.

The integrand is split into ``h / (h^2 + t^2)``, an angle, and the rest, which is smooth also where ``h`` is 0.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_reports.errors import InputError
from geo_reports.geography.assign.cells import expand
from geo_reports.geography.assign.kernel import Floats

REACH = 6.0
"""Standard deviations beyond which nothing is asked: exp(-18), 1.5e-8, of the probability lies there."""
NODE, WEIGHT = np.polynomial.legendre.leggauss(5)
"""Five points on pieces of at most one standard deviation: the smooth part is wrong by 3e-12 at most (measured)."""


def sigma_of(accuracy_m: ArrayLike, level: ArrayLike) -> NDArray[np.float64]:
    """Standard deviation along each axis when a circle of radius ``accuracy_m`` holds a share ``level``.

    The distance from the centre is Rayleigh: the circle holds ``1 - exp(-accuracy_m^2 / (2 sigma^2))``. Raises
    ``InputError`` for a level that is not between 0 and 1, and for a radius that is negative or infinite.
    """
    radius, share = np.asarray(accuracy_m, np.float64), np.asarray(level, np.float64)
    if not ((share > 0) & (share < 1)).all():
        raise InputError("The level of an accuracy is a share between 0 and 1, like 0.95.", field="level")
    if (radius < 0).any() or np.isinf(radius).any():
        raise InputError("An accuracy is a radius in metres: 0 or more, and finite.", field="accuracy_m")
    return np.asarray(radius / np.sqrt(-2 * np.log1p(-share)))


def edge_terms(ax: Floats, ay: Floats, bx: Floats, by: Floats) -> Floats:
    """Terms of (k,) edges from a to b, in standard deviations from the centre."""
    dx, dy = bx - ax, by - ay
    length = np.hypot(dx, dy)
    length[length == 0] = 1  # so short that rounding took it: every term of it is 0
    h = (ax * by - ay * bx) / length
    low = np.clip((ax * dx + ay * dy) / length, -REACH, REACH)
    high = np.clip((bx * dx + by * dy) / length, -REACH, REACH)
    angle = np.arctan2(h * (high - low), h * h + low * high)
    smooth = np.zeros(len(h))
    some = np.flatnonzero((np.abs(h) < REACH) & (high > low))
    pieces = np.ceil(high[some] - low[some]).astype(np.int64)
    which, number = expand(np.zeros(len(some), np.int64), pieces)
    half = ((high[some] - low[some]) / (2 * pieces))[which]
    middle = low[some][which] + half * (2 * number + 1)
    square = (h[some] ** 2)[which, None] + (middle[:, None] + half[:, None] * NODE) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(square > 0, -np.expm1(-square / 2) / square, 0.5)
    smooth[some] = h[some] * np.bincount(which, half * (value @ WEIGHT), minlength=len(some))
    terms: Floats = np.where(np.abs(h) < REACH, smooth - angle, 0.0) / (2 * math.pi)
    return terms
