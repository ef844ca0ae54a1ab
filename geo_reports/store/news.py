"""What happened to reports lately: their events of a stretch of time, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.report import Channel
from geo_reports.store.schema import DUMPS, LIVE, event, report, report_text, report_unit, unit

KINDS = ("received", "status")
COLUMNS = ["id", "public_id", "category", "status", "size", "channel", "received_at"]


@dataclass(frozen=True)
class Period:
    """From ``since`` to before ``until``, seconds UTC."""

    since: int
    until: int


def changes(
    connection: Connection,
    period: Period,
    *,
    categories: Sequence[str],
    statuses: Sequence[str],
    layer: str,
    units: Sequence[str] | None,
    limit: int,
) -> pd.DataFrame:
    """Events of dumps inside the city: columns of the report, and kind, then and at of the event.

    That a report of an archive came in is none.

    ``categories`` and ``statuses`` (as they are now) choose the reports, ``units`` of a layer their place; None is all.
    """
    chosen = [
        DUMPS,
        LIVE,
        report.c.category.in_(categories),
        report.c.status.concat("").in_(statuses),  # not by its index, which would read every dump there is
        # its present status is the last of these events: what has had it for longer has none in the period
        report.c.status_at >= period.since,
        report.c.outside == 0,
        event.c.kind.in_(KINDS),
        sa.or_(event.c.kind != "received", report.c.channel != Channel.IMPORT),
        event.c.at >= period.since,
        event.c.at < period.until,
    ]
    if units is not None:
        inside = sa.select(report_unit.c.report_id).join(unit).where(report_unit.c.report_id == report.c.id)
        chosen.append(inside.where(unit.c.layer == layer, unit.c.unit.in_(units)).exists())
    told = (event.c.kind, event.c.status.label("then"), event.c.at, report_text.c.public_text)
    select = (
        sa.select(*(report.c[name] for name in COLUMNS), *told)
        .select_from(report.join(event, event.c.report_id == report.c.id).outerjoin(report_text))
        .where(*chosen)
        .order_by((event.c.seq + 0).desc())  # by way of the reports, not back through all events
        .limit(limit)
    )
    result = connection.execute(select)
    return pd.DataFrame.from_records(result.fetchall(), columns=list(result.keys()))
