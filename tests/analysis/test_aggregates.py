import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports.analysis import breakdown, by_unit, incidents
from geo_reports.analysis.aggregates import SUMMARY_COLUMNS
from geo_reports.report import CLOSED, OPEN, Status

COUNTS = pd.DataFrame(
    [
        ("b", "rubble", "received", 202601, 3),
        ("b", "tyres", "in_progress", 202602, 1),
        ("b", "rubble", "cleaned", 202601, 4),
        ("b", "rubble", "closed_without_solution", 0, 2),
        ("b", "rubble", "duplicate", 202601, 5),
        ("a", "tyres", "rejected", 202602, 7),
        ("", "rubble", "acknowledged", 202601, 6),
        ("", "rubble", "rejected", 202601, 1),
    ],
    columns=["unit", "category", "status", "month", "n"],
)
CLOSINGS = pd.DataFrame(
    [("b", "rubble", 202601, 1.0), ("b", "rubble", 202601, 4.0), ("b", "rubble", 202601, 9.0), ("", "rubble", 0, 2.0)],
    columns=["unit", "category", "month", "days"],
)
UNITS = pd.DataFrame(
    {
        "unit": ["b", "a", "c"],
        "name": ["Bosque", "Alameda", "Cerro"],
        "population": [500.0, np.nan, 0.0],
        "area_km2": [2.0, 1.0, 4.0],
    },
    index=[7, 3, 9],
)


def row(summary: pd.DataFrame, unit: str) -> pd.Series:
    return summary.set_index("unit").loc[unit]


def test_units_keep_their_order_and_outside_comes_last():
    summary = by_unit(COUNTS, CLOSINGS, UNITS)
    assert list(summary.columns) == list(SUMMARY_COLUMNS)
    assert list(summary.unit) == ["b", "a", "c", ""]
    assert list(summary.name) == ["Bosque", "Alameda", "Cerro", ""]


def test_open_closed_and_withdrawn_are_counted_apart():
    b = row(by_unit(COUNTS, CLOSINGS, UNITS), "b")
    assert (b["count"], b.open, b.closed, b.withdrawn) == (10, 4, 6, 5)


def test_only_withdrawn_reports_make_no_incident():
    a = row(by_unit(COUNTS, CLOSINGS, UNITS), "a")
    assert (a["count"], a.withdrawn) == (0, 7)


def test_outside_is_counted_without_rates():
    outside = row(by_unit(COUNTS, CLOSINGS, UNITS), "")
    assert (outside["count"], outside.withdrawn, outside.median_days_to_close) == (6, 1, 2.0)
    assert math.isnan(outside.per_1000)
    assert math.isnan(outside.per_km2)


def test_rates_need_a_base():
    summary = by_unit(COUNTS, CLOSINGS, UNITS)
    assert row(summary, "b").per_1000 == 20.0
    assert row(summary, "b").per_km2 == 5.0
    assert math.isnan(row(summary, "a").per_1000), "the population is unknown"
    assert math.isnan(row(summary, "c").per_1000), "nobody lives there"
    assert row(summary, "c").per_km2 == 0.0


def test_the_median_is_of_the_units_own_closings():
    summary = by_unit(COUNTS, CLOSINGS, UNITS)
    assert (row(summary, "b").median_days_to_close, row(summary, "b").n_closings) == (4.0, 3)
    assert math.isnan(row(summary, "a").median_days_to_close)
    assert row(summary, "a").n_closings == 0


def test_no_reports_at_all_are_zeros():
    summary = by_unit(COUNTS.head(0), CLOSINGS.head(0), UNITS)
    assert summary["count"].tolist() == [0, 0, 0, 0]
    assert summary.median_days_to_close.isna().all()


def test_a_layer_without_units_still_counts_outside():
    outside = COUNTS[COUNTS.unit == ""]
    assert by_unit(outside, CLOSINGS.head(0), UNITS.head(0))["count"].tolist() == [6]


@pytest.mark.parametrize(
    ("counts", "closings", "message"),
    [
        (COUNTS.assign(unit="zz"), CLOSINGS, "unknown units in counts: zz"),
        (COUNTS.assign(unit=None), CLOSINGS, "unknown units in counts: (None|nan)"),
        (COUNTS, CLOSINGS.assign(unit="yy"), "unknown units in closings: yy"),
        (COUNTS.assign(status="lost"), CLOSINGS, "unknown statuses in counts: lost"),
    ],
)
def test_what_has_no_place_is_refused_by_name(counts, closings, message):
    with pytest.raises(ValueError, match=message):
        by_unit(counts, closings, UNITS)


def test_many_unknown_units_are_named_in_part():
    counts = pd.concat([COUNTS.head(1).assign(unit=f"z{number:02}") for number in range(12)])
    with pytest.raises(ValueError, match=r"z00, z01, .*z09 and 2 more$"):
        by_unit(counts, CLOSINGS, UNITS)


@pytest.mark.parametrize("unit", ["b", ""])
def test_a_repeated_or_reserved_unit_is_refused(unit):
    doubled = pd.concat([UNITS, UNITS.head(1).assign(unit=unit)])
    with pytest.raises(ValueError, match=f"{unit!r}; give each unit once"):
        by_unit(COUNTS, CLOSINGS, doubled)


rows_of_counts = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", ""]),
        st.sampled_from(["rubble", "tyres"]),
        st.sampled_from([str(status) for status in Status if status is not Status.HELD]),
        st.sampled_from([0, 202601, 202602]),
        st.integers(0, 2**40),
    )
)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(rows_of_counts)
def test_no_report_is_lost_or_counted_twice(rows):
    counts = pd.DataFrame(rows, columns=COUNTS.columns)
    summary = by_unit(counts, CLOSINGS.head(0), UNITS)
    assert summary["count"].sum() + summary.withdrawn.sum() == sum(n for *_, n in rows)
    for found in summary.itertuples():
        mine = [(status, n) for unit, _, status, _, n in rows if unit == found.unit]
        assert found.open == sum(n for status, n in mine if status in OPEN)
        assert found.closed == sum(n for status, n in mine if status in CLOSED)


@settings(deadline=None)  # a busy machine is no fault of the code
@given(rows_of_counts, st.sampled_from(["category", "status", "month"]))
def test_a_breakdown_keeps_every_report(rows, by):
    counts = pd.DataFrame(rows, columns=COUNTS.columns).astype({"n": "int64"})
    assert breakdown(counts, by).n.sum() == sum(n for *_, n in rows)


def test_breakdown_by_month_is_one_row_per_unit_and_month():
    found = breakdown(COUNTS, "month")
    assert found.to_dict("list") == {
        "unit": ["", "a", "b", "b", "b"],
        "month": [202601, 202602, 0, 202601, 202602],
        "n": [7, 7, 2, 12, 1],
    }


def test_incidents_agree_with_the_summary():
    by_category = breakdown(incidents(COUNTS), "category").groupby("unit").n.sum()
    summary = by_unit(COUNTS, CLOSINGS, UNITS).set_index("unit")["count"]
    assert by_category.to_dict() == {unit: n for unit, n in summary.items() if n}
