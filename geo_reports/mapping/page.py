"""One map definition and one view to one safe page, with the same numbers as tables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo_reports.city.maps import (
    AreaCountsDef,
    ChoroplethDef,
    HotspotsDef,
    MapLayerDef,
    MapSpec,
    PlacesDef,
    PointsDef,
)
from geo_reports.look import Words, render
from geo_reports.look.signs import all_signs
from geo_reports.mapping.areas import draw_area_counts, draw_choropleth
from geo_reports.mapping.assets import Assets, inline_scripts, inline_styles
from geo_reports.mapping.cells import draw_hotspots
from geo_reports.mapping.elements import CityMap, Switch
from geo_reports.mapping.ground import describe_ground, put_ground, put_lines
from geo_reports.mapping.places import draw_places
from geo_reports.mapping.points import draw_points
from geo_reports.mapping.seal import seal
from geo_reports.mapping.sheet import Desk, Sheet
from geo_reports.mapping.tiles import TileSource, add_tiles
from geo_reports.privacy import View


@dataclass(frozen=True)
class Page:
    """A whole HTML document; ``img_origin`` is the tiles' server that ``img-src`` must name, if there is one."""

    html: str
    img_origin: str | None = None


@dataclass(frozen=True)
class Share:
    """A map elsewhere: its address, and the text that puts it into another page."""

    address: str
    snippet: str


def render_page(
    definition: MapSpec,
    view: View,
    words: Words,
    *,
    assets: Assets,
    nonce: str,
    now: datetime,
    tiles: TileSource | None = None,
    demo: bool = False,
    name: str,
    nav: tuple[tuple[str, str], ...] = (),
    exports: tuple[tuple[str, str], ...] = (),
    share: Share | None = None,
    template: str = "map.html",
    unit: str | None = None,
) -> Page:
    """Render a map: the same arguments and data give the same bytes.

    Parameters
    ----------
    definition, view
        What lies on the map, and the window it is seen through; the view decides, the definition narrows.
    assets : Assets
        ``served()`` for a page of the service, ``inline()`` for a file that opens without a network. Such a file
        carries its own content security policy and has no use for tiles.
    nonce, name : str
        Nonce of the response's content security policy; name of the map in its address.
    now : datetime
        Aware; decides which months a period ends with.
    nav, exports : pairs of address and text
        Links of the header, and of the files that hold the same numbers.
    share, template
        How the map gets into other pages; ``embed.html`` is the one for a frame.
    unit : str, optional
        Unit of the primary layer that the map opens on, with no reports but its own.

    Raises
    ------
    MissingExtra
        A layer needs a library that is not installed.
    NotAllowed
        The definition asks for more than the view's audience may see.
    """
    standalone = assets.prefix is None
    drawing = _draw_map(definition, view, words, assets, now, None if standalone else tiles, unit)
    html = render(
        template,
        words=words,
        city=view.city,
        nonce=nonce,
        path=f"/mapas/{name}",
        nav=nav,
        definition=definition,
        exports=exports,
        share=share,
        made=words.when(now.astimezone(view.city.zone).strftime("%Y-%m-%d %H:%M")),
        **_carried(drawing, demo, standalone),
    )
    return Page(seal(html, nonce) if standalone else html, drawing.img_origin)


@dataclass(frozen=True)
class _Drawing:
    """Parts of the map as Folium wrote them, and what each layer adds beside it."""

    header: str
    body: str
    script: str
    sheets: tuple[Sheet, ...]
    img_origin: str | None


def _carried(drawing: _Drawing, demo: bool, standalone: bool) -> dict[str, Any]:
    """What is drawn, and what a page holds inside itself to do without the service."""
    styles, library = (inline_styles(), inline_scripts()) if standalone else ("", "")
    demo = demo or any(sheet.synthetic for sheet in drawing.sheets)
    signs = list(all_signs())
    return {
        "drawing": drawing,
        "signs": signs,
        "demo": demo,
        "standalone": standalone,
        "styles": styles,
        "library": library,
    }


def _draw_map(
    definition: MapSpec,
    view: View,
    words: Words,
    assets: Assets,
    now: datetime,
    tiles: TileSource | None,
    unit: str | None,
) -> _Drawing:
    """Everything on the map from the ground up: tiles, units, layers in the order of the file, lines and names."""
    city_map = _city_map(view, words, assets, words.say(definition.title), unit)
    origin = add_tiles(city_map, tiles) if tiles is not None else None
    shapes = put_ground(city_map, view.city)
    end = now.astimezone(view.city.zone).date()
    if definition.until != "today":
        view = view.ending(definition.until)
        end = view.end()
    desk = Desk(view.city, view, words, city_map, shapes, end, linked=assets.prefix is not None, unit=unit)
    sheets = [_draw(desk, layer) for layer in definition.layers]
    put_lines(city_map, view.city, shapes)
    city_map.put(Switch([sheet.name for sheet in sheets if sheet.name]))
    return _Drawing(*city_map.parts(), (*sheets, describe_ground(view.city, words)), origin)


def _city_map(view: View, words: Words, assets: Assets, title: str, unit: str | None) -> CityMap:
    units = view.city.primary.current.units
    seen = view.city.boundary.current.units if unit is None else units[units.unit == unit]
    west, south, east, north = seen.total_bounds
    titles = {"zoomInTitle": words("Come closer"), "zoomOutTitle": words("Move away")}
    bounds = (float(west), float(south), float(east), float(north))
    return CityMap(bounds, assets.scripts, assets.styles, titles, words("Map: %(title)s", title=title))


def _draw(desk: Desk, layer: MapLayerDef) -> Sheet:
    match layer:
        case PointsDef():
            return draw_points(desk, layer)
        case AreaCountsDef():
            return draw_area_counts(desk, layer)
        case ChoroplethDef():
            return draw_choropleth(desk, layer)
        case HotspotsDef():
            return draw_hotspots(desk, layer)
        case PlacesDef():
            return draw_places(desk, layer)
