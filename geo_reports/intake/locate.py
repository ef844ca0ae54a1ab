"""Place reports: inside the city or not, and in which unit of every layer."""

from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_reports.city import City, Layer
from geo_reports.errors import OutsideCity
from geo_reports.geography import Candidate
from geo_reports.intake.addresses import Addresses
from geo_reports.store import Store


class Locator:
    """Assigns points in every layer of a city and finds addresses, by default in its gazetteer only."""

    def __init__(self, city: City, store: Store, addresses: Addresses | None = None) -> None:
        self._city = city
        self._addresses = addresses or Addresses(city)
        self._ids = [(layer, store.register_units(layer.id, layer.table)) for layer in city.unit_layers]

    def place(self, lon: ArrayLike, lat: ArrayLike, day: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Place (m,) points in WGS 84 degrees seen on (m,) ``datetime64[D]`` days.

        Returns
        -------
        outside : (m,) bool
            Outside the city's boundary as it is today.
        units : (m, layers) int64
            Number of the unit in each layer, or of that layer's "outside".
        """
        rows = {layer.id: layer.assign(lon, lat, day) for layer, _ in self._ids}
        boundary = self._city.boundary
        again = boundary.id in rows and len(boundary.versions) == 1  # the same question was just answered
        outside = rows[boundary.id] < 0 if again else ~self._city.contains(lon, lat)
        return outside, np.stack([ids.of(rows[layer.id]) for layer, ids in self._ids], axis=1)

    def place_one(self, lon: float, lat: float, day: date | None) -> tuple[bool, list[int]]:
        """``place`` of one point seen on a day, or on none that is known; many times faster than an array of one."""
        rows = {layer.id: self._row(layer, lon, lat, day) for layer, _ in self._ids}
        outside = self._city.boundary.current.index.assign_one(lon, lat) < 0
        return outside, [ids.one(rows[layer.id]) for layer, ids in self._ids]

    def _row(self, layer: Layer, lon: float, lat: float, day: date | None) -> int:
        only = layer.versions[0]
        if len(layer.versions) == 1 and only.spec.valid_to is None:
            return only.index.assign_one(lon, lat)
        known = np.datetime64("NaT") if day is None else np.datetime64(day)
        return int(layer.assign([lon], [lat], np.array([known], "datetime64[D]"))[0])

    def require_inside(self, lon: float, lat: float) -> None:
        """Raise ``OutsideCity`` for a point beyond the boundary."""
        if self._city.boundary.current.index.assign_one(lon, lat) < 0:
            raise OutsideCity(
                f"That place lies outside {self._city.spec.name}. Move the point into the municipality, "
                "or report it to the municipality it lies in.",
                field="lon",
            )

    def find(self, address: str) -> Candidate:
        """Most likely place of an address; ``AddressNotFound`` offers others when none is certain."""
        return self._addresses.find(address)
