"""One map definition and one view to one safe page, with the same numbers as tables."""

from dataclasses import dataclass
from datetime import datetime

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
) -> Page:
    """Render a map: the same arguments and data give the same bytes.

    Parameters
    ----------
    definition, view
        What lies on the map, and the window it is seen through; the view decides, the definition narrows.
    assets : Assets
        ``served()`` for a page of the service, ``inline()`` for a file that opens without a network. Such a file
        carries its own content security policy and has no use for tiles.
    nonce : str
        Of the response's content security policy.
    now : datetime
        Aware; decides which months a period ends with.
    name : str
        Name of the map in its address.
    nav, exports : pairs of address and text
        Links of the header, and of the files that hold the same numbers.

    Raises
    ------
    MissingExtra
        A layer needs a library that is not installed.
    NotAllowed
        The definition asks for more than the view's audience may see.
    """
    standalone = assets.prefix is None
    drawing = _draw_map(definition, view, words, assets, now, None if standalone else tiles)
    html = render(
        "map.html",
        words=words,
        city=view.city,
        nonce=nonce,
        path=f"/mapas/{name}",
        nav=nav,
        definition=definition,
        drawing=drawing,
        signs=list(all_signs()),
        exports=exports,
        demo=demo or any(sheet.synthetic for sheet in drawing.sheets),
        standalone=standalone,
        styles=inline_styles() if standalone else "",
        library=inline_scripts() if standalone else "",
        made=words.when(now.astimezone(view.city.zone).strftime("%Y-%m-%d %H:%M")),
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


def _draw_map(
    definition: MapSpec, view: View, words: Words, assets: Assets, now: datetime, tiles: TileSource | None
) -> _Drawing:
    """Everything on the map from the ground up: tiles, units, layers in the order of the file, lines and names."""
    city_map = _city_map(view, words, assets, words.say(definition.title))
    origin = add_tiles(city_map, tiles) if tiles is not None else None
    shapes = put_ground(city_map, view.city)
    end = now.astimezone(view.city.zone).date()
    if definition.until != "today":
        view = view.ending(definition.until)
        end = view.end()
    desk = Desk(view.city, view, words, city_map, shapes, end, linked=assets.prefix is not None)
    sheets = [_draw(desk, layer) for layer in definition.layers]
    put_lines(city_map, view.city, shapes)
    city_map.put(Switch([sheet.name for sheet in sheets if sheet.name]))
    return _Drawing(*city_map.parts(), (*sheets, describe_ground(view.city, words)), origin)


def _city_map(view: View, words: Words, assets: Assets, title: str) -> CityMap:
    west, south, east, north = view.city.boundary.current.units.total_bounds
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
