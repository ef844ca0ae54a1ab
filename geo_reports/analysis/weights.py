"""Spatial weights as one form: a sparse matrix whose row i says who counts how much around i."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geo_reports.errors import InputError

Transform = Literal["given", "binary", "row"]


def as_matrix(weights: Any, n: int, transform: Transform = "given") -> sparse.csr_array:
    """Weights as an (n, n) sparse matrix without stored zeros.

    Parameters
    ----------
    weights : libpysal.weights.W or scipy sparse matrix or array
        A ``W`` is read in its present transformation and in the order of its ids.
    n : int
        Number of values the weights are for.
    transform : {"given", "binary", "row"}
        ``binary`` makes every weight 1, ``row`` makes each row sum to 1; a row without neighbors stays empty.

    Raises
    ------
    InputError
        The weights are for another number of values, negative, or not finite.
    """
    matrix = sparse.csr_array(weights.sparse if hasattr(weights, "sparse") else weights, dtype=np.float64)
    if matrix.shape != (n, n):
        raise InputError(f"The weights are for {matrix.shape[0]} values and there are {n}.", field="weights")
    matrix.eliminate_zeros()
    if not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
        raise InputError("Weights are finite and not negative.", field="weights")
    if transform == "binary":
        matrix.data = np.ones_like(matrix.data)
    elif transform == "row":
        sums = row_sums(matrix)
        matrix = sparse.csr_array(sparse.diags_array(np.divide(1.0, sums, where=sums > 0, out=np.zeros(n))) @ matrix)
    return matrix


def row_sums(matrix: sparse.csr_array) -> NDArray[np.float64]:
    """Sum of each row."""
    return np.asarray(matrix.sum(axis=1), np.float64).ravel()


def with_self(matrix: sparse.csr_array) -> sparse.csr_array:
    """Weights that count each value around itself as much as its nearest neighbor: with its row's greatest weight.

    1 where there is no neighbor; a diagonal that is already there stays as it is. Binary weights get a 1, and
    row-standardised ones give the same z as the binary ones they were made of.
    """
    own = matrix.diagonal()
    if (own > 0).all():
        return matrix
    greatest = matrix.max(axis=1).toarray().ravel()
    missing = np.where(own > 0, 0.0, np.where(greatest > 0, greatest, 1.0))
    return sparse.csr_array(matrix + sparse.diags_array(missing))


def finite(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """(n,) numbers; ``InputError`` for other shapes, and for missing or infinite ones."""
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise InputError(f"{name} has {array.ndim} dimensions; give one number for each place.", field=name)
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise InputError(f"{name} holds no number at position {bad[0]}; leave such places out.", field=name)
    return array
