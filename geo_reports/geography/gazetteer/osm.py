"""Streets, house numbers and places of an OpenStreetMap extract (.osm.pbf). Data © OpenStreetMap contributors, ODbL."""

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo_reports.errors import InputError
from geo_reports.geography.gazetteer.build import Line, Source

_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_OTHER_NAMES = re.compile(r"(?:alt|official|short|loc|old)_name|name:[a-z]{2,3}")
_PLACE_KEYS = ("amenity", "leisure", "tourism", "historic", "place", "office", "man_made", "military")
_STATIONS = {"station", "halt", "tram_stop", "subway_entrance"}
_WANTED = "name IS NOT NULL OR other_tags LIKE '%addr:housenumber%'"


@dataclass
class _Reading:
    """What has been read so far."""

    houses: list[tuple[str, str, float, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    places: dict[tuple[str, int, int], tuple[str, float, float]] = field(default_factory=dict)
    aliases: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def read_osm(path: Path) -> Source:
    """Streets, house numbers, places and their other names in an extract; ``InputError`` where it cannot be read.

    The libraries for files and shapes are loaded here only: whoever looks up an address does not need them.
    """
    reading = _Reading()
    for layer in ("points", "lines", "multipolygons"):
        for tags, shape in _features(path, layer):
            _take(reading, tags, shape)
    streets = pd.DataFrame(reading.houses, columns=["street", "number", "lon", "lat"])
    return Source(streets, reading.lines, list(reading.places.values()), dict(reading.aliases))


def _features(path: Path, layer: str) -> Iterator[tuple[dict[str, str], Any]]:
    """Tags and shape of the features of a layer that have a name or a house number."""
    import shapely
    from pyogrio import raw
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # ways cut by the extract's edge are left open
            meta, _, shapes, columns = raw.read(path, layer=layer, where=_WANTED)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(f"{path} cannot be read as an OpenStreetMap extract ({error}); name an .osm.pbf.") from None
    names = list(meta["fields"])
    for values in zip(shapely.from_wkb(shapes, on_invalid="ignore"), *columns, strict=True):
        if values[0] is None or values[0].is_empty:
            continue
        own = {name: value for name, value in zip(names, values[1:], strict=True) if isinstance(value, str)}
        yield {**own, **dict(_TAG.findall(own.pop("other_tags", "")))}, values[0]


def _take(reading: _Reading, tags: dict[str, str], shape: Any) -> None:
    street = tags.get("addr:street") or tags.get("addr:place")
    if street and tags.get("addr:housenumber"):
        middle = shape.centroid
        for number in tags["addr:housenumber"].split(";"):
            reading.houses.append((street, number.strip(), middle.x, middle.y))
    name = tags.get("name")
    if not name:
        return
    if "highway" in tags and shape.geom_type == "LineString":
        reading.lines.append(Line(name, np.asarray(shape.coords)[:, :2]))
    elif any(key in tags for key in _PLACE_KEYS) or tags.get("railway") in _STATIONS:
        middle = shape.centroid
        # one thing is often drawn twice, as an area and as a point: keep it once per 200 m or so
        where = (name, round(middle.x * 300), round(middle.y * 500))
        reading.places.setdefault(where, (name, middle.x, middle.y))
    else:
        return
    for key, value in tags.items():
        if _OTHER_NAMES.fullmatch(key):
            reading.aliases[name].update(part.strip() for part in value.split(";") if part.strip() != name)
