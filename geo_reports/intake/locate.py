"""Place reports: inside the city or not, and in which unit of every layer."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_reports.city import City
from geo_reports.errors import AddressNotFound, OutsideCity
from geo_reports.geography import CONFIDENT, Candidate
from geo_reports.store import Store


class Locator:
    """Assigns points in every layer of a city and finds addresses in its gazetteer."""

    def __init__(self, city: City, store: Store) -> None:
        self._city = city
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

    def require_inside(self, lon: float, lat: float) -> None:
        """Raise ``OutsideCity`` for a point beyond the boundary."""
        if not self._city.contains([lon], [lat])[0]:
            raise OutsideCity(
                f"That place lies outside {self._city.spec.name}. Move the point into the municipality, "
                "or report it to the municipality it lies in.",
                field="lon",
            )

    def find(self, address: str) -> Candidate:
        """Most likely place of an address; ``AddressNotFound`` offers others when none is certain."""
        found = self._city.gazetteer.geocode(address)
        inside = [c for c in found if self._city.contains([c.lon], [c.lat])[0]]
        if inside and inside[0].quality >= CONFIDENT:
            return inside[0]
        labels = list(dict.fromkeys(candidate.label for candidate in inside))
        hint = f" Did you mean: {'; '.join(labels)}?" if labels else ""
        raise AddressNotFound(f"We could not find {address!r} with certainty.{hint}", labels)
