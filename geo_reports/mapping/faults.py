"""Faults of a layer in words: what each kind means, a label and lines for each place, and a table."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from geo_reports.geography.topology import Topology, width_m
from geo_reports.look import N_, Words
from geo_reports.mapping.sheet import Cell, Column, Table, figure, say

MOST = 200
"""Of each kind so many are drawn and listed, the largest; the rest is counted."""

_KIND = {"overlap": N_("overlap"), "gap": N_("gap"), "part": N_("stray part of a unit")}

Names = Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """All faults of one kind: ``places`` in WGS 84, with a label and the lines of a note each."""

    kind: str
    title: str
    meaning: str
    notes: tuple[str, ...]
    places: gpd.GeoSeries
    labels: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    table: Table


def called(units: gpd.GeoDataFrame) -> Names:
    """What to call each unit: its name, with the id beside it where several have that name."""
    twice = units.name.duplicated(keep=False)
    return {
        unit: f"{name} ({unit})" if shared else name
        for unit, name, shared in zip(units.unit, units.name, twice, strict=True)
    }


def overlaps(words: Words, name: Names, topology: Topology) -> Fault:
    """Ground that two units have."""
    frame = topology.overlaps.head(MOST)
    pairs = [_both(words, name, row.unit_a, row.unit_b) for row in frame.itertuples(index=False)]
    return _measured(
        words,
        "overlap",
        (words("Overlaps"), words("Overlap"), words("O")),
        words("ground of two units"),
        _notes(words, words("A report there counts for the unit whose id comes first."), topology.overlaps),
        frame,
        (words("Units"), [(text,) for text in pairs]),
    )


def gaps(words: Words, name: Names, topology: Topology) -> Fault:
    """Ground that no unit has."""
    frame = topology.gaps.head(MOST)
    around = [", ".join(_one(name, unit) for unit in units) for units in frame.units]
    return _measured(
        words,
        "gap",
        (words("Gaps"), words("Gap"), words("G")),
        words("ground of no unit"),
        _notes(words, words("A report there counts for no unit. A lake or an enclave may be meant so."), topology.gaps),
        frame,
        (words("Units around it"), [(text,) for text in around]),
    )


def slivers(words: Words, name: Names, topology: Topology) -> Fault:
    """Thin overlaps and gaps, and stray thin parts."""
    frame = topology.slivers.head(MOST)
    rows: list[tuple[str, ...]] = [
        (_both(words, name, row.unit_a, row.unit_b), words(_KIND[row.kind])) for row in frame.itertuples(index=False)
    ]
    return _measured(
        words,
        "sliver",
        (words("Slivers"), words("Sliver"), words("S")),
        words("overlap, gap or part of a unit that is very narrow"),
        _notes(words, words("Mostly one border that was drawn twice."), topology.slivers),
        frame,
        (words("Units"), rows),
    )


def repairs(words: Words, name: Names, repaired: gpd.GeoDataFrame) -> Fault:
    """Places whose outline was not valid."""
    frame = repaired.head(MOST).to_crs("EPSG:4326")
    letter = words("R")
    labels = tuple(f"{letter}{number}" for number in range(1, len(frame) + 1))
    units = [_one(name, str(unit)) for unit in frame.unit]
    more = len(repaired) - len(frame)
    notes = [words.plural("%(n)s more is not shown.", "%(n)s more are not shown.", more)] if more else []
    title = words("Repaired places")
    return Fault(
        "repaired",
        title,
        words("outline that was not valid"),
        (words("The program mended them. Look whether the result is what was meant."), *notes),
        frame.geometry,
        labels,
        tuple((f"{label} · {unit}", reason) for label, unit, reason in zip(labels, units, frame.reason, strict=True)),
        Table(
            title,
            (Column("#"), Column(words("Unit")), Column(words("What was wrong"))),
            tuple(
                (_at(n, label), say(unit), say(reason))
                for n, (label, unit, reason) in enumerate(zip(labels, units, frame.reason, strict=True))
            ),
        ),
    )


def _measured(
    words: Words,
    kind: str,
    called: tuple[str, str, str],
    meaning: str,
    notes: tuple[str, ...],
    frame: gpd.GeoDataFrame,
    said: tuple[str, list[tuple[str, ...]]],
) -> Fault:
    """A kind with areas: ``called`` is many, one and the letter of labels, ``said`` a column's title and its texts."""
    title, one, letter = called
    column, texts = said
    labels = tuple(f"{letter}{number}" for number in range(1, len(frame) + 1))
    areas, widths = frame.area_m2.to_numpy(float), width_m(np.asarray(frame.geometry.array))
    sizes = [
        words("%(area)s m², %(width)s m wide", area=_exact(words, area), width=words.number(width, 2))
        for area, width in zip(areas, widths, strict=True)
    ]
    lines = tuple((f"{one} {label}", *text, size) for label, text, size in zip(labels, texts, sizes, strict=True))
    extra = (Column(words("Kind")),) if texts and len(texts[0]) > 1 else ()
    rows = tuple(
        (_at(n, label), *map(say, text), Cell(_exact(words, area), area), figure(words, width, 2))
        for n, (label, text, area, width) in enumerate(zip(labels, texts, areas, widths, strict=True))
    )
    columns = (Column("#"), Column(column), *extra, Column(words("Area (m²)"), True), Column(words("Width (m)"), True))
    places = frame.geometry.to_crs("EPSG:4326")
    return Fault(kind, title, meaning, notes, places, labels, lines, Table(title, columns, rows))


def _notes(words: Words, effect: str, frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """What such faults do, how much there is together, and how many are not shown."""
    if frame.empty:
        return (words("None found."),)
    total = words("Together: %(area)s m².", area=_exact(words, frame.area_m2.sum()))
    more = frame.iloc[MOST:]
    if more.empty:
        return effect, total
    n, area = words.number(len(more)), _exact(words, more.area_m2.sum())
    return effect, total, words("The largest are shown; %(n)s smaller ones have %(area)s m².", n=n, area=area)


def _exact(words: Words, area_m2: float) -> str:
    """Area with as many decimals as matter beside it."""
    return words.number(area_m2, 0 if area_m2 >= 1000 else 2 if area_m2 >= 0.1 else 4)


def _at(position: int, label: str) -> Cell:
    """Label that sorts by its number."""
    return Cell(label, float(position))


def _one(name: Names, unit: str) -> str:
    return name.get(unit, unit)


def _both(words: Words, name: Names, unit_a: str, unit_b: str) -> str:
    if not unit_b:
        return _one(name, unit_a)
    return words("%(one)s and %(other)s", one=_one(name, unit_a), other=_one(name, unit_b))
