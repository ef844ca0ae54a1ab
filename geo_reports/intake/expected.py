"""What can be derived of reports again, for the store's examination: units, months, contacts that open."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_reports.city import City
from geo_reports.errors import KeyProblem
from geo_reports.intake.keys import LOST_KEY, ServerKey
from geo_reports.intake.locate import Locator
from geo_reports.store import Store
from geo_reports.store.ledger import Expected


def expected(city: City, store: Store, key: ServerKey | None, locator: Locator | None) -> Expected:
    """Derivations for a store; without a locator no units, without the key, or after one was lost, no contacts."""
    return Expected(
        place=_place(city, locator) if locator is not None else None,
        month=lambda at: _months(at, city),
        opens=_opens(key) if key is not None and store.get_meta(LOST_KEY) is None else None,
    )


def _place(
    city: City, locator: Locator
) -> Callable[
    [NDArray[np.float64], NDArray[np.float64], list[int | None]], tuple[NDArray[np.bool_], NDArray[np.int64]]
]:
    def place(
        lon: NDArray[np.float64], lat: NDArray[np.float64], occurred_at: list[int | None]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        days = np.asarray(_local(occurred_at, city).dt.tz_localize(None).to_numpy("datetime64[D]"))
        return locator.place(lon, lat, days)

    return place


def _opens(key: ServerKey) -> Callable[[bytes], bool]:
    def opens(sealed: bytes) -> bool:
        try:
            key.unseal(sealed)
        except (KeyProblem, ValueError):
            return False
        return True

    return opens


def _local(occurred_at: list[int | None], city: City) -> "pd.Series[pd.Timestamp]":
    at = pd.to_datetime(pd.Series(occurred_at, dtype="Int64"), unit="s", utc=True)
    return at.dt.tz_convert(city.zone)


def _months(occurred_at: list[int | None], city: City) -> NDArray[np.int64]:
    """Local ``yyyymm`` of (m,) seconds UTC, 0 where there is no time."""
    local = _local(occurred_at, city)
    return np.asarray((local.dt.year * 100 + local.dt.month).fillna(0).to_numpy(np.int64))
