"""What GDAL passes over in GeoJSON: open rings, keys that come twice, numbers that are none."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geo_reports.city.toml import Findings

Feature = dict[str, Any]
AGAIN = "export it again"


@dataclass
class Outline:
    """What the text of a GeoJSON says: ``mended`` is what to read instead, ``closed`` counts rings by feature."""

    mended: bytes | None = None
    closed: dict[int, int] = field(default_factory=dict)


def read_outline(path: Path, name: Path, encoding: str | None, repair: bool, findings: Findings) -> Outline | None:
    """Check the text of a GeoJSON; with ``repair`` its open rings are closed. None with problems noted."""
    text = _text(path, name, encoding, findings)
    if text is None:
        return None
    twice: list[str] = []
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except RecursionError:
        findings.problem(name, "file", "is nested too deep to be a layer", AGAIN)
        return None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        findings.problem(name, where, f"is not valid JSON, or was cut off ({error.msg})", AGAIN)
        return None
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        return Outline(_utf8(text, encoding))
    before = len(findings.problems)
    if twice:
        findings.problem(name, "file", f"has two columns called {', '.join(sorted(set(twice)))}", "rename one of them")
    outline = Outline()
    features = data.get("features")
    for row, feature in enumerate(features if isinstance(features, list) else []):
        _feature(feature, row, name, repair, outline, findings)
    if len(findings.problems) > before:
        return None
    outline.mended = json.dumps(data).encode() if outline.closed else _utf8(text, encoding)
    return outline


def _utf8(text: str, encoding: str | None) -> bytes | None:
    return text.encode() if encoding else None


def _text(path: Path, name: Path, encoding: str | None, findings: Findings) -> str | None:
    try:
        return path.read_bytes().decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        other = "cp1252" if encoding is None else "utf-8"
        wrong = f"is not {(encoding or 'utf-8').upper()}"
        findings.problem(name, f"byte {error.start}", wrong, f"name its encoding, such as --encoding {other}")
        return None


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> Feature:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    return made


def _feature(feature: Any, row: int, name: Path, repair: bool, outline: Outline, findings: Findings) -> None:
    where = f"feature {row}"
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        findings.problem(name, where, "is no GeoJSON feature", AGAIN)
        return
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return  # missing geometry and other kinds are told once GDAL has read them
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    rings = [ring for part in parts or [] if isinstance(part, list) for ring in part] if parts else []
    for number, ring in enumerate(rings):
        fault = _ring(ring)
        if fault is None:
            continue
        if fault == OPEN and repair:
            ring.append(ring[0])
            outline.closed[row] = outline.closed.get(row, 0) + 1
            continue
        remedy = "close it, or add --repair" if fault == OPEN else "correct it, or export it again"
        findings.problem(name, where, f"ring {number} {fault}", remedy)


OPEN = "is not closed: its last position is not its first"


def _ring(ring: Any) -> str | None:
    """Say what is wrong with a ring, or None."""
    if not isinstance(ring, list) or not ring:
        return "holds no positions"
    fault = None if _numbers(ring) else _fault(ring)
    if fault is not None:
        return fault
    is_open = ring[0][:2] != ring[-1][:2]
    if len(ring) + is_open < 4:
        return f"has only {len(ring)} positions; a ring needs 4"
    return OPEN if is_open else None


def _numbers(ring: list[Any]) -> bool:
    """Tell, for all positions at once, whether they are pairs or triples of finite numbers."""
    try:
        found = np.asarray(ring)
    except ValueError:
        return False  # of unequal lengths
    return found.ndim == 2 and found.shape[1] in (2, 3) and found.dtype.kind in "if" and bool(np.isfinite(found).all())


def _fault(ring: list[Any]) -> str | None:
    """First position of a ring that is no pair of finite numbers."""
    for place, position in enumerate(ring):
        if not isinstance(position, list) or len(position) < 2:
            return f"has no longitude and latitude at position {place}"
        lon, lat = position[0], position[1]
        if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
            return f"has a coordinate that is no number at position {place}"
        if not (math.isfinite(lon) and math.isfinite(lat)):
            return f"has a coordinate that is not finite (NaN or infinite) at position {place}"
    return None
