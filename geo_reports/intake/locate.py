"""Place reports: inside the city or not, and in which unit of every layer."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_reports.city import City
from geo_reports.errors import AddressNotFound, OutsideCity
from geo_reports.geography import Candidate, Gazetteer
from geo_reports.geography.gazetteer import CONFIDENT
from geo_reports.store import Store


class Locator:
    """Assigns points in every layer of a city and finds addresses in its gazetteer."""

    def __init__(self, city: City, store: Store) -> None:
        self._city = city
        self._ids = [(layer, store.register_units(layer.id, layer.table)) for layer in city.unit_layers]
        self._gazetteer = Gazetteer(city.streets, [(place.name, place.lon, place.lat) for place in city.places])

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
        found = self._gazetteer.geocode(address)
        inside = [c for c in found if self._city.contains([c.lon], [c.lat])[0]]
        best = [candidate for candidate in inside if candidate.quality >= CONFIDENT]
        if best and all(_same_place(best[0], other) for other in best if other.quality == best[0].quality):
            return best[0]
        labels = list(dict.fromkeys(candidate.label for candidate in inside))
        hint = f" Did you mean: {'; '.join(labels)}?" if labels else ""
        raise AddressNotFound(f"We could not find {address!r} with certainty.{hint}", labels)


def _same_place(one: Candidate, other: Candidate) -> bool:
    """Tell whether two candidates lie within about 100 m, so that either answer will do."""
    return abs(one.lon - other.lon) <= 0.001 and abs(one.lat - other.lat) <= 0.001
