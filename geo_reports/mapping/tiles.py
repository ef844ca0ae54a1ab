"""Background tiles, opt-in: their server learns what people look at."""

import re
from typing import Protocol
from urllib.parse import urlsplit

import folium

from geo_reports.errors import InputError
from geo_reports.mapping.elements import CityMap, Credit, as_entities

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.{}:_-]+/[^\s<>\"'`\\]*")


class TileSource(Protocol):
    """What names a tile server: an address with {z}, {x}, {y}, and the text that credits it."""

    @property
    def url(self) -> str:
        """Template of the address."""

    @property
    def attribution(self) -> str:
        """Text shown on the map."""


def tile_origin(tiles: TileSource) -> str:
    """Origin of the tiles' server, for ``img-src``; a ``{s}`` in the host becomes ``*``.

    Raises ``InputError`` for an address that is no template of tiles.
    """
    if not _ADDRESS.fullmatch(tiles.url) or not all(part in tiles.url for part in ("{z}", "{x}", "{y}")):
        raise InputError("The address of tiles is like https://tiles.example.org/{z}/{x}/{y}.png.", "tile_url")
    if re.search(r"\{[{%#]", tiles.url):
        raise InputError("The address of tiles holds a doubled brace; write {z}, {x} and {y} once.", "tile_url")
    parts = urlsplit(tiles.url)
    host = re.sub(r"^\{s\}", "*", parts.netloc)
    if "{" in host:
        raise InputError("The host of tiles may hold {s} only as its first part.", "tile_url")
    return f"{parts.scheme}://{host}"


def add_tiles(city_map: CityMap, tiles: TileSource) -> str:
    """Put tiles under ``city_map``; gives their origin."""
    origin = tile_origin(tiles)
    city_map.put(folium.TileLayer(tiles=tiles.url, attr=as_entities(tiles.attribution), name="tiles", control=False))
    city_map.put(Credit())
    return origin
