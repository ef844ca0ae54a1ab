"""Which features cannot hold a point reliably, and their repair, said feature by feature."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from geo_reports.city.toml import Findings

Shapes = NDArray[np.object_]
MAX_VERTICES = 2_000_000
"""More takes minutes to examine and to draw; a city of 1,400 units has some 90,000."""
MAX_POLYGON_VERTICES = 100_000
"""GEOS may take time with the square of the crossings of one ring; no unit of a city has as many."""
MAX_CROSSINGS = 1000
"""GEOS took 14 s to repair a scribble of 300 positions with 9,000 crossings; real faults have one or two."""
SAMPLED_SEGMENTS = 50
POLYGONS = (3, 6)
WGS84 = CRS("EPSG:4326")


@dataclass(frozen=True)
class Where:
    """The file findings are about, and how its features are called."""

    path: Path
    label: Callable[[int], str] = "feature {}".format
    or_skip: str = ""


def countable(frame: gpd.GeoDataFrame, where: Where, findings: Findings) -> bool:
    """Tell whether a layer has few enough vertices; a problem names its largest feature otherwise."""
    counts = shapely.get_num_coordinates(np.asarray(frame.geometry.array))
    row, total = int(counts.argmax()), int(counts.sum())
    remedy = "simplify it to 1 m, which no map shows"
    if counts[row] > MAX_POLYGON_VERTICES:
        wrong = f"has {counts[row]:,} vertices, more than {MAX_POLYGON_VERTICES:,}"
        findings.problem(where.path, where.label(row), wrong, remedy)
    elif total > MAX_VERTICES:
        findings.problem(where.path, "file", f"has {total:,} vertices, more than {MAX_VERTICES:,}", remedy)
    else:
        return True
    return False


def infinite(shapes: Shapes, where: Where, findings: Findings) -> NDArray[np.bool_]:
    """Note features with coordinates that are no finite numbers, and tell which they are."""
    positions, rows = shapely.get_coordinates(shapes, return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    found[rows[~np.isfinite(positions).all(axis=1)]] = True
    for row in np.flatnonzero(found):
        wrong = "has a coordinate that is not finite (NaN or infinite)"
        findings.problem(where.path, where.label(int(row)), wrong, "correct it, or export the layer again")
    return found


def absent(shapes: Shapes, where: Where, findings: Findings) -> None:
    """Note features that hold no polygon."""
    for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)):
        wrong = "has no geometry that can be read"
        findings.problem(where.path, where.label(int(row)), wrong, "draw it or remove it")
    for row in np.flatnonzero(not_polygons(shapes)):
        remedy = "keep polygons only" + where.or_skip
        findings.problem(where.path, where.label(int(row)), f"is a {shapes[row].geom_type}", remedy)


def repeated(shapes: Shapes, where: Where, findings: Findings) -> None:
    """Note polygons that come twice: every report there would have two units."""
    first: dict[bytes, int] = {}
    for row, content in enumerate(shapely.to_wkb(shapes)):
        if content is not None and first.setdefault(content, row) != row:
            wrong = f"has the same polygon as {where.label(first[content])}"
            findings.problem(where.path, where.label(row), wrong, "keep one of the two")


def beyond(shapes: Shapes, where: Where, findings: Findings) -> None:
    """Note features in WGS 84 degrees that leave the world, or go around it."""
    west, south, east, north = shapely.bounds(shapes).T
    outside = (west < -180) | (south < -90) | (east > 180) | (north > 90) | np.isinf(west)
    for row in np.flatnonzero(outside):
        findings.problem(
            where.path,
            where.label(int(row)),
            "lies outside the world in degrees",
            "set the layer's true coordinate system; cut it at 180° where it crosses that line",
        )
    for row in np.flatnonzero((east - west > 180) & ~outside):
        wrong = "spans more than half the world: it crosses the line of 180°"
        findings.problem(where.path, where.label(int(row)), wrong, "cut it in two parts at 180°")


def to_wgs84(frame: gpd.GeoDataFrame, path: Path, findings: Findings) -> gpd.GeoDataFrame | None:
    """Reproject to WGS 84 degrees; None with a problem where the coordinate system has no place on Earth."""
    try:
        return frame.to_crs(WGS84)
    except (ProjError, CRSError) as error:
        reason = str(error).splitlines()[0][:100]
        wrong = f"has a coordinate system, {short(frame.crs)}, without a place on Earth ({reason})"
        findings.problem(path, "file", wrong, "find the true one, such as EPSG:32719, and set it")
        return None


def short(crs: CRS) -> str:
    """``EPSG:32719`` where a coordinate system has a code, its name otherwise."""
    code = crs.to_authority()
    return ":".join(code) if code else str(crs.name)


def not_polygons(shapes: Shapes) -> NDArray[np.bool_]:
    """Tell which shapes are there, but are points, lines or collections."""
    kinds = shapely.get_type_id(shapes)
    found: NDArray[np.bool_] = ~np.isin(kinds, POLYGONS) & ~shapely.is_empty(shapes) & (kinds >= 0)
    return found


def invalid(shapes: Shapes) -> NDArray[np.int64]:
    """Rows of polygons whose rings cross or touch themselves."""
    usable = np.isin(shapely.get_type_id(shapes), POLYGONS)
    return np.flatnonzero(usable & ~shapely.is_valid(shapes))


def mended(shape: Any, where: Where, row: int, findings: Findings) -> Any | None:
    """Return the polygons of an invalid shape made valid, or None with a problem when that cannot be done."""
    if _crossings(shape) > MAX_CROSSINGS:
        wrong = f"crosses itself more than {MAX_CROSSINGS:,} times"
        findings.problem(where.path, where.label(row), wrong, "draw it again: nobody can tell what it meant")
        return None
    parts = shapely.get_parts(shapely.make_valid(shape))
    # make_valid may leave lines and points behind
    whole = shapely.union_all([part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")])
    if whole.is_empty:
        wrong = "has no area left once its rings are repaired"
        findings.problem(where.path, where.label(row), wrong, "draw it again or remove it")
        return None
    return whole


def _crossings(shape: Any) -> int:
    """Estimate how often the segments of a polygon meet others than their neighbours, from a sample."""
    positions, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    starts = np.flatnonzero(ring[1:] == ring[:-1])
    segments: Any = shapely.linestrings(np.stack([positions[starts], positions[starts + 1]], axis=1))
    sample = segments[:: max(1, len(segments) // SAMPLED_SEGMENTS)]
    met = shapely.STRtree(segments).query(sample, predicate="intersects").shape[1]
    neighbours = 3 * len(sample)  # the one before, itself, the one after
    return int(max(0, met - neighbours) * len(segments) / len(sample) / 2)
