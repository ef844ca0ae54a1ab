"""Where two streets meet, known or worked out from their points."""

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.gazetteer.along import Estimate
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE, middle

NEAR_M = 60.0
"""Points of two streets that are as near as this lie at one corner."""
FAR_M = 1500.0
"""Streets whose known points are farther apart are not said to meet."""


def meeting(index: Index, one: Thing, other: Thing) -> Estimate | None:
    """Place where two streets meet; None where nothing says that they do."""
    known = index.crossings(one.id, other.id)
    if known:
        at = np.array(known, float)
        lon, lat, apart = middle(at[:, 0], at[:, 1])
        return Estimate(lon, lat, 20 + apart, "exact")
    mine, theirs = index.points(one.id), index.points(other.id)
    if not mine or not theirs:
        return None
    return _worked_out(np.array(mine, float), np.array(theirs, float), one.drawn and other.drawn)


def _worked_out(mine: NDArray[np.float64], theirs: NDArray[np.float64], drawn: bool) -> Estimate | None:
    origin = mine[0]
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(origin[1])), 1.0])
    one, other = (mine - origin) * scale, (theirs - origin) * scale
    gaps = np.hypot(*np.moveaxis(one[:, None] - other[None], 2, 0))
    row, column = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
    gap = float(gaps[row, column])
    if gap > FAR_M or (drawn and gap > NEAR_M):
        return None  # where both courses are known, streets that come no nearer do not meet
    place = (one[row] + other[column]) / 2
    accuracy, how = 30 + gap, "near"
    if gap > NEAR_M:
        met = _lines_meet(one, other, place, gap)
        if met is not None:
            place, accuracy = met, 80 + 0.5 * gap
    lon, lat = place / scale + origin
    return Estimate(float(lon), float(lat), accuracy, how)


def _lines_meet(
    one: NDArray[np.float64], other: NDArray[np.float64], place: NDArray[np.float64], gap: float
) -> NDArray[np.float64] | None:
    """Where the straight courses of both streets near ``place`` cross, if that is not far off."""
    first, second = _course(one, place), _course(other, place)
    if first is None and second is None:
        return None
    if first is None or second is None:
        course = first if first is not None else second
        lone = other if first is not None else one
        at = lone[np.argmin(np.hypot(*(lone - place).T))]
        if course is None:
            return None
        met = course[0] + np.dot(at - course[0], course[1]) * course[1]
    else:
        system = np.column_stack([first[1], -second[1]])
        if abs(np.linalg.det(system)) < 0.3:
            return None  # nearly parallel
        met = first[0] + np.linalg.solve(system, second[0] - first[0])[0] * first[1]
    return met if np.hypot(*(met - place)) <= gap else None


def _course(
    points: NDArray[np.float64], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """A point and the unit direction of a street by its four points nearest a place; None if they are one spot."""
    near = points[np.argsort(np.hypot(*(points - place).T))[:4]]
    if len(near) < 2 or np.ptp(near, axis=0).max() < 80:
        return None
    centre = near.mean(axis=0)
    direction = np.linalg.svd(near - centre)[2][0]
    return centre, direction
