import math

import numpy as np
import pandas as pd
import pytest

from geo_reports.city import PlanSpec
from geo_reports.plans import LayerFrames, by_plan
from geo_reports.plans.totals import PLAN_COLUMNS

COUNTS = pd.DataFrame(
    [
        ("a", "rubble", "received", 202601, 1),
        ("a", "tyres", "received", 202601, 100),
        ("b", "rubble", "cleaned", 202601, 4),
        ("b", "rubble", "duplicate", 202601, 3),
        ("c", "rubble", "received", 202601, 50),
        ("", "rubble", "received", 202601, 9),
    ],
    columns=["unit", "category", "status", "month", "n"],
)
CLOSINGS = pd.DataFrame(
    [
        ("a", "rubble", 202601, 1.0),
        ("b", "rubble", 202601, 10.0),
        ("b", "rubble", 202601, 20.0),
        ("b", "tyres", 202601, 900.0),
        ("c", "rubble", 202601, 800.0),
    ],
    columns=["unit", "category", "month", "days"],
)
UNITS = pd.DataFrame(
    {
        "unit": ["a", "b", "c"],
        "name": ["A", "B", "C"],
        "population": [1000.0, 1500.0, np.nan],
        "area_km2": [1.0, 1.5, 2.0],
    }
)
LAYERS = {"barrios": LayerFrames(COUNTS, CLOSINGS, UNITS)}


def plan(name: str = "north", layer: str = "barrios", units: tuple[str, ...] = ("a", "b")) -> PlanSpec:
    words = {"es": f"Plan {name}", "en": f"{name} plan"}
    return PlanSpec(id=name, name=words, layer=layer, units=units, tracks=("rubble",))


def test_a_plan_counts_its_units_and_categories_only():
    total = by_plan([plan()], LAYERS).iloc[0]
    assert (total["count"], total.open, total.closed, total.withdrawn) == (5, 1, 4, 3)


def test_the_median_is_of_all_closings_not_of_medians():
    total = by_plan([plan()], LAYERS).iloc[0]
    assert (total.median_days_to_close, total.n_closings) == (10.0, 3)  # the mean of the units' medians is 8


def test_residents_and_area_are_summed():
    total = by_plan([plan()], LAYERS).iloc[0]
    assert (total.population, total.area_km2, total.per_1000, total.per_km2) == (2500.0, 2.5, 2.0, 2.0)


def test_one_unknown_population_leaves_the_rate_unknown():
    total = by_plan([plan(units=("a", "c"))], LAYERS).iloc[0]
    assert math.isnan(total.population)
    assert math.isnan(total.per_1000)
    assert total.per_km2 == 17.0


def test_plans_keep_their_order_words_and_columns():
    totals = by_plan([plan("south", units=("c",)), plan("north")], LAYERS)
    assert list(totals.columns) == list(PLAN_COLUMNS)
    assert list(totals.plan) == ["south", "north"]
    assert totals.name[1] == {"es": "Plan north", "en": "north plan"}


def test_each_plan_reads_its_own_layer():
    other = LayerFrames(COUNTS.assign(unit="a", n=1), CLOSINGS.head(0), UNITS)
    totals = by_plan([plan(), plan("east", "zones")], LAYERS | {"zones": other})
    assert totals["count"].tolist() == [5, 4]


def test_no_plans_are_an_empty_frame():
    assert list(by_plan([], LAYERS).columns) == list(PLAN_COLUMNS)
    assert by_plan([], LAYERS).empty


def test_a_unit_the_layer_has_not_is_named():
    with pytest.raises(ValueError, match="plan north names units that layer barrios has not: zz"):
        by_plan([plan(units=("a", "zz"))], LAYERS)
