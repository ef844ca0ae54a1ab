"""Totals of neighborhood plans, computed from reports, never from averages of units."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import pandas as pd

from geo_reports.analysis.aggregates import SUMMARY_COLUMNS, breakdown, by_unit, incidents
from geo_reports.city.model import PlanSpec

PLAN_COLUMNS = ("plan", *SUMMARY_COLUMNS[1:])
"""Columns of the plans' frame: those of the summary, with ``plan`` in place of ``unit``."""


class LayerFrames(NamedTuple):
    """The frames of one layer, as ``by_unit`` takes them; counts and closings have a ``category``."""

    counts: pd.DataFrame
    closings: pd.DataFrame
    units: pd.DataFrame


def by_plan(plans: Iterable[PlanSpec], layers: Mapping[str, LayerFrames]) -> pd.DataFrame:
    """Summary of reports per plan: only its units, only the categories it tracks.

    Parameters
    ----------
    plans : iterable of PlanSpec
        Plans may share units; a shared report counts in each of them.
    layers : mapping
        Frames by layer id, with every layer that a plan names.

    Returns
    -------
    DataFrame
        One row per plan, in their order, with ``PLAN_COLUMNS``. ``name`` holds the words of the plan by
        language. ``population`` and ``area_km2`` are sums over its units, NaN if one of them is unknown;
        ``median_days_to_close`` is the median of all its closings.

    Raises
    ------
    ValueError
        A plan names a unit that its layer has not, or see ``by_unit``.
    """
    rows = [_total(plan, layers[plan.layer]) for plan in plans]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(PLAN_COLUMNS))


def breakdown_by_plan(
    plans: Iterable[PlanSpec], layers: Mapping[str, LayerFrames], by: Literal["category", "status", "month"]
) -> pd.DataFrame:
    """Counts per plan and ``by``: plan, name (words by language), ``by``, n; combinations that never occur are absent.

    By status all reports are counted, else only the open and closed ones, as in the summary's ``count``.
    """
    parts = []
    for plan in plans:
        counts = _tracked(layers[plan.layer].counts, plan)
        part = breakdown(counts if by == "status" else incidents(counts), by).rename(columns={"unit": "plan"})
        part.insert(1, "name", pd.Series([plan.name] * len(part), dtype=object))
        parts.append(part)
    columns = ["plan", "name", by, "n"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _total(plan: PlanSpec, layer: LayerFrames) -> pd.DataFrame:
    """One row with ``PLAN_COLUMNS``: the summary of the plan's area taken as a single unit."""
    own = layer.units[layer.units.unit.isin(plan.units)]
    absent = sorted(set(plan.units) - set(own.unit))
    if absent:
        raise ValueError(f"plan {plan.id} names units that layer {plan.layer} has not: {', '.join(absent)}")
    area = pd.DataFrame(
        {
            "unit": [plan.id],
            "name": [plan.id],
            "population": [own.population.sum(skipna=False)],
            "area_km2": [own.area_km2.sum(skipna=False)],
        }
    )
    row = by_unit(_tracked(layer.counts, plan), _tracked(layer.closings, plan), area).head(1)
    row = row.rename(columns={"unit": "plan"})
    row["name"] = pd.Series([plan.name], dtype=object)
    return pd.DataFrame(row)


def _tracked(frame: pd.DataFrame, plan: PlanSpec) -> pd.DataFrame:
    """Rows of the plan's units and categories, relabelled as if the plan were one unit."""
    mine = frame.unit.isin(plan.units) & frame.category.isin(plan.tracks)
    return frame[mine].assign(unit=plan.id)
