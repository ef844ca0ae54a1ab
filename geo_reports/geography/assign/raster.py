"""The index as arrays: a table of cells, and what passes through those that a border crosses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_reports.geography.assign.cells import (
    Grid,
    Pieces,
    Spans,
    covered_spans,
    expand,
    fit_grid,
    in_cells,
    touched_cells,
)
from geo_reports.geography.assign.edges import Edges
from geo_reports.geography.assign.kernel import HOLDS, SUB, UNSURE

CROWDED = 96
"""Edges in one cell above which GEOS, which searches them by a tree, is faster than trying all."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Cells in blocks of ``SUB`` by ``SUB``: a block that is all one unit is one number.

    A number of -1 or more is the answer: the row position of a unit, or -1 for none. In ``blocks``, -2 - b
    means "see block b of ``inner``"; in ``inner``, -2 - k means "border cell k".

    Parameters
    ----------
    grid : Grid
        Where the cells lie.
    blocks : (rows / SUB * columns / SUB,) int32
        One number per block, row by row from the south-west.
    inner : (b * SUB * SUB,) int32
        One number per cell of the blocks that are not all one unit.
    first : (k + 1,) int32
        Border cell k has candidates ``first[k]`` to ``first[k + 1] - 1``, in order of their row.
    candidate : (c + 1, 2) int32
        Per candidate, four times its row position, plus ``HOLDS`` where it holds the centre of the cell, plus
        ``UNSURE`` where only exact predicates may decide in this cell; and its first piece of border. Its last
        is the one before the next candidate's first; it has none where it covers the cell.
    piece : (p,) int32
        First vertex of an edge in the cell; its second is the next one.
    vertex : (v, 2) float64
        x and y in the CRS of the units.
    """

    grid: Grid
    blocks: NDArray[np.int32]
    inner: NDArray[np.int32]
    first: NDArray[np.int32]
    candidate: NDArray[np.int32]
    piece: NDArray[np.int32]
    vertex: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """Memory of all arrays, in bytes."""
        return sum(part.nbytes for part in vars(self).values() if isinstance(part, np.ndarray))


def build(edges: Edges) -> Raster:
    """Build the index of at least one unit with an edge."""
    grid = fit_grid(edges)
    pieces, spans = touched_cells(edges, grid), covered_spans(edges, grid)
    table = _fill(spans, grid)
    table[pieces.cell] = -2
    border = np.flatnonzero(table == -2)
    table[border] = -2 - np.arange(len(border), dtype=np.int32)
    number = -2 - table[pieces.cell].astype(np.int64)
    blocks, inner = _compress(table, grid)
    del table
    order = np.argsort(number, kind="stable")  # within a cell the order of the units stays
    pieces, number = Pieces(pieces.edge[order], pieces.cell[order]), number[order]
    first, candidate = _candidates(pieces, number, spans, border, edges)
    unsure = _unsure(pieces, number, len(border), edges, grid)
    candidate[:-1, 0] += UNSURE * np.repeat(unsure, np.diff(first))
    piece = edges.start[pieces.edge].astype(np.int32)
    return Raster(grid, blocks, inner, first, candidate, piece, np.stack([edges.x, edges.y], axis=1))


def _fill(spans: Spans, grid: Grid) -> NDArray[np.int32]:
    """Give every cell the first unit that holds its centre, -1 where none does."""
    cells = grid.rows * grid.columns
    order = np.argsort(spans.first)
    begin, end = spans.first[order], (spans.first + spans.length)[order]
    if (begin[1:] >= end[:-1]).all():
        return _side_by_side(begin, end, spans.unit[order].astype(np.int32), cells)
    table = np.full(cells, -1, np.int32)
    # later writes win, so the first unit is written last
    first, length, unit = spans.first[::-1], spans.length[::-1], spans.unit[::-1].astype(np.int32)
    # some at a time: the lists of cells are larger than the table
    for part in np.array_split(np.arange(len(first)), 1 + int(length.sum()) // 2_000_000):
        span, cell = expand(first[part], length[part])
        table[cell] = unit[part][span]
    return table


def _side_by_side(
    begin: NDArray[np.int64], end: NDArray[np.int64], unit: NDArray[np.int32], cells: int
) -> NDArray[np.int32]:
    """Table of units that do not overlap, which is the usual layer: written once from end to end."""
    # gap, span, gap, span, ..., gap
    values = np.full(2 * len(unit) + 1, -1, np.int32)
    values[1::2] = unit
    bounds = np.concatenate([[0], np.stack([begin, end], axis=1).ravel(), [cells]])
    return np.repeat(values, np.diff(bounds))


def _compress(table: NDArray[np.int32], grid: Grid) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Split the table into blocks; keep the cells only of those that are not all one unit."""
    cut = table.reshape(grid.rows // SUB, SUB, grid.columns // SUB, SUB)
    whole = (cut == cut[:, :1, :, :1]).all(axis=(1, 3))
    mixed = ~whole
    blocks = cut[:, 0, :, 0].copy()
    blocks[mixed] = -2 - np.arange(mixed.sum(), dtype=np.int32)
    return blocks.ravel(), cut.transpose(0, 2, 1, 3)[mixed].ravel()


def _candidates(
    pieces: Pieces, number: NDArray[np.int64], spans: Spans, border: NDArray[np.int64], edges: Edges
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First candidate of each border cell, and the candidates.

    A unit is a candidate where its own border passes, and also where it covers the cell that another's
    border passes through: under a unit that overlaps it, or beside a gap.
    """
    units = int(edges.unit.max()) + 1
    begin, end = np.searchsorted(border, spans.first), np.searchsorted(border, spans.first + spans.length)
    span, covered = expand(begin, end - begin)
    held = np.sort(covered * units + spans.unit[span])
    own = number * units + edges.unit[pieces.edge]
    key = np.sort(np.concatenate([own, held]), kind="stable")  # merges the two, which are in order
    key = key[np.append(True, key[1:] != key[:-1])]
    place = np.minimum(np.searchsorted(held, key), max(len(held) - 1, 0))
    holds = held[place] == key if len(held) else np.zeros(len(key), bool)
    cell, unit = np.divmod(key, units)
    candidate = np.empty((len(key) + 1, 2), np.int32)
    candidate[:-1, 0] = unit * 4 + HOLDS * holds
    candidate[:-1, 1] = np.searchsorted(own, key)
    candidate[-1] = 0, len(own)
    return np.searchsorted(cell, np.arange(len(border) + 1)).astype(np.int32), candidate


def _unsure(pieces: Pieces, number: NDArray[np.int64], cells: int, edges: Edges, grid: Grid) -> NDArray[np.bool_]:
    """Tell which border cells have an edge close to their centre, or too many edges."""
    x, y = in_cells(edges, grid)
    a = edges.start[pieces.edge]
    row, column = np.divmod(pieces.cell, grid.columns)
    dx, dy = x[a + 1] - x[a], y[a + 1] - y[a]
    off = np.abs(dx * (row + 0.5 - y[a]) - dy * (column + 0.5 - x[a]))
    near = off <= 4 * grid.margin * (np.abs(dx) + np.abs(dy))
    unsure = np.bincount(number, minlength=cells) > CROWDED
    unsure[number[near]] = True
    return unsure
