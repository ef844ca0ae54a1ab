"""Intervals against every combination, against drawing, and against the binomial distribution."""

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.analysis.uncertainty import (
    EXACT_UP_TO,
    LOCATION_COLUMNS,
    _refined_normal,
    interval,
    poisson_binomial,
    with_location,
)

chance = st.floats(0, 1, allow_nan=False)


def brute(p):
    """Probabilities of each sum, by all 2^n combinations."""
    mass = np.zeros(len(p) + 1)
    for answers in itertools.product([0, 1], repeat=len(p)):
        mass[sum(answers)] += math.prod(one if yes else 1 - one for one, yes in zip(p, answers, strict=True))
    return mass


@given(p=st.lists(chance, max_size=10))
def test_few_equal_all_combinations(p):
    mass = poisson_binomial(np.array(p))
    assert mass == pytest.approx(brute(p), abs=1e-12)
    below = np.cumsum(brute(p))
    low, high = interval(np.array(p))
    assert below[low] >= 0.05 - 1e-9
    assert low == 0 or below[low - 1] < 0.05 + 1e-9
    assert below[high] >= 0.95 - 1e-9
    assert high == 0 or below[high - 1] < 0.95 + 1e-9


def test_many_equal_chances_are_binomial():
    n, p = 1_000, 0.3
    mass = poisson_binomial(np.full(n, p))
    wanted = [math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
              + k * math.log(p) + (n - k) * math.log(1 - p)) for k in range(n + 1)]  # fmt: skip
    assert mass == pytest.approx(wanted, abs=1e-12)


def test_the_interval_holds_what_is_drawn_as_often_as_said():
    random = np.random.default_rng(1)
    p = random.uniform(0, 1, 200) ** 2
    drawn = (random.uniform(size=(20_000, 200)) < p).sum(axis=1)
    for level in (0.9, 0.95):
        low, high = interval(p, level)
        share = ((drawn >= low) & (drawn <= high)).mean()
        assert level - 0.005 < share < level + 0.05
        assert (drawn < low).mean() < (1 - level) / 2 + 0.005


def test_certain_reports_only_move_the_interval():
    p = np.array([0.5, 0.2, 0.9])
    low, high = interval(p)
    assert interval(np.concatenate([p, np.ones(7), np.zeros(5)])) == (low + 7, high + 7)
    assert interval(np.ones(4)) == (4, 4)
    assert interval(np.empty(0)) == (0, 0)


def test_more_than_can_be_summed_is_off_by_one_at_most():
    random = np.random.default_rng(2)
    for power in (0.3, 1, 3, 8):
        p = random.uniform(0, 1, EXACT_UP_TO + 1) ** power
        below = np.cumsum(poisson_binomial(p))
        for share in (0.025, 0.05, 0.95, 0.975):
            assert abs(_refined_normal(p, share) - int(np.searchsorted(below, share))) <= 1
        exact = tuple(int(np.searchsorted(below, share)) for share in (0.05, 0.95))
        assert interval(p) == pytest.approx(exact, abs=1)


@pytest.mark.parametrize(("p", "level"), [([1.1], 0.9), ([-0.1], 0.9), ([np.nan], 0.9), ([0.5], 1), ([0.5], 0)])
def test_what_is_no_probability_is_refused(p, level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval(np.array(p), level)


def test_units_get_what_is_expected_in_them():
    units = pd.DataFrame({"unit": ["A", "B", ""], "count": [2, 1, 0]})
    chances = pd.DataFrame({"unit": ["A", "B", "A", "", "B"], "p": [0.5, 0.5, 0.75, 0.25, 1.0]})
    out = with_location(units, chances, pd.Series({"B": 1}))
    assert tuple(out.columns) == ("unit", "count", *LOCATION_COLUMNS)
    assert out.location_expected.tolist() == [1.25, 1.5, 0.25]
    # A: 0, 1, 2 with 1/8, 4/8, 3/8; B: 1 or 2 evenly; outside: one in four
    assert out.location_low.tolist() == [0, 1, 0]
    assert out.location_high.tolist() == [2, 2, 1]
    assert out.n_without_accuracy.tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="'Z'"):
        with_location(units, chances.assign(unit="Z"), pd.Series(dtype=int))


def test_intervals_hold_the_true_number_as_often_as_they_promise(tiny_city):
    """True places anywhere, reported ones within 150 m at 95 %: the whole way from places to intervals."""
    random, metric, n, cities = np.random.default_rng(3), tiny_city.spec.metric_crs, 120, 400
    lon, lat = random.uniform(-70.01, -69.97, n * cities), random.uniform(-33.01, -32.97, n * cities)
    at = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(metric)
    off = random.normal(0, 150 / math.sqrt(-2 * math.log(0.05)), (2, n * cities))
    said = gpd.GeoSeries(gpd.points_from_xy(at.x + off[0], at.y + off[1]), crs=metric).to_crs(4326)
    index = tiny_city.primary.current.index
    found = index.probabilities(said.x, said.y, 150, metric_crs=metric)
    chances = found.groupby([found.point // n, "unit"]).p
    true, counted = (
        pd.Series(1, index=[np.arange(n * cities) // n, index.assign(*xy)]).groupby(level=[0, 1]).sum()
        for xy in ((lon, lat), (said.x, said.y))
    )
    held, promised = [], []
    for key, p in chances:
        low, high = interval(p.to_numpy())
        held.append(low <= true.get(key, 0) <= high)
        promised.append(poisson_binomial(p.to_numpy())[low : high + 1].sum())
    assert len(held) == 5 * cities
    assert min(promised) >= 0.9
    assert np.mean(held) == pytest.approx(np.mean(promised), abs=0.013)  # three standard errors
    # what the interval is for: the plain count is wrong more often than not
    assert (true.sub(counted, fill_value=0) != 0).mean() > 0.5
