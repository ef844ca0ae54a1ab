"""Distances in metres between points in degrees, near enough for a city."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

METRES_PER_DEGREE = 111_195.0


def metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Distance between two points; within 0.1 % over 50 km."""
    east = (to_lon - lon) * math.cos(math.radians((lat + to_lat) / 2))
    return METRES_PER_DEGREE * math.hypot(east, to_lat - lat)


def all_metres(lon: float, lat: float, to_lon: ArrayLike, to_lat: ArrayLike) -> NDArray[np.float64]:
    """Distances from one point to (n,) points."""
    east = (np.asarray(to_lon, float) - lon) * math.cos(math.radians(lat))
    return METRES_PER_DEGREE * np.hypot(east, np.asarray(to_lat, float) - lat)


def middle(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[float, float, float]:
    """Middle of (n,) points as one of them where there are many, and the distance that holds nine in ten of them."""
    if len(lon) == 1:
        return float(lon[0]), float(lat[0]), 0.0
    if len(lon) == 2:
        at = float(lon.mean()), float(lat.mean())
    else:
        east = np.abs(lon - np.median(lon)) * math.cos(math.radians(lat[0]))
        row = int(np.argmin(east + np.abs(lat - np.median(lat))))
        at = float(lon[row]), float(lat[row])
    return *at, float(np.quantile(all_metres(*at, lon, lat), 0.9))
