"""Morton (Z-order) keys: one integer for a position, so that a plain B-tree serves as a spatial index.

The axes are those of the web's map tiles (spherical Mercator, y to the south), so the first 2 z bits of a key are the
quadkey of the tile of zoom z that holds the position: one index serves ranges of tiles at every zoom.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

BITS = 31
"""Per axis; 2 x 31 bits fit a signed 64-bit integer, a step is below 2 cm."""
TOP = 2**BITS - 1
BBox = tuple[float, float, float, float]
"""West, south, east, north in WGS 84 degrees."""


def keys(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
    """Keys of (m,) positions in WGS 84 degrees; beyond 85.05 degrees north or south they share the last row."""
    x, y = _steps(lon, lat)
    return _interleaved(x, y)


def span(bbox: BBox) -> tuple[int, int]:
    """First and last key that a position in a bounding box can have; most keys between them lie outside it."""
    west, south, east, north = bbox
    x, y = _steps([west, east], [north, south])
    # a step further on each side: rounding may put a point on the box's edge beside its corner
    low, high = (
        _interleaved(np.clip(x + side, 0, TOP), np.clip(y + side, 0, TOP))[end] for side, end in ((-1, 0), (1, 1))
    )
    return int(low), int(high)


def tiles(key: ArrayLike, z: int) -> NDArray[np.int64]:
    """Quadkeys, as numbers, of the tiles of zoom ``z`` that hold (m,) keys."""
    return np.asarray(key, np.int64) >> (2 * (BITS - z))


def tile_range(tile: int, z: int) -> tuple[int, int]:
    """First and last key in a tile of zoom ``z`` given by its quadkey as a number."""
    shift = 2 * (BITS - z)
    return tile << shift, ((tile + 1) << shift) - 1


def quadkey(x: int, y: int, z: int) -> int:
    """Quadkey, as a number, of the map tile ``z/x/y``."""
    key: int = _interleaved(np.array([x]), np.array([y])).tolist()[0]
    return key & ((1 << 2 * z) - 1)


def _steps(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    phi = np.radians(np.clip(np.asarray(lat, np.float64), -89.9, 89.9))
    x = (np.asarray(lon, np.float64) + 180.0) / 360.0
    y = 0.5 - np.arcsinh(np.tan(phi)) / (2 * np.pi)
    return tuple(np.clip(np.floor(axis * 2.0**BITS), 0, TOP).astype(np.int64) for axis in (x, y))  # type: ignore[return-value]


def _interleaved(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    return (_spread(x.astype(np.uint64)) | (_spread(y.astype(np.uint64)) << np.uint64(1))).astype(np.int64)


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
