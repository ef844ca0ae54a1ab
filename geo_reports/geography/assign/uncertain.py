"""Point to units with probabilities, for a point that is known with an accuracy."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geo_reports.errors import InputError
from geo_reports.geography.assign.around import Surroundings
from geo_reports.geography.assign.edges import POLYGONAL, edges_of
from geo_reports.geography.assign.gaussian import REACH, edge_terms
from geo_reports.geography.assign.kernel import Floats, Longs
from geo_reports.geography.assign.raster import Raster, build
from geo_reports.geography.assign.settle import look_up_all, warm_up

LEAST_M = 0.01
"""Standard deviations below this are none: the layers themselves are drawn less exactly."""
LEAST_P = 1e-7
"""Smaller probabilities are left out: they are not larger than the error of the integral."""
STRAIGHT_M = 200
"""Longer edges are cut before they are moved: straight lines of degrees bend, this long by about a millimetre."""
LEAST_M2 = 0.01
"""Units that share less have a common border that rounding made two."""
PAIRS = 250_000
"""Points times edges near them that are worked on at once."""
Pairs = tuple[Longs, Longs, Floats]
"""Point, unit and probability."""


class UncertainPlaces:
    """Integrates Gaussians over the units of a layer.

    Parameters
    ----------
    units : GeoSeries
        (n,) polygons.
    raster : Raster
        Their cells, in their CRS.
    metric_crs : str
        A CRS with metres in which accuracies are measured.

    Raises
    ------
    InputError
        The units have no CRS.
    """

    def __init__(self, units: gpd.GeoSeries, raster: Raster, metric_crs: str) -> None:
        if units.crs is None:
            raise InputError("Distances in metres need to know the coordinate system (CRS) of the units.")
        self._move = Transformer.from_crs(units.crs, metric_crs, always_xy=True)
        self._around = Surroundings(raster, self._move)
        cut = units.segmentize(STRAIGHT_M * self._around.metre) if units.crs != metric_crs else units
        self._shapes = without_overlaps(np.asarray(cut.to_crs(metric_crs).array))
        edges = edges_of(self._shapes)
        self._raster = build(edges)
        warm_up(self._shapes, edges)
        # "normalize" runs shells clockwise: turned round, the inside is to the left
        a, b = edges.start + 1, edges.start
        self._ends = np.stack([edges.x[a], edges.y[a], edges.x[b], edges.y[b]])
        self._unit, self._n = edges.unit, len(self._shapes)
        self._tree = shapely.STRtree(np.asarray(shapely.linestrings(self._ends.T.reshape(-1, 2, 2))))
        self._tree.query(shapely.Point(0, 0))  # as in warm_up

    def find(self, x: Floats, y: Floats, sigma: Floats, held: Longs) -> pd.DataFrame:
        """Frame of ``AssignmentIndex.probabilities`` for (m,) points in the CRS of the units that lie in ``held``.

        ``sigma`` is in metres, not-a-number where a point is taken as exact.
        """
        exact = ~(sigma >= LEAST_M) | ~np.isfinite(x) | ~np.isfinite(y)
        pieces = np.zeros(len(x), np.int64)
        vague = np.flatnonzero(~exact)
        pieces[vague] = self._around.count(x[vague], y[vague], REACH * sigma[vague])
        near = np.flatnonzero(pieces)
        sure = np.flatnonzero(pieces == 0)
        found: list[Pairs] = [(sure, held[sure], np.ones(len(sure)))]
        moved = self._move.transform(x[near], y[near])
        # as many points at a time as have so many pieces of border near them
        share = np.cumsum(pieces[near]) // PAIRS
        for part in np.split(np.arange(len(near)), np.flatnonzero(np.diff(share)) + 1) if len(near) else []:
            point, unit, p = self._integrate(moved[0][part], moved[1][part], sigma[near[part]])
            found.append((near[part][point], unit, p))
        point, unit, p = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((unit, point))
        return pd.DataFrame({"point": point[order], "unit": unit[order], "p": p[order]})

    def _integrate(self, x: Floats, y: Floats, sigma: Floats) -> Pairs:
        """Point, unit and probability for (k,) points in metres, by point."""
        x, y, reach = x.copy(), y.copy(), REACH * sigma
        point, edge = self._tree.query(shapely.box(x - reach, y - reach, x + reach, y + reach))
        ends = self._ends[:, edge]
        # at a corner "inside" is neither 0 nor 1: such a point is moved by a millionth of its uncertainty
        step = np.maximum(1e-6 * sigma, 1e-6)
        corner = np.unique(point[np.hypot(ends[0] - x[point], ends[1] - y[point]) < step[point]])
        x[corner] += 0.6 * step[corner]
        y[corner] += 0.8 * step[corner]
        at = np.stack([x[point], y[point], x[point], y[point]])
        terms = edge_terms(*(ends - at) / sigma[point])
        held = np.empty(len(x), np.int64)
        look_up_all(self._raster, self._shapes, x, y, held)
        inside = np.flatnonzero(held >= 0)
        key = np.concatenate([point * self._n + self._unit[edge], inside * self._n + held[inside]])
        pair, which = np.unique(key, return_inverse=True)
        p = np.bincount(which, np.concatenate([terms, np.ones(len(inside))]), minlength=len(pair)).astype(np.float64)
        # a point on a border may be held by one unit and, by rounding, lie on the other side of the edge
        p = np.where(p > 1 + 1e-6, p - 1, np.where(p < -1e-6, p + 1, p))
        return _whole(pair // self._n, pair % self._n, p, len(x))


def _whole(point: Longs, unit: Longs, p: Floats, n: int) -> Pairs:
    """Add unit -1 for what is outside, leave out what is nothing, and let (n,) points sum to 1 exactly."""
    outside = 1 - np.bincount(point, np.clip(p, 0, 1), minlength=n)
    point, unit = np.concatenate([np.arange(n), point]), np.concatenate([np.full(n, -1), unit])
    p = np.clip(np.concatenate([outside, p]), 0, 1)
    some = p >= LEAST_P
    point, unit, p = point[some], unit[some], p[some]
    return point, unit, p / np.bincount(point, p, minlength=n)[point]


def without_overlaps(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygons (n,) as ``assign`` sees them, shells clockwise: what two share belongs to the first alone."""
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes = np.where(broken, shapely.make_valid(shapes), shapes)
    first, later = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, later = first[first < later], later[first < later]
    # only where they share an area: most neighbors share a line
    area = shapely.relate_pattern(shapes[first], shapes[later], "T********")
    first, later = first[area], later[area]
    area = shapely.area(shapely.intersection(shapes[first], shapes[later])) > LEAST_M2
    first, later = first[area], later[area]
    for unit in np.unique(later):
        shapes[unit] = shapely.difference(shapes[unit], shapely.union_all(shapes[first[later == unit]]))
    return np.asarray(shapely.normalize(_only_areas(shapes)), object)


def _only_areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes without the points and lines that are left over where borders only touch."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), [-1, *POLYGONAL]))
    for unit in mixed:
        parts = shapely.get_parts(shapely.get_parts(shapes[unit]))
        shapes[unit] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGONAL)])
    return shapes
