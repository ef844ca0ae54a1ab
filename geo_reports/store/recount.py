"""Count everything again: what the counters and the pyramid must hold, and where they do not."""

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import counter, pyramid, report, report_unit
from geo_reports.store.tally import COUNTED, COUNTER_KEYS, PYRAMID_KEYS, ZOOMS

TABLES = {"counters": (counter, COUNTER_KEYS), "pyramid": (pyramid, PYRAMID_KEYS)}


def differences(connection: Connection) -> dict[str, pd.DataFrame]:
    """Rows of each table that differ from a recount: its keys, ``n_kept`` and ``n_counted``."""
    found = {}
    for name, (table, keys) in TABLES.items():
        kept = pd.DataFrame(connection.execute(sa.select(table)).fetchall(), columns=[*keys, "n"])
        both = kept.merge(_recount(connection, name), on=keys, how="outer", suffixes=("_kept", "_counted"))
        both = both.fillna({"n_kept": 0, "n_counted": 0})
        found[name] = both[both.n_kept != both.n_counted]
    return found


def rebuild(connection: Connection) -> None:
    """Write a recount in place of both tables."""
    for name, (table, keys) in TABLES.items():
        rows = list(_recount(connection, name).itertuples(index=False, name=None))
        connection.execute(sa.delete(table))
        insert_rows(connection, table, [*keys, "n"], rows)


def _recount(connection: Connection, name: str) -> pd.DataFrame:
    kinds = (report.c.category, COUNTED, report.c.month)
    n = sa.func.count().label("n")
    if name == "counters":
        select = sa.select(report_unit.c.unit_id, *kinds, n).select_from(report).join(report_unit)
        rows = connection.execute(select.group_by(report_unit.c.unit_id, *kinds)).fetchall()
        return pd.DataFrame(rows, columns=[*COUNTER_KEYS, "n"])
    parts: list[sa.Row[tuple[object, ...]]] = []
    for z in ZOOMS:
        tile = report.c.morton.op(">>")(sa.literal_column(str(2 * (morton.BITS - z))))
        select = sa.select(sa.literal_column(str(z)), tile, *kinds, n).group_by(tile, *kinds)
        parts += connection.execute(select).fetchall()
    return pd.DataFrame(parts, columns=[*PYRAMID_KEYS, "n"])
