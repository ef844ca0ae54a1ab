"""An edition of a layer as files: its GeoJSON, and its entry in ``city.toml`` with all comments kept."""

import json
import tomllib
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import tomlkit
from shapely.geometry import mapping
from tomlkit.items import AoT, Table

from geo_reports.city.model import LayerSpec, VersionSpec
from geo_reports.errors import InputError

DECIMALS = 9
"""Of a degree: 0.1 mm, far below any survey, and above what two versions of PROJ disagree by."""


def geojson(units: gpd.GeoDataFrame) -> bytes:
    """Units, in WGS 84, as GeoJSON with a feature per line; the same units give the same bytes."""
    lines = []
    known = bool(units.population.notna().any())
    for row in units.itertuples(index=False):
        facts: dict[str, Any] = {"id": row.unit, "name": row.name}
        if known:
            facts["population"] = _number(row.population)
        feature = {"type": "Feature", "properties": facts, "geometry": mapping(_rounded(row.geometry))}
        lines.append(json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


def previous(layer: LayerSpec, valid_from: date) -> tuple[VersionSpec, bool]:
    """Edition that comes before a new one, and whether the new one ends it.

    Raises ``InputError`` where an edition begins as late, or holds beyond that day.
    """
    latest = max(layer.versions, key=lambda version: version.valid_from or date.min)
    if latest.valid_from and latest.valid_from >= valid_from:
        wrong = f"--valid-from {valid_from}: the edition {latest.file} of {layer.id} begins on {latest.valid_from}"
        raise InputError(f"{wrong}; a new one begins after it.")
    if latest.valid_to and latest.valid_to > valid_from:
        wrong = f"--valid-from {valid_from}: the edition {latest.file} of {layer.id} holds until {latest.valid_to}"
        raise InputError(f"{wrong}; begin on that day, or correct its valid_to in city.toml.")
    return latest, latest.valid_to is None


def with_version(text: str, layer_id: str, entry: dict[str, Any], ends: str | None) -> str:
    """``city.toml`` with an edition more; ``ends`` is the file of the edition that ends when it begins."""
    document = tomlkit.parse(text)
    layer = next(layer for layer in document["layers"] if layer["id"] == layer_id)
    tail = _tail(layer) if isinstance(layer["versions"], AoT) else []
    for version in layer["versions"]:
        if ends is not None and version["file"] == ends and "valid_to" not in version:
            version["valid_to"] = entry["valid_from"]
    _append(layer["versions"], entry, tail)
    return _proven(document, text, entry["file"])


def with_layer(text: str, layer: dict[str, Any], entry: dict[str, Any]) -> str:
    """``city.toml`` with a layer more, which has one edition."""
    document = tomlkit.parse(text)
    layers: Any = document["layers"]
    if isinstance(layers, AoT):
        tail, table = _tail(layers), _table(layer)
        _last(layers.body[-1]).add(tomlkit.nl())
        table.add(tomlkit.nl())
        table["versions"] = tomlkit.aot()
        _append(table["versions"], entry, tail)
        layers.append(table)
    else:
        layers.append({**layer, "versions": [entry]})
    return _proven(document, text, entry["file"])


def _proven(document: Any, before: str, file: str) -> str:
    """Text of an edited document, proven to say what was meant and nothing else."""
    after = tomlkit.dumps(document)
    old, new = tomllib.loads(before), tomllib.loads(after)
    for layer in new["layers"]:
        layer["versions"] = [version for version in layer["versions"] if version["file"] != file]
    new["layers"] = [layer for layer in new["layers"] if layer["versions"]]
    for data in (old, new):
        for layer in data["layers"]:
            for version in layer["versions"]:
                version.pop("valid_to", None)
    if old != new:
        raise InputError("layers/city.toml is written in a way that cannot be edited safely: use [[layers.versions]].")
    return after


def _tail(table: Any) -> list[Any]:
    """Take off the blank lines and comments that follow the last key: they belong to what comes after."""
    if isinstance(table, AoT):
        return _tail(table.body[-1]) if table.body else []
    if not isinstance(table, Table):
        return []
    body = table.value.body
    found: list[Any] = []
    while body and body[-1][0] is None:
        found.insert(0, body.pop()[1])
    if found or not body:
        return found
    return _tail(body[-1][1])


def _append(versions: Any, entry: dict[str, Any], tail: list[Any]) -> None:
    if not isinstance(versions, AoT):
        versions.append(entry)
        return
    if len(versions):
        _last(versions.body[-1]).add(tomlkit.nl())
    table = _table(entry)
    versions.append(table)
    for item in tail:
        table.value.body.append((None, item))


def _last(table: Any) -> Any:
    """Table in which the text of another one ends."""
    inner = table.value.body[-1][1] if table.value.body else None
    if isinstance(inner, AoT) and inner.body:
        return _last(inner.body[-1])
    return _last(inner) if isinstance(inner, Table) else table


def _table(entry: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for key, value in entry.items():
        if isinstance(value, dict):
            words = tomlkit.inline_table()
            words.update(value)
            value = words
        table[key] = value
    return table


def _number(value: float) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _rounded(shape: Any) -> Any:
    """Shape on a grid of ``DECIMALS``, unless that makes its rings cross."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    return rounded if shapely.is_valid(rounded) else shape
