"""The loops of ``kernel`` as machine code."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from geo_reports.errors import MissingExtra
from geo_reports.geography.assign.kernel import (
    SUB,
    UNDECIDED,
    Floats,
    Longs,
    block_codes,
    border_points,
    cell_codes,
)
from geo_reports.geography.assign.raster import Raster

CHUNK = 32_768
"""Points taken at once: they stay in the processor's cache from one loop to the next."""


@dataclass(frozen=True, eq=False)
class Loops:
    """The three loops of ``kernel``, compiled."""

    block_codes: Any
    cell_codes: Any
    border_points: Any

    def run(self, raster: Raster, px: Floats, py: Floats, found: Longs) -> Longs:
        """Write the answers for (m,) points to ``found``; positions of those left ``UNDECIDED``."""
        grid = raster.grid
        at = (grid.x0, grid.y0, grid.per_x, grid.columns // SUB, grid.rows // SUB)
        layer = (raster.first, raster.candidate, raster.piece, raster.vertex)
        room = np.empty(CHUNK + 1, np.int32)
        doubtful = [np.empty(0, np.int64)]
        for begin in range(0, len(px), CHUNK):
            part = slice(begin, begin + CHUNK)
            x, y, out = px[part], py[part], found[part]
            self.block_codes(x, y, out, at, raster.blocks)
            border = self.cell_codes(x, y, out, at, raster.inner, room)
            if border and self.border_points(x, y, out, room[:border], at, layer):
                doubtful.append(begin + np.flatnonzero(out == UNDECIDED))
        return np.concatenate(doubtful)


@cache
def compiled() -> Loops:
    """Compile the loops, or read them from disk where that can be written.

    Raises
    ------
    MissingExtra
        numba is not installed.
    """
    try:
        import numba
    except ImportError:
        raise MissingExtra("fast", "Compiled assignment") from None
    try:
        return _with(numba.njit(nogil=True, cache=True))
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return _with(numba.njit(nogil=True))


def _with(compiler: Any) -> Loops:
    return Loops(*(compiler(loop) for loop in (block_codes, cell_codes, border_points)))
