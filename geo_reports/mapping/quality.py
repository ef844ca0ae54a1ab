"""How well the polygons of a layer fit together, as a map and as tables: for who prepares a layer."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from geo_reports.geography.topology import Topology
from geo_reports.look import Words, environment
from geo_reports.mapping.assets import Assets, inline_scripts, inline_styles
from geo_reports.mapping.elements import CityMap, Drawn, Shapes, Switch
from geo_reports.mapping.faults import Fault, called, gaps, overlaps, repairs, slivers
from geo_reports.mapping.page import Page
from geo_reports.mapping.seal import seal
from geo_reports.mapping.sheet import Sheet, Strings, Swatch, Table

BORDER_DECIMALS, FAULT_DECIMALS = 6, 7
"""Of a degree: 10 cm and 1 cm, as faults are often narrower than the metre that maps of reports are rounded to."""
RING_PX = 12
NAMED, NEAR_ZOOM = 15, 13
"""Of each kind so many have their label from far; the others from this zoom."""


def render_quality(
    units: gpd.GeoDataFrame,
    topology: Topology,
    *,
    title: str,
    words: Words,
    assets: Assets,
    nonce: str,
    previous: gpd.GeoDataFrame | None = None,
    repaired: gpd.GeoDataFrame | None = None,
) -> Page:
    """Render what was measured in a layer: the same arguments give the same bytes.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit``, ``name`` and polygons in any CRS.
    topology : Topology
        What ``geography.topology.measure`` found in them.
    title : str
        Heading of the page: the layer and its edition.
    assets, nonce
        As for ``render_page``; ``Assets.inline()`` makes a file that opens without a network.
    previous : GeoDataFrame, optional
        Polygons of the edition before, drawn as dashed borders.
    repaired : GeoDataFrame, optional
        ``unit``, ``reason`` and the place of each fault that was mended, or the unit's polygon, in any CRS.
    """
    drawing = _draw(units, topology, title, words, assets, previous, repaired)
    standalone = assets.prefix is None
    html = (
        environment()
        .get_template("quality.html")
        .render(
            _=words,
            plural=words.plural,
            words=words,
            nonce=nonce,
            title=title,
            lead=_lead(words, topology, 0 if repaired is None else len(repaired)),
            drawing=drawing,
            signs=[],
            standalone=standalone,
            prefix=assets.prefix,
            styles=inline_styles() if standalone else "",
            library=inline_scripts() if standalone else "",
        )
    )
    return Page(seal(html, nonce) if standalone else html)


@dataclass(frozen=True)
class _Drawing:
    header: str
    body: str
    script: str
    sheets: tuple[Sheet, ...]


def _draw(
    units: gpd.GeoDataFrame,
    topology: Topology,
    title: str,
    words: Words,
    assets: Assets,
    previous: gpd.GeoDataFrame | None,
    repaired: gpd.GeoDataFrame | None,
) -> _Drawing:
    """From the ground up: land, borders before and now, thin faults as a halo, gaps, overlaps, repaired places."""
    degrees = units.to_crs("EPSG:4326")
    city_map = _map(degrees, title, words, assets)
    land = Shapes(np.asarray(degrees.geometry.array), BORDER_DECIMALS)
    city_map.put(land)
    city_map.put(Drawn("outline", [land, "overlayPane", ""]))
    name = called(units)
    thin, holes, twice = (make(words, name, topology) for make in (slivers, gaps, overlaps))
    before = [] if previous is None else [_previous(city_map, words, previous)]
    # over the borders of the edition before, which so show only where they moved, and under every fault
    city_map.put(Drawn("outline", [land, "fills", "over"]))
    drawn = [_areas(city_map, fault) for fault in (thin, holes, twice)]
    mended = [] if repaired is None else [_places(city_map, repairs(words, name, repaired))]
    _names(city_map, (twice, holes, thin))
    sheets = (*reversed(drawn), *mended, *before, Sheet(words("Borders"), legend=((Swatch("line"), words("unit")),)))
    city_map.put(Switch([sheet.name for sheet in sheets if sheet.name]))
    return _Drawing(*city_map.parts(), sheets)


def _map(degrees: gpd.GeoDataFrame, title: str, words: Words, assets: Assets) -> CityMap:
    west, south, east, north = (float(edge) for edge in degrees.total_bounds)
    titles = {"zoomInTitle": words("Come closer"), "zoomOutTitle": words("Move away")}
    label = words("Map: %(title)s", title=title)
    return CityMap((west, south, east, north), assets.scripts, assets.styles, titles, label)


def _areas(city_map: CityMap, fault: Fault) -> Sheet:
    """Faults of one kind as areas that open a note."""
    put = ""
    if fault.lines:
        shapes, strings = Shapes(np.asarray(fault.places.array), FAULT_DECIMALS), Strings()
        city_map.put(shapes)
        rows = [[f"fault {fault.kind}", "", *strings.all(lines)] for lines in fault.lines]
        put = city_map.put(Drawn("fill", [shapes, {"strings": strings.texts, "rows": rows}]))
    return _sheet(fault, Swatch("fill", f"fault {fault.kind}"), put)


def _places(city_map: CityMap, fault: Fault) -> Sheet:
    """Faults of one kind as signs, for places that may be points."""
    strings, put = Strings(), ""
    if fault.lines:
        at = fault.places.representative_point()
        rows = [
            [round(y, FAULT_DECIMALS), round(x, FAULT_DECIMALS), RING_PX, fault.kind, label, *strings.all(lines)]
            for y, x, label, lines in zip(at.y, at.x, fault.labels, fault.lines, strict=True)
        ]
        put = city_map.put(Drawn("circles", [{"strings": strings.texts, "rows": rows}]))
    sample = fault.labels[0] if fault.labels else ""
    return _sheet(fault, Swatch("ring", fault.kind, radius=RING_PX, number=sample), put)


def _sheet(fault: Fault, swatch: Swatch, put: str) -> Sheet:
    legend = ((swatch, fault.meaning),) if put else ()
    tables: tuple[Table, ...] = (fault.table,) if fault.table.rows else ()
    return Sheet(fault.title, put, legend=legend, notes=fault.notes, tables=tables)


def _previous(city_map: CityMap, words: Words, previous: gpd.GeoDataFrame) -> Sheet:
    edges = Shapes(np.asarray(previous.to_crs("EPSG:4326").geometry.array), BORDER_DECIMALS)
    city_map.put(edges)
    put = city_map.put(Drawn("outline", [edges, "overlayPane", "over previous"]))
    legend = ((Swatch("line", "previous"), words("border of the edition before")),)
    return Sheet(words("The edition before"), put, legend=legend)


def _names(city_map: CityMap, faults: tuple[Fault, ...]) -> None:
    """Label of each fault as in its table, where there is room; all but the largest wait for more zoom."""
    first: list[list[object]] = []
    later: list[list[object]] = []
    for fault in faults:
        at = fault.places.representative_point()
        rows = [[round(y, 6), round(x, 6), label] for y, x, label in zip(at.y, at.x, fault.labels, strict=True)]
        first += rows[:NAMED]
        later += rows[NAMED:]
    city_map.put(Drawn("labels", [{"rows": first}, "place", 0]))
    city_map.put(Drawn("labels", [{"rows": later}, "place", NEAR_ZOOM]))


def _lead(words: Words, topology: Topology, mended: int) -> str:
    counts = [
        words.plural("%(n)s overlap", "%(n)s overlaps", len(topology.overlaps)),
        words.plural("%(n)s gap", "%(n)s gaps", len(topology.gaps)),
        words.plural("%(n)s sliver", "%(n)s slivers", len(topology.slivers)),
        words.plural("%(n)s repaired place", "%(n)s repaired places", mended),
    ]
    found = [text for text, n in zip(counts, (*map(len, _frames(topology)), mended), strict=True) if n]
    if not found:
        return words("The units fit together: there are no overlaps, gaps or slivers.")
    return words("Found in this layer: %(found)s.", found=", ".join(found))


def _frames(topology: Topology) -> tuple[gpd.GeoDataFrame, ...]:
    return topology.overlaps, topology.gaps, topology.slivers
