"""Local Moran's I: where neighbors are alike, or a place stands out from them.

Anselin, L. (1995), Local indicators of spatial association, Geographical Analysis 27, 93-115. Sokal, R. R., Oden, N. L.
and Thomson, B. A. (1998), Local spatial autocorrelation in a biological model, Geographical Analysis 30, 331-354, for
the moments given the value of the place itself.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geo_reports.analysis.significance import benjamini_hochberg, two_sided_p
from geo_reports.analysis.weights import Transform, as_matrix, finite, row_sums
from geo_reports.errors import InputError

Floats = NDArray[np.float64]
QUADRANTS = ("high-high", "low-high", "low-low", "high-low")
"""The place itself, then its neighbors."""


def local_moran(
    values: ArrayLike,
    weights: Any,
    *,
    transform: Transform = "row",
    permutations: int = 0,
    seed: int | None = None,
) -> pd.DataFrame:
    """Local Moran's I of each place.

    Parameters
    ----------
    values : (n,) float
    weights : libpysal.weights.W or scipy sparse matrix
        (n, n); a diagonal is ignored.
    transform : {"given", "binary", "row"}
        What to make of the weights first; row-standardised ones compare a place with the mean of its neighbors.
    permutations : int
        0 gives z and p from the moments under conditional randomisation; more give them from so many random
        neighborhoods of each place, of as many others as it has neighbors (their weights in the order of the row).
    seed : int, optional
        Of the permutations: the same seed gives the same frame.

    Returns
    -------
    DataFrame
        (n,) rows: ``i`` (with the variance's divisor n; PySAL's, with n - 1, is (n - 1) / n of it), ``expected``,
        ``variance``, ``z``, ``p`` (two-sided), ``q`` (Benjamini-Hochberg) and ``quadrant``. A place without neighbors
        has i 0 and z NaN.

    Raises
    ------
    InputError
        Values that are no numbers, weights for another number of places, or negative ``permutations``.
    """
    x = finite(values)
    if permutations < 0:
        raise InputError("permutations is 0, for the analytic answer, or more.", field="permutations")
    matrix = as_matrix(weights, x.size, transform)
    matrix = sparse.csr_array(matrix - sparse.diags_array(matrix.diagonal()))
    matrix.eliminate_zeros()
    deviation = x - x.mean() if x.size else x
    second = float((deviation**2).mean()) if x.size else 0.0
    around = matrix @ deviation
    if second <= 1e-24 * max(1.0, float(np.abs(x).max(initial=0.0)) ** 2) or x.size < 3:
        return _frame(deviation, around, *(np.full(x.size, np.nan) for _ in range(4)))
    i = deviation / second * around
    if permutations:
        expected, variance, p = _permuted(deviation, second, matrix, i, permutations, seed)
    else:
        expected, variance = _moments(deviation, second, matrix)
        p = None
    z = np.full(x.size, np.nan)
    np.divide(i - expected, np.sqrt(variance), out=z, where=variance > 0)
    return _frame(deviation, around, i, expected, variance, z, two_sided_p(z) if p is None else p)


def _moments(deviation: Floats, second: float, matrix: sparse.csr_array) -> tuple[Floats, Floats]:
    """Mean and variance of I when all values but that of the place itself change places."""
    n = deviation.size
    total, squares = row_sums(matrix), row_sums(sparse.csr_array(matrix.multiply(matrix)))
    square = deviation**2
    expected = -square * total / ((n - 1) * second)
    spread = (squares - total**2 / (n - 1)) * (second - square / (n - 1))
    return expected, np.maximum(square / second**2 * (n / (n - 2)) * spread, 0.0)


def _permuted(
    deviation: Floats, second: float, matrix: sparse.csr_array, i: Floats, permutations: int, seed: int | None
) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and two-sided pseudo p of I over random neighborhoods."""
    draw, n = np.random.default_rng(seed), deviation.size
    expected, variance, p = (np.full(n, np.nan) for _ in range(3))
    degree = np.diff(matrix.indptr)
    # one set of random orders serves every place: the k first others of an order are a random neighborhood
    most = int(degree.max(initial=0))
    orders = np.array([draw.permutation(n - 1)[:most] for _ in range(permutations)])
    for place in np.flatnonzero(degree):
        chosen = orders[:, : degree[place]]
        others = chosen + (chosen >= place)
        row = matrix.data[matrix.indptr[place] : matrix.indptr[place + 1]]
        simulated = deviation[place] / second * (deviation[others] @ row)
        expected[place], variance[place] = simulated.mean(), simulated.var()
        larger = int((simulated >= i[place]).sum())
        p[place] = min(1.0, 2 * (min(larger, permutations - larger) + 1) / (permutations + 1))
    return expected, variance, p


def _frame(
    deviation: Floats,
    around: Floats,
    i: Floats,
    expected: Floats,
    variance: Floats,
    z: Floats,
    p: Floats | None = None,
) -> pd.DataFrame:
    p = two_sided_p(z) if p is None else p
    place = np.where(deviation > 0, np.where(around > 0, 0, 3), np.where(around > 0, 1, 2))
    columns = {"i": i, "expected": expected, "variance": variance, "z": z, "p": p, "q": benjamini_hochberg(p)}
    return pd.DataFrame({**columns, "quadrant": np.array(QUADRANTS, object)[place]})
