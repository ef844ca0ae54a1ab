"""Write derived units anew: only what changed, with the counters, in the caller's transaction."""

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import report, report_unit
from geo_reports.store.tally import COUNTED, COUNTER_KEYS, Row, add_counts


def located(connection: Connection, after_id: int, n: int) -> pd.DataFrame:
    """Next ``n`` reports after an id: id, lon, lat, occurred_at, category, status, month."""
    named = [report.c[name] for name in ("id", "lon", "lat", "occurred_at", "category")]
    columns = [*named, COUNTED.label("status"), report.c.month]
    select = sa.select(*columns).where(report.c.id > after_id).order_by(report.c.id).limit(n)
    return pd.DataFrame(connection.execute(select).fetchall(), columns=[column.name for column in columns])


def rewrite(connection: Connection, rows: pd.DataFrame, units: NDArray[np.int64], outside: NDArray[np.bool_]) -> int:
    """Give reports (``rows`` as ``located`` returns them) their (m, layers) units; returns how many moved."""
    first, last = int(rows.id.iloc[0]), int(rows.id.iloc[-1])
    select = sa.select(report_unit.c.report_id, report_unit.c.unit_id)
    kept = connection.execute(select.where(report_unit.c.report_id.between(first, last))).fetchall()
    old = pd.DataFrame(kept, columns=["id", "unit_id"])
    new = pd.DataFrame({"id": rows.id.repeat(units.shape[1]).to_numpy(), "unit_id": units.ravel()})
    both = old.merge(new, how="outer", on=["id", "unit_id"], indicator="side")
    changed = both[both.side != "both"].merge(rows, on="id")
    gone, come = changed[changed.side == "left_only"], changed[changed.side == "right_only"]
    remove = sa.delete(report_unit).where(
        report_unit.c.report_id == sa.bindparam("report"), report_unit.c.unit_id == sa.bindparam("from_unit")
    )
    if len(gone):
        pairs = zip(gone.id.tolist(), gone.unit_id.tolist(), strict=True)
        connection.execute(remove, [{"report": report_id, "from_unit": unit_id} for report_id, unit_id in pairs])
    pairs = zip(come.id.tolist(), come.unit_id.tolist(), strict=True)
    insert_rows(connection, report_unit, ["report_id", "unit_id"], list(pairs))
    add_counts(connection, _counts(gone, -1) + _counts(come, +1))
    _set_outside(connection, rows.id[outside].tolist(), first, last)
    return int(changed.id.nunique())


def _counts(pairs: pd.DataFrame, sign: int) -> list[Row]:
    sums = pairs.groupby(COUNTER_KEYS, as_index=False).size()
    return [(*row[:-1], sign * row[-1]) for row in sums.itertuples(index=False, name=None)]


def _set_outside(connection: Connection, beyond: list[int], first: int, last: int) -> None:
    mine = report.c.id.between(first, last)
    connection.execute(sa.update(report).where(mine, report.c.outside == 1).values(outside=0))
    for start in range(0, len(beyond), 10_000):
        part = beyond[start : start + 10_000]
        connection.execute(sa.update(report).where(report.c.id.in_(part)).values(outside=1))
