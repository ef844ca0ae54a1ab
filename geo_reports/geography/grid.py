"""Square cells over a boundary, aligned so that a cell is the same cell in every run."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo_reports.errors import InputError

MAX_CELLS = 500_000
"""Cells of the enclosing rectangle that are still drawn; more would fill the memory, not the map."""


@dataclass(frozen=True, eq=False)
class SquareGrid:
    """Square cells that share area with a boundary; row 0 is the south, column 0 the west.

    Parameters
    ----------
    cell_m : float
        Side of a cell in metres.
    col0, row0 : int
        Position of the south-west cell in multiples of ``cell_m`` from the origin of the CRS: the cell in
        row r, column c reaches from ``(col0 + c) * cell_m`` east and ``(row0 + r) * cell_m`` north.
    inside : (rows, cols) bool
        Which cells share area with the boundary.
    """

    cell_m: float
    col0: int
    row0: int
    inside: NDArray[np.bool_]

    @property
    def origin(self) -> tuple[float, float]:
        """South-west corner, x then y, in metres."""
        return self.col0 * self.cell_m, self.row0 * self.cell_m

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        rows, cols = self.inside.shape
        return rows, cols

    def count(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int64]:
        """Points per cell.

        A cell holds its west and south edges. A point on an edge whose own cell is not inside is counted in
        the inside cell on the other side, so every point of the boundary is counted exactly once. Points in
        no inside cell, and not-a-number, are not counted.

        Parameters
        ----------
        x, y : (m,) float
            Metres in the CRS of the boundary.

        Returns
        -------
        (rows, cols) int64
        """
        u, v = np.asarray(x, np.float64) / self.cell_m, np.asarray(y, np.float64) / self.cell_m
        east, north = np.floor(u) - self.col0, np.floor(v) - self.row0
        west, south = np.ceil(u) - 1 - self.col0, np.ceil(v) - 1 - self.row0
        cell = self._cell(east, north)
        for col, row in ((west, north), (east, south), (west, south)):
            lost = cell < 0
            cell[lost] = self._cell(col[lost], row[lost])
        return np.bincount(cell[cell >= 0], minlength=self.inside.size).reshape(self.shape).astype(np.int64)

    def polygons(self) -> NDArray[np.object_]:
        """Whole squares of the (k,) inside cells, row by row from the south, in the CRS of the boundary."""
        row, col = np.nonzero(self.inside)
        return _squares(self.cell_m, col + self.col0, row + self.row0)

    def _cell(self, col: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.int64]:
        """Flat positions of inside cells, -1 for all others."""
        rows, cols = self.shape
        on_grid = (col >= 0) & (col < cols) & (row >= 0) & (row < rows)
        flat = np.where(on_grid, row * cols + col, 0).astype(np.int64)
        return np.where(on_grid & self.inside.ravel()[flat], flat, -1)


def square_cells(boundary: shapely.Polygon | shapely.MultiPolygon, cell_m: float) -> SquareGrid:
    """Grid of the square cells that share area with ``boundary``; merely touching it is not enough.

    Parameters
    ----------
    boundary : Polygon or MultiPolygon
        In a CRS with metres.
    cell_m : float
        Side of a cell in metres. Corners lie at its multiples, so a boundary that changes moves no cell.

    Raises
    ------
    InputError
        The boundary is empty, ``cell_m`` is not a positive number, or the cells would exceed ``MAX_CELLS``.
    """
    if not (math.isfinite(cell_m) and cell_m > 0):
        raise InputError(f"A cell of {cell_m} m cannot be drawn: give a positive number of metres.", field="cell_m")
    if boundary.is_empty:
        raise InputError("The boundary is empty, so it holds no cells: give a polygon.")
    west, south, east, north = (edge / cell_m for edge in boundary.bounds)
    col0, row0 = math.floor(west), math.floor(south)
    rows, cols = math.ceil(north) - row0, math.ceil(east) - col0
    if rows * cols > MAX_CELLS:
        raise InputError(
            f"Cells of {cell_m:g} m would be {rows * cols:,}, more than {MAX_CELLS:,}: use larger cells.",
            field="cell_m",
        )
    row, col = np.divmod(np.arange(rows * cols), cols)
    squares = _squares(cell_m, col + col0, row + row0)
    shapely.prepare(boundary)
    inside = shapely.intersects(boundary, squares)
    inside[inside] = ~shapely.touches(boundary, squares[inside])
    return SquareGrid(cell_m, col0, row0, inside.reshape(rows, cols))


def _squares(cell_m: float, col: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.object_]:
    """Squares at multiples of ``cell_m``; neighbors share the very same floating-point corners."""
    return np.asarray(shapely.box(col * cell_m, row * cell_m, (col + 1) * cell_m, (row + 1) * cell_m))
