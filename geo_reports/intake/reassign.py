"""Recompute every report's derived units after the layers changed: one job that can be stopped and resumed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_reports.city import City
from geo_reports.errors import LayersChanged
from geo_reports.intake.locate import Locator
from geo_reports.store import Store

CHUNK = 20_000
LAYERS, CURSOR = "layers", "reassign"


@dataclass(frozen=True)
class Reassigned:
    """What a run did: reports looked at in this run, and those whose unit changed."""

    checked: int
    moved: int


def check_layers(city: City, store: Store) -> None:
    """Remember the layers of a store without reports; ``LayersChanged`` when those of one with reports differ."""
    known = store.get_meta(LAYERS)
    if known == city.layers_digest:
        return
    if store.size()["reports"]:
        raise LayersChanged(
            "The layers changed since reports were assigned to units, so figures would be wrong. "
            "Run geo-reports reassign; it can be stopped and run again."
        )
    store.set_meta(LAYERS, city.layers_digest)


@dataclass(frozen=True)
class Reassign:
    """Assigns all reports again in the city's present layers."""

    city: City
    store: Store
    locator: Locator
    clock: Callable[[], datetime]

    def run(self, progress: Callable[[float], None] = lambda share: None, chunk: int = CHUNK) -> Reassigned:
        """Assign chunk by chunk, each one transaction with its counters; a stopped run is continued."""
        total = max(1, self.store.size()["reports"])
        after = self._cursor()
        checked = moved = 0
        while True:
            with self.store.writing() as connection:
                rows = self.store.located(connection, after, chunk)
                if rows.empty:
                    break
                outside, units = self.locator.place(rows.lon.to_numpy(), rows.lat.to_numpy(), self._days(rows))
                moved += self.store.rewrite_units(connection, rows, units, outside)
                after = int(rows.id.iloc[-1])
                self.store.put_meta(connection, CURSOR, f"{self.city.layers_digest}:{after}")
            checked += len(rows)
            progress(min(1.0, checked / total))
        self.store.finish_reassign(
            LAYERS, self.city.layers_digest, CURSOR, moved=moved, at=int(self.clock().timestamp())
        )
        return Reassigned(checked, moved)

    def _cursor(self) -> int:
        """Last report of an unfinished run over the same layers."""
        digest, _, after = (self.store.get_meta(CURSOR) or "").partition(":")
        return int(after) if digest == self.city.layers_digest and after else 0

    def _days(self, rows: pd.DataFrame) -> NDArray[np.datetime64]:
        at = pd.to_datetime(rows.occurred_at.astype("Int64"), unit="s", utc=True)
        local = at.dt.tz_convert(self.city.zone).dt.tz_localize(None)
        return np.asarray(local.to_numpy("datetime64[D]"))
