import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.geography import morton

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)


def interleaved(x: int, y: int) -> int:
    return sum(((x >> i & 1) << 2 * i) | ((y >> i & 1) << 2 * i + 1) for i in range(morton.BITS))


@given(lons, lats)
def test_a_key_interleaves_the_bits_of_both_axes(lon, lat):
    top = 2**morton.BITS - 1
    x, y = (
        min(int((v - low) / extent * 2**morton.BITS), top) for v, low, extent in ((lon, -180, 360), (lat, -90, 180))
    )
    assert morton.keys([lon], [lat]).tolist() == [interleaved(x, y)]


@given(lons, lons, lons, lats, lats, lats)
def test_a_key_lies_between_those_of_its_box(west, lon, east, south, lat, north):
    west, lon, east = sorted((west, lon, east))
    south, lat, north = sorted((south, lat, north))
    low, key, high = morton.keys([west, lon, east], [south, lat, north])
    assert low <= key <= high


def test_keys_are_never_negative_and_the_corners_are_the_ends():
    low, high = morton.keys([-180, 180], [-90, 90])
    assert (low, high) == (0, 2 ** (2 * morton.BITS) - 1)
    assert morton.keys([0.0], [0.0]).dtype == np.int64
