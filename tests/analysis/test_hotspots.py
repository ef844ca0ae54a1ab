import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from esda.getisord import G_Local
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.weights import W

from geo_reports.analysis.hotspots import (
    benjamini_hochberg,
    find_hotspots,
    getis_ord_star,
    two_sided_p,
)
from geo_reports.errors import InputError, TooFewReports

CRS = "EPSG:32719"
WEST, SOUTH = 330_000, 6_290_000  # a multiple of the cell, within the zone of the CRS
BOUNDARY = shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 4000)


@pytest.fixture(scope="module")
def reference_stats() -> Path:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "reference_stats"
    if not folder.is_dir():
        pytest.skip("the folder of reference statistics computed with R is not beside the checkout")
    return folder


def block() -> np.ndarray:
    """8 x 8 cells of 1 with a 2 x 2 block of 30 in the middle."""
    counts = np.ones((8, 8), np.int64)
    counts[3:5, 3:5] = 30
    return counts


def centers(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in the middle of cells of 500 m, as many as each cell counts."""
    row, col = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
    return WEST + 250.0 + 500 * col, SOUTH + 250.0 + 500 * row


def test_a_block_worked_by_hand():
    # 60 cells of 1 and 4 of 30: sum 180, sum of squares 60 + 4 * 900
    mean, deviation = 180 / 64, math.sqrt((60 + 4 * 900) / 64 - (180 / 64) ** 2)
    z = getis_ord_star(block(), np.ones((8, 8), bool))
    inner = (4 * 30 + 5 - 9 * mean) / (deviation * math.sqrt((64 * 9 - 81) / 63))
    corner = (4 - 4 * mean) / (deviation * math.sqrt((64 * 4 - 16) / 63))
    assert z[3, 3] == pytest.approx(inner, rel=1e-12) == pytest.approx(5.0662, abs=1e-4)
    assert z[0, 0] == pytest.approx(corner, rel=1e-12)
    assert z.max() == z[3, 3] == z[4, 4]
    assert (z > 1.96).sum() == 12


def test_only_the_block_survives_many_tests():
    cells = find_hotspots(*centers(block()), BOUNDARY, 500, CRS)
    assert cells["count"].to_numpy().reshape(8, 8).tolist() == block().tolist()
    hot = cells.is_hotspot.to_numpy().reshape(8, 8)
    assert np.argwhere(hot).tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]


def test_gi_star_is_that_of_esda_on_a_ragged_mask():
    rng = np.random.default_rng(20)
    inside, counts = rng.random((12, 9)) < 0.6, rng.poisson(2, (12, 9))
    cells = [tuple(cell) for cell in np.argwhere(inside).tolist()]
    near = {
        number: [other for other, (r, c) in enumerate(cells) if max(abs(r - row), abs(c - col)) <= 1]
        for number, (row, col) in enumerate(cells)
    }
    weights = W(near, silence_warnings=True)  # it warns that some cells of the mask stand alone, as they must
    theirs = G_Local(counts[inside], weights, star=True, transform="B", permutations=0)
    z = getis_ord_star(counts, inside)
    np.testing.assert_allclose(z[inside], theirs.Zs, rtol=1e-10)
    assert np.isnan(z[~inside]).all()


def test_what_lies_outside_the_mask_changes_nothing():
    inside = np.ones((8, 8), bool)
    inside[:, 6:] = False
    loud = np.where(inside, block(), 1_000_000)
    np.testing.assert_array_equal(getis_ord_star(loud, inside), getis_ord_star(block(), inside))


@pytest.mark.parametrize("counts", [np.full((6, 6), 7), np.zeros((6, 6), int)])
def test_counts_that_do_not_vary_have_no_hotspots(counts):
    assert (getis_ord_star(counts, np.ones((6, 6), bool)) == 0).all()


def test_where_all_cells_are_neighbors_nothing_stands_out():
    assert (getis_ord_star(np.array([[5, 0], [0, 0]]), np.ones((2, 2), bool)) == 0).all()


def test_a_mask_without_cells_has_no_scores():
    assert np.isnan(getis_ord_star(np.ones((2, 2), int), np.zeros((2, 2), bool))).all()


def test_p_is_two_sided():
    np.testing.assert_allclose(two_sided_p(np.array([0, 1.959963984540054, -1.959963984540054])), [1, 0.05, 0.05])


def test_q_by_hand():
    # 0.01 * 4 / 1 = 0.04, 0.02 * 4 / 2 = 0.04, 0.03 * 4 / 3 = 0.04, 0.5
    np.testing.assert_allclose(benjamini_hochberg(np.array([0.02, 0.5, 0.01, 0.03])), [0.04, 0.5, 0.04, 0.04])


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.lists(st.floats(0, 1)))
def test_q_is_the_smallest_rate_at_which_the_step_up_rejects(values):
    p = np.array(values, np.float64)
    ordered = np.sort(p)
    for own, q in zip(p, benjamini_hochberg(p), strict=True):
        later = [ordered[k] * p.size / (k + 1) for k in range(p.size) if ordered[k] >= own]
        assert q == pytest.approx(min([1.0, *later]))


@pytest.mark.real_data
def test_p_and_q_are_those_of_r(reference_stats):
    scores = pd.read_csv(reference_stats / "columbus_queen_localmoran_localG.csv").GiStar.to_numpy()
    r = pd.read_csv(reference_stats / "columbus_gistar_padjust.csv")
    np.testing.assert_allclose(two_sided_p(scores), r.p, rtol=1e-10)
    np.testing.assert_allclose(benjamini_hochberg(r.p.to_numpy()), r.fdr, rtol=1e-12)


def test_cells_are_squares_in_degrees_with_what_was_expected():
    cells = find_hotspots(*centers(block()), BOUNDARY, 500, CRS)
    assert list(cells.columns) == ["geometry", "count", "expected", "z", "p", "q", "is_hotspot"]
    assert cells.crs == "EPSG:4326"
    back = cells.to_crs(CRS).geometry.iloc[0]
    np.testing.assert_allclose(back.bounds, (WEST, SOUTH, WEST + 500, SOUTH + 500), atol=1e-3)
    assert cells.expected.iloc[0] == pytest.approx(4 * 180 / 64), "a corner has four cells around it"
    assert cells.expected.iloc[9] == pytest.approx(9 * 180 / 64)


def test_a_cold_block_is_no_hotspot():
    counts = np.full((8, 8), 30)
    counts[3:5, 3:5] = 1
    cells = find_hotspots(*centers(counts), BOUNDARY, 500, CRS)
    assert cells.q.min() <= 0.05
    assert not cells.is_hotspot.any()


def test_even_reports_give_no_hotspot():
    assert not find_hotspots(*centers(np.ones((8, 8), int)), BOUNDARY, 500, CRS).is_hotspot.any()


def test_alpha_decides():
    cells = find_hotspots(*centers(block()), BOUNDARY, 500, CRS, alpha=1e-9)
    assert not cells.is_hotspot.any()


def test_reports_beyond_the_boundary_do_not_help_to_reach_the_minimum():
    x, y = np.full(29, WEST + 10.0), np.full(29, SOUTH + 10.0)
    far = np.full(100, 0.0)
    with pytest.raises(TooFewReports, match="29 reports are too few"):
        find_hotspots(np.append(x, far), np.append(y, far), BOUNDARY, 500, CRS)
    assert len(find_hotspots(x, y, BOUNDARY, 500, CRS, min_reports=29)) == 64


def test_too_few_cells_are_refused():
    with pytest.raises(TooFewReports, match="16 cells of 1000 m are too few") as refusal:
        find_hotspots(*centers(block()), BOUNDARY, 1000, CRS)
    assert refusal.value.field == "cell_m"


def test_an_impossible_cell_is_refused():
    with pytest.raises(InputError, match="positive number"):
        find_hotspots(*centers(block()), BOUNDARY, 0, CRS)
