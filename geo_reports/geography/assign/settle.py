"""Exact answers for points in border cells, and the lookup by arrays that needs no compiler."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_reports.geography.assign.edges import Edges
from geo_reports.geography.assign.kernel import SUB
from geo_reports.geography.assign.machine import CHUNK
from geo_reports.geography.assign.raster import Raster


def warm_up(shapes: NDArray[np.object_], edges: Edges) -> None:
    """Prepare (n,) polygons and let GEOS make its search trees, at the first question: two threads must not ask it."""
    shapely.prepare(shapes)
    _, one = np.unique(edges.unit, return_index=True)
    at = edges.start[one]
    shapely.intersects_xy(shapes[edges.unit[one]], edges.x[at], edges.y[at])


def look_up(raster: Raster, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
    """Codes of the cells of (m,) points: a row position, -1 for none, -2 - k for border cell k."""
    grid = raster.grid
    columns, rows = grid.columns // SUB, grid.rows // SUB
    with np.errstate(invalid="ignore", over="ignore"):
        u, v = (x - grid.x0) * grid.per_x, (y - grid.y0) * grid.per_x
    beyond = ~((u >= 0) & (u < columns) & (v >= 0) & (v < rows))
    if beyond.any():
        u[beyond], v[beyond] = 0, 0
    column, row = u.astype(np.int32), v.astype(np.int32)
    code: NDArray[np.int32] = raster.blocks[row * columns + column]
    code[beyond] = -1
    deep = np.flatnonzero(code < -1)
    sub_column = ((u[deep] - column[deep]) * SUB).astype(np.int32)
    sub_row = ((v[deep] - row[deep]) * SUB).astype(np.int32)
    code[deep] = raster.inner[(-2 - code[deep]) * (SUB * SUB) + sub_row * SUB + sub_column]
    return code


def settle(
    raster: Raster,
    shapes: NDArray[np.object_],
    number: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.int64]:
    """First unit that holds each of (m,) points in border cells ``number``, by exact predicates (GEOS)."""
    found = np.full(x.shape, -1, np.int64)
    next_one, end = raster.first[number], raster.first[number + 1]
    still = np.flatnonzero(next_one < end)
    while len(still):
        unit = raster.candidate[next_one[still], 0] >> 2
        held = shapely.intersects_xy(shapes[unit], x[still], y[still])
        found[still[held]] = unit[held]
        still = still[~held]
        next_one[still] += 1
        still = still[next_one[still] < end[still]]
    return found


def look_up_all(
    raster: Raster,
    shapes: NDArray[np.object_],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    found: NDArray[np.int64],
) -> None:
    """Write the first unit that holds each of (m,) points to ``found``, -1 for none."""
    for begin in range(0, len(x), CHUNK):
        part = slice(begin, begin + CHUNK)
        code = look_up(raster, x[part], y[part])
        found[part] = code
        border = np.flatnonzero(code < -1)
        found[part][border] = settle(raster, shapes, -2 - code[border], x[part][border], y[part][border])
