"""What passes near a point, from sums over the cells of a raster: nothing, in most cases."""

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from geo_reports.geography.assign.kernel import SUB, Floats
from geo_reports.geography.assign.raster import Raster

MOST_SUMS = 1_000_000
"""Sums kept; a finer raster is summed over 2 by 2, 4 by 4 or 8 by 8 of its cells."""
SAMPLES = 7
"""Places along each side of the layer at which the size of a metre is measured."""
SPARE = 1.02
"""A metre may be this much longer between the samples, and a straight edge bend on its way to the metric CRS."""


class Surroundings:
    """Counts pieces of border in rectangles around points, whatever their size, with four look-ups each.

    Parameters
    ----------
    raster : Raster
        The cells of a layer.
    move : Transformer
        From the CRS of the layer to one with metres.
    """

    def __init__(self, raster: Raster, move: Transformer) -> None:
        grid = raster.grid
        cells, self._coarse = grid.rows * grid.columns, 1
        while cells / self._coarse**2 > MOST_SUMS and self._coarse < SUB:
            self._coarse *= 2
        self._x0, self._y0, self._per_x = grid.x0, grid.y0, grid.per_x * SUB / self._coarse
        row, column, pieces = _border_cells(raster)
        shape = grid.rows // self._coarse, grid.columns // self._coarse
        table = np.zeros((shape[0] + 1, shape[1] + 1), np.int64)
        np.add.at(table, (row // self._coarse + 1, column // self._coarse + 1), pieces)
        self._sums = table.cumsum(axis=0).cumsum(axis=1)
        self._wide = _sizes_of_a_metre(raster, move)

    @property
    def metre(self) -> float:
        """A metre in the CRS of the layer, where it is longest."""
        return max(self._wide)

    def count(self, x: Floats, y: Floats, radius_m: Floats) -> NDArray[np.int64]:
        """Pieces of border that circles around (m,) finite points in the CRS of the layer may touch, or more.

        0 where nothing is near: the circle then lies in one unit, or outside all of them.
        """
        rows, columns = (size - 1 for size in self._sums.shape)
        wide, high = radius_m * self._wide[0], radius_m * self._wide[1]
        west = _whole((x - wide - self._x0) * self._per_x, columns)
        east = _whole((x + wide - self._x0) * self._per_x + 1, columns)
        south = _whole((y - high - self._y0) * self._per_x, rows)
        north = _whole((y + high - self._y0) * self._per_x + 1, rows)
        sums = self._sums
        return np.asarray(sums[north, east] - sums[south, east] - sums[north, west] + sums[south, west])


def _whole(position: Floats, limit: int) -> NDArray[np.int64]:
    return np.clip(np.floor(position), 0, limit).astype(np.int64)


def _border_cells(raster: Raster) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, column and pieces of border of each cell that a border crosses."""
    per_row = raster.grid.columns // SUB
    cell = np.flatnonzero(raster.inner < -1)
    number = -2 - raster.inner[cell]
    mixed = np.flatnonzero(raster.blocks < -1)
    order = np.argsort(-2 - raster.blocks[mixed])
    block_row, block_column = np.divmod(mixed[order][cell // (SUB * SUB)], per_row)
    row, column = np.divmod(cell % (SUB * SUB), SUB)
    edge = raster.candidate[:, 1].astype(np.int64)
    pieces = edge[raster.first[number + 1]] - edge[raster.first[number]]
    return block_row * SUB + row, block_column * SUB + column, pieces


def _sizes_of_a_metre(raster: Raster, move: Transformer) -> tuple[float, float]:
    """How far a circle of one metre reaches in x and in y, in the CRS of the layer, where it reaches farthest."""
    x, y = raster.vertex.T
    at_x, at_y = np.meshgrid(np.linspace(x.min(), x.max(), SAMPLES), np.linspace(y.min(), y.max(), SAMPLES))
    step = max(x.max() - x.min(), y.max() - y.min()) / 1e4
    here = np.stack(move.transform(at_x, at_y))
    right = (np.stack(move.transform(at_x + step, at_y)) - here) / step
    up = (np.stack(move.transform(at_x, at_y + step)) - here) / step
    # rows of the inverse of the Jacobian: the half-widths of the ellipse that a circle of metres is here
    area = np.abs(right[0] * up[1] - right[1] * up[0])
    wide, high = np.hypot(up[0], up[1]) / area, np.hypot(right[0], right[1]) / area
    return SPARE * float(np.nanmax(wide)), SPARE * float(np.nanmax(high))
