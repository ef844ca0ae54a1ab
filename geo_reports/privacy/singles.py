"""``Singles``: reports one by one, as far as an audience may see them so."""

from dataclasses import dataclass, replace

import pandas as pd

from geo_reports.accounts.actor import Actor
from geo_reports.city.maps import PointsDef
from geo_reports.city.unit_names import resolve
from geo_reports.errors import InputError, NotAllowed, NotFound
from geo_reports.privacy import rules
from geo_reports.privacy.beside import beside
from geo_reports.privacy.points import Box, Filters, ReportPage, around, day, present, shown_inside
from geo_reports.privacy.story import Followed, Story, tell
from geo_reports.privacy.window import Window
from geo_reports.report import OPEN, UNSEEN, Audience, Family, Status
from geo_reports.store import Query, followup, voices
from geo_reports.store.tally import counted_as

MAP_LIMIT = 10_000
"""Points one page can carry; beyond it the newest are shown and the page says so."""

QUEUE = 100
"""Reports on one page of the desk."""
LONGEST_REASON = 500
"""Characters of the reason why a report is opened."""


@dataclass(frozen=True)
class QueuePage:
    """Open reports, newest first, and the cursor of the next page if there is one.

    ``rows``: public_id, family, category, status, received_on, unit_name, has_text.
    """

    rows: pd.DataFrame
    next: str | None


class Singles(Window):
    """The half of a view that shows single reports."""

    def reports(self, filters: Filters) -> ReportPage:
        """One page of reports, newest first; never a category this audience may not see as points."""
        wanted = self._point_categories(filters.families, filters.categories)
        statuses = self._statuses(filters.statuses)
        query = Query(
            families=self._families(wanted),
            categories=wanted,
            statuses=statuses,
            bbox=around(filters.bbox, self.audience),
            since=self._seconds(filters.since),
            until=self._seconds(filters.until),
            layer=self._layer_id(filters.layer),
            units=self._unit(filters.unit, filters.layer),
            outside=None if self.audience in rules.STAFF else False,
            before_id=self._id_of(filters.before, self._markers()),
            unapproved=rules.sees(self.audience, Status.HELD),
        )
        found = self._newest(query, filters.bbox, filters.limit + 1)
        page = found.head(filters.limit)
        following = str(page.public_id.iloc[-1]) if len(found) > filters.limit else None
        rows = self._present(page, filters.layer).join(beside(self._store, self.city, page))
        return ReportPage(rows, following)

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
                unapproved=rules.sees(self.audience, Status.HELD),
            ),
            text=True,
        )
        return self._present(found, None)

    def open_one(self, public_id: str, *, reason: str, actor: Actor) -> Story:
        """One report as staff see it; a security report only with a reason, and that is recorded.

        Raises ``NotAllowed`` for other roles, ``InputError`` without a reason, ``NotFound``.
        """
        if actor.role not in rules.DESK:
            raise NotAllowed("Single reports are opened by crews, moderators and administrators.")
        found = self._store.find(Query(public_id=public_id))
        if found.empty or (_waits(found) and actor.role not in rules.APPROVES):
            raise NotFound(f"There is no report {public_id!r}.")
        if found.family.iloc[0] == Family.SECURITY:
            if actor.role not in rules.OPENS_SECURITY:
                raise NotAllowed("A security report is opened by a moderator or an administrator.")
            self._record("opened", public_id, reason, actor)
        return self._story(public_id)

    def contact(self, public_id: str, *, reason: str, actor: Actor) -> str:
        """How to reach the sender of a report, for a reason that is recorded.

        Raises ``NotAllowed`` for all but moderators and administrators, ``InputError`` without a reason,
        ``NotFound`` when no contact was left.
        """
        if actor.role not in rules.READS_CONTACT:
            raise NotAllowed("A contact is read by a moderator or an administrator.")
        sealed = self._store.sealed_contact(public_id)
        if sealed is None:
            raise NotFound(f"No contact was left with report {public_id!r}.")
        self._record("contact", public_id, reason, actor)
        return self._unseal(sealed)

    def _record(self, kind: str, public_id: str, reason: str, actor: Actor) -> None:
        """Write down who looked and why, before anything is shown."""
        if not reason.strip() or len(reason) > LONGEST_REASON or "\x00" in reason:
            raise InputError(
                f"This needs a reason of at most {LONGEST_REASON} characters; it is recorded.", field="reason"
            )
        self._store.log_look(
            public_id, kind=kind, reason=reason.strip(), actor=actor.login, at=int(self._clock().timestamp())
        )

    def queue(
        self, limit: int = QUEUE, *, family: Family | None = None, unit: str | None = None, before: str | None = None
    ) -> QueuePage:
        """Newest ``limit`` open reports for the staff desk, without a place finer than the unit.

        ``before`` is the ``next`` of the page before. Raises ``NotAllowed`` for another role or family,
        ``NotFound`` for an unknown unit, ``InputError`` for an unknown cursor.
        """
        if self.audience not in rules.DESK:
            raise NotAllowed("The desk is for crews, moderators and administrators.")
        seen = tuple(Family) if self.audience in rules.OPENS_SECURITY else (Family.DUMP,)
        if family is not None and family not in seen:
            raise NotAllowed("Security reports are for moderators and administrators.")
        names = self._names(None)
        # every family is no condition: it would only keep the store from its index of newest reports
        listed = Query(families=None if len(seen) == len(Family) else tuple(str(one) for one in seen))
        query = Query(
            families=(str(family),) if family else listed.families,
            statuses=tuple(OPEN),
            layer=self.city.primary.id,
            units=self._unit(unit, None),
            before_id=self._id_of(before, listed),
        )
        found = self._store.find(replace(query, limit=limit + 1), text=True)
        page = found.head(limit)
        following = str(page.public_id.iloc[-1]) if len(found) > limit else None
        return QueuePage(self._waiting(page, names), following)

    def _waiting(self, found: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
        units = self._store.units_of(found.id.tolist(), self.city.primary.id)
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

    def _unit(self, given: str | None, layer: str | None) -> tuple[str, ...] | None:
        """The unit a person named, for a query; ``NotFound`` offers the nearest names."""
        return None if given is None else (resolve(self.city.layer(self._layer_id(layer)), given),)

    def _families(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """Families of categories; the store reads dumps alone from an index of their own."""
        return tuple(dict.fromkeys(str(self.city.categories[name].family) for name in categories))

    def _statuses(self, chosen: tuple[str, ...]) -> tuple[str, ...]:
        """Statuses asked for, of those this audience sees."""
        seen = [status for status in Status if rules.sees(self.audience, status)]
        return tuple(status for status in seen if not chosen or status in chosen)

    def _markers(self) -> Query:
        """What may be named as the end of a page: withdrawn meanwhile or not, but never what is held from this eye."""
        statuses = tuple(status for status in Status if status is not Status.HELD or rules.sees(self.audience, status))
        return Query(categories=self._point_categories((), ()), statuses=statuses)

    def _id_of(self, public_id: str | None, listed: Query) -> int | None:
        """Position of a page marker; one that ``listed`` would never find is as unknown as one that is made up."""
        if public_id is None:
            return None
        found = self._store.find(replace(listed, public_id=public_id))
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

    def _story(self, public_id: str, *, by_sender: bool = False) -> Story:
        found = self._store.find(Query(public_id=public_id), text=True)
        with self._store.reading() as connection:
            own = followup.own_by_id(connection, public_id)
        if found.empty:  # erased this moment
            raise NotFound(f"There is no report {public_id!r}.")
        row = found.astype(object).iloc[0].to_dict()
        unit = self._store.units_of([int(row["id"])], self.city.primary.id).get(int(row["id"]), "")
        return tell(
            row,
            own,
            self._store.events_of(int(row["id"])),
            self._names(None).get(unit, ""),
            self.city.zone,
            placed=not by_sender or row["family"] == Family.DUMP,
            followed=self._followed(public_id) if row["status"] == Status.DUPLICATE else None,
        )

    def _followed(self, public_id: str) -> Followed | None:
        """Report that one was merged into; None where it is gone."""
        with self._store.reading() as connection:
            target = voices.merged_into(connection, public_id)
        found = self._store.find(Query(public_id=target)) if target else pd.DataFrame()
        if found.empty:
            return None
        category = self.city.categories.get(str(found.category.iloc[0]))
        public = category is not None and rules.as_points(Audience.PUBLIC, category) and not found.outside.iloc[0]
        seen = public and Status(found.status.iloc[0]) not in UNSEEN
        return Followed(str(found.status.iloc[0]), target if seen else None)


def _waits(found: pd.DataFrame) -> bool:
    """Tell whether the report found waits for approval, or was withdrawn where nobody may have approved it."""
    return counted_as(*found[["channel", "status"]].iloc[0]) == Status.HELD
