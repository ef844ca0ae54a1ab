"""Loops over points, written for a compiler.

Three short loops rather than one: each but the last takes no branch that depends on a point, because a wrongly
guessed branch costs more than the work it avoids. None calls a helper per point, which would count references
to every array each time (7 times slower, measured).

All constants of the loops stand here: compiled code is kept on disk until this file changes.
"""

import numpy as np
from numpy.typing import NDArray

SUB = 8
"""Cells per side of a block; a power of two, so that splitting a position into block and cell is exact."""
HOLDS, UNSURE = 1, 2
"""Marks of a candidate: it holds the centre of the cell; only exact predicates may decide in this cell."""
UNDECIDED = -2
"""What ``border_points`` answers where only exact predicates may decide."""
ROUNDING = 4e-16
"""Shewchuk (1997), stage A of orient2d: the sign holds beyond (3 + 16 e) e of the sum, e = 2**-53."""
UNDERFLOW = 1e-290
"""Products below this lose digits that ``ROUNDING`` does not count."""

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Position = tuple[float, float, float, int, int]
"""Corner of the raster, blocks per unit of the CRS, columns and rows of blocks."""
Layer = tuple[Ints, Ints, Ints, Floats]
"""``first``, ``candidate``, ``piece`` and ``vertex`` of a ``Raster``."""


def block_codes(px: Floats, py: Floats, found: Longs, at: Position, blocks: Ints) -> None:
    """Write the number of each point's block to ``found``, -1 beyond the raster and for not-a-number."""
    x0, y0, per_x, columns, rows = at
    for i in range(len(px)):
        u, v = (px[i] - x0) * per_x, (py[i] - y0) * per_x
        on = (u >= 0.0) & (u < columns) & (v >= 0.0) & (v < rows)
        column, row = np.int32(u if on else 0.0), np.int32(v if on else 0.0)
        code = blocks[np.uint32(row * np.int32(columns) + column)]
        found[i] = code if on else -1


def cell_codes(px: Floats, py: Floats, found: Longs, at: Position, inner: Ints, still: Ints) -> int:
    """Write the number of the cell of each point whose block is mixed.

    Returns how many of them lie in border cells; their positions are the first of ``still``.
    """
    x0, y0, per_x, _, _ = at
    mixed = 0
    for i in range(len(px)):
        still[mixed] = i
        mixed += found[i] < -1
    border = 0
    for m in range(mixed):
        i = still[m]
        u, v = (px[i] - x0) * per_x, (py[i] - y0) * per_x
        column, row = np.int32((u - np.int32(u)) * SUB), np.int32((v - np.int32(v)) * SUB)
        code = inner[(-2 - found[i]) * (SUB * SUB) + row * SUB + column]
        found[i] = code
        still[border] = i
        border += code < -1
    return border


def border_points(px: Floats, py: Floats, found: Longs, still: Ints, at: Position, layer: Layer) -> int:
    """Write the first unit that holds each point of a border cell, or ``UNDECIDED``; count those.

    The answer at the centre of the cell is known for each candidate. It is another at the point when the line
    between the two crosses an odd number of the candidate's edges.
    """
    x0, y0, per_x, _, _ = at
    first, candidate, piece, vertex = layer
    doubts = 0
    for i in still:
        x, y = px[i], py[i]
        k = -2 - found[i]
        cx = x0 + (np.floor((x - x0) * per_x * SUB) + 0.5) / (per_x * SUB)
        cy = y0 + (np.floor((y - y0) * per_x * SUB) + 0.5) / (per_x * SUB)
        answer, doubt = -1, False
        for c in range(first[k], first[k + 1]):
            held, doubt = (candidate[c, 0] & HOLDS) != 0, (candidate[c, 0] & UNSURE) != 0
            for p in range(candidate[c, 1], candidate[c + 1, 1]):
                a = piece[p]
                ax, ay, bx, by = vertex[a, 0], vertex[a, 1], vertex[a + 1, 0], vertex[a + 1, 1]
                one, other = (ax - x) * (by - y), (ay - y) * (bx - x)
                of_point, error = one - other, abs(one) + abs(other)
                doubt |= abs(of_point) <= ROUNDING * error + UNDERFLOW
                one, other = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
                of_centre, error = one - other, abs(one) + abs(other)
                doubt |= abs(of_centre) <= ROUNDING * error + UNDERFLOW
                one, other = (x - ax) * (cy - ay), (y - ay) * (cx - ax)
                of_a, error = one - other, abs(one) + abs(other)
                doubt |= abs(of_a) <= ROUNDING * error + UNDERFLOW
                one, other = (x - bx) * (cy - by), (y - by) * (cx - bx)
                of_b, error = one - other, abs(one) + abs(other)
                doubt |= abs(of_b) <= ROUNDING * error + UNDERFLOW
                held ^= ((of_point > 0.0) != (of_centre > 0.0)) & ((of_a > 0.0) != (of_b > 0.0))
            if held or doubt:
                answer = candidate[c, 0] >> 2
                break
        found[i] = UNDECIDED if doubt else answer
        doubts += doubt
    return doubts
