"""From z scores to p-values, and from many p-values to decisions: what every local statistic shares."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def two_sided_p(z: ArrayLike) -> Floats:
    """Probability that a standard normal value lies at least as far from 0, in either direction, as each ``z``."""
    return np.asarray(2.0 * special.ndtr(-np.abs(np.asarray(z, np.float64))), np.float64)


def adjust(p: ArrayLike, method: Literal["bh", "holm", "bonferroni"] = "bh") -> Floats:
    """Adjust the p-values of one family of (n,) tests; NaN, a test that was not made, stays NaN and counts for none.

    Parameters
    ----------
    p : (n,) float
    method : {"bh", "holm", "bonferroni"}
        ``bh`` gives q, the false discovery rate at which a test is rejected (Benjamini and Hochberg 1995, Journal of
        the Royal Statistical Society B 57, 289-300; it holds for independent and positively dependent tests). The
        others bound the chance of a single false rejection (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    given = np.asarray(p, np.float64)
    made = ~np.isnan(given)
    adjusted = np.full(given.shape, np.nan)
    adjusted[made] = _ADJUST[method](given[made])
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjust as ``adjust(p, "bh")``."""
    return adjust(p, "bh")


def _benjamini_hochberg(p: Floats) -> Floats:
    order = np.argsort(-p, kind="stable")
    rank = np.arange(p.size, 0, -1)
    q = np.empty(p.size)
    q[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * p.size / rank))
    return q


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    q = np.empty(p.size)
    q[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)))
    return q


def _bonferroni(p: Floats) -> Floats:
    return np.minimum(1.0, p * p.size)


_ADJUST = {"bh": _benjamini_hochberg, "holm": _holm, "bonferroni": _bonferroni}
