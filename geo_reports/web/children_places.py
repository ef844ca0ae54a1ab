"""Places to choose from, neighborhood by neighborhood: for people who cannot or should not write an address."""

import math
from dataclasses import dataclass

import numpy as np

from geo_reports.city import City

NEAR_M = 150
"""Distance within which somebody calls a thing "near the school"; kept as the accuracy of the position."""


@dataclass(frozen=True)
class NearPlace:
    """A place to choose: its kind and name, and the position a form sends, "longitude latitude accuracy".

    The last one of a unit has neither kind nor name: it stands for anywhere else in it.
    """

    kind: str
    name: str
    value: str


def places_by_unit(city: City) -> list[tuple[str, list[NearPlace]]]:
    """Named places inside the city below the name of their unit, both in the order of their names."""
    found = {name: [elsewhere] for name, elsewhere in _anywhere(city)}
    places = city.places
    lon, lat = np.array([place.lon for place in places]), np.array([place.lat for place in places])
    rows = city.primary.assign(lon, lat, np.full(len(places), "NaT", "datetime64[D]"))
    names = city.primary.table.name.tolist()
    for place, row, inside in zip(places, rows.tolist(), city.contains(lon, lat).tolist(), strict=True):
        if inside and row >= 0 and names[row] in found:
            found[names[row]].append(NearPlace(place.kind, place.name, _value(place.lon, place.lat, NEAR_M)))
    return [(name, sorted(found[name], key=lambda near: (not near.name, near.name))) for name in sorted(found)]


def _anywhere(city: City) -> list[tuple[str, NearPlace]]:
    """A point inside each unit, as accurate as the unit is large."""
    units = city.primary.current.units
    points = units.geometry.representative_point()
    inside = city.contains(points.x, points.y)
    rows = zip(units.name, points.x, points.y, units.area_km2, inside.tolist(), strict=True)
    return [
        (str(name), NearPlace("", "", _value(x, y, math.sqrt(area_km2 / math.pi) * 1000)))
        for name, x, y, area_km2, within in rows
        if within
    ]


def _value(lon: float, lat: float, accuracy_m: float) -> str:
    return f"{lon:.6f} {lat:.6f} {accuracy_m:.0f}"
