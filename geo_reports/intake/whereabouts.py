"""Where a point lies: its unit in every layer, the nearest one outside, and which others its accuracy allows."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from geopandas import GeoSeries

from geo_reports.city import City, Layer
from geo_reports.city.folder import LayerVersion
from geo_reports.errors import InputError
from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE


@dataclass(frozen=True)
class NearestUnit:
    """The unit nearest to a point that lies in none."""

    unit: str
    name: str
    distance_m: float


@dataclass(frozen=True)
class Standing:
    """A point in one layer: its unit in the edition of that day, or None and the nearest, if an edition held.

    ``possible`` are the ids of all units that lie within the point's accuracy.
    """

    layer: str
    edition: str | None
    unit: str | None
    name: str | None
    nearest: NearestUnit | None
    possible: tuple[str, ...]


def check_point(city: City, lon: float, lat: float) -> None:
    """Raise ``InputError`` for what is no place on Earth, and for a point of the city with its numbers swapped."""
    wrong = not (-180 <= lon <= 180 and -90 <= lat <= 90)
    other_way = -180 <= lat <= 180 and -90 <= lon <= 90 and bool(city.contains([lat], [lon])[0])
    if other_way and (wrong or not city.contains([lon], [lat])[0]):
        raise InputError(
            f"The two numbers seem to be swapped: the other way round they lie in {city.spec.name}. "
            "lon is the longitude (east-west), lat the latitude.",
            field="lon",
        )
    if wrong:
        raise InputError(
            "That is no place on Earth: lon runs from -180 to 180 and lat from -90 to 90, in degrees.",
            field="lat" if -180 <= lon <= 180 else "lon",
        )


def standings(city: City, lon: float, lat: float, day: date, accuracy_m: float = 0.0) -> list[Standing]:
    """Say where a point (WGS 84 degrees, true to ``accuracy_m``) lies in each layer as it held that day."""
    return [_in_layer(layer, lon, lat, day, accuracy_m, city.spec.metric_crs) for layer in city.layers.values()]


def _in_layer(layer: Layer, lon: float, lat: float, day: date, accuracy_m: float, metric_crs: str) -> Standing:
    edition = layer.edition_on(day)
    if edition is None:
        return Standing(layer.id, None, None, None, None, ())
    row = edition.index.assign_one(lon, lat)
    possible = _within(edition, lon, lat, accuracy_m, metric_crs) if accuracy_m else set()
    if row >= 0:
        unit = edition.units.iloc[row]
        return Standing(layer.id, edition.label, unit.unit, unit["name"], None, tuple(sorted(possible | {unit.unit})))
    (near,), (distance_m,) = edition.index.nearest([lon], [lat], metric_crs)
    nearest = None
    if near >= 0:
        unit = edition.units.iloc[near]
        nearest = NearestUnit(unit.unit, unit["name"], round(float(distance_m), 1))
    return Standing(layer.id, None, None, None, nearest, tuple(sorted(possible)))


def _within(version: LayerVersion, lon: float, lat: float, accuracy_m: float, metric_crs: str) -> set[str]:
    """Units within ``accuracy_m`` of a point."""
    # a box that is sure to hold the circle, so that only a few polygons are moved to metres
    north = 1.1 * accuracy_m / METRES_PER_DEGREE
    east = north / max(np.cos(np.radians(abs(lat) + north)), 0.01)
    units = version.units
    at = units.sindex.query(shapely.box(lon - east, lat - north, lon + east, lat + north))
    if not len(at):
        return set()
    point = GeoSeries([shapely.Point(lon, lat)], crs=units.crs).to_crs(metric_crs).iloc[0]
    near = units.iloc[at]
    return set(near.unit[near.geometry.to_crs(metric_crs).distance(point) <= accuracy_m])
