import numpy as np
import pytest

from geo_reports.analysis.scan import scan_statistic
from geo_reports.errors import InputError


def likeliest(x, y, cases, population, max_share):
    """The greatest ratio, by every circle around every place."""
    total, whole, best = sum(cases), sum(population), 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            r = np.hypot(x[i] - x[j], y[i] - y[j])
            inside = [k for k in range(len(x)) if np.hypot(x[i] - x[k], y[i] - y[k]) <= r + 1e-12]
            c, people = sum(cases[k] for k in inside), sum(population[k] for k in inside)
            e = total * people / whole
            if people <= max_share * whole and c > e:
                rest = (total - c) * np.log((total - c) / (total - e)) if total > c else 0.0
                best = max(best, c * np.log(c / e) + rest)
    return best


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("max_share", [0.1, 0.5])
def test_no_circle_is_likelier(seed, max_share):
    draw = np.random.default_rng(seed)
    # a lattice: many places at the same distance
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(range(5), range(4)))
    population, cases = draw.integers(50, 200, 20), draw.integers(0, 9, 20)
    found = scan_statistic(x, y, cases, population, max_share, simulations=0)
    expected = likeliest(x, y, cases, population, max_share)
    assert (found.llr.iloc[0] if len(found) else 0.0) == pytest.approx(expected, rel=1e-12)


def test_a_planted_cluster_is_found_with_its_members():
    draw = np.random.default_rng(3)
    x, y = draw.uniform(0, 100, (2, 150))
    population = draw.integers(500, 3000, 150)
    planted = np.hypot(x - x[7], y - y[7]) < 18
    cases = draw.poisson(population * np.where(planted, 0.02, 0.004))
    found = scan_statistic(x, y, cases, population, seed=1)
    first = found.iloc[0]
    members = set(first.members.tolist())
    assert members == set(np.flatnonzero(planted).tolist())
    assert first.p == 0.001
    assert first.cases == cases[planted].sum()
    assert first.expected == pytest.approx(cases.sum() * population[planted].sum() / population.sum())
    others = found.members.iloc[1:]
    assert all(members.isdisjoint(more.tolist()) for more in others)
    assert scan_statistic(x, y, cases, population, seed=1).p.equals(found.p)


def test_without_a_cluster_small_p_are_as_rare_as_they_should_be():
    draw = np.random.default_rng(5)
    x, y = draw.uniform(0, 10, (2, 30))
    population = draw.integers(100, 1000, 30)
    small = 0
    for run in range(100):
        cases = draw.multinomial(60, population / population.sum())
        small += scan_statistic(x, y, cases, population, simulations=99, seed=run).p.iloc[0] <= 0.05
    assert small <= 11  # 5 are expected; more than 11 come once in 250 tries


def test_nothing_happened():
    assert scan_statistic([0, 1], [0, 1], [0, 0], [5, 5]).empty


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cases": [1, -1]}, "cases"),
        ({"cases": [1, np.nan]}, "cases"),
        ({"cases": [1]}, "cases"),
        ({"population": [0, 5]}, "population"),
        ({"population": [-1, 5]}, "population"),
        ({"max_share": 0.6}, "max_share"),
        ({"simulations": -1}, "simulations"),
        ({"y": [0.0]}, "y"),
    ],
)
def test_what_cannot_be_scanned(change, field):
    given = {"x": [0.0, 1.0], "y": [0.0, 1.0], "cases": [1, 1], "population": [5, 5], **change}
    with pytest.raises(InputError) as caught:
        scan_statistic(**given)
    assert caught.value.field == field
