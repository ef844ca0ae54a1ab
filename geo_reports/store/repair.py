"""Derive again what can be: keys, months, units, counters; in the caller's transaction, saying what was done."""

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.store import derive, recount
from geo_reports.store.ledger import PART, Expected, misfiled
from geo_reports.store.schema import account, report, report_unit, session, waiting
from geo_reports.store.waiting import refresh


def orphans(connection: Connection) -> list[str]:
    """Remove derived rows whose report is gone, and sessions without an account; what people sent is left alone."""
    n = 0
    derived = [(table.c.report_id, report.c.id) for table in (report_unit, waiting)]
    for column, parent in (*derived, (session.c.account_id, account.c.id)):
        gone = column.not_in(sa.select(parent))
        n += connection.execute(sa.delete(column.table).where(gone)).rowcount
    return [f"{n} rows that belonged to nothing were removed"] if n else []


def derived(connection: Connection, expected: Expected) -> list[str]:
    """Write keys, months, units and "outside" of all reports where they are not as derived again."""
    after, mended, moved = -(2**63), 0, 0
    while True:
        rows = derive.located(connection, after, PART)
        if rows.empty:
            break
        lon, lat = rows.lon.to_numpy(np.float64), rows.lat.to_numpy(np.float64)
        occurred = [None if pd.isna(at) else int(at) for at in rows.occurred_at.tolist()]
        mended += _mend(connection, "morton", rows.id, morton.keys(lon, lat))
        if expected.month is not None:
            mended += _mend(connection, "month", rows.id, expected.month(occurred))
        if expected.place is not None:
            outside, units = expected.place(lon, lat, occurred)
            moved += derive.rewrite(connection, rows, units, outside)
        after = int(rows.id.iloc[-1])
    done = [f"{mended} keys and months were derived again"] if mended else []
    return done + ([f"the units of {moved} reports were derived again"] if moved else [])


def _mend(connection: Connection, name: str, ids: Any, right: NDArray[np.int64]) -> int:
    """Write a derived column of reports where it is wrong."""
    first, last = int(ids.iloc[0]), int(ids.iloc[-1])
    column = report.c[name]
    select = sa.select(column).where(report.c.id.between(first, last)).order_by(report.c.id)
    kept = np.array(connection.execute(select).scalars().all(), np.int64)
    wrong = np.flatnonzero(kept != right)
    change = sa.update(report).where(report.c.id == sa.bindparam("of")).values({name: sa.bindparam("value")})
    if len(wrong):
        numbers = ids.to_numpy()
        connection.execute(change, [{"of": int(numbers[i]), "value": int(right[i])} for i in wrong])
    return len(wrong)


def counts(connection: Connection) -> list[str]:
    """Write counters and pyramid anew where they differ from a recount."""
    wrong = {name: len(rows) for name, rows in recount.differences(connection).items() if len(rows)}
    if wrong:
        recount.rebuild(connection)
    return [f"{n} rows of the {name} were counted again" for name, n in wrong.items()]


def queue(connection: Connection) -> list[str]:
    """Enter what waits for a moderator anew where it is not what the events say."""
    wrong = misfiled(connection)
    for report_id in wrong:
        refresh(connection, report_id)
    return [f"what waits of {len(wrong)} reports was entered again"] if wrong else []
