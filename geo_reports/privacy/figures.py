"""``Figures``: reports counted, exactly or as the published cube allows."""

from datetime import date, timedelta
from typing import Literal

import geopandas as gpd
import pandas as pd

from geo_reports.analysis import aggregates, hotspots, uncertainty
from geo_reports.city import CategorySpec, PlanSpec
from geo_reports.city.maps import SECURITY_CELL_M, AreaCountsDef, ChoroplethDef, HotspotsDef
from geo_reports.errors import InputError, NotAllowed
from geo_reports.plans import LayerFrames, breakdown_by_plan, by_plan
from geo_reports.privacy import cube, location, rules
from geo_reports.privacy.cube import AreaCounts
from geo_reports.privacy.window import Window
from geo_reports.report import UNSEEN, Family, Status
from geo_reports.store import Query

MOST_MONTHS = 1200
A_DAY = timedelta(days=1)
"""Months are local: the instant at which one begins is looked for with this much to spare."""


class Figures(Window):
    """The half of a view that counts."""

    def area_counts(self, definition: AreaCountsDef) -> AreaCounts:
        """Incidents per unit of the primary layer and month, small counts as ranges where they must be."""
        return self._cube(self._categories(definition.family, ()), definition.months)

    def aggregates(
        self,
        layer: str | None = None,
        *,
        family: Family,
        months: tuple[int, int] | None = None,
        categories: tuple[str, ...] = (),
        location_error: bool = False,
    ) -> pd.DataFrame:
        """Figures per unit: the summary frame, or unit, name, low, high, shown where counts are suppressed.

        ``months`` is the first and last ``yyyymm``; ``location_error`` adds ``uncertainty.LOCATION_COLUMNS``.
        ``NotAllowed`` for a cut of suppressed counts that would say more than the published cube: another layer or
        single categories; and for the location error of what the audience does not see as points.
        """
        wanted = self._categories(family, categories)
        if location_error:
            return self._with_location(layer, wanted, months)
        if self._exact(wanted):
            return self._summary(layer, wanted, months)
        self._require_cube(family, layer, categories)
        return self._cube(wanted, 12, months).totals

    def breakdown(
        self,
        by: Literal["category", "status", "month"],
        layer: str | None = None,
        *,
        family: Family,
        months: tuple[int, int] | None = None,
        categories: tuple[str, ...] = (),
    ) -> pd.DataFrame:
        """Counts per unit and category, status or month: unit, name, ``by``, n.

        Where counts are suppressed only ``month`` can be had, as unit, name, month, low, high, shown;
        everything else is ``NotAllowed``. By status all reports are counted, else open and closed ones.
        """
        wanted = self._categories(family, categories)
        if not self._exact(wanted):
            if by != "month":
                raise NotAllowed(f"Counts of {family} are not published by {by}.")
            self._require_cube(family, layer, categories)
            return self._cube(wanted, 12, months).cells
        counts = self._counts(self._layer_id(layer), [category.id for category in wanted], months)
        table = aggregates.breakdown(counts if by == "status" else aggregates.incidents(counts), by)
        names = self._names(layer)
        table.insert(1, "name", [names.get(unit, "") for unit in table.unit])
        return table

    def choropleth(self, definition: ChoroplethDef) -> pd.DataFrame:
        """Summary frame of the definition's months with ``value``: its count or rate, NaN for no data."""
        wanted = self._categories(definition.family, definition.categories)
        if not self._exact(wanted):
            raise NotAllowed(f"Exact counts of {definition.family} are not for this audience.")
        end, period = self.end(), None
        if definition.months != "all":
            months = cube.months_up_to(end.year * 100 + end.month, definition.months)
            period = months[0], months[-1]
        frame = self._summary(None, wanted, period, definition.statuses)
        frame = frame[frame.unit != ""].reset_index(drop=True)
        return frame.assign(value=frame[definition.measure].astype(float))

    def hotspots(self, definition: HotspotsDef) -> gpd.GeoDataFrame:
        """Gi* per square cell, in EPSG:4326.

        Raises ``TooFewReports`` where it would mean nothing, ``NotAllowed`` for other audiences and for cells of
        security reports that are too small.
        """
        if self.audience not in rules.HOTSPOTS:
            raise NotAllowed("Hotspot cells are for planners.")
        if definition.family is Family.SECURITY and definition.cell_m < SECURITY_CELL_M:
            raise NotAllowed(
                f"Cells of security reports are at least {SECURITY_CELL_M} m wide, so that none is a point; "
                "set cell_m in the map's file."
            )
        found = self._store.find(
            Query(
                categories=tuple(c.id for c in self._categories(definition.family, definition.categories)),
                statuses=tuple(status for status in Status if status not in UNSEEN),
                since=None if definition.window_days == "all" else self._days_ago(definition.window_days),
                outside=False,
            )
        )
        crs = self.city.spec.metric_crs
        boundary = self.city.boundary.current.units.to_crs(crs).union_all()
        at = gpd.GeoSeries(gpd.points_from_xy(found.lon, found.lat), crs="EPSG:4326").to_crs(crs)
        cells = hotspots.find_hotspots(
            at.x.to_numpy(), at.y.to_numpy(), boundary, definition.cell_m, crs, alpha=definition.alpha
        )
        return cells.to_crs("EPSG:4326")

    def plans(self, *, months: tuple[int, int] | None = None) -> pd.DataFrame:
        """One row per neighborhood plan, over the categories it tracks that this audience sees exactly.

        A plan that tracks none of them has no row: a zero would be untrue.
        """
        return by_plan(*self._plan_frames(months))

    def plan_breakdown(
        self, by: Literal["category", "status", "month"], *, months: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Counts per plan and category, status or month: plan, name, ``by``, n; categories as in ``plans``."""
        return breakdown_by_plan(*self._plan_frames(months), by)

    def _plan_frames(self, months: tuple[int, int] | None) -> tuple[list[PlanSpec], dict[str, LayerFrames]]:
        exact = {c.id for c in self.city.spec.categories if rules.as_exact_counts(self.audience, c)}
        plans = [
            plan.model_copy(update={"tracks": tuple(c for c in plan.tracks if c in exact)})
            for plan in self.city.plans
            if exact.intersection(plan.tracks)
        ]
        frames = {
            layer: LayerFrames(
                self._counts(layer, sorted(exact), months),
                self._store.closings(layer, sorted(exact), months),
                self._units(layer),
            )
            for layer in {plan.layer for plan in plans}
        }
        return plans, frames

    def _categories(self, family: Family, chosen: tuple[str, ...]) -> list[CategorySpec]:
        """Categories that may enter a count of this audience: those asked for, or all of the family.

        ``InputError`` for an unknown or foreign one; ``NotAllowed`` for one that may not be counted, or when
        there is no other: a zero in its place would be untrue.
        """
        known = {category.id: category for category in self.city.categories_of(family)}
        for name in chosen:
            if name not in known:
                raise InputError(f"{name!r} is no category of {family}; there are: {', '.join(known)}.", "category")
        seen = {name: category for name, category in known.items() if rules.as_areas(self.audience, category)}
        hidden = [name for name in chosen if name not in seen]
        if hidden or not seen:
            raise NotAllowed(f"No figures about {', '.join(hidden) or family} are published.")
        return [seen[name] for name in dict.fromkeys(chosen)] or list(seen.values())

    def _summary(
        self,
        layer: str | None,
        categories: list[CategorySpec],
        months: tuple[int, int] | None,
        statuses: tuple[Status, ...] = (),
    ) -> pd.DataFrame:
        ids = [category.id for category in categories]
        counts = self._counts(self._layer_id(layer), ids, months)
        if statuses:
            counts = counts[counts.status.isin(list(statuses))]
        closings = self._store.closings(self._layer_id(layer), ids, months)
        return aggregates.by_unit(counts, closings, self._units(layer))

    def _with_location(
        self, layer: str | None, categories: list[CategorySpec], months: tuple[int, int] | None
    ) -> pd.DataFrame:
        # probabilities tell how far reports lie from borders: several layers together would tell the place of one
        hidden = [category.id for category in categories if not rules.as_points(self.audience, category)]
        if hidden:
            raise NotAllowed(
                "The location error is given only of reports that this audience may see as points, which are not: "
                f"{', '.join(hidden)}."
            )
        found = self._store.find(
            Query(
                families=tuple(dict.fromkeys(str(category.family) for category in categories)),
                categories=tuple(category.id for category in categories),
                statuses=tuple(status for status in Status if status not in UNSEEN),
                since=None if months is None else self._seconds(_first_day(months[0]) - A_DAY),
                until=None if months is None else self._seconds(_first_day(months[1] + 1) + A_DAY),
                limit=location.MOST_LOCATED + 1,
            )
        )
        location.require_few(found)
        if months is not None:
            found = found[found.month.between(*months)]
        city = self.city
        held, blank = location.chances(
            found, city.layer(self._layer_id(layer)), city.spec.metric_crs, city.zone, self.audience
        )
        frame = uncertainty.with_location(self._summary(layer, categories, months), held, blank)
        return frame.round({"location_expected": location.DECIMALS})

    def _cube(self, categories: list[CategorySpec], n: int, months: tuple[int, int] | None = None) -> AreaCounts:
        exact = [c.id for c in categories if rules.as_exact_counts(self.audience, c)]
        guarded = [c.id for c in categories if c.id not in exact]
        end = self.end()
        last = end.year * 100 + end.month
        if guarded:
            last = min(last, cube.last_public_month(self._today()))
        period = cube.months_up_to(last, n)
        if months is not None:
            period = _between(months, last)
        units = self._units(None)
        return cube.area_counts(
            self._monthly(exact, period), self._monthly(guarded, period) if guarded else None, units, period
        )

    def _monthly(self, categories: list[str], period: list[int]) -> pd.DataFrame:
        counts = self._counts(self.city.primary.id, categories, (period[0], period[-1]))
        return aggregates.incidents(counts).groupby(["unit", "month"], as_index=False).n.sum()

    def _exact(self, categories: list[CategorySpec]) -> bool:
        return all(rules.as_exact_counts(self.audience, category) for category in categories)

    def _require_cube(self, family: Family, layer: str | None, categories: tuple[str, ...]) -> None:
        """Raise ``NotAllowed`` for a cut that would say more than the published cube."""
        if categories or self._layer_id(layer) != self.city.primary.id:
            raise NotAllowed(
                f"Counts of {family} are published as a total per unit of {self.city.primary.id} and month only."
            )


def _first_day(month: int) -> date:
    """First day of a month ``yyyymm``; month 13 is January."""
    return date(month // 100 + (month % 100 - 1) // 12, (month % 100 - 1) % 12 + 1, 1)


def _between(months: tuple[int, int], last: int) -> list[int]:
    """Months asked for that are already public; ``InputError`` when none is, or more than a century of them."""
    first, final = months[0], min(months[1], last)
    span = (final // 100 - first // 100) * 12 + final % 100 - first % 100 + 1
    if span < 1:
        raise InputError(f"No month of that period is published yet; the latest is {last}.", field="from")
    if span > MOST_MONTHS:
        raise InputError(f"That period is too long: ask for at most {MOST_MONTHS} months.", field="from")
    return cube.months_up_to(final, span)
