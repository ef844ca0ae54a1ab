"""Point to unit: exactly one unit of a layer per point, or none."""

from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

CELLS = 1024
"""Cells per side of the raster: 4 MB a layer."""
FEW = 2_000
"""Below this many points the raster costs more to build than it saves."""
_UNDECIDED = -2


class AssignmentIndex:
    """Assigns points to the polygons of one layer.

    A point belongs to a unit when it lies inside it or on its border. On a shared border, and where
    units overlap, the unit that comes first in ``units`` wins; ``city`` sorts units by their id, so
    the answer does not depend on the order of a file.

    A raster over the layer answers at once where no border passes; only points in cells that a border
    crosses are tested against polygons, with exact predicates (GEOS).

    Parameters
    ----------
    units : GeoDataFrame
        (n,) polygons, any CRS. Points are given in the same CRS.
    """

    def __init__(self, units: gpd.GeoDataFrame) -> None:
        self._shapes = np.asarray(units.geometry.array)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def assign(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
        """Row positions of the units that hold the points.

        Parameters
        ----------
        lon, lat : (m,) float
            x and y in the CRS of the units. Not-a-number lies in no unit.

        Returns
        -------
        (m,) int64
            Row position in ``units``; -1 outside all of them.
        """
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        if len(x) < FEW:
            return self._exact(x, y)
        found = self._raster.look_up(x, y)
        open_questions = np.flatnonzero(found == _UNDECIDED)
        # published points are often moved to corners and repeat there: each place is tested once
        places, of = np.unique(x[open_questions] + 1j * y[open_questions], return_inverse=True)
        found[open_questions] = self._exact(places.real, places.imag)[of]
        return found

    def assign_one(self, lon: float, lat: float) -> int:
        """Row position of the unit that holds one point, or -1."""
        return int(self._exact(np.array([lon]), np.array([lat]))[0])

    def _exact(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        none = np.iinfo(np.int64).max
        found = np.full(x.shape, none)
        point, unit = self._tree.query(shapely.points(x, y), predicate="intersects")
        np.minimum.at(found, point, unit)
        found[found == none] = -1
        return found

    @cached_property
    def _raster(self) -> "_Raster":
        raster = _Raster(self._shapes)
        first, length = raster.free_runs()
        # no border passes a free cell, so what holds the centre of the first holds the whole run
        raster.fill(first, length, self._exact(*raster.centres(first)))
        return raster


class _Raster:
    """Square raster over all polygons: the unit of each cell, -1 outside, ``_UNDECIDED`` on borders."""

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        self._origin = np.array([west, south])
        self._step = max(east - west, north - south) / CELLS
        self.cells = np.zeros(CELLS * CELLS, np.int32)
        self._mark_borders(shapes)

    def look_up(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        with np.errstate(invalid="ignore"):
            column = np.floor((x - self._origin[0]) / self._step)
            row = np.floor((y - self._origin[1]) / self._step)
            within = (column >= 0) & (column < CELLS) & (row >= 0) & (row < CELLS)
        # the far edge of the extent falls into no cell; only exact predicates decide there
        edge = ~within & (np.abs(column - CELLS / 2) <= CELLS / 2) & (np.abs(row - CELLS / 2) <= CELLS / 2)
        found = np.where(edge, _UNDECIDED, -1)
        found[within] = self.cells[(row[within] * CELLS + column[within]).astype(np.int64)]
        return found

    def free_runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First cell and length of each run of free cells along a row."""
        free = np.pad((self.cells == 0).reshape(CELLS, CELLS), ((0, 0), (1, 1)))
        turns = np.diff(free.astype(np.int8), axis=1)
        start_row, start = np.nonzero(turns == 1)
        _, end = np.nonzero(turns == -1)
        return start_row * CELLS + start, end - start

    def fill(self, first: NDArray[np.int64], length: NDArray[np.int64], unit: NDArray[np.int64]) -> None:
        """Give every cell of each run its unit."""
        steps = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        self.cells[np.repeat(first, length) + steps] = np.repeat(unit, length)

    def centres(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        row, column = np.divmod(cells, CELLS)
        return self._origin[0] + (column + 0.5) * self._step, self._origin[1] + (row + 0.5) * self._step

    def _mark_borders(self, shapes: NDArray[np.object_]) -> None:
        """Mark every cell that the box around a short piece of border touches, with a margin for rounding."""
        rings = shapely.get_rings(shapely.get_parts(shapes))
        xy, ring = shapely.get_coordinates(shapely.segmentize(rings, self._step), return_index=True)
        same = ring[1:] == ring[:-1]
        low = np.minimum(xy[:-1], xy[1:])[same]
        high = np.maximum(xy[:-1], xy[1:])[same]
        margin = self._step * 1e-6
        first = np.clip(((low - margin - self._origin) / self._step).astype(np.int64), 0, CELLS - 1)
        last = np.clip(((high + margin - self._origin) / self._step).astype(np.int64), 0, CELLS - 1)
        for dx in range(int((last - first)[:, 0].max()) + 1):
            for dy in range(int((last - first)[:, 1].max()) + 1):
                column, row = np.minimum(first[:, 0] + dx, last[:, 0]), np.minimum(first[:, 1] + dy, last[:, 1])
                self.cells[row * CELLS + column] = _UNDECIDED
