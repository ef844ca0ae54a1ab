"""Kernel density: a smooth surface of how likely a point is, with a Gaussian kernel.

Each point is shared out among the four nodes around it of a lattice that is fine beside the bandwidth (Wand 1994, Fast
computation of multivariate kernel estimators, Journal of Computational and Graphical Statistics 3, 433-445), and the
lattice is smoothed along one axis and then the other: two products of matrices, however many points there are. Sharing
out over a mesh c adds c squared / 6 to the variance of the kernel; it is taken off again.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from geo_reports.analysis.weights import finite
from geo_reports.errors import InputError

Floats = NDArray[np.float64]
REACH = 5.5
"""Bandwidths beyond which a kernel is left out: less than 1e-7 of it."""
NODES_PER_BANDWIDTH = 5.0
MOST_NODES = 40_000_000


@dataclass(frozen=True, eq=False)
class Density:
    """A density surface.

    ``values`` is (rows, columns), from the south and the west, in points per square unit of the CRS divided by ``n``:
    over the whole plane it sums to 1. ``x`` and ``y`` are the centres of its cells.
    """

    values: Floats
    x: Floats
    y: Floats
    bandwidth: float
    n: int
    edge: str

    @property
    def intensity(self) -> Floats:
        """Points per square unit."""
        return self.values * self.n


def kernel_density(
    x: ArrayLike,
    y: ArrayLike,
    bandwidth: float,
    bounds: tuple[float, float, float, float],
    shape: tuple[int, int],
    edge: Literal["none", "rectangle"] = "none",
) -> Density:
    """Gaussian kernel density of (n,) points at the centres of the cells of a rectangle.

    Parameters
    ----------
    x, y : (n,) float
        Positions in a projected CRS. Points outside ``bounds`` count as far as their kernel reaches in.
    bandwidth : float
        Standard deviation of the kernel in units of the CRS.
    bounds : (x min, y min, x max, y max)
    shape : (rows, columns)
    edge : {"none", "rectangle"}
        ``rectangle`` divides by the part of the kernel that lies in ``bounds``: for points that were observed there
        only (Diggle 1985, Journal of the Royal Statistical Society C 34, 138-147, uniform correction).

    Raises
    ------
    InputError
        Bad arrays, a bandwidth that is not positive or too small for the rectangle, or a shape without cells.
    """
    east, north = finite(x, "x"), finite(y, "y")
    _check(east, north, bandwidth, bounds, shape)
    rows, columns = shape
    axes = [
        _Axis(bounds[0], bounds[2], columns, bandwidth),
        _Axis(bounds[1], bounds[3], rows, bandwidth),
    ]
    if axes[0].nodes * axes[1].nodes > MOST_NODES:
        raise InputError("This bandwidth is too small for so large a rectangle: choose a wider one.", field="bandwidth")
    nodes = _share_out(east, north, *axes)
    kernels = [axis.kernel(bandwidth) for axis in axes]
    values = kernels[1] @ nodes @ kernels[0].T / max(east.size, 1)
    if edge == "rectangle":
        inside = [axis.inside(bandwidth) for axis in axes]
        values = values / np.outer(inside[1], inside[0])
    return Density(values, axes[0].centres, axes[1].centres, float(bandwidth), int(east.size), edge)


class _Axis:
    """One axis: the centres asked for, and nodes that reach beyond them as far as a kernel does."""

    def __init__(self, low: float, high: float, n: int, bandwidth: float) -> None:
        self.low, self.high, step = low, high, (high - low) / n
        self.centres: Floats = low + (np.arange(n, dtype=np.float64) + 0.5) * step
        self.mesh = step / max(1, int(np.ceil(step * NODES_PER_BANDWIDTH / bandwidth)))
        beyond = int(np.ceil(REACH * bandwidth / self.mesh))
        self.nodes = round((high - low) / self.mesh) + 2 * beyond + 1
        self.start = low - beyond * self.mesh

    def scaled(self, values: Floats) -> Floats:
        """Position of each value in meshes from the first node; beyond the nodes where it lies beyond their reach."""
        return (values - self.start) * (1.0 / self.mesh)

    def kernel(self, bandwidth: float) -> Floats:
        """(n, nodes) density that a point at each node gives each centre."""
        spread = np.sqrt(bandwidth**2 - self.mesh**2 / 6)
        places = self.start + np.arange(self.nodes) * self.mesh
        scaled = (self.centres[:, None] - places[None, :]) / spread
        return np.asarray(np.exp(-0.5 * scaled**2) / (spread * np.sqrt(2 * np.pi)))

    def inside(self, bandwidth: float) -> Floats:
        """Part of the kernel at each centre that lies between the limits."""
        upper, lower = (self.high - self.centres) / bandwidth, (self.low - self.centres) / bandwidth
        return np.asarray(special.ndtr(upper) - special.ndtr(lower))


def _share_out(east: Floats, north: Floats, across: _Axis, up: _Axis) -> Floats:
    """(rows, columns) nodes, each with its part of the points around it."""
    u, v = across.scaled(east), up.scaled(north)
    near = (u >= 0) & (u < across.nodes - 1) & (v >= 0) & (v < up.nodes - 1)
    if not near.all():
        u, v = u[near], v[near]
    column, row = u.astype(np.int64), v.astype(np.int64)
    u -= column
    v -= row
    shape = up.nodes, across.nodes
    code = row * across.nodes + column
    n, by_u, by_v, by_both = (
        np.bincount(code, weight, minlength=shape[0] * shape[1]).reshape(shape) for weight in (None, u, v, u * v)
    )
    nodes = n - by_u - by_v + by_both
    nodes[:, 1:] += (by_u - by_both)[:, :-1]
    nodes[1:] += (by_v - by_both)[:-1]
    nodes[1:, 1:] += by_both[:-1, :-1]
    return np.asarray(nodes, np.float64)


def _check(
    east: Floats,
    north: Floats,
    bandwidth: float,
    bounds: tuple[float, float, float, float],
    shape: tuple[int, int],
) -> None:
    if east.size != north.size:
        raise InputError(f"x and y hold {east.size} and {north.size} points; give as many of both.", field="y")
    if not 0 < bandwidth < np.inf:
        raise InputError(f"The bandwidth is {bandwidth}; it is a positive distance.", field="bandwidth")
    if not (bounds[2] > bounds[0] and bounds[3] > bounds[1]):
        raise InputError("bounds is x min, y min, x max, y max of a rectangle with an area.", field="bounds")
    if len(shape) != 2 or min(shape) < 1:
        raise InputError("shape is the number of rows and of columns, at least 1 each.", field="shape")
