"""Count close pairs over many random orders of their times."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.float64, np.int32)
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


def count_close(first: Longs, second: Longs, when: Floats, days: float, permutations: int, seed: int | None) -> Longs:
    """(permutations,) pairs at most ``days`` apart when times change places."""
    if (when == np.floor(when)).all() and np.ptp(when) < 2**30:
        # whole days: small integers are compared twice as fast, and one comparison of unsigned ones tells both sides
        near = min(int(days), 2**30)
        whole = (when - when.min()).astype(np.int32)
        counts = []
        for apart in _differences(first, second, whole, permutations, seed):
            apart += np.int32(near)
            counts.append(np.count_nonzero(apart.view(np.uint32) <= 2 * near))
        return np.array(counts, np.int64)
    exact = _differences(first, second, when, permutations, seed)
    return np.array([np.count_nonzero(np.abs(one) <= days) for one in exact], np.int64)


def count_in_bands(
    first: Longs,
    second: Longs,
    band: Longs,
    bands: int,
    when: Floats,
    limits: Floats,
    permutations: int,
    seed: int | None,
) -> tuple[Longs, Longs, Longs]:
    """Pairs in (bands, limits) as they are, their sum over the permutations, and in how many there were as many."""
    shape = (bands, limits.size)

    def table(apart: Floats) -> Longs:
        column = np.searchsorted(limits, np.abs(apart), side="left")
        inside = column < limits.size
        cell = band[inside] * limits.size + column[inside]
        return np.bincount(cell, minlength=bands * limits.size).reshape(shape).astype(np.int64)

    observed = table(when[first] - when[second])
    total, larger = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for apart in _differences(first, second, when, permutations, seed):
        simulated = table(apart)
        total += simulated
        larger += simulated >= observed
    return observed, total, larger


def _differences(
    first: Longs, second: Longs, when: NDArray[Number], permutations: int, seed: int | None
) -> Iterator[NDArray[Number]]:
    """Differences in time of all pairs for each random order; the array is the same one each time."""
    draw = np.random.default_rng(seed)
    apart, subtracted = (np.empty(first.size, when.dtype) for _ in range(2))
    for _ in range(permutations):
        mixed = draw.permutation(when)
        np.take(mixed, first, out=apart, mode="clip")
        np.take(mixed, second, out=subtracted, mode="clip")
        np.subtract(apart, subtracted, out=apart)
        yield apart
