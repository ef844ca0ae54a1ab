"""What lies under every map: the units of the primary layer, their names, and the city's edge."""

import numpy as np

from geo_reports.city import City, Layer
from geo_reports.look import Words
from geo_reports.mapping.elements import CityMap, Drawn, Shapes
from geo_reports.mapping.sheet import Sheet, Swatch


def put_ground(city_map: CityMap, city: City) -> Shapes:
    """Draw the units below everything; gives their shapes for layers that fill them."""
    units = Shapes(np.asarray(city.primary.current.units.geometry))
    city_map.put(units)
    city_map.put(Drawn("outline", [units, "overlayPane", _line(city.primary)]))
    return units


def put_lines(city_map: CityMap, city: City, units: Shapes) -> None:
    """Draw boundaries and names above what fills the units: larger units first, as they get their name first."""
    city_map.put(Drawn("outline", [units, "lines", "over " + _line(city.primary)]))
    if city.boundary.id != city.primary.id:
        edge = Shapes(np.asarray(city.boundary.current.units.geometry))
        city_map.put(edge)
        city_map.put(Drawn("outline", [edge, "lines", "edge " + _line(city.boundary)]))
    frame = city.primary.current.units.sort_values("area_km2", ascending=False, kind="stable")
    at = frame.geometry.representative_point()
    rows = [[round(y, 5), round(x, 5), name] for x, y, name in zip(at.x, at.y, frame.name, strict=True)]
    city_map.put(Drawn("labels", [{"rows": rows}, "unit-name", 0]))


def describe_ground(city: City, words: Words) -> Sheet:
    """Legend of the boundaries: whether they are official, their source and licence."""
    layers = {layer.id: layer for layer in (city.primary, city.boundary)}.values()
    legend, notes = [], []
    for layer in layers:
        name = words.say(layer.spec.name)
        edge = "edge " if layer.id == city.boundary.id and len(layers) > 1 else ""
        text = name if layer.spec.official else words("%(layer)s: approximate boundary, not official", layer=name)
        legend.append((Swatch("line", edge + _line(layer)), text))
        if layer.spec.note:
            notes.append(words.say(layer.spec.note))
        version = layer.current.spec
        source = f"{version.source} ({version.licence})" if version.licence else version.source
        if source:
            notes.append(words("%(layer)s, source: %(source)s.", layer=name, source=source))
    return Sheet(title=words("Boundaries"), legend=tuple(legend), notes=tuple(notes))


def _line(layer: Layer) -> str:
    return "" if layer.spec.official else "approximate"
