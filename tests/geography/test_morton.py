import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.geography import morton

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)


def interleaved(x: int, y: int) -> int:
    return sum(((x >> i & 1) << 2 * i) | ((y >> i & 1) << 2 * i + 1) for i in range(morton.BITS))


@given(st.integers(0, morton.TOP), st.integers(0, morton.TOP))
def test_a_key_interleaves_the_bits_of_both_axes(x, y):
    assert morton.quadkey(x, y, morton.BITS) == interleaved(x, y)


def slippy(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Tile of a position by the formula maps on the web use."""
    y = (1 - math.log(math.tan(math.radians(lat)) + 1 / math.cos(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


@given(st.floats(-179.99, 179.99), st.floats(-85, 85), st.integers(0, 18))
def test_the_first_bits_of_a_key_are_its_map_tile(lon, lat, z):
    key = int(morton.keys([lon], [lat])[0])
    tile = int(morton.tiles([key], z)[0])
    neighbours = {slippy(lon + dx, lat + dy, z) for dx in (-1e-9, 0, 1e-9) for dy in (-1e-9, 0, 1e-9)}
    assert tile in {morton.quadkey(x, y, z) for x, y in neighbours}
    low, high = morton.tile_range(tile, z)
    assert low <= key <= high


@given(lons, lons, lons, lats, lats, lats)
def test_a_key_lies_in_the_span_of_its_box(west, lon, east, south, lat, north):
    west, lon, east = sorted((west, lon, east))
    south, lat, north = sorted((south, lat, north))
    low, high = morton.span((west, south, east, north))
    assert low <= morton.keys([lon], [lat])[0] <= high


def test_keys_are_never_negative_and_the_corners_are_the_ends():
    low, high = morton.keys([-180, 180], [90, -90])
    assert (low, high) == (0, 2 ** (2 * morton.BITS) - 1)
    assert morton.keys([0.0], [0.0]).dtype == np.int64
