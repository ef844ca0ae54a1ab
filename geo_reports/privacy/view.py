"""``View``: one audience's window on the store, and the only way out of it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import geopandas as gpd
import pandas as pd

from geo_reports.accounts.actor import Actor
from geo_reports.analysis import aggregates, hotspots
from geo_reports.city import CategorySpec, City, Place
from geo_reports.city.maps import AreaCountsDef, ChoroplethDef, HotspotsDef, PointsDef
from geo_reports.errors import InputError, NotAllowed, NotFound
from geo_reports.plans.totals import LayerFrames, by_plan
from geo_reports.privacy import cube, rules
from geo_reports.privacy.cube import AreaCounts
from geo_reports.privacy.points import Box, Filters, ReportPage, around, day, present, shown_inside
from geo_reports.privacy.story import Story, tell
from geo_reports.report import OPEN, WITHDRAWN, Audience, Family, Status
from geo_reports.store import Query, Store

MAP_LIMIT = 10_000
"""Points one page can carry; beyond it the newest are shown and the page says so."""
MOST_MONTHS = 1200


class View:
    """What one audience may see of a city's reports. Every frame that leaves has passed its rules.

    Parameters
    ----------
    code_hash : callable
        Turns a tracking code into the hash it is kept under; raises ``NotFound`` for what is no code.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        audience: Audience,
        clock: Callable[[], datetime],
        code_hash: Callable[[str], bytes],
    ) -> None:
        self.city, self.audience = city, audience
        self._store, self._clock, self._code_hash = store, clock, code_hash

    def revision(self) -> str:
        """Text that changes when what is shown may have changed: reports, city folder or day.

        A digest with the store's unpublished name: the revision is a count of all that ever happened here.
        """
        parts = (self._store.store_id(), self.city.digest, str(self._store.revision()), self._today().isoformat())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]

    # one by one ----------------------------------------------------------------------------------

    def reports(self, filters: Filters) -> ReportPage:
        """One page of reports, newest first; never a category this audience may not see as points."""
        wanted = self._point_categories(filters.families, filters.categories)
        statuses = self._statuses(filters.statuses)
        if filters.unit is not None and filters.unit not in self._names(filters.layer):
            raise NotFound(f"There is no unit {filters.unit!r} in the layer {self._layer_id(filters.layer)}.")
        query = Query(
            families=self._families(wanted),
            categories=wanted,
            statuses=statuses,
            bbox=around(filters.bbox, self.audience),
            since=self._seconds(filters.since),
            until=self._seconds(filters.until),
            layer=self._layer_id(filters.layer),
            units=(filters.unit,) if filters.unit is not None else None,
            outside=None if self.audience in rules.STAFF else False,
            before_id=self._cursor(filters.before),
        )
        found = self._newest(query, filters.bbox, filters.limit + 1)
        page = found.head(filters.limit)
        following = str(page.public_id.iloc[-1]) if len(found) > filters.limit else None
        return ReportPage(self._present(page, filters.layer), following)

    def points(self, definition: PointsDef) -> pd.DataFrame:
        """Reports of a map layer, newest first, at most ``MAP_LIMIT``; columns ``POINT_COLUMNS``."""
        since = None if definition.window_days is None else self._days_ago(definition.window_days)
        found = self._store.find(
            Query(
                families=(str(definition.family),),
                categories=self._point_categories((definition.family,), definition.categories),
                statuses=self._statuses(definition.statuses),
                since=since,
                outside=False,
                limit=MAP_LIMIT,
            ),
            text=True,
        )
        return self._present(found, None)

    def by_code(self, code: str) -> Story:
        """Story of the report a tracking code belongs to; ``NotFound`` in the same words for any wrong code."""
        return self._story(self._store.report_of_code(self._code_hash(code)))

    def open_one(self, public_id: str, *, reason: str, actor: Actor) -> Story:
        """One report as staff see it; a security report only with a reason, and that is recorded.

        Raises ``NotAllowed`` for other roles, ``InputError`` without a reason, ``NotFound``.
        """
        if actor.role not in rules.DESK:
            raise NotAllowed("Single reports are opened by crews, moderators and administrators.")
        found = self._store.find(Query(public_id=public_id))
        if found.empty:
            raise NotFound(f"There is no report {public_id!r}.")
        if found.family.iloc[0] == Family.SECURITY:
            if actor.role not in rules.OPENS_SECURITY:
                raise NotAllowed("A security report is opened by a moderator or an administrator.")
            if not reason.strip():
                raise InputError("Opening a security report needs a reason; it is recorded.", field="reason")
            self._store.log_opened(
                public_id, reason=reason.strip(), actor=actor.login, at=int(self._clock().timestamp())
            )
        return self._story(public_id)

    def queue(self, limit: int = 100) -> pd.DataFrame:
        """Open reports for the staff desk, oldest last, without a place finer than the unit.

        Columns public_id, family, category, status, received_on, unit_name, has_text.
        """
        if self.audience not in rules.DESK:
            raise NotAllowed("The desk is for crews, moderators and administrators.")
        families = None if self.audience in rules.OPENS_SECURITY else (str(Family.DUMP),)
        found = self._store.find(Query(families=families, statuses=tuple(OPEN), limit=limit), text=True)
        units = self._store.units_of(found.id.tolist(), self.city.primary.id)
        names = self._names(None)
        return pd.DataFrame(
            {
                "public_id": found.public_id,
                "family": found.family,
                "category": found.category,
                "status": found.status,
                "received_on": [day(at, self.city.zone) for at in found.received_at],
                "unit_name": [names.get(units.get(i, ""), "") for i in found.id.tolist()],
                "has_text": found.description.notna(),
            }
        )

    # counted -------------------------------------------------------------------------------------

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
    ) -> pd.DataFrame:
        """Figures per unit: the summary frame, or unit, name, low, high, shown where counts are suppressed.

        ``months`` is the first and last ``yyyymm``. ``NotAllowed`` for a cut of suppressed counts that
        would say more than the published cube: another layer or single categories.
        """
        wanted = self._categories(family, categories)
        if all(rules.as_exact_counts(self.audience, category) for category in wanted):
            return self._summary(layer, wanted, months)
        if categories or self._layer_id(layer) != self.city.primary.id:
            raise NotAllowed(
                f"Counts of {family} are published as a total per unit of {self.city.primary.id} and month only."
            )
        return self._cube(wanted, 12, months).totals

    def choropleth(self, definition: ChoroplethDef) -> pd.DataFrame:
        """Summary frame of the definition's months with ``value``: its count or rate, NaN for no data."""
        wanted = self._categories(definition.family, definition.categories)
        if not all(rules.as_exact_counts(self.audience, category) for category in wanted):
            raise NotAllowed(f"Exact counts of {definition.family} are not for this audience.")
        today = self._today()
        period = cube.months_up_to(today.year * 100 + today.month, definition.months)
        frame = self._summary(None, wanted, (period[0], period[-1]), definition.statuses)
        frame = frame[frame.unit != ""].reset_index(drop=True)
        return frame.assign(value=frame[definition.measure].astype(float))

    def hotspots(self, definition: HotspotsDef) -> gpd.GeoDataFrame:
        """Gi* per square cell, in EPSG:4326.

        Raises ``TooFewReports`` where it would mean nothing, ``NotAllowed`` for other audiences and for cells of
        security reports that are too small.
        """
        if self.audience not in rules.HOTSPOTS:
            raise NotAllowed("Hotspot cells are for planners.")
        if definition.family is Family.SECURITY and definition.cell_m < rules.SECURITY_CELL_M:
            raise NotAllowed(
                f"Cells of security reports are at least {rules.SECURITY_CELL_M} m wide, so that none is a point; "
                "set cell_m in the map's file."
            )
        found = self._store.find(
            Query(
                categories=tuple(c.id for c in self._categories(definition.family, definition.categories)),
                statuses=tuple(status for status in Status if status not in WITHDRAWN),
                since=self._days_ago(definition.window_days),
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
        exact = {c.id for c in self.city.spec.categories if rules.as_exact_counts(self.audience, c)}
        plans = [
            plan.model_copy(update={"tracks": tuple(c for c in plan.tracks if c in exact)})
            for plan in self.city.plans
            if exact.intersection(plan.tracks)
        ]
        frames = {
            layer: LayerFrames(
                self._store.counts(layer, sorted(exact), months),
                self._store.closings(layer, sorted(exact), months),
                self._units(layer),
            )
            for layer in {plan.layer for plan in plans}
        }
        return by_plan(plans, frames)

    def places(self, kinds: tuple[str, ...]) -> list[Place]:
        """Named places of the city folder."""
        return [place for place in self.city.places if place.kind in kinds]

    # within --------------------------------------------------------------------------------------

    def _today(self) -> date:
        return self._clock().astimezone(self.city.zone).date()

    def _seconds(self, when: date | None) -> int | None:
        return None if when is None else int(datetime.combine(when, time(), self.city.zone).timestamp())

    def _days_ago(self, days: int) -> int:
        # from midnight: a window that slides by the second would tell the hour at which a report drops out of it
        start = self._seconds(self._today() - timedelta(days=days))
        assert start is not None  # noqa: S101 a day has a start
        return start

    def _layer_id(self, layer: str | None) -> str:
        return self.city.primary.id if layer is None else self.city.layer(layer).id

    def _units(self, layer: str | None) -> pd.DataFrame:
        table = self.city.layer(self._layer_id(layer)).table
        return table.drop_duplicates("unit", keep="last").reset_index(drop=True)

    def _names(self, layer: str | None) -> dict[str, str]:
        units = self._units(layer)
        return dict(zip(units.unit, units.name, strict=True))

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

    def _point_categories(self, families: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[str, ...]:
        for name in chosen:
            if name not in self.city.categories:
                raise InputError(f"{name!r} is no category; see /api/v1/categories.", "category")
        return tuple(
            category.id
            for category in self.city.spec.categories
            if rules.as_points(self.audience, category)
            and (not families or category.family in families)
            and (not chosen or category.id in chosen)
        )

    def _families(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """Families of categories; the store reads dumps alone from an index of their own."""
        return tuple(dict.fromkeys(str(self.city.categories[name].family) for name in categories))

    def _statuses(self, chosen: tuple[str, ...]) -> tuple[str, ...]:
        """Statuses asked for; those who are not staff never see withdrawn reports."""
        seen = [status for status in Status if self.audience in rules.STAFF or status not in WITHDRAWN]
        return tuple(status for status in seen if not chosen or status in chosen)

    def _cursor(self, public_id: str | None) -> int | None:
        if public_id is None:
            return None
        found = self._store.find(Query(public_id=public_id, categories=self._point_categories((), ())))
        if found.empty:
            raise InputError("This page marker is unknown; start again without it.", field="before")
        return int(found.id.iloc[0])

    def _newest(self, query: Query, bbox: Box | None, n: int) -> pd.DataFrame:
        """First ``n`` reports shown inside the box; looks further where rounding puts some of them outside."""
        limit = n
        while True:
            found = self._store.find(replace(query, limit=limit), text=True)
            inside = shown_inside(found, bbox, self.audience)
            if len(inside) >= n or len(found) < limit:
                return inside.head(n).reset_index(drop=True)
            limit *= 2

    def _present(self, found: pd.DataFrame, layer: str | None) -> pd.DataFrame:
        units = self._store.units_of(found.id.tolist(), self._layer_id(layer))
        return present(found, units, self._names(layer), self.audience, self._clock(), self.city.zone)

    def _story(self, public_id: str) -> Story:
        found = self._store.find(Query(public_id=public_id), text=True)
        row = found.astype(object).iloc[0].to_dict()
        unit = self._store.units_of([int(row["id"])], self.city.primary.id).get(int(row["id"]), "")
        return tell(row, self._store.events_of(int(row["id"])), self._names(None).get(unit, ""), self.city.zone)

    def _summary(
        self,
        layer: str | None,
        categories: list[CategorySpec],
        months: tuple[int, int] | None,
        statuses: tuple[Status, ...] = (),
    ) -> pd.DataFrame:
        ids = [category.id for category in categories]
        counts = self._store.counts(self._layer_id(layer), ids, months)
        if statuses:
            counts = counts[counts.status.isin(list(statuses))]
        closings = self._store.closings(self._layer_id(layer), ids, months)
        return aggregates.by_unit(counts, closings, self._units(layer))

    def _cube(self, categories: list[CategorySpec], n: int, months: tuple[int, int] | None = None) -> AreaCounts:
        exact = [c.id for c in categories if rules.as_exact_counts(self.audience, c)]
        guarded = [c.id for c in categories if c.id not in exact]
        today = self._today()
        last = cube.last_public_month(today) if guarded else today.year * 100 + today.month
        period = cube.months_up_to(last, n)
        if months is not None:
            period = _between(months, last)
        units = self._units(None)
        return cube.area_counts(
            self._monthly(exact, period), self._monthly(guarded, period) if guarded else None, units, period
        )

    def _monthly(self, categories: list[str], period: list[int]) -> pd.DataFrame:
        counts = self._store.counts(self.city.primary.id, categories, (period[0], period[-1]))
        return aggregates.incidents(counts).groupby(["unit", "month"], as_index=False).n.sum()


def _between(months: tuple[int, int], last: int) -> list[int]:
    """Months asked for that are already public; ``InputError`` when none is, or more than a century of them."""
    first, final = months[0], min(months[1], last)
    span = (final // 100 - first // 100) * 12 + final % 100 - first % 100 + 1
    if span < 1:
        raise InputError(f"No month of that period is published yet; the latest is {last}.", field="from")
    if span > MOST_MONTHS:
        raise InputError(f"That period is too long: ask for at most {MOST_MONTHS} months.", field="from")
    return cube.months_up_to(final, span)
