"""What the three services answer, read into one form. Areas are left out: a suburb is no place for a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AREAS = frozenset({"boundary", "landuse", "natural", "place", "waterway"})
"""Keys of OpenStreetMap under which areas are kept, not addresses, streets or things with a name."""
LEAST_CONFIDENCE = 0.8
"""Confidence below which Pelias itself doubts its answer."""
LONGEST_NAME = 200
Raw = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A place that a service knows. WGS 84 degrees; empty texts where it does not say.

    ``known`` is False where the service estimated the point; ``sure`` where it says that it answers the question.
    """

    lon: float
    lat: float
    street: str = ""
    number: str = ""
    name: str = ""
    known: bool = True
    sure: bool = True


def nominatim(raw: Raw) -> Place | None:
    """Read a place of Nominatim's JSON with address details; None for an area."""
    address = raw.get("address") or {}
    kind, key = raw.get("type"), raw.get("class") or raw.get("category")
    at = float(raw["lon"]), float(raw["lat"])
    street, number = _text(address.get("road") or address.get("pedestrian")), _text(address.get("house_number"))
    name = _text(raw.get("name") or str(raw.get("display_name", "")).split(",")[0])
    if number and street:
        # a number that was interpolated is the way of the interpolation
        known = not (raw.get("osm_type") == "way" and key == "place" and kind == "house")
        return Place(*at, street, number, name if key not in AREAS and name != number else "", known)
    if key == "highway":
        return Place(*at, street or name)
    return Place(*at, name=name) if name and key not in AREAS else None


def photon(raw: Raw) -> Place | None:
    """Read a feature of Photon's GeoJSON; None for an area."""
    said, at = raw["properties"], _position(raw)
    street, number, name = (_text(said.get(key)) for key in ("street", "housenumber", "name"))
    if number and street:
        return Place(*at, street, number, name)
    if said.get("osm_key") == "highway":
        return Place(*at, name or street)
    return Place(*at, name=name) if name and said.get("osm_key") not in AREAS else None


def pelias(raw: Raw) -> Place | None:
    """Read a feature of Pelias' GeoJSON; None for an area."""
    said, at = raw["properties"], _position(raw)
    street, number, name = (_text(said.get(key)) for key in ("street", "housenumber", "name"))
    layer, match = said.get("layer"), said.get("match_type")
    known = match != "interpolated"
    sure = match != "fallback" and float(said.get("confidence", 0)) >= LEAST_CONFIDENCE
    if layer == "address" and street and number:
        return Place(*at, street, number, known=known, sure=sure)
    if layer == "street" and (street or name):
        return Place(*at, street or name, known=known, sure=sure)
    return Place(*at, name=name, known=known, sure=sure) if layer == "venue" and name else None


READERS: dict[str, Callable[[Raw], Place | None]] = {"nominatim": nominatim, "photon": photon, "pelias": pelias}


def _position(raw: Raw) -> tuple[float, float]:
    lon, lat = raw["geometry"]["coordinates"][:2]
    return float(lon), float(lat)


def _text(value: object) -> str:
    """Text as it can be shown: no control characters, not too long; empty for what is none."""
    if not isinstance(value, str):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in value).strip()[:LONGEST_NAME]
