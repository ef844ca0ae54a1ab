"""Polygons as flat arrays of straight edges."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_reports.errors import InputError

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, eq=False)
class Edges:
    """Borders of all units: edge e runs from vertex ``start[e]`` to the next one and belongs to ``unit[e]``.

    Parameters
    ----------
    x, y : (v,) float64
        Vertices in the CRS of the units, ring after ring, each ring closed.
    start : (e,) int64
        First vertex of each edge, in order of the units; edges without length are left out.
    unit : (e,) int64
        Row position of the unit.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int64]
    unit: NDArray[np.int64]


def edges_of(shapes: NDArray[np.object_]) -> Edges:
    """Edges of (n,) polygons and multipolygons; missing and empty ones have none.

    Raises
    ------
    InputError
        A unit is no polygon, or a coordinate is not a finite number; names the row.
    """
    kind = shapely.get_type_id(shapes)
    odd = np.flatnonzero(~np.isin(kind, [-1, *POLYGONAL]))
    if len(odd):
        raise InputError(f"Unit {odd[0]} is a {shapes[odd[0]].geom_type}: units must be polygons.")
    parts, unit_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    unit_of_vertex = unit_of_part[part_of_ring[ring]]
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        raise InputError(f"Unit {unit_of_vertex[bad[0]]} has a coordinate that is no number: repair the layer.")
    start = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    return Edges(x, y, start, unit_of_vertex[start])
