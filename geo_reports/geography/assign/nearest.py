"""The unit nearest to a point, in metres."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geo_reports.errors import InputError


class NearestUnit:
    """Finds the nearest unit of a layer.

    Corners are moved to the metric CRS and joined by straight lines there; over a side of 10 km that is
    a few centimetres from the side as the layer draws it.

    Parameters
    ----------
    units : GeoSeries
        (n,) polygons in any CRS.
    metric_crs : str
        A CRS with metres.

    Raises
    ------
    InputError
        The units have no CRS.
    """

    def __init__(self, units: gpd.GeoSeries, metric_crs: str) -> None:
        if units.crs is None:
            raise InputError("Distances in metres need to know the coordinate system (CRS) of the units.")
        self._move = Transformer.from_crs(units.crs, metric_crs, always_xy=True)
        self._tree = shapely.STRtree(np.asarray(units.to_crs(metric_crs).array))

    def find(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row positions and metres of the units nearest to (m,) points in the CRS of the units.

        The first of several equally near; -1 and not-a-number for points that have no place in the metric CRS.
        """
        none = np.iinfo(np.int64).max
        row, distance_m = np.full(x.shape, none), np.full(x.shape, np.nan)
        moved = np.stack(self._move.transform(x, y), axis=-1)
        placed = np.flatnonzero(np.isfinite(moved).all(axis=-1))
        (point, unit), metres = self._tree.query_nearest(shapely.points(moved[placed]), return_distance=True)
        np.minimum.at(row, placed[point], unit)
        distance_m[placed[point]] = metres
        row[row == none] = -1
        return row, distance_m
