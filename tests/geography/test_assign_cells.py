"""The raster itself: which cells an edge touches, and where only exact predicates may decide."""

import numpy as np
import pytest
import shapely

from geo_reports.geography.assign import cells
from geo_reports.geography.assign.edges import edges_of
from geo_reports.geography.assign.kernel import SUB, UNSURE
from geo_reports.geography.assign.raster import build

SQUARE = shapely.box(0, 0, 100, 100)


@pytest.fixture
def grid():
    return cells.fit_grid(edges_of(np.array([SQUARE])))


def corner_of(grid, column, row):
    """South-west corner of a cell in the CRS of the units; halves are centres."""
    return grid.x0 + column / (grid.per_x * SUB), grid.y0 + row / (grid.per_x * SUB)


def test_an_edge_between_two_columns_touches_both(grid):
    west, south = corner_of(grid, 50, 40.5)
    east, north = corner_of(grid, 60.5, 45.5)
    edges = edges_of(np.array([shapely.box(west, south, east, north)]))
    touched = cells.touched_cells(edges, grid)
    row, column = np.divmod(touched.cell, grid.columns)
    assert set(column[row == 43].tolist()) == {49, 50, 60}


def test_a_steep_edge_touches_the_cells_it_passes_and_no_others(grid):
    corners = [corner_of(grid, 10.5, 10.25), corner_of(grid, 12.5, 11.25), corner_of(grid, 10.5, 11.25)]
    touched = cells.touched_cells(edges_of(np.array([shapely.Polygon(corners)])), grid)
    row, column = np.divmod(touched.cell, grid.columns)
    # the long side reaches row 11 at column 12.0 exactly
    assert set(zip(column.tolist(), row.tolist(), strict=True)) == {
        *((c, 10) for c in (10, 11, 12)),
        *((c, 11) for c in (10, 11, 12)),
    }


def test_spans_hold_the_centres_a_unit_covers(grid):
    west, south = corner_of(grid, 10.25, 20.25)
    east, north = corner_of(grid, 13.75, 22.25)
    spans = cells.covered_spans(edges_of(np.array([shapely.box(west, south, east, north)])), grid)
    row, column = np.divmod(spans.first, grid.columns)
    assert (row.tolist(), column.tolist(), spans.length.tolist()) == ([20, 21], [10, 10], [4, 4])


def test_a_border_through_the_centre_of_cells_leaves_them_to_exact_predicates(grid):
    west, south = corner_of(grid, 50.25, 40.5)
    east, north = corner_of(grid, 60.25, 45.75)
    raster = build(edges_of(np.array([SQUARE, shapely.box(west, south, east, north)])))
    assert (raster.grid.x0, raster.grid.per_x) == (grid.x0, grid.per_x)
    unsure = raster.candidate[:-1, 0] & UNSURE != 0
    # the south side, of 11 cells in which the square is a candidate too
    assert unsure.sum() == 22


def test_coordinates_far_from_the_origin_leave_cells_wider_than_their_rounding():
    far = shapely.box(6_290_000, 6_290_000, 6_290_000 + 1e-4, 6_290_000 + 1e-4)
    grid = cells.fit_grid(edges_of(np.array([far])))
    assert 1 / (grid.per_x * SUB) > 1_000 * np.spacing(6_290_000.0)
    assert grid.margin < 0.01


def test_long_thin_and_nested_units_get_a_coarser_raster():
    thin = [shapely.Polygon([(0, i), (6000, i + 1), (6000, i + 1.5)]) for i in range(3000)]
    nested = [shapely.Point(0, 0).buffer(1 + i / 100, quad_segs=50) for i in range(300)]
    for shapes in (thin, nested):
        edges = edges_of(np.array(shapes))
        grid = cells.fit_grid(edges)
        assert len(cells.touched_cells(edges, grid).cell) < 3 * cells.MOST_PIECES
        assert cells.covered_spans(edges, grid).length.sum() < 2 * cells.MOST_COVERED
