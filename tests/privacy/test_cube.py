"""Small counts stay hidden, whatever published figures are put together."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geo_reports.city.maps import AreaCountsDef
from geo_reports.errors import InputError
from geo_reports.privacy.cube import area_counts, last_public_month, months_up_to
from geo_reports.privacy.rules import SECURITY_DELAY_DAYS, SUPPRESS_BELOW
from geo_reports.report import Audience, Family, Status

UNITS = pd.DataFrame({"unit": ["A", "B", "C"], "name": ["a", "b", "c"]})
MONTHS = [202606, 202607, 202608]
NOTHING = pd.DataFrame({"unit": [], "month": [], "n": []}).astype({"month": int, "n": int})
TABLES = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3)
WORDS = {"es": "x", "en": "x"}


def frame(table):
    return pd.DataFrame(
        [
            (unit, month, n)
            for unit, row in zip("ABC", table, strict=True)
            for month, n in zip(MONTHS, row, strict=True)
        ],
        columns=["unit", "month", "n"],
    )


def windows():
    return [MONTHS[i:j] for i in range(3) for j in range(i + 1, 4)]


def published(table, exact):
    """All that is ever told: each cell and each total of every window, as (weights of the cells, low, high).

    The ``exact`` counts, which are public beside them, are taken off.
    """
    told = []
    for months in windows():
        cube = area_counts(exact, frame(table), UNITS, months)
        for row in [*cube.cells.itertuples(), *cube.totals.itertuples()]:
            covered = [row.month] if hasattr(row, "month") else months
            weights = np.zeros((3, 3))
            for month in covered:
                weights["ABC".index(row.unit), MONTHS.index(month)] = 1
            known = sum(exact.n[(exact.unit == row.unit) & exact.month.isin(covered)])
            told.append((weights.ravel(), row.low - known, row.high - known))
    return told


def test_a_table_by_hand():
    cube = area_counts(NOTHING, frame([[0, 4, 5], [12, 0, 0], [0, 0, 0]]), UNITS, MONTHS)
    assert cube.cells.shown.tolist() == ["<5", "<5", "5", "12", "<5", "<5", "<5", "<5", "<5"]
    assert cube.totals[["unit", "low", "high", "klass"]].values.tolist() == [
        ["A", 5, 13, 2],
        ["B", 12, 20, 2],
        ["C", 0, 12, 1],
    ]
    assert cube.totals.shown.tolist() == ["5-13", "12-20", "0-12"]
    assert (cube.first_month, cube.last_month) == (202606, 202608)


@given(table=TABLES, other=st.lists(st.integers(0, 4), min_size=9, max_size=9))
@settings(max_examples=25)
def test_zero_and_four_look_alike(table, other):
    small = np.array(table) < SUPPRESS_BELOW
    changed = np.where(small, np.array(other).reshape(3, 3), table).tolist()
    for months in windows():
        one, two = (area_counts(NOTHING, frame(t), UNITS, months) for t in (table, changed))
        pd.testing.assert_frame_equal(one.cells, two.cells)
        pd.testing.assert_frame_equal(one.totals, two.totals)


@given(table=TABLES, lights=TABLES)
@settings(max_examples=12)
def test_every_hidden_cell_could_be_anything_below_the_limit(table, lights):
    """Bounds by linear programming, from all cells and totals of all windows, and the exact counts beside them."""
    told = published(table, frame(lights))
    upper = [(w, high) for w, _, high in told] + [(-w, -low) for w, low, _ in told]
    matrix, limit = np.array([w for w, _ in upper]), np.array([b for _, b in upper])
    for cell, true in enumerate(np.ravel(table)):
        aim = np.eye(9)[cell]
        ends = [linprog(sign * aim, A_ub=matrix, b_ub=limit, bounds=(0, None)).fun * sign for sign in (1, -1)]
        wanted = [0, SUPPRESS_BELOW - 1] if true < SUPPRESS_BELOW else [true, true]
        assert ends == pytest.approx(wanted)


@given(table=TABLES)
def test_ranges_hold_the_truth(table):
    cube = area_counts(NOTHING, frame(table), UNITS, MONTHS)
    true = np.array(table)
    assert (cube.cells.low <= true.ravel()).all()
    assert (true.ravel() <= cube.cells.high).all()
    assert (cube.totals.low <= true.sum(1)).all()
    assert (true.sum(1) <= cube.totals.high).all()


def test_counts_that_need_no_hiding_are_exact():
    cube = area_counts(frame([[0, 1, 2], [3, 4, 5], [6, 7, 8]]), None, UNITS, MONTHS)
    assert cube.cells.shown.tolist() == list("012345678")
    assert cube.totals.shown.tolist() == ["3", "12", "21"]


# months ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2026, 10, 15), 202608),
        (date(2026, 10, 30), 202608),
        (date(2026, 10, 31), 202609),
        (date(2026, 1, 15), 202511),
        (date(2026, 1, 31), 202512),
    ],
)
def test_the_latest_public_month(today, month):
    assert last_public_month(today) == month


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_month_waits_its_days(today):
    month = last_public_month(today)
    year, number = divmod(month, 100)
    after = date(year + number // 12, number % 12 + 1, 1)
    assert today - after >= timedelta(days=SECURITY_DELAY_DAYS)
    assert today - after < timedelta(days=SECURITY_DELAY_DAYS + 31)


def test_months_count_back():
    assert months_up_to(202602, 4) == [202511, 202512, 202601, 202602]
    assert months_up_to(202612, 1) == [202612]


# the whole way ---------------------------------------------------------------------------------------


def robberies(town, n, month, unit="A"):
    return [town.send("street_robbery", unit, occurred_at=month) for _ in range(n)]


def test_security_as_the_public_and_a_planner_see_it(town):
    robberies(town, 6, "2026-08")
    robberies(town, 3, "2026-07")
    robberies(town, 9, "2026-09")
    town.send("threat", "B", occurred_at="2026-08")
    withdrawn = robberies(town, 2, "2026-08", "D")
    for receipt in withdrawn:
        town.move(receipt.public_id, Status.REJECTED)
    definition = AreaCountsDef(kind="area_counts", name=WORDS, months=2)
    public = town.view(Audience.PUBLIC).area_counts(definition)
    assert (public.first_month, public.last_month) == (202607, 202608)
    assert public.cells.shown.tolist() == ["<5", "6", "<5", "<5", "<5", "<5", "<5", "<5"]
    planner = town.view(Audience.PLANNER).area_counts(AreaCountsDef(kind="area_counts", name=WORDS, months=4))
    assert (planner.first_month, planner.last_month) == (202607, 202610)
    assert planner.totals.shown.tolist() == ["18", "1", "0", "0"]
    exact = town.view(Audience.PLANNER).aggregates(family=Family.SECURITY).set_index("unit")
    assert exact["count"].tolist() == [18, 1, 0, 0, 0]
    assert exact.loc["D", "withdrawn"] == 2


def test_no_month_is_public_before_its_time(town):
    robberies(town, 9, "2026-09")
    view = town.view(Audience.PUBLIC)
    assert view.aggregates(family=Family.SECURITY).low.sum() == 0
    with pytest.raises(InputError):
        view.aggregates(family=Family.SECURITY, months=(202609, 202612))
    with pytest.raises(InputError):
        view.aggregates(family=Family.SECURITY, months=(190001, 202608))
    town.now = datetime(2026, 11, 2, 15, tzinfo=UTC)
    assert view.aggregates(family=Family.SECURITY, months=(202609, 202612)).low.tolist() == [9, 0, 0, 0]


def test_an_hour_of_a_day_in_a_public_month_is_a_month(town):
    """A window is whole months: no sum of windows is finer than a cell of the cube."""
    robberies(town, 7, "2026-08-20T13:00")
    frame = town.view(Audience.PUBLIC).aggregates(family=Family.SECURITY, months=(202608, 202608))
    assert list(frame) == ["unit", "name", "low", "high", "klass", "shown"]
    assert frame.shown.tolist() == ["7", "0-4", "0-4", "0-4"]
