"""Two editions of one layer laid over each other: what moved, and which ground came from where."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

MOVED_M = 1.0
"""A border has moved where the strip it swept is at least this wide: less is rounding or redigitizing."""

Shapes = NDArray[np.object_]
Flags = NDArray[np.bool_]


def compare(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_crs: str) -> pd.DataFrame:
    """What became of every unit.

    Parameters
    ----------
    old, new : GeoDataFrame
        Two editions: ``unit`` (unique), ``name`` and polygons in any CRS.
    metric_crs : str
        Projected CRS in metres, for areas.

    Returns
    -------
    DataFrame
        A row per unit of either edition, sorted by ``unit``: unit, name_old, name_new, change, area_km2_old,
        area_km2_new, area_kept_km2, area_lost_km2, area_gained_km2. ``change`` is "added", "removed", "moved" (its
        border, whatever its name), "renamed" (only its name) or "same". Where units of one edition overlap,
        the ground is that of the first in the frame, as reports are counted.
    """
    before, after = _by_unit(old, metric_crs), _by_unit(new, metric_crs)
    units = sorted({*before.index, *after.index})
    nothing = shapely.Polygon()
    one = before["shape"].reindex(units).map(lambda shape: shape if isinstance(shape, shapely.Geometry) else nothing)
    two = after["shape"].reindex(units).map(lambda shape: shape if isinstance(shape, shapely.Geometry) else nothing)
    was, now = np.asarray(one, object), np.asarray(two, object)
    names = [side.name.reindex(units, fill_value="").to_numpy(object) for side in (before, after)]
    moved = wide(shapely.symmetric_difference(was, now))
    kept = shapely.area(shapely.intersection(was, now))
    here = pd.Index(units).isin(before.index), pd.Index(units).isin(after.index)
    return pd.DataFrame(
        {
            "unit": units,
            "name_old": names[0],
            "name_new": names[1],
            "change": np.select(
                [~here[0], ~here[1], moved, names[0] != names[1]], ["added", "removed", "moved", "renamed"], "same"
            ).astype(object),
            "area_km2_old": shapely.area(was) / 1e6,
            "area_km2_new": shapely.area(now) / 1e6,
            "area_kept_km2": kept / 1e6,
            "area_lost_km2": np.maximum(shapely.area(was) - kept, 0.0) / 1e6,
            "area_gained_km2": np.maximum(shapely.area(now) - kept, 0.0) / 1e6,
        }
    )


def pairs(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_crs: str) -> pd.DataFrame:
    """Where the ground of each unit went: unit_old, unit_new, area_km2, share_old, share_new.

    An empty unit is ground that only one of the editions covers. ``share_old`` is the part of the old unit,
    ``share_new`` that of the new one; NaN for the empty unit. Parts are those of ``overlay``.
    """
    parts = overlay(old, new, metric_crs)
    table = pd.DataFrame({"unit_old": parts.unit_old, "unit_new": parts.unit_new, "area_km2": parts.area / 1e6})
    for side in ("old", "new"):
        whole = table.groupby(f"unit_{side}").area_km2.transform("sum")
        table[f"share_{side}"] = (table.area_km2 / whole).where(table[f"unit_{side}"] != "")
    return table


def overlay(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoDataFrame:
    """Ground common to an old and a new unit: unit_old, unit_new, geometry in ``metric_crs``, sorted.

    Parts nowhere ``MOVED_M`` wide are left out, but for the largest of an old unit, so that each unit keeps one.
    Ground of only one edition has an empty unit on the other side.
    """
    one, two = _by_unit(old, metric_crs), _by_unit(new, metric_crs)
    was, now = np.asarray(one["shape"], object), np.asarray(two["shape"], object)
    left, right = shapely.STRtree(now).query(was, predicate="intersects")
    both = pd.DataFrame(
        {
            "unit_old": one.index.to_numpy(object)[left],
            "unit_new": two.index.to_numpy(object)[right],
            "geometry": shapely.intersection(was[left], now[right]),
        }
    )
    gone = pd.DataFrame({"unit_old": one.index, "unit_new": "", "geometry": _rest(was, now)})
    come = pd.DataFrame({"unit_old": "", "unit_new": two.index, "geometry": _rest(now, was)})
    parts = pd.concat([both, gone, come], ignore_index=True)
    area = pd.Series(shapely.area(np.asarray(parts.geometry, object)))
    largest = area.groupby(parts.unit_old).transform("max")
    keep = wide(np.asarray(parts.geometry, object)) | ((area == largest) & (parts.unit_old != "") & (area > 0))
    found = parts[keep].sort_values(["unit_old", "unit_new"]).reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=metric_crs)


def wide(shapes: Shapes, width_m: float = MOVED_M) -> Flags:
    """Tell which (m,) shapes in metres hold a circle of diameter ``width_m``."""
    area, length = shapely.area(shapes), shapely.length(shapes)
    # the largest circle in a shape has a radius of at least area / perimeter: most need no closer look
    sure: Flags = 2 * area >= width_m * length
    sure &= area > 0
    open_ = ~sure & (area > 0)
    sure[open_] = ~shapely.is_empty(shapely.buffer(shapes[open_], -width_m / 2))
    return sure


def flat(units: gpd.GeoDataFrame, metric_crs: str) -> Shapes:
    """Valid polygons in metres without overlaps: shared ground is the first's, as it is for a point."""
    shapes: Shapes = np.array(units.to_crs(metric_crs).geometry.array, dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    first, later = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    ordered = first < later
    first, later = first[ordered], later[ordered]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[later])) > 0
    for a, b in sorted(zip(first[shared].tolist(), later[shared].tolist(), strict=True)):
        shapes[b] = shapely.difference(shapes[b], shapes[a])
    return shapes


def _by_unit(units: gpd.GeoDataFrame, metric_crs: str) -> pd.DataFrame:
    frame = pd.DataFrame({"name": units.name.to_numpy(object), "shape": flat(units, metric_crs)})
    return frame.set_index(pd.Index(units.unit.to_numpy(object), name="unit"))


def _rest(shapes: Shapes, others: Shapes) -> Shapes:
    """What is left of each shape outside all others."""
    tree = shapely.STRtree(others)
    left, right = tree.query(shapes, predicate="intersects")
    covers: Shapes = np.array([shapely.union_all(others[right[left == row]]) for row in range(len(shapes))], object)
    rest: Shapes = shapely.difference(shapes, covers)
    return rest
