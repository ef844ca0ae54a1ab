"""Hotspots: square cells with more reports around them than chance explains."""

import geopandas as gpd

from geo_reports.city.maps import HotspotsDef
from geo_reports.errors import TooFewReports
from geo_reports.look import Words
from geo_reports.mapping.elements import Drawn, Shapes
from geo_reports.mapping.sheet import Column, Desk, Sheet, Strings, Swatch, Table, figure, say

CENTRE_DECIMALS = 3
"""Decimals of a cell's centre: about 100 m, finer than any cell needs."""


def draw_hotspots(desk: Desk, definition: HotspotsDef) -> Sheet:
    """Significant cells only, with the method in words; where there are too few reports, the words instead."""
    words, title = desk.words, desk.words.say(definition.name)
    try:
        cells = desk.view.hotspots(definition)
    except TooFewReports:
        return Sheet(
            title=title,
            legend=((Swatch("fill", "class-none"), words("too little data to tell")),),
            notes=(
                words("There are too few reports to tell a hotspot from chance."),
                words("A longer period, more categories or another cell size may help."),
                *_method(words, definition),
            ),
        )
    hot = cells[cells.is_hotspot].sort_values(["z", "count"], ascending=False, kind="stable").reset_index(drop=True)
    legend = ((Swatch("fill", "class-hotspot"), words("significant hotspot")),) if len(hot) else ()
    found = words.plural("%(n)s significant cell", "%(n)s significant cells", len(hot))
    total = words.plural("%(n)s report", "%(n)s reports", int(cells["count"].sum()))
    return Sheet(
        title=title,
        name=_put(desk, hot, definition) if len(hot) else "",
        shown=definition.shown,
        legend=legend,
        notes=(
            words("%(found)s of %(n)s, from %(total)s.", found=found, n=words.number(len(cells)), total=total),
            *_method(words, definition),
        ),
        tables=(_table(words, hot, title, definition),) if len(hot) else (),
    )


def _method(words: Words, definition: HotspotsDef) -> tuple[str, str]:
    return (
        _extent(words, definition),
        words(
            "Method: Getis-Ord Gi* with equal weights for a cell and its neighbors; false discovery rate "
            "(Benjamini-Hochberg) of at most %(alpha)s. It shows where reports concentrate, not why.",
            alpha=words.number(definition.alpha, 3),
        ),
    )


def _extent(words: Words, definition: HotspotsDef) -> str:
    side = words.number(definition.cell_m)
    if definition.window_days == "all":
        return words("Cells of %(side)s m; reports of all time.", side=side)
    days = words.number(definition.window_days)
    return words("Cells of %(side)s m; reports of the last %(days)s days.", side=side, days=days)


def _put(desk: Desk, hot: gpd.GeoDataFrame, definition: HotspotsDef) -> str:
    words, strings, rows = desk.words, Strings(), []
    for row in hot.rename(columns={"count": "count_"}).itertuples(index=False):
        lines = [
            words("Significant hotspot"),
            words.plural("%(n)s report in this cell", "%(n)s reports in this cell", int(row.count_)),
            f"z = {words.number(row.z, 2)}, q = {words.number(row.q, 4)}",
        ]
        rows.append(["class-hotspot", "", *strings.all(lines)])
    shapes = Shapes(hot.geometry.to_numpy())
    desk.map.put(shapes)
    data = {"strings": strings.texts, "rows": rows}
    return desk.map.put(Drawn("fill", [shapes, data], definition.shown))


def _table(words: Words, hot: gpd.GeoDataFrame, title: str, definition: HotspotsDef) -> Table:
    titles = [
        words("Centre, longitude (degrees)"),
        words("Centre, latitude (degrees)"),
        words("Reports in the cell"),
        words("Expected in the cell and its neighbors"),
        "z (Gi*)",
        words("q (adjusted p)"),
    ]
    rows = []
    for number, row in enumerate(hot.rename(columns={"count": "count_"}).itertuples(index=False), start=1):
        centre = row.geometry.centroid
        rows.append(
            (
                figure(words, number),
                say(f"{centre.x:.{CENTRE_DECIMALS}f}"),
                say(f"{centre.y:.{CENTRE_DECIMALS}f}"),
                figure(words, row.count_),
                figure(words, row.expected, 1),
                figure(words, row.z, 2),
                figure(words, row.q, 4),
            )
        )
    return Table(
        caption=words("%(layer)s: significant cells", layer=title),
        note=words("Squares of %(side)s m, the strongest first", side=words.number(definition.cell_m)),
        columns=(Column("#"), *(Column(text, True) for text in titles)),
        rows=tuple(rows),
    )
