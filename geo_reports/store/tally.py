"""Count reports per place, category, status and month: units for the counters, tiles for the pyramid.

Both tables are kept in the transaction that changes the reports, so reading a map or a table costs what it shows and
not what the archive holds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.geography import morton
from geo_reports.report import Channel, Status
from geo_reports.store.rows import delete_rows, upsert_rows
from geo_reports.store.schema import counter, pyramid

ZOOMS = (5, 7, 9, 11, 13)
"""Zooms of the pyramid; one between two of them is four tiles of the next summed up."""
COUNTER_KEYS = ["unit_id", "category", "status", "month"]
PYRAMID_KEYS = ["z", "tile", "category", "status", "month"]
_NOT_APPROVED = (Status.REJECTED, Status.RETRACTED)
COUNTED: sa.ColumnElement[str] = sa.literal_column(
    f"CASE WHEN report.channel = '{Channel.CHILDREN}' AND report.status IN ('{Status.REJECTED}', '{Status.RETRACTED}')"
    f" THEN '{Status.HELD}' ELSE report.status END"
)
"""What ``counted_as`` says, in SQL."""
FEW = 100
"""Fewer reports than this are counted one by one: arrays cost more than that to begin with."""
Row = tuple[Any, ...]
"""The keys of a counter or of a tile, and how many to add."""


def counted_as(channel: str, status: str) -> str:
    """Status a report is counted under: a child's that was not approved stays held, so that no figure ever has it."""
    return Status.HELD if channel == Channel.CHILDREN and status in _NOT_APPROVED else status


@dataclass(frozen=True)
class Kinds:
    """What (m,) reports are counted by besides their place: one integer per combination.

    Counting integers is ten times faster than counting rows.
    """

    code: NDArray[np.int64]
    category: NDArray[np.object_]
    status: NDArray[np.object_]
    month: NDArray[np.int64]

    @classmethod
    def of(cls, category: Sequence[str], status: Sequence[str], month: NDArray[np.int64]) -> "Kinds":
        """Combinations of the reports' categories, statuses and months (``yyyymm``)."""
        kind, kinds = pd.factorize(np.asarray(category, object))
        state, states = pd.factorize(np.asarray(status, object))
        when, months = pd.factorize(np.asarray(month, np.int64))
        return cls((kind * len(states) + state) * len(months) + when, kinds, states, months)

    def counted(self, place: NDArray[np.int64], repeat: int = 1) -> list[Row]:
        """Rows (place, category, status, month, n) for the places of (m * repeat,) reports."""
        base = len(self.category) * len(self.status) * len(self.month)
        keys, n = np.unique(place * base + np.repeat(self.code, repeat), return_counts=True)
        where, code = np.divmod(keys, base)
        rest, when = np.divmod(code, len(self.month))
        kind, state = np.divmod(rest, len(self.status))
        columns = (where, self.category[kind], self.status[state], self.month[when], n)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def count(
    connection: Connection,
    units: NDArray[np.int64],
    keys: NDArray[np.int64],
    category: Sequence[str],
    status: Sequence[str],
    month: NDArray[np.int64],
) -> None:
    """Count (m,) new reports with their (m, layers) units and Morton keys."""
    if len(keys) < FEW:
        kind = list(zip(category, status, month.tolist(), strict=True))
        add_counts(connection, _units_of_few(units.tolist(), kind))
        add_tiles(connection, _tiles_of_few(keys.tolist(), kind))
        return
    kinds = Kinds.of(category, status, month)
    add_counts(connection, kinds.counted(units.ravel(), units.shape[1]))
    add_tiles(connection, _tiles(kinds, keys))


def _units_of_few(units: list[list[int]], kinds: list[tuple[str, str, int]]) -> list[Row]:
    counted = Counter([(unit, *kind) for theirs, kind in zip(units, kinds, strict=True) for unit in theirs])
    return [(*row, n) for row, n in sorted(counted.items())]


def _tiles_of_few(keys: list[int], kinds: list[tuple[str, str, int]]) -> list[Row]:
    shifts = [(z, 2 * (morton.BITS - z)) for z in ZOOMS]
    counted = Counter([(z, key >> shift, *kind) for z, shift in shifts for key, kind in zip(keys, kinds, strict=True)])
    return [(*row, n) for row, n in sorted(counted.items())]


def _tiles(kinds: Kinds, keys: NDArray[np.int64]) -> list[Row]:
    return [(z, *row) for z in ZOOMS for row in kinds.counted(morton.tiles(keys, z))]


def tiles_of(key: int, category: str, status: str, month: int, n: int) -> list[Row]:
    """Rows of the pyramid for one report that comes (n = 1) or goes (n = -1)."""
    return [(z, key >> (2 * (morton.BITS - z)), category, status, month, n) for z in ZOOMS]


def add_counts(connection: Connection, rows: list[Row]) -> None:
    """Add to the counters; those that reach zero are removed."""
    _add(connection, counter, COUNTER_KEYS, rows)


def add_tiles(connection: Connection, rows: list[Row]) -> None:
    """Add to the pyramid; tiles that reach zero are removed."""
    _add(connection, pyramid, PYRAMID_KEYS, rows)


def _add(connection: Connection, table: sa.Table, keys: list[str], rows: list[Row]) -> None:
    if not rows:
        return
    upsert_rows(connection, table, keys, "n", rows)
    # by key: looking for zeros would read the whole table
    delete_rows(connection, table, keys, "n = 0", [row[:-1] for row in rows if row[-1] < 0])
