"""Square cells over a layer: which of them an edge touches, and which centres a unit holds.

Everything here counts in cells: the point (2.5, 0.5) is the centre of column 2, row 0.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.assign.edges import Edges
from geo_reports.geography.assign.kernel import SUB

MOST_CELLS, FEWEST_CELLS = 4096, 256
"""Cells along the longer side of a layer: more cost more to build than they save."""
MOST_PIECES, MOST_COVERED = 8_000_000, 40_000_000
"""Edges times cells they touch, and cells times units that cover them, that an index may hold while it is built."""
OFF = 0.381966
"""How far the raster begins before the layer, in cells, so that rounded coordinates seldom lie on its lines."""


@dataclass(frozen=True)
class Grid:
    """Position and size of the raster; ``x0, y0`` is its south-west corner in the CRS of the units.

    ``per_x`` is blocks per unit of the CRS; ``rows`` and ``columns`` count cells and are multiples of ``SUB``;
    ``margin`` is how wrong a position counted in cells may be, many times over.
    """

    x0: float
    y0: float
    per_x: float
    rows: int
    columns: int
    margin: float


@dataclass(frozen=True, eq=False)
class Pieces:
    """Which edge touches which cell: (p,) position of the edge, (p,) flat cell, in order of the edges."""

    edge: NDArray[np.int64]
    cell: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spans:
    """Runs of cells along a row whose centres lie in a unit: (s,) flat first cell, length, and unit, ascending."""

    first: NDArray[np.int64]
    length: NDArray[np.int64]
    unit: NDArray[np.int64]


def fit_grid(edges: Edges) -> Grid:
    """Choose a raster: about one cell for each edge it crosses, within what building may cost."""
    west, south, east, north = edges.x.min(), edges.y.min(), edges.x.max(), edges.y.max()
    side = float(max(east - west, north - south))
    dx, dy = np.abs(np.diff(edges.x))[edges.start], np.abs(np.diff(edges.y))[edges.start]
    share = float((dx + dy).sum()) / side
    covered = np.abs(np.bincount(edges.unit, _doubled_area(edges))).sum() / 2 / side**2
    wanted = min(max(8 * math.sqrt(len(edges.start)), FEWEST_CELLS), MOST_CELLS)
    wanted = min(wanted, MOST_PIECES / max(share, 1), math.sqrt(MOST_COVERED / max(covered, 1)))
    reach = float(max(abs(west), abs(south), abs(east), abs(north)))
    # a cell must be far wider than the distance between two floating-point numbers there
    wanted = min(wanted, side / (reach * 2**-52) / 1e6)
    count = 2 ** max(round(math.log2(max(wanted, 1))), 3)
    step = side / (count - 2)
    rows, columns = (_whole_blocks((high - low) / step + 2 * OFF) for low, high in ((south, north), (west, east)))
    x0, y0 = float(west - OFF * step), float(south - OFF * step)
    return Grid(x0, y0, 1 / (step * SUB), rows, columns, 1e-6 + 32 * reach * 2**-52 / step)


def in_cells(edges: Edges, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(v,) x and y of the vertices, counted in cells."""
    return (edges.x - grid.x0) * grid.per_x * SUB, (edges.y - grid.y0) * grid.per_x * SUB


def touched_cells(edges: Edges, grid: Grid) -> Pieces:
    """Every cell that an edge touches or passes within the margin, and few others."""
    ax, ay, bx, by = _upward(edges, grid)
    first = _clip(ay - grid.margin, grid.rows)
    edge, row = expand(first, _clip(by + grid.margin, grid.rows) - first + 1)
    rise = by - ay
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.clip((row - grid.margin - ay[edge]) / rise[edge], 0, 1)
        high = np.clip((row + 1 + grid.margin - ay[edge]) / rise[edge], 0, 1)
    flat = rise[edge] <= grid.margin  # too flat to divide by: take all of it
    low[flat], high[flat] = 0, 1
    run = (bx - ax)[edge]
    one, other = ax[edge] + low * run, ax[edge] + high * run
    first = _clip(np.minimum(one, other) - grid.margin, grid.columns)
    last = _clip(np.maximum(one, other) + grid.margin, grid.columns)
    piece, column = expand(first, last - first + 1)
    return Pieces(edge[piece], row[piece] * grid.columns + column)


def covered_spans(edges: Edges, grid: Grid) -> Spans:
    """Cells whose centre lies in a unit, by the even-odd rule along the middle of each row.

    Right for every centre that no edge passes within the margin.
    """
    ax, ay, bx, by = _upward(edges, grid)
    first = np.ceil(ay - 0.5).astype(np.int64)
    edge, row = expand(first, np.ceil(by - 0.5).astype(np.int64) - first)
    x = ax[edge] + (row + 0.5 - ay[edge]) / (by - ay)[edge] * (bx - ax)[edge]
    column = np.clip(np.floor(x + 0.5).astype(np.int64), 0, grid.columns)
    # one number per crossing sorts much faster than three columns
    wide = grid.columns + 1
    key = np.sort((edges.unit[edge] * grid.rows + row) * wide + column)
    line, column = np.divmod(key, wide)
    unit, row = np.divmod(line[::2], grid.rows)
    length = column[1::2] - column[::2]
    some = length > 0
    return Spans((row * grid.columns + column[::2])[some], length[some], unit[some])


def expand(first: NDArray[np.int64], length: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All members of (k,) ranges of whole numbers: which range, and which number."""
    which = np.repeat(np.arange(len(first)), length)
    return which, np.arange(len(which)) + np.repeat(first - (np.cumsum(length) - length), length)


def _upward(edges: Edges, grid: Grid) -> tuple[NDArray[np.float64], ...]:
    """Ends of all edges counted in cells, the lower one first."""
    x, y = in_cells(edges, grid)
    a, b = edges.start, edges.start + 1
    falls = y[a] > y[b]
    low, high = np.where(falls, b, a), np.where(falls, a, b)
    return x[low], y[low], x[high], y[high]


def _clip(position: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.clip(np.floor(position).astype(np.int64), 0, count - 1)


def _whole_blocks(cells: float) -> int:
    return math.ceil(cells / SUB) * SUB


def _doubled_area(edges: Edges) -> NDArray[np.float64]:
    """Each edge's part of twice the signed area of its unit, measured from the unit's own neighbourhood."""
    x, y = edges.x - edges.x.min(), edges.y - edges.y.min()
    a, b = edges.start, edges.start + 1
    return np.asarray(x[a] * y[b] - x[b] * y[a])
