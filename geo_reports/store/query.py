"""Read reports, counters and events as frames; the frames' columns are listed in docs/architecture.md."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.store.schema import DUMPS, batch, counter, event, event_note, report, report_text, report_unit, unit
from geo_reports.store.tally import COUNTED


@dataclass(frozen=True)
class Query:
    """Which reports to find; None filters nothing. Times are seconds UTC, ``bbox`` west, south, east, north.

    ``unapproved`` False leaves out children's reports that were withdrawn, which nobody may have approved.
    """

    families: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    bbox: tuple[float, float, float, float] | None = None
    since: int | None = None
    until: int | None = None
    layer: str | None = None
    units: tuple[str, ...] | None = None
    public_id: str | None = None
    outside: bool | None = None
    before_id: int | None = None
    limit: int | None = None
    unapproved: bool = True


FOUND = [
    report.c[name]
    for name in [
        "id",
        "public_id",
        "family",
        "category",
        "status",
        "size",
        "lon",
        "lat",
        "accuracy_m",
        "occurred_at",
        "occurred_precision",
        "month",
        "received_at",
        "status_at",
        "closed_at",
        "outside",
        "source",
        "channel",
    ]
]


def find(connection: Connection, query: Query, text: bool = False) -> pd.DataFrame:
    """Reports newest first; with ``text`` also ``description`` (as sent) and ``public_text``."""
    columns = [*FOUND, report_text.c.description, report_text.c.public_text] if text else FOUND
    select = sa.select(*columns)
    if text:
        select = select.select_from(report.outerjoin(report_text))
    select = select.where(*_conditions(query)).order_by(report.c.id.desc())
    if query.limit is not None:
        select = select.limit(query.limit)
    return _frame(connection, select)


def units_of(connection: Connection, report_ids: list[int], layer: str) -> dict[int, str]:
    """Unit of each report in one layer; reports outside the layer have the empty unit."""
    found: dict[int, str] = {}
    for start in range(0, len(report_ids), 5000):
        select = (
            sa.select(report_unit.c.report_id, unit.c.unit)
            .join(unit)
            .where(unit.c.layer == layer, report_unit.c.report_id.in_(report_ids[start : start + 5000]))
        )
        found.update({row.report_id: row.unit for row in connection.execute(select)})
    return found


def counts(
    connection: Connection, layer: str, categories: list[str] | None, months: tuple[int, int] | None
) -> pd.DataFrame:
    """Counters of a layer: unit, category, status, month, n. ``months`` is first and last ``yyyymm``."""
    n = sa.func.sum(counter.c.n).label("n")
    keys = (unit.c.unit, counter.c.category, counter.c.status, counter.c.month)
    select = sa.select(*keys, n).join(unit).where(unit.c.layer == layer).group_by(*keys)
    if categories is not None:
        select = select.where(counter.c.category.in_(categories))
    if months is not None:
        select = select.where(counter.c.month.between(*months))
    return _frame(connection, select).astype({"month": "int64", "n": "int64"})


def closings(
    connection: Connection, layer: str, categories: list[str] | None, months: tuple[int, int] | None
) -> pd.DataFrame:
    """Days from observed to closed, one row per closed report where both are known: unit, category, month, days."""
    days = ((report.c.closed_at - report.c.occurred_at) / 86400.0).label("days")
    select = (
        sa.select(unit.c.unit, report.c.category, report.c.month, days)
        .select_from(report)
        .join(report_unit)
        .join(unit)
        .where(
            unit.c.layer == layer,
            report.c.closed_at.is_not(None),
            report.c.occurred_at.is_not(None),
            report.c.status.in_(("cleaned", "verified", "closed_without_solution")),
        )
    )
    if categories is not None:
        select = select.where(report.c.category.in_(categories))
    if months is not None:
        select = select.where(report.c.month.between(*months))
    return _frame(connection, select).astype({"days": "float64"})


def known(connection: Connection, identities: list[bytes]) -> list[bytes]:
    """Those of at most 10,000 identities that are in the store; straight to the driver, as imports ask often."""
    if not identities:
        return []
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ",".join([mark] * len(identities))
    sql = f"SELECT identity FROM report WHERE identity IN ({marks})"  # noqa: S608 only placeholders
    return [bytes(row[0]) for row in connection.exec_driver_sql(sql, tuple(identities))]


def only_batch(connection: Connection, batch_id: int) -> bool:
    """Tell whether no other batch of this batch's source has brought a report."""
    source = sa.select(batch.c.source).where(batch.c.id == batch_id).scalar_subquery()
    others = sa.select(batch.c.id).where(batch.c.source == source, batch.c.id != batch_id, batch.c.n_new > 0)
    return connection.execute(others.limit(1)).first() is None


def events_of(connection: Connection, report_id: int) -> list[dict[str, Any]]:
    """History of one report, oldest first: at, kind, status, reason, actor, note."""
    select = (
        sa.select(event.c.at, event.c.kind, event.c.status, event.c.reason, event.c.actor, event_note.c.note)
        .select_from(event.outerjoin(event_note))
        .where(event.c.report_id == report_id)
        .order_by(event.c.seq)
    )
    return [dict(row._mapping) for row in connection.execute(select)]


def batches(connection: Connection) -> list[dict[str, Any]]:
    """Import batches, newest first."""
    return [dict(row._mapping) for row in connection.execute(sa.select(batch).order_by(batch.c.id.desc()))]


def _frame(connection: Connection, select: sa.Select[Any]) -> pd.DataFrame:
    result = connection.execute(select)
    return pd.DataFrame.from_records(result.fetchall(), columns=list(result.keys()))


def _conditions(query: Query) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if query.families is not None and tuple(query.families) == ("dump",):
        found.append(DUMPS)
    for column, values in (
        (report.c.family, query.families),
        (report.c.category, query.categories),
        (report.c.status, query.statuses),
    ):
        if values is not None:
            found.append(column.in_(values))
    if not query.unapproved:
        found.append(report.c.status == COUNTED)
    if query.bbox is not None:
        west, south, east, north = query.bbox
        low, high = morton.span(query.bbox)
        found += [
            report.c.morton.between(low, high),
            report.c.lon.between(west, east),
            report.c.lat.between(south, north),
        ]
    if query.since is not None:
        found.append(report.c.occurred_at >= query.since)
    if query.until is not None:
        found.append(report.c.occurred_at < query.until)
    if query.public_id is not None:
        found.append(report.c.public_id == query.public_id)
    if query.outside is not None:
        found.append(report.c.outside == int(query.outside))
    if query.before_id is not None:
        found.append(report.c.id < query.before_id)
    if query.layer is not None and query.units is not None:
        inside = sa.select(report_unit.c.report_id).join(unit)
        found.append(report.c.id.in_(inside.where(unit.c.layer == query.layer, unit.c.unit.in_(query.units))))
    return found
