"""Two editions of squares, in metres, whose areas anyone can add up."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.geography.editions import compare, flat, overlay, pairs, wide

CRS = "EPSG:32719"
X, Y = 340_000, 6_290_000


def edition(**units: tuple[float, float, float, float] | tuple[str, tuple[float, float, float, float]]):
    """Units by id: (west, south, east, north) in km from a corner, or (name, box)."""
    named = {unit: given if isinstance(given[0], str) else (unit.upper(), given) for unit, given in units.items()}
    boxes = [shapely.box(*(np.array(box) * 1000 + [X, Y, X, Y])) for _, box in named.values()]
    return gpd.GeoDataFrame(
        {"unit": list(named), "name": [name for name, _ in named.values()]}, geometry=boxes, crs=CRS
    )


OLD = edition(a=(0, 0, 1, 1), b=(1, 0, 2, 1), c=(0, 1, 1, 2), d=(1, 1, 2, 2))


def rows(frame: pd.DataFrame) -> list[list[object]]:
    return [[round(cell, 6) if isinstance(cell, float) else cell for cell in row] for row in frame.values.tolist()]


def test_nothing_changed() -> None:
    found = compare(OLD, OLD.copy(), CRS)
    assert found.change.tolist() == ["same"] * 4
    assert found.area_kept_km2.tolist() == pytest.approx([1, 1, 1, 1])
    assert rows(pairs(OLD, OLD, CRS)) == [[u, u, 1, 1, 1] for u in "abcd"]


def test_every_kind_of_change() -> None:
    new = edition(a=("New A", (0, 0, 1, 1)), b=(1, 0, 2, 1.5), d=(1, 1.5, 2, 2), e=(0, 1, 1, 3))
    found = compare(OLD, new, CRS)
    assert rows(found) == [
        ["a", "A", "New A", "renamed", 1, 1, 1, 0, 0],
        ["b", "B", "B", "moved", 1, 1.5, 1, 0, 0.5],
        ["c", "C", "", "removed", 1, 0, 0, 1, 0],
        ["d", "D", "D", "moved", 1, 0.5, 0.5, 0.5, 0],
        ["e", "", "E", "added", 0, 2, 0, 0, 2],
    ]
    table = pairs(OLD, new, CRS)
    assert rows(table[table.unit_old != ""]) == [
        ["a", "a", 1, 1, 1],
        ["b", "b", 1, 1, round(2 / 3, 6)],
        ["c", "e", 1, 1, 0.5],
        ["d", "b", 0.5, 0.5, round(1 / 3, 6)],
        ["d", "d", 0.5, 0.5, 1],
    ]
    (only_new,) = table[table.unit_old == ""].itertuples()
    assert (only_new.unit_new, only_new.area_km2, only_new.share_new) == ("e", pytest.approx(1), pytest.approx(0.5))
    assert np.isnan(only_new.share_old)


def test_a_border_redrawn_by_less_than_a_metre_has_not_moved() -> None:
    new = edition(a=(0, 0, 1.0008, 1), b=(1.0008, 0, 2, 1), c=(0, 1, 1, 2), d=(1, 1, 2, 2))
    assert compare(OLD, new, CRS).change.tolist() == ["same"] * 4
    assert pairs(OLD, new, CRS).unit_old.tolist() == list("abcd")
    new = edition(a=(0, 0, 1.0012, 1), b=(1.0012, 0, 2, 1), c=(0, 1, 1, 2), d=(1, 1, 2, 2))
    assert compare(OLD, new, CRS).change.tolist() == ["moved", "moved", "same", "same"]
    assert overlay(OLD, new, CRS)[["unit_old", "unit_new"]].values.tolist() == [
        ["a", "a"],
        ["b", "a"],
        ["b", "b"],
        ["c", "c"],
        ["d", "d"],
    ]


def test_ground_left_to_no_unit() -> None:
    table = pairs(OLD, edition(a=(0, 0, 1, 0.25)), CRS)
    assert rows(table[["unit_old", "unit_new", "area_km2", "share_old"]]) == [
        ["a", "", 0.75, 0.75],
        ["a", "a", 0.25, 0.25],
        ["b", "", 1, 1],
        ["c", "", 1, 1],
        ["d", "", 1, 1],
    ]


def test_overlapping_ground_is_the_first_units() -> None:
    both = edition(a=(0, 0, 2, 1), b=(1, 0, 3, 1), c=(1.5, 0, 4, 1))
    assert shapely.area(flat(both, CRS)).tolist() == pytest.approx([2e6, 1e6, 1e6])
    found = compare(edition(a=(0, 0, 1, 1)), both, CRS)
    assert found.area_km2_new.sum() == pytest.approx(4)


def test_a_unit_thinner_than_a_moved_border_keeps_a_part() -> None:
    thin = edition(a=(0, 0, 1, 1), b=(1, 0, 1.0005, 1))
    assert overlay(thin, thin, CRS)[["unit_old", "unit_new"]].values.tolist() == [["a", "a"], ["b", "b"]]


def test_degrees_come_out_in_square_kilometres() -> None:
    found = compare(OLD.to_crs("EPSG:4326"), OLD.to_crs("EPSG:4326"), CRS)
    assert found.area_km2_old.tolist() == pytest.approx([1, 1, 1, 1], rel=1e-6)
    assert found.change.tolist() == ["same"] * 4


def test_width_is_that_of_the_widest_place() -> None:
    ell = shapely.union(shapely.box(0, 0, 100, 0.5), shapely.box(0, 0, 1.2, 1.2))
    shapes = np.array([shapely.box(0, 0, 100, 0.9), shapely.box(0, 0, 100, 1.1), ell, shapely.Polygon()], object)
    assert wide(shapes).tolist() == [False, True, True, False]


cut = st.floats(0.1, 1.9)


@given(cut, cut)
def test_area_is_conserved(x: float, y: float) -> None:
    new = edition(a=(0, 0, x, y), e=(x, 0, 2, y), f=(0, y, 2, 2))
    found = compare(OLD, new, CRS)
    assert (found.area_kept_km2 + found.area_lost_km2).tolist() == pytest.approx(found.area_km2_old.tolist())
    assert (found.area_kept_km2 + found.area_gained_km2).tolist() == pytest.approx(found.area_km2_new.tolist())
    table = pairs(OLD, new, CRS)
    assert table.area_km2.sum() == pytest.approx(4, abs=0.01)
    assert table.groupby("unit_old").share_old.sum().tolist() == pytest.approx([1, 1, 1, 1])
