"""Make a gazetteer from street points, lines and places, wherever they come from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_reports.errors import InputError
from geo_reports.geography.gazetteer.clusters import Points, split
from geo_reports.geography.gazetteer.index import Index, Row, cell, write
from geo_reports.geography.gazetteer.metres import metres, middle
from geo_reports.geography.gazetteer.names import core, normal, spoken, title, words
from geo_reports.geography.gazetteer.numbering import runs
from geo_reports.geography.gazetteer.parse import House

PIECE_DEGREES = 0.002
"""Longest straight piece of a line, shorter than a cell, so that a search of cells finds it."""
ENOUGH = 10
"""Repeated addresses from which their scatter tells how exact the source is."""
RUNS_IN_CELL = 3
"""Runs of a street that are kept in one cell."""
LEAST_SCATTER_M, MOST_SCATTER_M = 20.0, 250.0
_CORNER = 1e5
"""Points of two streets that agree to 1/_CORNER degree, about a metre, are one crossing."""


@dataclass(frozen=True)
class Line:
    """A street's course: its name and (n, 2) longitudes and latitudes."""

    name: str
    course: NDArray[np.float64]


@dataclass
class Source:
    """What a gazetteer is made from. WGS 84 degrees.

    ``streets`` has the columns street, number (text, may be empty), lon, lat. ``aliases`` holds other names of a
    street or place, by its name.
    """

    streets: pd.DataFrame
    lines: list[Line] = field(default_factory=list)
    places: list[tuple[str, float, float]] = field(default_factory=list)
    aliases: dict[str, set[str]] = field(default_factory=dict)

    def __add__(self, other: "Source") -> "Source":
        aliases = {name: self.aliases.get(name, set()) | more for name, more in other.aliases.items()}
        return Source(
            pd.concat([self.streets, other.streets], ignore_index=True),
            self.lines + other.lines,
            self.places + other.places,
            {**self.aliases, **aliases},
        )


def read_csv(path: Path) -> Source:
    """Street points of a CSV with the columns street, number, lon, lat; rows with ``outlier`` true are left out.

    Raises ``InputError`` that names the missing column or the first bad row.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be read as CSV ({error}); save it as UTF-8 CSV with a header.") from None
    missing = [name for name in ("street", "number", "lon", "lat") if name not in table]
    if missing:
        raise InputError(f"{path} has no column {', '.join(missing)}; it needs street, number, lon and lat.")
    if "outlier" in table:
        table = table[~table.outlier.str.lower().isin(("true", "1", "yes"))]
    lon, lat = (pd.to_numeric(table[name], errors="coerce") for name in ("lon", "lat"))
    bad = ~(lon.abs().le(180) & lat.abs().le(90))
    if bad.any():
        line = table.index[bad][0] + 2
        raise InputError(f"{path}, line {line}: lon and lat must be degrees; correct or drop the row.")
    return Source(pd.DataFrame({"street": table.street, "number": table.number, "lon": lon, "lat": lat}))


def build(source: Source, path: Path | None = None, context: Iterable[str] = ()) -> Index:
    """Write a gazetteer to a file, or to memory, and open it.

    ``context`` are words that may follow any address without meaning anything, such as the city's name.
    """
    return _Builder(source).write(path, context)


class _Builder:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tables: dict[str, list[Row]] = defaultdict(list)
        self._rates: list[float] = []
        self._numbered: list[tuple[int, Points]] = []
        self._scatter: list[float] = []
        self._corners: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._add_streets()
        for name, lon, lat in source.places:
            if words(name):
                number = self._add_thing(False, name, {name}, (lon, lat, 50.0), True)
                self._tables["spot"].append((number, lon, lat, cell(lon, lat)))
        self._add_crossings()

    def write(self, path: Path | None, context: Iterable[str]) -> Index:
        rate = max(float(np.median(self._rates)), 1e-3) if self._rates else 1.0
        for thing, part in self._numbered:
            self._add_runs(thing, part, rate)
        ignored = " ".join(sorted({word for text in context for word in words(text)}))
        scatter = float(np.quantile(self._scatter, 0.8)) if len(self._scatter) >= ENOUGH else 0.0
        scatter = min(max(scatter, LEAST_SCATTER_M), MOST_SCATTER_M)
        meta = {"metres_per_number": f"{rate:.4g}", "scatter_m": f"{scatter:.0f}", "context": ignored}
        return write(path, meta, self._tables)

    def _add_streets(self) -> None:
        table = self._source.streets
        spellings: dict[str, list[str]] = defaultdict(list)
        rows: dict[str, list[int]] = defaultdict(list)
        keys = {name: normal(name) for name in table.street.unique()}
        for row, name in enumerate(table.street):
            rows[keys[name]].append(row)
            spellings[keys[name]].append(name)
        lines: dict[str, list[Line]] = defaultdict(list)
        for line in self._source.lines:
            lines[normal(line.name)].append(line)
            spellings[normal(line.name)].append(line.name)
        lon, lat = table.lon.to_numpy(float), table.lat.to_numpy(float)
        houses = [House.read(text) for text in table.number.fillna("").astype(str)]
        for key, names in spellings.items():
            if not key:
                continue
            at = rows.get(key, [])
            points = Points(lon[at], lat[at], [houses[row] for row in at], [line.course for line in lines.get(key, [])])
            name = max(sorted(set(names)), key=lambda text: (names.count(text), len(text)))
            for part in split(points.settled()):
                self._add_street(name, set(names), part)

    def _add_street(self, name: str, names: set[str], part: Points) -> None:
        lon, lat = part.all_lon, part.all_lat
        number = self._add_thing(True, name, names, middle(lon, lat), bool(part.courses))
        known: dict[tuple[int, str], list[int]] = defaultdict(list)
        for row, house in enumerate(part.houses):
            if house is None:
                self._add_spot(number, float(part.lon[row]), float(part.lat[row]))
                continue
            ends = {house.order, *(int(end) for end in house.text.replace("/", "-").split("-")[1:] if end.isdigit())}
            for end in ends:
                known[end, house.text].append(row)
        for (end, text), at in sorted(known.items()):
            here = middle(part.lon[at], part.lat[at])
            if len(at) > 1 and here[2] > 0:
                self._scatter.append(metres(*(float(v[row]) for row in (at[0], at[-1]) for v in (part.lon, part.lat))))
            self._tables["house"].append((number, end, text, *here, cell(here[0], here[1])))
        if part.rate is not None:
            self._rates.append(part.rate)
        if len(known) > 1:
            self._numbered.append((number, part))
        for course in part.courses:
            self._add_course(number, course)

    def _add_runs(self, thing: int, part: Points, rate: float) -> None:
        """Keep a few runs in each cell: a street of a thousand numbers goes the same way there."""
        kept: dict[int, int] = defaultdict(int)
        for number, lon, lat, east, north in runs(*part.numbered, rate):
            here = cell(lon, lat)
            kept[here] += 1
            if kept[here] <= RUNS_IN_CELL:
                self._tables["run"].append((thing, number, lon, lat, east, north, here))

    def _add_spot(self, thing: int, lon: float, lat: float) -> None:
        self._tables["spot"].append((thing, lon, lat, cell(lon, lat)))
        self._corners[round(lon * _CORNER), round(lat * _CORNER)].add(thing)

    def _add_course(self, thing: int, course: NDArray[np.float64]) -> None:
        for (lon, lat), (to_lon, to_lat) in pairwise(course):
            steps = max(1, int(np.ceil(max(abs(to_lon - lon), abs(to_lat - lat)) / PIECE_DEGREES)))
            at = np.linspace((lon, lat), (to_lon, to_lat), steps + 1).tolist()
            for one, other in pairwise(at):
                self._tables["piece"].append((thing, *one, *other, cell(*one)))
        for lon, lat in course.tolist():
            self._corners[round(lon * _CORNER), round(lat * _CORNER)].add(thing)

    def _add_thing(
        self, street: bool, name: str, names: set[str], where: tuple[float, float, float], drawn: bool
    ) -> int:
        number = len(self._tables["thing"]) + 1
        self._tables["thing"].append((number, int(street), title(name), *where, int(drawn)))
        more = {alias for known in names for alias in self._source.aliases.get(known, ())}
        written = {tuple(words(known)) for known in names | more}
        written |= {tuple(spoken(list(known))) for known in written}
        for known in sorted(spelling for spelling in written if spelling):
            row = len(self._tables["spelling"]) + 1
            self._tables["spelling"].append((row, number, " ".join(core(list(known))), " ".join(known)))
        return number

    def _add_crossings(self) -> None:
        for (x, y), things in self._corners.items():
            for one in things:
                pairs = [(one, other, x / _CORNER, y / _CORNER) for other in things if other > one]
                self._tables["crossing"] += pairs
