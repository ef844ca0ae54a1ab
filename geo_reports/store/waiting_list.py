"""Read what waits for a moderator: one page of it, and how much there is of each kind.

Each kind is read along its own index as far as the page goes, so a page costs what it shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store.schema import report, report_text, report_unit, unit, waiting
from geo_reports.store.waiting import CHILD, KINDS

MOST_COUNTED = 1000
"""Counting stops here: more than that is "many", whatever the archive holds."""


class Mark(NamedTuple):
    """Where a page ended."""

    kind: str
    since: int
    report_id: int


@dataclass(frozen=True)
class Asked:
    """Which waiting things are wanted: the categories of each kind (None for all), a unit of a layer, the order."""

    kinds: Mapping[str, tuple[str, ...] | None]
    layer: str
    unit: str | None = None
    newest: bool = False
    after: Mark | None = None


def page(connection: Connection, asked: Asked, n: int) -> list[sa.Row[Any]]:
    """First ``n`` waiting things: kind, since, id, public_id, family, category, status, description.

    Children's reports stand before all others; then the order is by time.
    """
    found: list[sa.Row[Any]] = []
    for kind in asked.kinds:
        if (select := _select(asked, kind)) is not None:
            found += connection.execute(select.limit(n)).fetchall()
    return sorted(found, key=lambda row: _key(asked, Mark(row.kind, row.since, row.id)))[:n]


def counts(connection: Connection, asked: Asked) -> dict[str, int]:
    """How much waits of each kind, ``MOST_COUNTED`` standing for that or more."""
    found = {}
    for kind in asked.kinds:
        few = _chosen(sa.select(sa.literal_column("1").label("one")), asked, kind).limit(MOST_COUNTED).subquery()
        found[kind] = connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()
    return found


def kinds_of(connection: Connection, report_id: int) -> list[str]:
    """What waits of one report, in the order of the queue."""
    found = set(connection.execute(sa.select(waiting.c.kind).where(waiting.c.report_id == report_id)).scalars())
    return [kind for kind in KINDS if kind in found]


def _key(asked: Asked, mark: Mark) -> tuple[bool, int, int, int]:
    sign = -1 if asked.newest else 1
    return (mark.kind != CHILD, sign * mark.since, sign * mark.report_id, KINDS.index(mark.kind))


def _select(asked: Asked, kind: str) -> Any:
    """What waits of one kind after the mark, None where the mark is behind all of it."""
    columns = [report.c[name] for name in ("id", "public_id", "family", "category", "status")]
    text = sa.select(report_text.c.description).where(report_text.c.report_id == report.c.id).scalar_subquery()
    select: Any = sa.select(waiting.c.kind, waiting.c.since, *columns, text.label("description"))
    select = _chosen(select, asked, kind)
    place = (waiting.c.since, waiting.c.report_id)
    after = asked.after
    if after is not None and (kind == CHILD or after.kind != CHILD):
        if kind == CHILD and after.kind != CHILD:
            return None
        mark = sa.tuple_(sa.literal(after.since), sa.literal(after.report_id))
        behind = KINDS.index(kind) > KINDS.index(after.kind)  # of the same report, it stands after the mark
        here = sa.tuple_(*place)
        if asked.newest:
            select = select.where(here <= mark if behind else here < mark)
        else:
            select = select.where(here >= mark if behind else here > mark)
    return select.order_by(*(column.desc() if asked.newest else column for column in place))


def _chosen(select: Any, asked: Asked, kind: str) -> Any:
    categories = asked.kinds[kind]
    select = select.select_from(waiting.join(report)).where(waiting.c.kind == kind)
    if categories is not None:
        select = select.where(report.c.category.in_(categories))
    if asked.unit is not None:
        inside = sa.select(report_unit.c.report_id).join(unit).where(report_unit.c.report_id == waiting.c.report_id)
        select = select.where(inside.where(unit.c.layer == asked.layer, unit.c.unit == asked.unit).exists())
    return select
