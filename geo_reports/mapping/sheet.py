"""What one layer of a map comes to: its place in the legend, its notes and its tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from math import isnan
from typing import Any

from geo_reports.city import City
from geo_reports.look import Words
from geo_reports.mapping.elements import CityMap, Shapes
from geo_reports.privacy import View


@dataclass(frozen=True)
class Swatch:
    """A sample beside a line of the legend.

    ``kind`` is sign (``name`` of a sign), fill (``colour`` or class ``name``), ring (``radius`` in pixels and class
    ``name``, with ``number`` inside) or line (class ``name``).
    """

    kind: str
    name: str = ""
    colour: str = ""
    radius: int = 0
    number: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; ``numeric`` ones are aligned at their end."""

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """What a cell says, by what it sorts ("" for nothing, which stays last), and where it leads, if anywhere."""

    text: str
    value: str | float
    address: str = ""


@dataclass(frozen=True)
class Table:
    """The same numbers as on the map. The first column names the row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: tuple[Cell, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Sheet:
    """A layer as the page shows it; ``name`` is that of its element on the map, empty where nothing is drawn."""

    title: str
    name: str = ""
    shown: bool = True
    fills: bool = False
    legend: tuple[tuple[Swatch, str], ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    synthetic: bool = False


@dataclass(frozen=True)
class Desk:
    """What every layer is drawn with; ``linked`` where the page can lead to other pages of the service.

    ``unit`` narrows single reports to one unit of the primary layer.
    """

    city: City
    view: View
    words: Words
    map: CityMap
    shapes: Shapes
    end: date
    linked: bool
    unit: str | None = None

    @property
    def this_month(self) -> int:
        """The last month of periods as ``yyyymm``."""
        return self.end.year * 100 + self.end.month


@dataclass
class Strings:
    """Texts of a layer, each kept once: rows refer to them by position."""

    texts: list[str] = field(default_factory=list)
    _at: dict[str, int] = field(default_factory=dict)

    def at(self, text: str) -> int:
        """Position of ``text``, which is added if it is new."""
        if text not in self._at:
            self._at[text] = len(self.texts)
            self.texts.append(text)
        return self._at[text]

    def all(self, texts: Iterable[str]) -> list[int]:
        """Positions of several texts."""
        return [self.at(text) for text in texts]


def say(text: Any) -> Cell:
    """Cell of words."""
    return Cell(str(text), str(text))


def figure(words: Words, value: float, digits: int = 0) -> Cell:
    """Cell of a number; a dash where there is none."""
    number = float(value)
    return Cell(words.number(number, digits), "" if isnan(number) else round(number, 6))


def span(words: Words, low: int, high: int) -> Cell:
    """Cell of a count of which two limits are known; sorts by the lower."""
    return Cell(words.between(low, high), float(low) + high / 1e6)
