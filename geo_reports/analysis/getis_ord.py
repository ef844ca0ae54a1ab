"""Getis and Ord's local statistics: where high values, or low ones, lie together.

Ord, J. K. and Getis, A. (1995), Local spatial autocorrelation statistics: distributional issues and an application,
Geographical Analysis 27, 286-306.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geo_reports.analysis.significance import benjamini_hochberg, two_sided_p
from geo_reports.analysis.weights import Transform, as_matrix, finite, row_sums, with_self

Floats = NDArray[np.float64]


def getis_ord_star(values: ArrayLike, weights: Any, *, transform: Transform = "given") -> pd.DataFrame:
    """Gi* of each place: whether its surroundings, itself included, hold more (z > 0) or less than the mean.

    Parameters
    ----------
    values : (n,) float
        One number for each place, such as a count or a rate.
    weights : libpysal.weights.W or scipy sparse matrix
        (n, n); who is around whom. Where the diagonal is empty a place counts itself as much as its nearest neighbor
        (``weights.with_self``). Binary weights are the usual choice. The scale of a row changes nothing.
    transform : {"given", "binary", "row"}
        What to make of the weights first.

    Returns
    -------
    DataFrame
        (n,) rows: ``z`` (standard normal where nothing is clustered; NaN where every place is around or values do
        not vary), ``p`` (two-sided), ``q`` (Benjamini-Hochberg over all places). A hotspot has ``z > 0`` and a small
        ``q``: the sign of z is kept, p and q know no direction.

    Raises
    ------
    InputError
        Values that are no numbers, or weights for another number of places.
    """
    x = finite(values)
    matrix = with_self(as_matrix(weights, x.size, transform))
    n, mean, deviation = x.size, x.mean() if x.size else 0.0, x.std()
    total, squares = row_sums(matrix), _squares(matrix)
    spread = deviation * np.sqrt(np.maximum((n * squares - total**2) / max(n - 1, 1), 0.0))
    return _frame(matrix @ x - mean * total, spread, total * deviation)


def getis_ord(values: ArrayLike, weights: Any, *, transform: Transform = "given") -> pd.DataFrame:
    """Gi of each place: whether its surroundings without itself hold more (z > 0) or less than the others.

    Arguments, frame and errors as of ``getis_ord_star``; a diagonal is ignored. Each place is compared with the mean
    and the deviation of all others. NaN also where there is nobody around, or fewer than 3 places.
    """
    x = finite(values)
    matrix = as_matrix(weights, x.size, transform)
    matrix = sparse.csr_array(matrix - sparse.diags_array(matrix.diagonal()))
    n = x.size
    if n < 3:
        return _frame(np.zeros(n), np.zeros(n), np.zeros(n))
    mean = (x.sum() - x) / (n - 1)
    # around the mean of all: squares of large values would swallow small differences
    centred = x - x.mean()
    variance = ((centred**2).sum() - centred**2) / (n - 1) - (mean - x.mean()) ** 2
    total, squares = row_sums(matrix), _squares(matrix)
    deviation = np.sqrt(np.maximum(variance, 0.0))
    spread = deviation * np.sqrt(np.maximum(((n - 1) * squares - total**2) / (n - 2), 0.0))
    return _frame(matrix @ x - mean * total, spread, total * deviation)


def _squares(matrix: sparse.csr_array) -> Floats:
    return np.asarray(matrix.multiply(matrix).sum(axis=1), np.float64).ravel()


def _frame(excess: Floats, spread: Floats, scale: Floats) -> pd.DataFrame:
    """Frame of z, p and q; a spread that is only what rounding left is none."""
    real = spread > 1e-9 * np.abs(scale)
    z = np.full(excess.shape, np.nan)
    np.divide(excess, spread, out=z, where=real)
    p = two_sided_p(z)
    return pd.DataFrame({"z": z, "p": p, "q": benjamini_hochberg(p)})
