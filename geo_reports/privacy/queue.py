"""``Queues``: what waits for a moderator, and what is known of one report beside its story."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geo_reports.accounts.actor import Actor
from geo_reports.city.unit_names import resolve
from geo_reports.errors import InputError, NotAllowed, NotFound
from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE
from geo_reports.intake.hints import HintKind, find_hints
from geo_reports.privacy import rules
from geo_reports.privacy.nearby import haversine_m
from geo_reports.privacy.window import Window
from geo_reports.report import OPEN, Audience, Family
from geo_reports.store import Query, voices, waiting_list
from geo_reports.store.moderation import last_step, merged_of
from geo_reports.store.waiting import CHILD, COMMENT, CORRECTION, KINDS, PHOTO, TEXT
from geo_reports.store.waiting_list import Asked, Mark

PAGE = 50
"""Things that wait on one page."""
EXCERPT = 140
"""Characters of a dump's text that the queue shows."""
SAME_M = 100.0
"""Reports this close may tell of the same thing."""
MOST_SAME = 8


@dataclass(frozen=True)
class Item:
    """One thing that waits. Of a security report neither text nor place: only what hints its text holds."""

    kind: str
    mark: str
    public_id: str
    family: str
    category: str
    status: str
    since: datetime
    waited_s: int
    unit_name: str
    hints: tuple[HintKind, ...]
    excerpt: str


@dataclass(frozen=True)
class Awaiting:
    """One page of what waits, the mark of the next, and how much waits of each kind (``many`` or more: not counted)."""

    items: tuple[Item, ...]
    next: str | None
    counts: Mapping[str, int]
    many: int = waiting_list.MOST_COUNTED


@dataclass(frozen=True)
class Said:
    """Words about a report, and who wrote them: a sender's comment or a note of staff. ``at`` is local."""

    at: datetime
    who: str
    words: str


@dataclass(frozen=True)
class CaseFile:
    """What moderators know of a report beside its story."""

    waits: tuple[str, ...]
    comments: tuple[Said, ...]
    notes: tuple[Said, ...]
    merged_into: str | None
    merged: tuple[str, ...]
    voices: int
    last: str | None


@dataclass(frozen=True)
class Same:
    """An open report close by that may tell of the same."""

    public_id: str
    category: str
    status: str
    distance_m: float
    age_days: int


class Queues(Window):
    """The part of a view that moderators work with."""

    def awaiting(
        self,
        kind: str | None = None,
        *,
        unit: str | None = None,
        newest: bool = False,
        after: str | None = None,
        limit: int = PAGE,
    ) -> Awaiting:
        """One page of what waits, children's reports first, then the oldest (or ``newest``).

        ``NotAllowed`` for other audiences; ``InputError`` for a kind or a mark that is none; ``NotFound`` for a unit.
        """
        asked = self._asked(kind, unit, newest, after)
        everything = self._asked(None, unit, newest, None)
        with self._store.reading() as connection:
            found = waiting_list.page(connection, asked, limit + 1)
            counts = waiting_list.counts(connection, everything)
        items = self._items(found[:limit])
        return Awaiting(items, items[-1].mark if len(found) > limit else None, counts)

    def following(
        self, mark: str, *, kind: str | None = None, unit: str | None = None, newest: bool = False, but: str
    ) -> Item | None:
        """Next thing that waits after a mark, of another report than ``but``; from the beginning at the end."""
        for after in (mark, None):
            asked = self._asked(kind, unit, newest, after)
            with self._store.reading() as connection:
                found = waiting_list.page(connection, asked, len(KINDS) + 1)
            rows = [row for row in found if row.public_id != but]
            if rows:
                return self._items(rows[:1])[0]
        return None

    def case_file(self, public_id: str, *, actor: Actor) -> CaseFile:
        """What moderators know of a report beside its story, which they have opened; ``NotAllowed``, ``NotFound``."""
        report_id = self._moderated(public_id)
        with self._store.reading() as connection:
            waits = tuple(waiting_list.kinds_of(connection, report_id))
            heard = voices.counts(connection, [report_id]).get(report_id, 0)
            into = voices.merged_into(connection, public_id)
            merged = tuple(merged_of(connection, report_id))
        history = self._store.events_of(report_id)
        i = last_step(history)
        mine = i is not None and (actor.role is Audience.ADMIN or history[i]["actor"] == actor.login)
        return CaseFile(
            waits=waits,
            comments=self._said(history, "comment"),
            notes=self._said(history, "internal"),
            merged_into=into,
            merged=merged,
            voices=heard,
            last=str(history[i]["kind"]) if mine and i is not None else None,
        )

    def same(self, public_id: str) -> tuple[Same, ...]:
        """Open reports of the same family within ``SAME_M`` of one, nearest first."""
        self._moderated(public_id)
        one = self._store.find(Query(public_id=public_id)).iloc[0]
        north = SAME_M / METRES_PER_DEGREE * 1.01
        east = north / max(float(np.cos(np.radians(one.lat))), 0.01)
        box = (one.lon - east, one.lat - north, one.lon + east, one.lat + north)
        found = self._store.find(Query(families=(one.family,), statuses=tuple(OPEN), bbox=box))
        found = found[found.public_id != public_id]
        away = haversine_m(one.lon, one.lat, found.lon.to_numpy(float), found.lat.to_numpy(float))
        order = [i for i in np.argsort(away, kind="stable").tolist() if away[i] <= SAME_M][:MOST_SAME]
        now = int(self._clock().timestamp())
        near = [(float(away[i]), found.iloc[i]) for i in order]
        return tuple(
            Same(str(row.public_id), str(row.category), str(row.status), m, (now - int(row.received_at)) // 86_400)
            for m, row in near
        )

    def _asked(self, kind: str | None, unit: str | None, newest: bool, after: str | None) -> Asked:
        if self.audience not in rules.APPROVES:
            raise NotAllowed("What waits is judged by moderators and administrators.")
        if kind is not None and kind not in KINDS:
            raise InputError(f"{kind!r} is no kind of what waits; there are: {', '.join(KINDS)}.", field="kind")
        # elsewhere nothing of a text or a photo is ever shown: there is nothing to judge
        points = tuple(one.id for one in self.city.spec.categories if one.published == "point")
        of = {CHILD: None, PHOTO: points, TEXT: points, CORRECTION: points, COMMENT: None}
        return Asked(
            kinds={name: of[name] for name in KINDS if kind in (None, name)},
            layer=self.city.primary.id,
            unit=None if unit is None else resolve(self.city.primary, unit),
            newest=newest,
            after=None if after is None else self._mark(after),
        )

    def _mark(self, text: str) -> Mark:
        kind, _, rest = text.partition(".")
        since, _, public_id = rest.partition(".")
        found = self._store.find(Query(public_id=public_id)) if kind in KINDS and _seconds_text(since) else None
        if found is None or found.empty:
            raise InputError("This page marker is unknown; start again without it.", field="before")
        return Mark(kind, int(since), int(found.id.iloc[0]))

    def _items(self, rows: list[Any]) -> tuple[Item, ...]:
        names, now = self._names(None), int(self._clock().timestamp())
        units = self._store.units_of([row.id for row in rows], self.city.primary.id)
        return tuple(
            Item(
                kind=row.kind,
                mark=f"{row.kind}.{row.since}.{row.public_id}",
                public_id=row.public_id,
                family=row.family,
                category=row.category,
                status=row.status,
                since=_local(row.since, self.city.zone),
                waited_s=max(0, now - row.since),
                unit_name=names.get(units.get(row.id, ""), ""),
                hints=tuple(dict.fromkeys(hint.kind for hint in find_hints(row.description or ""))),
                excerpt=_excerpt(row.description) if row.family == Family.DUMP else "",
            )
            for row in rows
        )

    def _moderated(self, public_id: str) -> int:
        if self.audience not in rules.APPROVES:
            raise NotAllowed("This is read by moderators and administrators.")
        found = self._store.find(Query(public_id=public_id))
        if found.empty:
            raise NotFound(f"There is no report {public_id!r}.")
        return int(found.id.iloc[0])

    def _said(self, history: list[dict[str, Any]], kind: str) -> tuple[Said, ...]:
        zone = self.city.zone
        return tuple(
            Said(_local(one["at"], zone), one["actor"], one["note"] or "") for one in history if one["kind"] == kind
        )


def _excerpt(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= EXCERPT else plain[: EXCERPT - 1].rstrip() + "…"


def _local(seconds: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


def _seconds_text(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 15
