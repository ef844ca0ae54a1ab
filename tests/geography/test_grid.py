import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports.errors import InputError
from geo_reports.geography.grid import square_cells

L_SHAPE = shapely.Polygon([(0, 0), (300, 0), (300, 100), (100, 100), (100, 300), (0, 300)])


def test_a_boundary_on_the_lines_has_no_cells_beyond_it():
    grid = square_cells(shapely.box(100, 200, 300, 500), 100)
    assert (grid.origin, grid.shape) == ((100, 200), (3, 2))
    assert grid.inside.all()


def test_cells_that_only_touch_are_not_inside():
    assert square_cells(L_SHAPE, 100).inside.tolist() == [
        [True, True, True],
        [True, False, False],
        [True, False, False],
    ]


def test_a_cell_the_boundary_barely_enters_is_inside():
    grid = square_cells(shapely.box(-1, 0, 100, 100), 100)
    assert (grid.origin, grid.shape, int(grid.inside.sum())) == ((-100, 0), (1, 2), 2)


def test_a_cell_is_the_same_square_under_another_boundary():
    small = {cell.wkt for cell in square_cells(shapely.box(410, -90, 620, 40), 100).polygons()}
    large = {cell.wkt for cell in square_cells(shapely.box(-730, -690, 1620, 1040), 100).polygons()}
    assert len(small) == 6
    assert small < large


def test_polygons_are_the_inside_squares_from_the_south():
    squares = square_cells(L_SHAPE, 100).polygons()
    assert [square.bounds[:2] for square in squares] == [(0, 0), (100, 0), (200, 0), (0, 100), (0, 200)]
    assert all(square.area == 100**2 for square in squares)


def test_counts_are_rows_from_the_south_by_columns_from_the_west():
    counts = square_cells(shapely.box(0, 0, 300, 200), 100).count([50, 250, 250, 299], [50, 150, 199, 10])
    assert counts.tolist() == [[1, 0, 1], [0, 0, 2]]
    assert counts.dtype == np.int64


def test_a_line_between_cells_belongs_to_the_cell_on_its_east_and_north():
    assert square_cells(shapely.box(0, 0, 200, 200), 100).count([100], [100]).tolist() == [[0, 0], [0, 1]]


def test_what_is_elsewhere_is_not_counted():
    grid = square_cells(L_SHAPE, 100)
    assert grid.count([150, -1, 1e30, math.nan, math.inf], [150, 50, 50, 50, 50]).sum() == 0


def test_no_points_are_zeros():
    assert square_cells(L_SHAPE, 100).count([], []).tolist() == [[0, 0, 0]] * 3


# whole millimetres: nearer to a line than that, dividing by the side of a cell may round onto it
coordinate = st.integers(-20_000, 320_000).map(lambda mm: mm / 1000) | st.sampled_from([0.0, 100.0, 200.0, 300.0])


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.lists(st.tuples(coordinate, coordinate)))
def test_every_point_of_the_boundary_is_counted_once(points):
    held = [point for point in points if L_SHAPE.intersects(shapely.Point(point))]
    x, y = [point[0] for point in held], [point[1] for point in held]
    assert square_cells(L_SHAPE, 100).count(x, y).sum() == len(held)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.lists(st.tuples(coordinate, coordinate)))
def test_a_point_is_counted_in_a_square_that_holds_it(points):
    grid = square_cells(L_SHAPE, 100)
    for x, y in points:
        counted = grid.count([x], [y])[grid.inside]
        holds = shapely.intersects_xy(grid.polygons(), x, y)
        assert counted.sum() == holds.any()
        assert holds[counted > 0].all()


@pytest.mark.parametrize("cell_m", [0, -5, math.nan, math.inf])
def test_an_impossible_size_is_refused(cell_m):
    with pytest.raises(InputError, match="positive number of metres"):
        square_cells(L_SHAPE, cell_m)


def test_too_many_cells_are_refused_before_they_are_made():
    with pytest.raises(InputError, match="use larger cells"):
        square_cells(shapely.box(0, 0, 1e6, 1e6), 1)


def test_an_empty_boundary_is_refused():
    with pytest.raises(InputError, match="boundary is empty"):
        square_cells(shapely.Polygon(), 100)
