"""Which columns of a layer are a unit's id, name and population: as told, or guessed and said."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_reports.city.incoming.shapes import Where
from geo_reports.city.tables import numbers
from geo_reports.city.toml import Findings

IDS = re.compile(
    r"^(id|cod|code|codigo|código|clave|cve|key|geoid|gss|fid|gid|objectid|uv)$|(_|^)(id|cod|code|codigo|código|cve|clave)(_|$)"
    r"|(code|cod|cd|_id|codigo)$",
    re.IGNORECASE,
)
SERIAL = re.compile(r"^(fid|ogc_fid|gid|objectid|oid|gml_id|id_?0|index|shape_.*|st_.*)$", re.IGNORECASE)
"""Numbers that programs give to rows: they change with every export, and no unit should be known by them."""
NAMES = re.compile(
    r"^(name|nombre|nom|title|label|barrio|etiqueta|denominacion|denominación)$|^(nom|nombre|name)_|(_|^)(nombre|name|nom|nm)$"
    r"|(nombre|name|nm)$",
    re.IGNORECASE,
)
PEOPLE = re.compile(r"pobla|popul|habit|resident|(^|_)pop(_|\d|$)|^personas$|^persons$|total_pers", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Columns of a file: ``population`` is None where the file holds none."""

    id: str
    name: str
    population: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Columns a person named; None is for guessing."""

    id: str | None = None
    name: str | None = None
    population: str | None = None


def choose(
    frame: gpd.GeoDataFrame, wanted: Wanted, known: Iterable[str], path: Path, findings: Findings, notes: list[str]
) -> Columns | None:
    """Columns to use; ``known`` are ids of the layer's earlier editions. None with problems noted."""
    before = len(findings.problems)
    columns = [str(column) for column in frame.columns.drop(frame.geometry.name)]
    for option, name in (("--id-column", wanted.id), ("--name-column", wanted.name)):
        if name is not None and name not in columns:
            findings.problem(path, f"{option} {name}", "is not a column of the layer", _list(columns))
    if wanted.population is not None and wanted.population not in columns:
        where = f"--population-column {wanted.population}"
        findings.problem(path, where, "is not a column of the layer", _list(columns))
    if len(findings.problems) > before:
        return None
    texts = {column: text(frame[column]) for column in columns}
    id_column = wanted.id or _guess_id(frame, texts, wanted, set(known), path, findings, notes)
    if id_column is None:
        return None
    name = wanted.name or _guess_name(frame, texts, id_column, path, findings, notes)
    if name is None:
        return None
    return Columns(id_column, name, wanted.population or _guess_population(frame, columns, id_column, notes))


def values(frame: gpd.GeoDataFrame, columns: Columns, where: Where, findings: Findings) -> pd.DataFrame:
    """``unit``, ``name`` and ``population`` of (n,) features; faults are noted by feature."""
    unit, name = text(frame[columns.id]), text(frame[columns.name])
    for row in np.flatnonzero(unit == ""):
        findings.problem(where.path, where.label(int(row)), f"has no {columns.id}", "give every unit an id")
    for row in np.flatnonzero(unit.duplicated() & (unit != "")):
        first = int(np.flatnonzero(unit == unit.iloc[row])[0])
        wrong = f"repeats the id {unit.iloc[row]!r} of {where.label(first)}"
        findings.problem(where.path, where.label(int(row)), wrong, "ids must be unique; see --id-column")
    people = pd.Series(np.nan, index=frame.index)
    if columns.population:
        cells = pd.DataFrame({columns.population: text(frame[columns.population])})
        people = numbers(cells, columns.population, where.path, findings, where.label)
        for row in np.flatnonzero(people < 0):
            wrong = f"has a population of {people.iloc[row]:g}"
            findings.problem(where.path, where.label(int(row)), wrong, "correct it; empty means unknown")
    return pd.DataFrame({"unit": unit, "name": name.where(name != "", unit), "population": people})


def text(column: pd.Series) -> pd.Series:
    """Cells as words: missing ones empty, whole numbers without a point."""
    return column.map(_word).astype(object)


def _word(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _guess_id(
    frame: gpd.GeoDataFrame,
    texts: dict[str, pd.Series],
    wanted: Wanted,
    known: set[str],
    path: Path,
    findings: Findings,
    notes: list[str],
) -> str | None:
    """Column whose values are all there and all different: known ids before names of ids before any other."""
    unique = [
        column
        for column, words in texts.items()
        if column not in (wanted.name, wanted.population)
        and (words != "").all()
        and not words.duplicated().any()
        and not _measured(frame[column])
        and not PEOPLE.search(column)
    ]
    same = {column: int(texts[column].isin(known).sum()) for column in unique}
    best = max(same.values(), default=0)
    if 2 * best > len(frame) and list(same.values()).count(best) == 1:
        column = max(same, key=lambda name: same[name])
        notes.append(f"Guessed: the id is {column} ({best} of {len(frame)} ids are those of the present edition).")
        return column
    lasting = [column for column in unique if not SERIAL.match(column)] or unique
    named = [column for column in lasting if IDS.search(column) and not NAMES.match(column)]
    for found in (named, lasting):
        if len(found) == 1:
            notes.append(f"Guessed: the id is {found[0]}, which is there for every unit and differs in all.")
            return found[0]
        if found:
            wrong = f"may take its ids from {', '.join(found)}"
            findings.problem(path, "columns", wrong, "choose one with --id-column")
            return None
    wrong = "has no column that is there for every unit and differs in all"
    findings.problem(path, "columns", wrong, f"choose with --id-column, or add one; {_list(list(texts))}")
    return None


def _guess_name(
    frame: gpd.GeoDataFrame,
    texts: dict[str, pd.Series],
    id_column: str,
    path: Path,
    findings: Findings,
    notes: list[str],
) -> str | None:
    words = [column for column in texts if column != id_column and _is_words(frame[column])]
    words = [column for column in words if (texts[column] != "").any()]
    named = [column for column in words if NAMES.search(column)]
    for found in (named, words):
        if len(found) == 1:
            notes.append(f"Guessed: the name is {found[0]}.")
            return found[0]
        if found:
            wrong = f"may take its names from {', '.join(found)}"
            findings.problem(path, "columns", wrong, "choose one with --name-column")
            return None
    notes.append(f"There is no column of names; units are called by their id, {id_column}.")
    return id_column


def _guess_population(frame: gpd.GeoDataFrame, columns: list[str], id_column: str, notes: list[str]) -> str | None:
    found = [column for column in columns if column != id_column and PEOPLE.search(column)]
    if len(found) == 1:
        notes.append(f"Guessed: the population is {found[0]}.")
        return found[0]
    if found:
        notes.append(f"No population was taken; it may be {', '.join(found)}: choose with --population-column.")
    return None


def _measured(column: pd.Series) -> bool:
    """Tell whether a column holds fractions: an area or a length, no id."""
    return bool(pd.api.types.is_float_dtype(column) and (column.dropna() % 1 != 0).any())


def _is_words(column: pd.Series) -> bool:
    return bool(column.dtype == object or pd.api.types.is_string_dtype(column))


def _list(columns: list[str]) -> str:
    return f"its columns are {', '.join(columns)}" if columns else "it has no columns"
