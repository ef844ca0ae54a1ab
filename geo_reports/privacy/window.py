"""``Window``: whose eyes look at which city, and the small questions both halves of a view ask."""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Self

import pandas as pd

from geo_reports.city import City
from geo_reports.errors import InputError
from geo_reports.report import Audience, Status
from geo_reports.store import Store


class Window:
    """One audience before one city's store.

    Parameters
    ----------
    code_hash : callable
        Turns a tracking code into the hash it is kept under; raises ``NotFound`` for what is no code.
    unseal : callable
        Decrypts a contact; raises ``KeyProblem`` when another server key sealed it.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        audience: Audience,
        clock: Callable[[], datetime],
        code_hash: Callable[[str], bytes],
        unseal: Callable[[bytes], str],
    ) -> None:
        self.city, self.audience = city, audience
        self._end: date | None = None
        self._store, self._clock, self._code_hash, self._unseal = store, clock, code_hash, unseal

    def end(self) -> date:
        """Local day at which periods end: today, or the end of the last month with a report (``ending``)."""
        return self._end or self._today()

    def ending(self, until: str) -> Self:
        """Return the same view whose periods end ``today`` or with the ``last_report``, for archives of the past."""
        month = self._store.last_month() if until == "last_report" else 0
        view = copy(self)
        view._end = (
            date(month // 100 + month % 100 // 12, month % 100 % 12 + 1, 1) - timedelta(days=1) if month else None
        )
        return view

    def _today(self) -> date:
        return self._clock().astimezone(self.city.zone).date()

    def _seconds(self, when: date | None) -> int | None:
        return None if when is None else int(datetime.combine(when, time(), self.city.zone).timestamp())

    def _days_ago(self, days: int) -> int:
        # from midnight: a window that slides by the second would tell the hour at which a report drops out of it
        start = self._seconds(self.end() - timedelta(days=days))
        assert start is not None  # noqa: S101 a day has a start
        return start

    def _layer_id(self, layer: str | None) -> str:
        """Id of a layer that reports are counted in; a separate boundary is none, and its zeros would be untrue."""
        if layer is None:
            return self.city.primary.id
        counted = [known.id for known in self.city.unit_layers]
        if self.city.layer(layer).id not in counted:
            raise InputError(
                f"Reports are not counted in the layer {layer}; take one of {', '.join(counted)}.", "layer"
            )
        return layer

    def _counts(
        self, layer: str, categories: list[str] | None = None, months: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Counts frame of a layer; what is held is in no figure of anybody before it is approved."""
        counts = self._store.counts(layer, categories, months)
        return counts[counts.status != Status.HELD].reset_index(drop=True)

    def _units(self, layer: str | None) -> pd.DataFrame:
        table = self.city.layer(self._layer_id(layer)).table
        return table.drop_duplicates("unit", keep="last").reset_index(drop=True)

    def _names(self, layer: str | None) -> dict[str, str]:
        units = self._units(layer)
        return dict(zip(units.unit, units.name, strict=True))
