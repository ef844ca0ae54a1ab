"""Where a layer lies: its coordinate system, the order of its axes, and whether that is in the city."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo_reports.city.folder import City
from geo_reports.city.incoming.shapes import WGS84, short
from geo_reports.city.toml import Findings

Box = tuple[float, float, float, float]
MARGIN_DEGREES = 0.1
"""A new suburb lies within 10 km or so of a small town."""


@dataclass(frozen=True)
class Ground:
    """Where the city lies: ``box`` is west, south, east, north in WGS 84 degrees."""

    name: str
    box: Box
    metric_crs: str

    @classmethod
    def of(cls, city: City) -> "Ground":
        """Extent of the city's boundary layer as it is today."""
        west, south, east, north = map(float, city.boundary.current.units.total_bounds)
        return cls(city.spec.name, (west, south, east, north), city.spec.metric_crs)

    def near(self, box: Box) -> bool:
        """Tell whether a box meets the city, widened on every side by its own diagonal."""
        west, south, east, north = self.box
        margin = max(float(np.hypot(east - west, north - south)), MARGIN_DEGREES)
        inside = box[0] <= east + margin and box[2] >= west - margin
        return bool(inside and box[1] <= north + margin and box[3] >= south - margin)

    def away_km(self, box: Box) -> float:
        """Kilometres between the nearest points of the city's box and another."""
        west, south, east, north = self.box
        lon = float(np.clip((west + east) / 2, box[0], box[2]))
        lat = float(np.clip((south + north) / 2, box[1], box[3]))
        here = float(np.clip(lon, west, east)), float(np.clip(lat, south, north))
        return float(Geod(ellps="WGS84").inv(*here, lon, lat)[2]) / 1000


@dataclass(frozen=True)
class Said:
    """What a person said about a layer's positions."""

    crs: str | None = None
    swap_axes: bool = False
    anywhere: bool = False


def settle(
    frame: gpd.GeoDataFrame, said: Said, ground: Ground, path: Path, findings: Findings, notes: list[str]
) -> gpd.GeoDataFrame | None:
    """Layer in its true coordinate system, longitude first; None with a problem that says how to get there."""
    crs = _crs(said.crs, findings) if said.crs else frame.crs
    if said.crs and crs is None:
        return None
    box: Box = tuple(map(float, frame.total_bounds))  # type: ignore[assignment]
    if crs is None:
        _missing(box, ground, path, findings)
        return None
    if frame.crs is not None and said.crs and crs != frame.crs:
        notes.append(f"The file says {short(frame.crs)}; it was read as {short(crs)}, as you said.")
    if not said.anywhere and not _fits(box, crs, said.swap_axes, ground):
        _elsewhere(box, crs, said, ground, path, findings)
        return None
    if said.swap_axes:
        shapes = shapely.transform(np.asarray(frame.geometry.array), lambda xy: xy[:, ::-1])
        frame = frame.set_geometry(shapes)
        notes.append("The axes were swapped: longitude is now first.")
    return frame.set_crs(crs, allow_override=True)


def far(frame: gpd.GeoDataFrame, ground: Ground) -> dict[int, float]:
    """Kilometres to the city for the rows, in WGS 84, that lie nowhere near it."""
    boxes = frame.geometry.bounds.to_numpy()
    known = [row for row in range(len(boxes)) if np.isfinite(boxes[row]).all()]
    return {row: ground.away_km(tuple(boxes[row])) for row in known if not ground.near(tuple(boxes[row]))}


def _crs(text: str, findings: Findings) -> CRS | None:
    try:
        return CRS.from_user_input(text)
    except CRSError:
        findings.problem("--crs", text, "is no coordinate system", "write one like EPSG:32719 or EPSG:4326")
        return None


def _box(box: Box, crs: CRS, swapped: bool) -> Box | None:
    """Bounds in WGS 84 degrees, None where they are none."""
    west, south, east, north = (box[1], box[0], box[3], box[2]) if swapped else box
    beyond = abs(west) > 180 or abs(east) > 180 or abs(south) > 90 or abs(north) > 90
    if not np.isfinite(box).all() or (crs.is_geographic and beyond):
        return None
    try:
        found = Transformer.from_crs(crs, WGS84, always_xy=True).transform_bounds(west, south, east, north)
    except (ProjError, CRSError):
        return None
    return found if np.isfinite(found).all() else None


def _fits(box: Box, crs: CRS, swapped: bool, ground: Ground) -> bool:
    found = _box(box, crs, swapped)
    return found is not None and ground.near(found)


def _guesses(box: Box, ground: Ground, first: CRS | None) -> list[tuple[str, bool]]:
    """Coordinate systems and orders of axes in which a box lies in the city, the likeliest first."""
    names = ([short(first)] if first else []) + ["EPSG:4326", ground.metric_crs, "EPSG:3857"]
    tries = [(name, swapped) for swapped in (False, True) for name in dict.fromkeys(names)]
    return [(name, swapped) for name, swapped in tries if _fits(box, CRS.from_user_input(name), swapped, ground)]


def _missing(box: Box, ground: Ground, path: Path, findings: Findings) -> None:
    guesses = _guesses(box, ground, None)
    if not guesses:
        remedy = f"ask who made it, then add --crs, such as --crs {ground.metric_crs}"
        findings.problem(path, "file", "does not say its coordinate system", remedy)
        return
    name, swapped = guesses[0]
    wrong = f"does not say its coordinate system; read as {_word(name, ground)} it lies in {ground.name}"
    findings.problem(path, "file", wrong, f"if that is right, add --crs {name}{' --swap-axes' if swapped else ''}")


def _elsewhere(box: Box, crs: CRS, said: Said, ground: Ground, path: Path, findings: Findings) -> None:
    """Note that a layer does not lie in the city, with what would bring it there."""
    found = _box(box, crs, said.swap_axes)
    if found is None:
        wrong = (
            f"says {short(crs)}, but its positions are none (x {box[0]:g} to {box[2]:g}, y {box[1]:g} to {box[3]:g})"
        )
    else:
        wrong = f"lies {ground.away_km(found):,.0f} km from {ground.name}"
    for name, swapped in _guesses(box, ground, crs):
        flags = ([f"--crs {name}"] if name != short(crs) or said.crs else []) + ["--swap-axes"] * swapped
        order = "with its axes swapped (latitude came first) " if swapped and not said.swap_axes else ""
        wrong += f"; {order}read as {_word(name, ground)} it lies there"
        remedy = f"add {' '.join(flags)}" if flags else "leave out --swap-axes"
        findings.problem(path, "file", wrong, remedy)
        return
    remedy = "check that it is the right file and that --crs is its own, or add --anywhere"
    findings.problem(path, "file", wrong, remedy)


def _word(name: str, ground: Ground) -> str:
    if CRS.from_user_input(name).is_geographic:
        return f"degrees ({name})"
    return "metres of web maps (EPSG:3857)" if name == "EPSG:3857" else f"metres ({name})"
