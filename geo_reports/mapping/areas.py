"""Units of the primary layer by what was counted in them: circles for ranges, fills for classes."""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from branca.colormap import linear
from numpy.typing import NDArray

from geo_reports.city.maps import AreaCountsDef, ChoroplethDef
from geo_reports.errors import MissingExtra
from geo_reports.look import N_, Words
from geo_reports.mapping.elements import Drawn
from geo_reports.mapping.sheet import Cell, Column, Desk, Sheet, Strings, Swatch, Table, figure, say, span
from geo_reports.privacy.cube import CLASS_LIMITS, AreaCounts, months_up_to
from geo_reports.privacy.rules import SUPPRESS_BELOW
from geo_reports.report import Family

RING_PX = (12, 15, 19, 23, 27)
"""Radius of the circle of each class."""
FEW = f"<{SUPPRESS_BELOW}"
"""What stands in the circle of a unit whose counts are all withheld."""

_RATE = {"per_1000": N_("reports per 1000 residents"), "per_km2": N_("reports per km²")}
_SCHEME = {"quantiles": N_("quantiles"), "fisher_jenks": N_("Fisher–Jenks natural breaks")}
_COLOURS = {Family.DUMP: "YlOrBr", Family.SECURITY: "Purples"}


def draw_area_counts(desk: Desk, definition: AreaCountsDef) -> Sheet:
    """One hollow circle per unit, sized by its class; dashed where every month has fewer than are published."""
    words = desk.words
    counts = desk.view.area_counts(definition)
    period = _period(words, counts.first_month, counts.last_month)
    drawn = counts.totals[counts.totals.high > 0]
    name = desk.map.put(Drawn("circles", [_rings(desk, drawn, period)], definition.shown)) if len(drawn) else ""
    low, high = int(counts.totals.low.sum()), int(counts.totals.high.sum())
    return Sheet(
        title=words.say(definition.name),
        name=name,
        shown=definition.shown,
        legend=_ring_legend(words, drawn),
        notes=(
            words("Period: %(period)s.", period=period),
            words("Total: %(n)s reports.", n=words.between(low, high)),
            words("Small monthly counts are given as ranges, so that nobody can be recognised."),
            words("The number in a circle is its class. Circles stand for whole neighborhoods, not for a place."),
            *_crowded(words, len(drawn)),
        ),
        tables=_cube_tables(desk, counts, words.say(definition.name), period),
    )


def _rings(desk: Desk, totals: pd.DataFrame, period: str) -> dict[str, object]:
    words, strings, rows = desk.words, Strings(), []
    at = desk.city.primary.current.units.set_index("unit").geometry.representative_point()
    for row in totals.sort_values("klass", ascending=False).itertuples(index=False):
        if row.unit not in at.index:
            continue  # a unit of an earlier edition has a line in the table and no place on today's map
        few = row.low == 0
        lines = [row.name, words("%(n)s reports", n=words.between(row.low, row.high)), period]
        where, inside = at[row.unit], FEW if few else str(row.klass)
        style = "few" if few else ""
        radius = RING_PX[int(row.klass) - 1]
        rows.append([round(where.y, 5), round(where.x, 5), radius, style, inside, *strings.all(lines)])
    return {"strings": strings.texts, "rows": rows}


def _ring_legend(words: Words, totals: pd.DataFrame) -> tuple[tuple[Swatch, str], ...]:
    legend = []
    if (totals.low == 0).any():
        text = words("fewer than %(n)s in every month", n=SUPPRESS_BELOW)
        legend.append((Swatch("ring", "few", radius=RING_PX[0], number=FEW), text))
    certain = totals[totals.low > 0]
    for klass in sorted(set(certain.klass)):
        least = (1, *CLASS_LIMITS)[klass - 1]
        text = words.plural("at least %(n)s report", "at least %(n)s reports", least)
        legend.append((Swatch("ring", radius=RING_PX[klass - 1], number=str(klass)), text))
    return tuple(legend)


def _cube_tables(desk: Desk, counts: AreaCounts, title: str, period: str) -> tuple[Table, Table]:
    words = desk.words
    totals = counts.totals
    months = sorted(set(counts.cells.month))
    cells = {(row.unit, row.month): row for row in counts.cells.itertuples(index=False)}
    layer = words.say(desk.city.primary.spec.name).lower()
    whole = Table(
        caption=words("%(layer)s by %(units)s", layer=title, units=layer),
        note=period,
        columns=(Column(words("Name")), Column(words("Reports"), True)),
        rows=tuple((say(row.name), span(words, row.low, row.high)) for row in totals.itertuples(index=False)),
        total=(say(words("Total")), span(words, int(totals.low.sum()), int(totals.high.sum()))),
    )
    monthly = Table(
        caption=words("%(layer)s by month", layer=title),
        note=words("Number of reports; <%(n)s means from 0 to %(most)s", n=SUPPRESS_BELOW, most=SUPPRESS_BELOW - 1),
        columns=(Column(words("Name")), *(Column(_short(month), True) for month in months)),
        rows=tuple(
            (say(row.name), *(Cell(cells[row.unit, m].shown, float(cells[row.unit, m].low)) for m in months))
            for row in totals.itertuples(index=False)
        ),
        folded=True,
    )
    return whole, monthly


CROWDED = 150
"""From more circles than this, map.js shows only those that do not lie on a larger one."""


def _crowded(words: Words, circles: int) -> tuple[str, ...]:
    if circles <= CROWDED:
        return ()
    return (words("Where circles would lie on each other the larger ones show; come closer for the others."),)


def draw_choropleth(desk: Desk, definition: ChoroplethDef) -> Sheet:
    """Units filled by class; ``MissingExtra`` where mapclassify is not installed."""
    words = desk.words
    frame = desk.view.choropleth(definition)
    today = frame.unit.isin(desk.city.primary.current.units.unit).to_numpy()
    # a unit of an earlier edition has a line in the table and no place on today's map, so no part in its classes
    values = frame.value.where(today).to_numpy(float)
    classes = classify(values, definition.scheme, definition.classes)
    colours = _colours(definition.family, int(classes.max()) + 1)
    period = words("all time")
    if definition.months != "all":
        period = _period(words, months_up_to(desk.this_month, definition.months)[0], desk.this_month)
    total = words("Total: %(n)s reports.", n=words.number(int(frame["count"].sum())))
    data = _fills(desk, frame, classes, colours, definition, period)
    return Sheet(
        title=words.say(definition.name),
        name=desk.map.put(Drawn("fill", [desk.shapes, data], definition.shown)),
        shown=definition.shown,
        fills=True,
        legend=_class_legend(words, values[today], classes[today], colours, definition),
        notes=(
            words("Period: %(period)s.", period=period),
            total,
            words("Classes: %(scheme)s.", scheme=words(_SCHEME[definition.scheme])),
        ),
        tables=(_summary_table(desk, frame, classes, definition, period),),
    )


def classify(values: NDArray[np.float64], scheme: str, most: int) -> NDArray[np.int64]:
    """Class of each of (n,) values from 0, -1 for NaN; at most ``most`` classes, fewer where values repeat."""
    known = np.isfinite(values)
    classes = np.full(values.shape, -1, np.int64)
    if not known.any():
        return classes
    try:
        import mapclassify
    except ImportError:
        raise MissingExtra("analysis", "A map of classes") from None
    kept = values[known]
    k = min(most, len(np.unique(kept)))
    # repeated quantiles would leave empty classes in the legend
    while scheme == "quantiles" and k > 1 and len(np.unique(np.quantile(kept, np.arange(1, k + 1) / k))) < k:
        k -= 1
    if k == 1:
        classes[known] = 0
        return classes
    maker = mapclassify.Quantiles if scheme == "quantiles" else mapclassify.FisherJenks
    with warnings.catch_warnings():
        # a city has hundreds of units: what numba would save is not worth its size
        warnings.filterwarnings("ignore", "Numba not installed")
        found = maker(kept, k=k).yb
    classes[known] = np.unique(found, return_inverse=True)[1]
    return classes


def _colours(family: Family, n: int) -> list[str]:
    """ColorBrewer colours for ``n`` classes from light to dark; the scheme begins at three."""
    table = getattr(linear, f"{_COLOURS[family]}_{max(n, 3):02d}").colors
    picked = table if n >= 3 else table[1:][:n]
    return ["#" + "".join(f"{round(part * 255):02x}" for part in colour[:3]) for colour in picked]


def _fills(
    desk: Desk,
    frame: pd.DataFrame,
    classes: NDArray[np.int64],
    colours: Sequence[str],
    definition: ChoroplethDef,
    period: str,
) -> dict[str, object]:
    words, strings = desk.words, Strings()
    rows: dict[str, list[object]] = {}
    for row, klass in zip(frame.itertuples(index=False), classes, strict=True):
        style, colour = ("class-none", "") if klass < 0 else ("", colours[klass])
        rows[row.unit] = [style, colour, *strings.all([row.name, _value_text(words, row.value, definition), period])]
    units = desk.city.primary.current.units.unit
    return {"strings": strings.texts, "rows": [rows.get(unit) for unit in units]}


def _value_text(words: Words, value: float, definition: ChoroplethDef, digits: int = 2) -> str:
    if np.isnan(value):
        return words("no data")
    if definition.measure == "count":
        return words.plural("%(n)s report", "%(n)s reports", int(value))
    return f"{words.number(value, digits)} {words(_RATE[definition.measure])}"


def _class_legend(
    words: Words,
    values: NDArray[np.float64],
    classes: NDArray[np.int64],
    colours: Sequence[str],
    definition: ChoroplethDef,
) -> tuple[tuple[Swatch, str], ...]:
    """Each class with the least and the greatest value in it: real numbers, no gaps to wonder about."""
    groups = [values[classes == klass] for klass in range(int(classes.max()) + 1)]
    limits = [(float(group.min()), float(group.max())) for group in groups]
    digits = 0 if definition.measure == "count" else _digits(limits)
    legend = []
    for colour, (low, high) in zip(colours, limits, strict=True):
        text = _value_text(words, high, definition, digits)
        if round(low, digits) != round(high, digits):
            text = words("%(low)s to %(high)s", low=words.number(low, digits), high=text)
        legend.append((Swatch("fill", colour=colour), text))
    if (classes < 0).any():
        legend.append((Swatch("fill", "class-none"), words("no data")))
    return tuple(legend)


def _digits(limits: list[tuple[float, float]]) -> int:
    """Decimals, 1 to 4, with which no two classes seem to share a limit."""
    neighbors = list(pairwise(limits))
    enough = (n for n in (1, 2, 3) if all(round(below[1], n) < round(above[0], n) for below, above in neighbors))
    return next(enough, 4)


def _summary_table(
    desk: Desk, frame: pd.DataFrame, classes: NDArray[np.int64], definition: ChoroplethDef, period: str
) -> Table:
    words = desk.words
    rate = () if definition.measure == "count" else (Column(_capital(words(_RATE[definition.measure])), True),)
    rows = tuple(
        (
            say(row.name),
            figure(words, row.count_),
            figure(words, row.open),
            figure(words, row.closed),
            *((figure(words, row.value, 2),) if rate else ()),
            figure(words, klass + 1 if klass >= 0 else float("nan")),
        )
        for row, klass in zip(frame.rename(columns={"count": "count_"}).itertuples(index=False), classes, strict=True)
    )
    titles = [words("Reports"), words("Open"), words("Closed")]
    blank = Cell("", "")
    sums = [figure(words, int(frame[column].sum())) for column in ("count", "open", "closed")]
    return Table(
        caption=words.say(definition.name),
        note=period,
        columns=(Column(words("Name")), *(Column(text, True) for text in titles), *rate, Column(words("Class"), True)),
        rows=rows,
        total=(say(words("Total")), *sums, *((blank,) if rate else ()), blank),
    )


def _period(words: Words, first: int, last: int) -> str:
    if first == last:
        return words.month(first)
    return words("%(low)s to %(high)s", low=words.month(first), high=words.month(last))


def _short(month: int) -> str:
    return f"{month % 100:02d}-{month // 100}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
