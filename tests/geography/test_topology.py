"""Overlaps, gaps and slivers: squares worked out by hand, planted faults, and real layers."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo_reports.errors import InputError
from geo_reports.geography.topology import measure, width_m

METRIC = "EPSG:32719"
# where Chile is in that CRS: coordinates with few bits left for fractions of a metre
EAST, NORTH = 340_000.0, 6_290_000.0


def layer(*shapes, crs=METRIC):
    ids = [f"u{number}" for number in range(len(shapes))]
    moved = shapely.transform(np.array(shapes, object), lambda xy: xy + np.array([EAST, NORTH]))
    return gpd.GeoDataFrame({"unit": ids, "name": ids}, geometry=moved, crs=crs)


def rows(frame, *columns):
    return list(frame[list(columns)].itertuples(index=False, name=None))


def near(value):
    return pytest.approx(value, abs=1e-3)


def test_squares_that_touch_have_no_faults():
    found = measure(layer(box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 10, 20), box(10, 10, 20, 20)))
    assert (len(found.overlaps), len(found.gaps), len(found.slivers)) == (0, 0, 0)
    assert found.overlaps.crs == found.gaps.crs == found.slivers.crs == METRIC


def test_overlap_is_the_ground_both_have():
    found = measure(layer(box(0, 0, 10, 10), box(8, 0, 18, 10), box(0, 10, 10, 20)))
    assert rows(found.overlaps, "unit_a", "unit_b", "area_m2") == [("u0", "u1", near(20))]
    assert found.overlaps.geometry.iloc[0].equals(layer(box(8, 0, 10, 10)).geometry.iloc[0])
    assert len(found.slivers) == 0


def test_unit_inside_another_is_an_overlap_of_its_whole_area():
    found = measure(layer(box(0, 0, 100, 100), box(40, 40, 50, 60)))
    assert rows(found.overlaps, "unit_a", "unit_b", "area_m2") == [("u0", "u1", near(200))]
    assert len(found.gaps) == 0


def test_three_units_on_the_same_ground_are_three_pairs_the_largest_first():
    found = measure(layer(box(0, 0, 10, 10), box(0, 0, 10, 20), box(0, 0, 10, 30)))
    pairs = rows(found.overlaps, "unit_a", "unit_b", "area_m2")
    assert pairs == [("u1", "u2", near(200)), ("u0", "u1", near(100)), ("u0", "u2", near(100))]


def test_overlap_in_two_places_is_one_pair():
    comb = shapely.union_all([box(0, 0, 30, 10), box(0, 10, 5, 12), box(20, 10, 25, 12)])
    found = measure(layer(comb, box(0, 10, 30, 20)))
    assert rows(found.overlaps, "unit_a", "unit_b", "area_m2") == [("u0", "u1", near(20))]
    assert found.overlaps.geometry.iloc[0].geom_type == "MultiPolygon"


def ring_of_four(west=10, south=10, east=20, north=25):
    """Four units around an empty rectangle in a square of 40 m."""
    return (
        box(0, 0, 40, south),
        box(0, north, 40, 40),
        box(0, south, west, north),
        box(east, south, 40, north),
    )


def test_hole_between_units_is_a_gap_whatever_its_width():
    found = measure(layer(*ring_of_four()))
    assert rows(found.gaps, "area_m2", "units") == [(near(150), ("u0", "u1", "u2", "u3"))]
    assert len(found.slivers) == 0


def test_hole_in_one_unit_is_a_gap_with_one_neighbour_and_none_when_another_fills_it():
    ring = box(0, 0, 30, 30) - box(10, 10, 20, 20)
    assert rows(measure(layer(ring)).gaps, "area_m2", "units") == [(near(100), ("u0",))]
    assert len(measure(layer(ring, box(10, 10, 20, 20))).gaps) == 0


def test_unit_in_a_hole_leaves_the_ring_around_it():
    found = measure(layer(box(0, 0, 30, 30) - box(10, 10, 20, 20), box(14, 14, 16, 16)))
    assert rows(found.gaps, "area_m2", "units") == [(near(96), ("u0", "u1"))]


def test_unit_that_meets_a_gap_in_a_corner_is_no_neighbour():
    corner, south, west = box(0, 0, 10, 10), box(10, 0, 30, 10), box(0, 10, 10, 30)
    found = measure(layer(corner, south, west, box(20, 10, 30, 30), box(10, 20, 20, 30)))
    assert rows(found.gaps, "area_m2", "units") == [(near(100), ("u1", "u2", "u3", "u4"))]


@pytest.mark.parametrize(("width", "gaps"), [(0.02, 1), (0.4, 1), (0.99, 1), (1.01, 0), (5.0, 0)])
def test_slit_open_to_the_outside_is_a_gap_when_narrower_than_the_limit(width, gaps):
    found = measure(layer(box(0, 0, 50, 100), box(50 + width, 0, 90, 100)))
    assert rows(found.gaps, "area_m2", "units") == [(near(100 * width), ("u0", "u1"))] * gaps
    assert rows(found.slivers, "unit_a", "unit_b", "kind") == [("u0", "u1", "gap")] * gaps


def test_slit_open_at_one_end_has_its_exact_area():
    found = measure(layer(box(0, 0, 50, 100), box(50.5, 0, 90, 100), box(0, -20, 90, 0)))
    assert rows(found.gaps, "area_m2", "units") == [(near(50), ("u0", "u1", "u2"))]
    assert rows(found.slivers, "unit_a", "unit_b") == [("u0", "u1")]
    assert rows(found.slivers, "area_m2", "width_m") == [(near(50), near(50 / 100.5))]


def test_room_behind_a_narrow_opening_is_part_of_the_gap():
    around = (box(0, 0, 40, 10), box(0, 10, 10, 40), box(30, 10, 40, 40), box(10, 30, 19.8, 40), box(20.2, 30, 30, 40))
    found = measure(layer(*around))
    assert rows(found.gaps, "area_m2") == [(near(20 * 20 + 0.4 * 10),)]
    assert set(found.gaps.units.iloc[0]) == {"u0", "u1", "u2", "u3", "u4"}


def test_outline_that_bends_inward_is_no_gap():
    tooth = Polygon([(0, 0), (40, 0), (40, 20), (20, 8), (0, 20)])
    inlet = box(0, 30, 40, 60) - box(20, 50, 20.5, 60)
    found = measure(layer(tooth, inlet, box(40, 0, 60, 10)))
    assert len(found.gaps) == 0


def test_units_far_apart_leave_no_gap():
    assert len(measure(layer(box(0, 0, 10, 10), box(200, 0, 210, 10))).gaps) == 0


def test_slivers_are_the_thin_faults_with_their_width():
    # an overlap of 100 by 0.2 m and one of 10 by 10 m, between the same two units
    left = shapely.union_all([box(0, 0, 50, 100), box(0, 100, 60, 110)])
    right = shapely.union_all([box(49.8, 0, 90, 100), box(50, 100, 90, 110)])
    found = measure(layer(left, right))
    assert rows(found.overlaps, "area_m2") == [(near(120),)]
    thin = box(0, 0, 10, 110)
    stray = MultiPolygon([thin, box(500, 500, 500.5, 600)])
    assert rows(measure(layer(stray)).slivers, "unit_a", "unit_b", "area_m2", "width_m", "kind") == [
        ("u0", "", near(50), near(50 / 100.5), "part")
    ]
    apart = measure(layer(box(0, 0, 50, 100), box(49.8, 0, 90, 100)))
    assert rows(apart.slivers, "unit_a", "unit_b", "area_m2", "width_m", "kind") == [
        ("u0", "u1", near(20), near(20 / 100.2), "overlap")
    ]


def test_limit_of_slivers_is_an_argument():
    units = layer(box(0, 0, 50, 100), box(47, 0, 90, 100))
    assert len(measure(units).slivers) == 0
    assert rows(measure(units, sliver_m=3).slivers, "width_m") == [(near(300 / 103),)]


def test_rounding_of_coordinates_is_no_fault():
    third = box(0, 0, 10 / 3, 10)
    found = measure(layer(third, box(10 / 3 + 1e-7, 0, 10, 10), box(0, 10, 10 - 1e-7, 20)))
    assert (len(found.overlaps), len(found.gaps), len(found.slivers)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        (layer(box(0, 0, 1, 1), crs=None), "in metres"),
        (layer(box(0, 0, 1, 1)).set_crs("EPSG:4326", allow_override=True), "in metres"),
        (layer(box(0, 0, 1, 1)).set_crs("EPSG:2263", allow_override=True), "in metres"),  # feet
        (layer(Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])), "'u0' is no valid polygon"),
        (layer(box(0, 0, 1, 1), shapely.Point(0, 0)), "'u1' is no valid polygon"),
        (layer(box(0, 0, 1, 1), box(1, 0, 2, 1)).assign(unit="x"), "'x' comes twice"),
    ],
)
def test_what_cannot_be_measured_is_refused(units, words):
    with pytest.raises(InputError, match=words):
        measure(units)


def test_width_limit_that_rounding_would_decide_is_refused():
    with pytest.raises(InputError, match="too small"):
        measure(layer(box(0, 0, 1, 1)), sliver_m=0)


def test_layer_without_units_has_no_faults():
    empty = layer(box(0, 0, 1, 1)).iloc[:0]
    found = measure(empty)
    assert (len(found.overlaps), len(found.gaps), len(found.slivers)) == (0, 0, 0)


def test_width_is_that_of_a_long_rectangle():
    assert width_m(np.array([box(0, 0, 1000, 0.5)])) == pytest.approx([0.49975], abs=1e-5)


@st.composite
def planted(draw):
    """A grid of cells of 100 m; some grow a tongue into the eastern neighbour, some have a hole between them cut."""
    columns, number = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    cells = {(c, r): box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for c in range(columns) for r in range(number)}
    overlap, gap = {}, []
    for c, r in list(cells):
        kind = draw(st.sampled_from(["", "", "tongue", "hole"])) if c + 1 < columns else ""
        width, length = draw(st.floats(0.05, 30)), draw(st.floats(1, 60))
        middle = 100 * r + 50
        piece = box(100 * c + 100, middle - length / 2, 100 * c + 100 + width, middle + length / 2)
        if kind == "tongue":
            cells[c, r] = cells[c, r] | piece
            overlap[c, r] = width * length
        elif kind == "hole":
            cells[c + 1, r] = cells[c + 1, r] - piece
            gap.append(width * length)
    turn = draw(st.floats(0, 90))
    shapes = [shapely.affinity.rotate(cell, turn, origin=(0, 0)) for cell in cells.values()]
    return list(cells), shapes, overlap, gap


@settings(max_examples=40, deadline=None)
@given(planted())
def test_planted_faults_are_found_with_their_areas(layer_and_faults):
    places, shapes, overlap, gap = layer_and_faults
    found = measure(layer(*shapes))
    name = {place: f"u{number}" for number, place in enumerate(places)}
    expected = {frozenset((name[c, r], name[c + 1, r])): area for (c, r), area in overlap.items()}
    got = {frozenset(row[:2]): row[2] for row in rows(found.overlaps, "unit_a", "unit_b", "area_m2")}
    assert got == pytest.approx(expected, rel=1e-4)
    assert sorted(found.gaps.area_m2) == pytest.approx(sorted(gap), rel=1e-4)
    assert sum(found.slivers.kind == "overlap") == sum(width_m(found.overlaps.geometry.array) < 1)


def real(path, crs, column):
    """A real layer in metres, mended; ids as in the file."""
    frame = gpd.read_file(path, engine="pyogrio", on_invalid="ignore").to_crs(crs)
    shapes = np.asarray(frame.geometry.array)
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.buffer(shapes[bad], 0)
    ids = frame[column].astype(str)
    return gpd.GeoDataFrame({"unit": ids, "name": ids}, geometry=shapes, crs=crs)


REAL = [
    ("layers/barrios.geojson", METRIC, "id"),
    pytest.param("west_yorkshire", "EPSG:27700", "LSOA11CD", marks=[pytest.mark.real_data, pytest.mark.slow]),
    pytest.param("toronto", "EPSG:26917", "AREA_LONG_CODE", marks=pytest.mark.real_data),
]
FILES = {"west_yorkshire": "lsoa_2011", "toronto": "neighbourhoods"}


@pytest.mark.parametrize(("source", "crs", "column"), REAL)
def test_real_layer_with_planted_faults(repo, source, crs, column):
    path = repo / source
    if source in FILES:
        path = repo / "tests" / "cities" / source / "layers" / "data" / f"{FILES[source]}.geojson"
    units = real(path, crs, column)
    shapes = np.asarray(units.geometry.array)
    order = np.argsort(shapely.distance(shapely.centroid(shapes), shapely.union_all(shapes).centroid))
    # a unit in the middle grows by 3 m, and the nearest one that stays clear of it is taken away
    grown, away = order[0], next(row for row in order if shapely.distance(shapes[row], shapes[order[0]]) > 10)
    bad = units.copy()
    bad.geometry.array[grown] = shapely.buffer(shapes[grown], 3)
    bad = bad.drop(index=away)
    found = measure(bad)
    after = np.asarray(bad.geometry.array)
    twice_m2 = shapely.area(after).sum() - shapely.union_all(after).area
    assert twice_m2 > 1000
    assert found.overlaps.area_m2.sum() == pytest.approx(twice_m2, abs=1)
    pairs = found.overlaps[["unit_a", "unit_b"]]
    assert (pairs == units.unit.iloc[grown]).any(axis=1).all()
    assert found.gaps.area_m2.tolist() == pytest.approx([shapes[away].area], abs=1)
