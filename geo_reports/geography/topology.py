"""Where the polygons of a layer overlap, leave gaps, or are too thin to mean anything.

What counts as which, and what it costs, is said in ``docs/method-topology.md``.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_reports.errors import InputError

ROUNDING_M = 1e-5
"""Faults narrower than this are left out: the last bits of coordinates in metres, not a place on the ground."""
OPEN_SHARE = 0.25
"""A gap that opens to the outside is one when no more than this share of its outline is open; else it is a notch."""

_NEAR_M = 1e-3
"""A gap's neighbours come this near to it."""
_CORNER_M, _CORNER_SHARE = 8e-3, 0.05
"""A unit that shares less than this of a gap's outline, in metres or as a share, only meets it in a corner."""
_SHARP: dict[str, Any] = {"join_style": "mitre", "mitre_limit": 20}

Shapes = NDArray[np.object_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Topology:
    """Faults of a layer, the largest first, in the CRS of the layer; areas in m², widths in m.

    Parameters
    ----------
    overlaps : GeoDataFrame
        A row for each pair that shares ground: unit_a, unit_b (in the order of the layer), area_m2, geometry.
    gaps : GeoDataFrame
        A row for each piece of ground between units that no unit has: area_m2, units (tuple of the ids around it,
        in the order of the layer), geometry.
    slivers : GeoDataFrame
        What is narrower than ``sliver_m``: unit_a, unit_b, area_m2, width_m, kind ("overlap", "gap", "part"),
        geometry. ``unit_b`` is empty for a stray part of one unit, and for a gap with one neighbour.
    """

    overlaps: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    slivers: gpd.GeoDataFrame


def measure(units: gpd.GeoDataFrame, *, sliver_m: float = 1.0) -> Topology:
    """Overlaps, gaps and slivers of a layer, with their areas.

    Parameters
    ----------
    units : GeoDataFrame
        (n,) rows with ``unit``, ``name`` and valid polygons, in a projected CRS with metres.
    sliver_m : float
        Width in metres below which a fault is a sliver, and up to which a gap may open to the outside.

    Raises
    ------
    InputError
        The CRS is not in metres, a geometry is no valid polygon, an id comes twice, or ``sliver_m`` is too small.
    """
    _refuse(units, sliver_m)
    shapes, ids = np.asarray(units.geometry.array), units.unit.to_numpy(object)
    tree = shapely.STRtree(shapes)
    left, right, shared = _overlaps(shapes, tree)
    gaps, around = _gaps(shapes, tree, sliver_m)
    thin = [_thin_overlaps(left, right, shared, sliver_m), _thin_gaps(gaps, around, sliver_m)]
    thin.append(_thin_parts(shapes, sliver_m))
    return Topology(
        _frame(units.crs, shared, unit_a=ids[left], unit_b=ids[right]),
        _frame(units.crs, gaps, units=_tuples([ids[np.sort(rows)] for rows in around])),
        _slivers(units.crs, np.append(ids, ""), thin),
    )


def overlaps(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """``measure(units).overlaps`` alone, without the union of the layer, which is most of the cost."""
    _refuse(units)
    shapes, ids = np.asarray(units.geometry.array), units.unit.to_numpy(object)
    left, right, shared = _overlaps(shapes, shapely.STRtree(shapes))
    return _frame(units.crs, shared, unit_a=ids[left], unit_b=ids[right])


def width_m(shapes: Any) -> Numbers:
    """Mean width of (n,) polygons in metres: area by half the perimeter, the width of a long thin rectangle."""
    half = np.asarray(shapely.length(shapes)) / 2
    width: Numbers = np.divide(shapely.area(shapes), half, out=np.zeros_like(half), where=half > 0)
    return width


def _refuse(units: gpd.GeoDataFrame, sliver_m: float = 1.0) -> None:
    crs = units.crs
    if crs is None or not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info):
        raise InputError("Areas are measured in metres: give the units in a projected CRS with metres.", "units")
    if not sliver_m >= 100 * ROUNDING_M:
        raise InputError(f"A width of {sliver_m} m is too small: give at least {100 * ROUNDING_M} m.", "sliver_m")
    twice = units.unit[units.unit.duplicated()]
    if len(twice):
        raise InputError(f"The id {twice.iloc[0]!r} comes twice: give every unit its own.", "units")
    shapes = np.asarray(units.geometry.array)
    sound = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    for row in np.flatnonzero(~sound)[:1]:
        raise InputError(f"Unit {units.unit.iloc[row]!r} is no valid polygon: repair it first.", "units")


def _overlaps(shapes: Shapes, tree: shapely.STRtree) -> tuple[Rows, Rows, Shapes]:
    """Rows a before b of each pair, and the ground both have, without lines and points where they touch."""
    left, right = tree.query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    parts, pair = _parts(shapely.intersection(shapes[left], shapes[right]))
    real = width_m(parts) > ROUNDING_M
    pairs, position = np.unique(pair[real], return_inverse=True)
    return left[pairs], right[pairs], _joined(parts[real], position)


def _parts(shapes: Shapes) -> tuple[Shapes, Rows]:
    """Polygons in (n,) shapes of any kind, and the position of the shape each is from."""
    # a collection holds polygons or multipolygons beside lines: twice down reaches every polygon
    outer, at = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(outer, return_index=True)
    flat = shapely.get_type_id(parts) == 3
    return parts[flat], at[inner[flat]]


def _joined(parts: Shapes, position: Rows) -> Shapes:
    """Polygons with the same position, which are sorted, as one shape each."""
    if not len(parts):
        return parts
    shapes = np.asarray(shapely.multipolygons(parts, indices=position))
    alone = shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _gaps(shapes: Shapes, tree: shapely.STRtree, sliver_m: float) -> tuple[Shapes, list[Rows]]:
    """Gaps, and for each the rows of its neighbours, those first that share most of its outline."""
    union = shapely.get_parts(shapely.union_all(shapes))
    holes = _holes(union)
    holes = holes[width_m(holes) > ROUNDING_M]
    inlets = _inlets(shapely.union_all(_filled(union)), sliver_m)
    found = np.concatenate([holes, inlets])
    around = _neighbours(shapes, tree, found)
    # an inlet into one unit is a matter of its own outline, not of how it fits its neighbours
    kept = [row for row, near in enumerate(around) if row < len(holes) or len(near) > 1]
    return found[kept], [around[row] for row in kept]


def _holes(union: Shapes) -> Shapes:
    """Ground that (n,) separate polygons enclose, less what other polygons among them have of it."""
    rings, part = shapely.get_rings(union, return_index=True)
    holes = np.asarray(shapely.polygons(rings[np.diff(part, prepend=-1) == 0]))
    at, inside = shapely.STRtree(union).query(holes, predicate="contains")
    for row in np.unique(at):
        holes[row] = shapely.difference(holes[row], shapely.union_all(union[inside[at == row]]))
    return np.asarray(shapely.get_parts(holes))


def _filled(union: Shapes) -> Shapes:
    """Polygons without their holes."""
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(union)))


def _inlets(ground: shapely.Geometry, sliver_m: float) -> Shapes:
    """Ground in, or behind, openings to the outside up to ``sliver_m`` wide.

    Growing the ground by half the width, filling what it then encloses, and shrinking it again fills such openings;
    corners are kept sharp, so that nothing else is filled. What that leaves along every edge is rounding, and goes.
    """
    grown = shapely.get_parts(shapely.buffer(ground, sliver_m / 2, **_SHARP))
    closed = shapely.buffer(shapely.union_all(_filled(grown)), -sliver_m / 2, **_SHARP)
    rest = shapely.buffer(shapely.difference(closed, ground), -ROUNDING_M, **_SHARP)
    pieces = shapely.get_parts(shapely.buffer(rest, ROUNDING_M, **_SHARP))
    outline = shapely.boundary(pieces)
    walls = shapely.intersection(outline, shapely.buffer(ground, 3 * ROUNDING_M, **_SHARP))
    closed_in = shapely.length(walls) >= (1 - OPEN_SHARE) * shapely.length(outline)
    return np.asarray(pieces[closed_in & ~shapely.is_empty(pieces)])


def _neighbours(shapes: Shapes, tree: shapely.STRtree, gaps: Shapes) -> list[Rows]:
    """Rows of the units along each gap: a hem around it is as long in a unit as the edge they share."""
    hem = shapely.buffer(gaps, _NEAR_M, quad_segs=1)
    gap, row = tree.query(hem, predicate="intersects")
    shared_m = shapely.area(shapely.intersection(hem[gap], shapes[row])) / _NEAR_M
    along = shared_m > np.minimum(_CORNER_M, _CORNER_SHARE * shapely.length(gaps[gap]))
    gap, row, shared_m = gap[along], row[along], shared_m[along]
    order = np.lexsort((row, -shared_m, gap))
    return np.split(row[order], np.searchsorted(gap[order], np.arange(1, len(gaps)))) if len(gaps) else []


Thin = tuple[str, Rows, Rows, Shapes]
"""Kind of sliver, rows of both units (-1 for none), shapes."""


def _thin_overlaps(left: Rows, right: Rows, shared: Shapes, sliver_m: float) -> Thin:
    parts, pair = _parts(shared)
    thin = width_m(parts) < sliver_m
    pairs, position = np.unique(pair[thin], return_inverse=True)
    return "overlap", left[pairs], right[pairs], _joined(parts[thin], position)


def _thin_gaps(gaps: Shapes, around: list[Rows], sliver_m: float) -> Thin:
    both = np.array([[*rows[:2], -1, -1][:2] for rows in around], np.intp).reshape(-1, 2)
    both = np.where((both[:, :1] > both[:, 1:]) & (both[:, 1:] >= 0), both[:, ::-1], both)
    thin = width_m(gaps) < sliver_m
    return "gap", both[thin, 0], both[thin, 1], gaps[thin]


def _thin_parts(shapes: Shapes, sliver_m: float) -> Thin:
    parts, row = shapely.get_parts(shapes, return_index=True)
    thin = (np.bincount(row, minlength=len(shapes))[row] > 1) & (width_m(parts) < sliver_m)
    return "part", row[thin], np.full(int(thin.sum()), -1, np.intp), parts[thin]


def _slivers(crs: Any, ids: NDArray[np.object_], thin: list[Thin]) -> gpd.GeoDataFrame:
    """One frame of all kinds; ``ids`` ends with the empty one, so that row -1 has it."""
    kinds, left, right, shapes = zip(*thin, strict=True)
    both = np.concatenate(shapes)
    kind = np.repeat(np.array(kinds, object), [len(part) for part in shapes])
    a, b = ids[np.concatenate(left)], ids[np.concatenate(right)]
    return _frame(crs, both, unit_a=a, unit_b=b, width_m=width_m(both), kind=kind)


def _tuples(rows: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    out = np.empty(len(rows), object)
    out[:] = [tuple(row) for row in rows]
    return out


def _frame(crs: Any, shapes: Shapes, **columns: Any) -> gpd.GeoDataFrame:
    """Frame of faults with their areas, the largest first."""
    frame = gpd.GeoDataFrame({**columns, "area_m2": shapely.area(shapes)}, geometry=shapes, crs=crs)
    return frame.sort_values("area_m2", ascending=False, kind="stable").reset_index(drop=True)
