"""Counts of an old edition of a layer, estimated for the units of a new one, with the error of doing so.

The method, its assumptions and what it is worth on real points: ``docs/method-recast.md``.
"""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_reports.errors import InputError
from geo_reports.geography.editions import flat, overlay

PLACES = 5.0
"""Independent places at which the reports of an old unit happen: a cautious value, from real points."""


def shares(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_crs: str, *, population: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Share of each old unit that lies in each new one.

    Parameters
    ----------
    old, new : GeoDataFrame
        Two editions: ``unit``, ``name`` and polygons.
    metric_crs : str
        Projected CRS in metres.
    population : GeoDataFrame, optional
        Finer polygons with ``population``, spread evenly inside each.

    Returns
    -------
    DataFrame
        old, new, area_share, population_share, sorted. Shares of one old unit add up to 1; ``new`` is empty for
        its ground that no new unit covers. ``population_share`` is NaN without ``population``, and the share of
        the area in an old unit where nobody lives. Raises ``InputError`` where a population is not known.
    """
    parts = overlay(old, new, metric_crs)
    parts = parts[parts.unit_old != ""].reset_index(drop=True)
    table = pd.DataFrame({"old": parts.unit_old, "new": parts.unit_new, "area_share": _share(parts, parts.area)})
    table["population_share"] = np.nan
    if population is not None:
        people = pd.Series(_people(parts, population, metric_crs))
        share = _share(parts, people)
        table["population_share"] = share.where(share.notna(), table.area_share)
    return table


def recast(
    counts: pd.Series,
    shares: pd.DataFrame,
    *,
    by: Literal["area", "population"] = "area",
    places: float = PLACES,
) -> pd.DataFrame:
    """Counts of old units divided among the new ones.

    Parameters
    ----------
    counts : Series
        Reports by old unit; an empty unit is "outside", whose reports stay outside.
    shares : DataFrame
        What ``shares`` returned.
    by : {"area", "population"}
    places : float
        At how many places, drawn independently, the reports of one old unit happen; only the error depends on it.

    Returns
    -------
    DataFrame
        unit, n, low, high, error, one row per new unit and a last one with an empty unit: what falls outside the new
        edition. ``n`` add up to the counts. ``low`` and ``high`` are certain: every count may lie wholly inside or
        outside each part of its unit that is at least ``editions.MOVED_M`` wide. ``error`` is the standard error if
        each place lies in a part with the probability of its share and each report happens at one of the places of
        its unit. With ``math.inf`` reports are independent (multinomial): real ones miss by far more.

    Raises
    ------
    InputError
        A count is negative or no number, a unit is counted twice or is not in ``shares``, or no population was given.
    """
    if not places >= 1:
        raise InputError("Reports happen at one place at least: give a number from 1.", "places")
    _examine(counts, shares, by)
    outside = float(counts.get("", 0.0))
    table = shares.assign(share=shares[f"{by}_share"], count=shares.old.map(counts).fillna(0.0).astype(float))
    repeats = (table["count"] * (table["count"] - 1)).clip(lower=0.0)
    alone = ~table.old.duplicated(keep=False)
    table = table.assign(
        n=table["count"] * table.share,
        low=table["count"].where(alone, 0.0),
        high=table["count"],
        variance=(table["count"] + repeats / places) * table.share * (1 - table.share),
    )
    total = table.groupby("new")[["n", "low", "high", "variance"]].sum()
    total = total.reindex([*sorted(unit for unit in total.index if unit), ""], fill_value=0.0)
    total.loc["", ["n", "low", "high"]] += outside
    total["error"] = np.sqrt(total.variance.clip(lower=0.0))
    return total.rename_axis("unit").reset_index()[["unit", "n", "low", "high", "error"]]


def _examine(counts: pd.Series, shares: pd.DataFrame, by: str) -> None:
    number = pd.to_numeric(counts, errors="coerce")
    if not (np.isfinite(number) & (number >= 0)).all():
        wrong = counts.index[~(np.isfinite(number) & (number >= 0))][0]
        raise InputError(f"The count of {wrong!r} is no number of at least 0: {counts[wrong]}.", "counts")
    if counts.index.has_duplicates:
        raise InputError(f"{counts.index[counts.index.duplicated()][0]!r} is counted twice: add its rows up.", "counts")
    unknown = sorted(set(counts.index) - set(shares.old) - {""})
    if unknown:
        raise InputError(f"Not in the old edition: {', '.join(map(repr, unknown[:5]))}; give its units.", "counts")
    if shares[f"{by}_share"].isna().any():
        raise InputError("There is no population to divide by: give finer units with population.", "by")


def _share(parts: gpd.GeoDataFrame, weight: pd.Series) -> pd.Series:
    """Weight of each part in that of its old unit, NaN where the unit has none."""
    whole = weight.groupby(parts.unit_old).transform("sum")
    return weight / whole.where(whole > 0)


def _people(parts: gpd.GeoDataFrame, finer: gpd.GeoDataFrame, metric_crs: str) -> NDArray[np.float64]:
    """Residents of each part, from finer units in each of which they are spread evenly."""
    residents = finer.population.to_numpy(np.float64)
    if not (np.isfinite(residents) & (residents >= 0)).all():
        some = finer.unit[~(np.isfinite(residents) & (residents >= 0))].tolist()
        raise InputError(
            f"{len(some)} units of the weights have no known population, {some[0]!r} among them: write 0 where nobody "
            "lives, or divide by area.",
            "population",
        )
    shapes, cells = np.asarray(parts.geometry.array), flat(finer, metric_crs)
    area = shapely.area(cells)
    density = np.divide(residents, area, out=np.zeros_like(residents), where=area > 0)
    part, cell = shapely.STRtree(cells).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[part], cells[cell]))
    people: NDArray[np.float64] = np.bincount(part, common * density[cell], minlength=len(shapes)).astype(np.float64)
    return people
