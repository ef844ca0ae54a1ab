"""``resolve``: the unit a person means by an id, a name or an alias, however it is spelt."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
from rapidfuzz import fuzz, process

from geo_reports.errors import InputError, NotFound
from geo_reports.geography.gazetteer.names import plain, words

if TYPE_CHECKING:
    from geo_reports.city.folder import Layer

ARTICLES = frozenset({"el", "la", "los", "las", "lo", "the"})
"""Words that people add to a name or leave out."""
NEAR = 70.0
"""Least likeness, of 100, of a name that is offered in place of an unknown one."""
OFFERED = 3

Aliases = Mapping[str, Iterable[str]]
"""Other names of units, by unit id."""


def resolve(layer: "Layer", text: str) -> str:
    """Id of the unit of a layer that ``text`` names.

    Case, accents, punctuation, articles, common abbreviations and the spelling of numbers do not matter; an id
    written exactly always means itself. A name of the latest edition goes before one of an earlier edition.
    Raises ``NotFound`` with the nearest names, ``InputError`` where several units are meant.
    """
    return layer.names.resolve(text)


def spellings(text: str) -> tuple[str, str, str]:
    """Keys of a name, each more forgiving than the one before; empty where the text holds no letter or digit."""
    as_written = " ".join(words_of(text))
    full = words(text)
    bare = [word for word in full if word not in ARTICLES] or full
    return as_written, " ".join(full), " ".join(bare)


def words_of(text: str) -> list[str]:
    """Words without accents, case and punctuation."""
    return "".join(letter if letter.isalnum() else " " for letter in plain(text)).split()


class UnitNames:
    """All names of the units of one layer.

    Parameters
    ----------
    layer_id : str
        For messages.
    table : DataFrame
        ``unit`` and ``name`` of every edition below each other, the latest last, with ``version``.
    aliases : mapping
    """

    def __init__(self, layer_id: str, table: pd.DataFrame, aliases: Aliases) -> None:
        self._layer_id = layer_id
        self.names: dict[str, str] = dict(zip(table.unit, table.name, strict=True))
        latest = table.version == table.version.iloc[-1] if len(table) else table.unit == ""
        now, before = table[latest], table[~latest]
        others = [(alias, unit) for unit, several in aliases.items() for alias in several]
        self._shelves = [
            _shelf([*zip(now.unit, now.unit, strict=True), *zip(now.name, now.unit, strict=True), *others]),
            _shelf([*zip(before.unit, before.unit, strict=True), *zip(before.name, before.unit, strict=True)]),
        ]

    def resolve(self, text: str) -> str:
        """Unit id for an id, a name or an alias: see the function ``resolve``."""
        if text in self.names:
            return text
        for rung, key in enumerate(spellings(text)):
            for shelf in self._shelves:
                found = sorted(shelf[rung].get(key, ()))
                if len(found) > 1:
                    meant = " or ".join(map(self.label, found))
                    raise InputError(f"{text!r} may be {meant} in the layer {self._layer_id}: give the id.", "unit")
                if found:
                    return found[0]
        raise NotFound(f"There is no unit {text!r} in the layer {self._layer_id}.{self._hint(text)}")

    def near(self, text: str) -> list[str]:
        """Ids of the units whose names are most like ``text``, the nearest first."""
        key = spellings(text)[2]
        # the longest string a route accepts is short; longer ones are noise, and comparing them costs
        alike = process.extract(key[:100], self._keys, scorer=fuzz.WRatio, score_cutoff=NEAR, limit=4 * OFFERED)
        units = (unit for near, _, _ in alike for unit in sorted(self._keys_of[near]))
        return list(dict.fromkeys(units))[:OFFERED] if key else []

    def label(self, unit: str) -> str:
        """Id and name of a unit, as messages show it."""
        name = self.names.get(unit, unit)
        return unit if name == unit else f"{unit} ({name})"

    def holders(self, alias: str) -> set[str]:
        """Units of any edition that have a name or an alias that differs from this one in spelling only."""
        key = spellings(alias)[2]
        return set(self._keys_of.get(key, set()))

    @cached_property
    def _keys_of(self) -> dict[str, set[str]]:
        both: dict[str, set[str]] = defaultdict(set)
        for shelf in self._shelves:
            for key, units in shelf[2].items():
                both[key] |= units
        return dict(both)

    @cached_property
    def _keys(self) -> list[str]:
        return list(self._keys_of)

    def _hint(self, text: str) -> str:
        near = self.near(text)
        return f" Did you mean {', '.join(map(self.label, near))}?" if near else ""


def _shelf(named: list[tuple[str, str]]) -> tuple[dict[str, set[str]], ...]:
    """For each spelling, the units a key stands for."""
    shelf: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set), defaultdict(set))
    for name, unit in named:
        for rung, key in enumerate(spellings(name)):
            if key:
                shelf[rung][key].add(unit)
    return tuple(dict(rung) for rung in shelf)
