"""Point to unit: exactly one unit of a layer per point, or none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geo_reports.errors import InputError
from geo_reports.geography.assign.edges import edges_of
from geo_reports.geography.assign.gaussian import sigma_of
from geo_reports.geography.assign.kernel import SUB, Floats, Longs
from geo_reports.geography.assign.machine import Loops
from geo_reports.geography.assign.machine import compiled as compiled_loops
from geo_reports.geography.assign.nearest import NearestUnit
from geo_reports.geography.assign.raster import Raster, build
from geo_reports.geography.assign.settle import look_up, look_up_all, settle, warm_up
from geo_reports.geography.assign.uncertain import UncertainPlaces

MANY = 100_000
"""From this many points on, compiled code earns back the second that loading it takes."""
SHARE = 65_536
"""Points one thread takes at a time."""

Work = Callable[[Floats, Floats, Longs], None]


class AssignmentIndex:
    """Assigns points to the polygons of one layer.

    A point belongs to a unit when it lies inside it or on its border. On a shared border, and where
    units overlap, the unit that comes first in ``units`` wins; ``city`` sorts units by their id, so
    the answer does not depend on the order of a file.

    A raster over the layer answers at once where no border passes. In a cell that a border crosses only
    the edges within it are tested, and points within rounding error of an edge are decided by exact
    predicates (GEOS): docs/method-assignment.md. The index may be used by many threads.

    Parameters
    ----------
    units : GeoDataFrame
        (n,) polygons, any CRS. Points are given in the same CRS. Missing and empty ones hold no point.

    Raises
    ------
    InputError
        A unit is no polygon, or a coordinate is not a finite number.
    """

    def __init__(self, units: gpd.GeoDataFrame) -> None:
        self._units = units.geometry
        self._shapes = np.asarray(self._units.array)
        edges = edges_of(self._shapes)
        self._raster: Raster | None = build(edges) if len(edges.start) else None
        self._nearest: dict[str, NearestUnit] = {}
        self._uncertain: dict[str, UncertainPlaces] = {}
        if self._raster is None:
            return
        warm_up(self._shapes, edges)
        self._prepare_one(self._raster)

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes, without the polygons."""
        return self._raster.nbytes if self._raster else 0

    def assign(
        self, lon: ArrayLike, lat: ArrayLike, *, threads: int = 1, compiled: bool | None = None
    ) -> NDArray[np.int64]:
        """Row positions of the units that hold the points.

        Parameters
        ----------
        lon, lat : (m,) float
            x and y in the CRS of the units. Not-a-number lies in no unit.
        threads : int
            Threads that share the work.
        compiled : bool, optional
            Whether to use compiled code (extra ``fast``), which gives the same answers; by default it is used
            for many points where it is installed.

        Returns
        -------
        (m,) int64
            Row position in ``units``; -1 outside all of them.

        Raises
        ------
        InputError
            ``lon`` and ``lat`` are not two lists of the same length.
        MissingExtra
            Compiled code was asked for and is not installed.
        """
        x, y = np.ascontiguousarray(lon, np.float64), np.ascontiguousarray(lat, np.float64)
        if x.shape != y.shape or x.ndim != 1:
            raise InputError(f"Give as many longitudes as latitudes, not {x.shape} and {y.shape}.")
        if compiled is None:
            compiled = len(x) >= MANY and find_spec("numba") is not None
        found = np.empty(len(x), np.int64)
        if self._raster is None:
            found[:] = -1
        elif compiled:
            _shared(partial(self._compiled, self._raster, compiled_loops()), x, y, found, threads)
        else:
            _shared(partial(look_up_all, self._raster, self._shapes), x, y, found, threads)
        return found

    def _compiled(self, raster: Raster, loops: Loops, x: Floats, y: Floats, found: Longs) -> None:
        doubt = loops.run(raster, x, y, found)
        if len(doubt):
            number = -2 - look_up(raster, x[doubt], y[doubt])
            found[doubt] = settle(raster, self._shapes, number, x[doubt], y[doubt])

    def _prepare_one(self, raster: Raster) -> None:
        # plain numbers and views: Python reads them several times faster than arrays
        grid = raster.grid
        self._at = (grid.x0, grid.y0, grid.per_x, grid.columns // SUB, grid.rows // SUB)
        self._blocks, self._inner = raster.blocks.data, raster.inner.data
        self._first, self._candidate = raster.first.data, raster.candidate.ravel().data

    def assign_one(self, lon: float, lat: float) -> int:
        """Row position of the unit that holds one point, or -1."""
        if self._raster is None:
            return -1
        x0, y0, per_x, columns, rows = self._at
        u, v = (lon - x0) * per_x, (lat - y0) * per_x
        if not (0 <= u < columns and 0 <= v < rows):
            return -1
        column, row = int(u), int(v)
        code: int = self._blocks[row * columns + column]
        if code >= -1:
            return code
        code = self._inner[((-2 - code) * SUB + int((v - row) * SUB)) * SUB + int((u - column) * SUB)]
        if code >= -1:
            return code
        for c in range(self._first[-2 - code], self._first[-1 - code]):
            unit: int = self._candidate[2 * c] >> 2
            if shapely.intersects_xy(self._shapes[unit], lon, lat):
                return unit
        return -1

    def nearest(self, lon: ArrayLike, lat: ArrayLike, metric_crs: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Units nearest to the points, and how far away they are.

        Parameters
        ----------
        lon, lat : (m,) float
            x and y in the CRS of the units.
        metric_crs : str
            A CRS with metres in which distances are measured, for example the city's.

        Returns
        -------
        row : (m,) int64
            Row position in ``units``, the first where several are equally near; the unit itself where one
            holds the point. -1 where the point cannot be placed in ``metric_crs``, or there are no units.
        distance_m : (m,) float64
            Metres to its border, 0 for a point it holds, not-a-number with row -1.
        """
        if metric_crs not in self._nearest:
            self._nearest[metric_crs] = NearestUnit(self._units, metric_crs)
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        row, distance_m = self._nearest[metric_crs].find(x, y)
        # moving polygons to another CRS rounds them: who holds a point is said in their own
        held = self.assign(x, y)
        return np.where(held >= 0, held, row), np.where(held >= 0, 0.0, distance_m)

    def probabilities(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        accuracy_m: ArrayLike,
        *,
        metric_crs: str,
        level: ArrayLike = 0.95,
    ) -> pd.DataFrame:
        """Units that may hold the points, and how probably.

        The true place is taken to be spread around the point as a circular Gaussian, anywhere being as likely
        beforehand: docs/method-uncertainty.md.

        Parameters
        ----------
        lon, lat : (m,) float
            x and y in the CRS of the units.
        accuracy_m : (m,) float or float
            Radius in metres of the circle that holds the true place with probability ``level``. Not-a-number,
            and less than about a centimetre, is exact.
        metric_crs : str
            A CRS with metres in which accuracies are measured, for example the city's.
        level : (m,) float or float
            0.95 is what browsers promise (W3C Geolocation, 2024, ``accuracy``).

        Returns
        -------
        DataFrame
            ``point`` (position among the points), ``unit`` (row position, -1 outside), ``p``: sorted by the first two,
            adding up to 1 for each point. An exact point has one row, that of ``assign``. Wrong by at most 1e-6.

        Raises
        ------
        InputError
            Lists of different lengths, an accuracy that is negative or infinite, a level not between 0 and 1, or
            units without a CRS.
        """
        held = self.assign(lon, lat)
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        sigma = sigma_of(accuracy_m, level)
        if sigma.ndim > 1 or sigma.size not in (1, len(x)):
            raise InputError(f"Give one accuracy, or as many as points ({len(x)}), not {sigma.size}.", "accuracy_m")
        if self._raster is None:
            return pd.DataFrame({"point": np.arange(len(x)), "unit": held, "p": np.ones(len(x))})
        if metric_crs not in self._uncertain:
            self._uncertain[metric_crs] = UncertainPlaces(self._units, self._raster, metric_crs)
        return self._uncertain[metric_crs].find(x, y, np.broadcast_to(sigma, x.shape), held)


def _shared(work: Work, x: Floats, y: Floats, found: Longs, threads: int) -> None:
    """Do the work in pieces, by several threads when there are enough of them."""
    if threads <= 1 or len(x) <= SHARE:
        work(x, y, found)
        return
    pieces = [slice(begin, begin + SHARE) for begin in range(0, len(x), SHARE)]
    with ThreadPoolExecutor(min(threads, len(pieces))) as pool:
        for done in [pool.submit(work, x[piece], y[piece], found[piece]) for piece in pieces]:
            done.result()
