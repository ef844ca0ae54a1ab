"""Morton (Z-order) keys: one integer for a position, so that a plain B-tree serves as a spatial index."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

BITS = 31
"""Per axis; 2 x 31 bits fit a signed 64-bit integer, a step is below 2 cm."""


def keys(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
    """Keys of (m,) positions in WGS 84 degrees; inside a bounding box they lie between its corners' keys."""
    x = _quantised(np.asarray(lon, np.float64), -180.0, 360.0)
    y = _quantised(np.asarray(lat, np.float64), -90.0, 180.0)
    return (_spread(x) | (_spread(y) << np.uint64(1))).astype(np.int64)


def _quantised(value: NDArray[np.float64], low: float, extent: float) -> NDArray[np.uint64]:
    steps = np.floor((value - low) / extent * 2.0**BITS)
    return np.clip(steps, 0, 2**BITS - 1).astype(np.uint64)


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between each two bits of a 31-bit number."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
