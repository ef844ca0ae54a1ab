"""Counts divided among the units of a new edition, on squares whose shares anyone can see."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.errors import InputError
from geo_reports.geography.recast import recast, shares
from tests.geography.test_editions import CRS, OLD, edition

NEW = edition(p=(0, 0, 1.25, 2), q=(1.25, 0, 2, 2))
COUNTS = pd.Series({"a": 10, "b": 40, "c": 0, "d": 8})


def rows(frame: pd.DataFrame) -> list[list[object]]:
    return [[round(cell, 6) if isinstance(cell, float) else cell for cell in row] for row in frame.values.tolist()]


def people(**each: tuple[tuple[float, float, float, float], float]):
    frame = edition(**{unit: box for unit, (box, _) in each.items()})
    return frame.assign(population=[n for _, n in each.values()])


def test_shares_of_area() -> None:
    table = shares(OLD, NEW, CRS)
    assert rows(table[["old", "new", "area_share"]]) == [
        ["a", "p", 1],
        ["b", "p", 0.25],
        ["b", "q", 0.75],
        ["c", "p", 1],
        ["d", "p", 0.25],
        ["d", "q", 0.75],
    ]
    assert table.population_share.isna().all()


def test_counts_by_area_with_bounds_and_error() -> None:
    found = recast(COUNTS, shares(OLD, NEW, CRS), places=math.inf)
    error = np.sqrt(48 * 0.25 * 0.75)
    assert rows(found) == [
        ["p", 10 + 12, 10, 58, round(error, 6)],
        ["q", 36, 0, 48, round(error, 6)],
        ["", 0, 0, 0, 0],
    ]


def test_shares_of_population() -> None:
    # all residents of the east live in its western half, evenly, and those of d nowhere
    finer = people(w=((0, 0, 1, 2), 100), x=((1, 0, 1.5, 1), 60), y=((1.5, 0, 2, 1), 0), z=((1, 1, 2, 2), 0))
    table = shares(OLD, NEW, CRS, population=finer)
    assert rows(table[["old", "new", "population_share"]]) == [
        ["a", "p", 1],
        ["b", "p", 0.5],
        ["b", "q", 0.5],
        ["c", "p", 1],
        ["d", "p", 0.25],  # nobody lives in d: its area must do
        ["d", "q", 0.75],
    ]
    found = recast(COUNTS, table, by="population").set_index("unit")
    assert found.n.to_dict() == pytest.approx({"p": 10 + 20 + 2, "q": 20 + 6, "": 0})
    assert (found.low["p"], found.high["q"]) == (10, 48)


def test_what_the_new_edition_leaves_out_is_said() -> None:
    found = recast(COUNTS, shares(OLD, edition(p=(0, 0, 1.5, 1)), CRS), places=math.inf)
    assert rows(found) == [["p", 30, 10, 50, round(np.sqrt(10), 6)], ["", 28, 8, 48, round(np.sqrt(10), 6)]]
    assert found.n.sum() == COUNTS.sum()


def test_reports_outside_stay_outside() -> None:
    found = recast(pd.Series({"a": 3, "": 5}), shares(OLD, NEW, CRS)).set_index("unit")
    assert found.loc["", ["n", "low", "high"]].tolist() == [5, 5, 5]
    assert found.n.sum() == 8


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"a": -1}, "'a' is no number"),
        ({"a": float("nan")}, "'a' is no number"),
        ({"a": "many"}, "'a' is no number"),
        ({"z": 1}, "Not in the old edition: 'z'"),
    ],
)
def test_counts_that_cannot_be_divided(counts: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        recast(pd.Series(counts), shares(OLD, NEW, CRS))


def test_a_unit_counted_twice_is_refused() -> None:
    with pytest.raises(InputError, match="twice"):
        recast(pd.Series([1, 2], index=["a", "a"]), shares(OLD, NEW, CRS))


def test_no_population_no_division_by_it() -> None:
    with pytest.raises(InputError, match="no population"):
        recast(COUNTS, shares(OLD, NEW, CRS), by="population")
    with pytest.raises(InputError, match="'w' among them"):
        shares(OLD, NEW, CRS, population=people(w=((0, 0, 2, 2), float("nan"))))


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.floats(0.1, 1.9), st.floats(0.1, 2.5))
def test_sum_is_kept_and_bounds_hold(counts: list[int], x: float, north: float) -> None:
    found = recast(pd.Series(counts, index=list("abcd")), shares(OLD, edition(p=(0, 0, x, north)), CRS))
    assert found.n.sum() == pytest.approx(sum(counts))
    assert (found.low <= found.n + 1e-6).all()
    assert (found.n <= found.high + 1e-6).all()
    assert (found.error <= (found.high - found.low) + 1e-6).all()


def test_error_is_that_of_independent_points() -> None:
    """Points thrown evenly miss the estimate by the stated error, on average of many throws."""
    random = np.random.default_rng(7)
    in_p = random.binomial(40, 0.25, 20_000) + random.binomial(8, 0.25, 20_000) + 10
    stated = recast(COUNTS, shares(OLD, NEW, CRS), places=math.inf).set_index("unit").loc["p"]
    assert in_p.mean() == pytest.approx(stated.n, abs=0.1)
    assert in_p.std() == pytest.approx(stated.error, rel=0.03)


def test_error_is_that_of_reports_at_a_few_places() -> None:
    """As above, but each unit's reports happen at 4 places thrown evenly."""
    random = np.random.default_rng(7)
    in_p = [random.binomial(n, random.binomial(4, 0.25, 20_000) / 4) for n in (40, 8)]
    stated = recast(COUNTS, shares(OLD, NEW, CRS), places=4).set_index("unit").loc["p"]
    assert np.sum(in_p, axis=0).std() == pytest.approx(stated.error, rel=0.03)


@pytest.mark.parametrize("places", [0, 0.5, float("nan")])
def test_reports_happen_somewhere(places: float) -> None:
    with pytest.raises(InputError, match="one place at least"):
        recast(COUNTS, shares(OLD, NEW, CRS), places=places)
