"""``bring``: a file from outside as units of a layer, or everything that is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_reports.city.incoming import shapes as features
from geo_reports.city.incoming.axes import Ground, Said, far, settle
from geo_reports.city.incoming.columns import Columns, Wanted, choose, values
from geo_reports.city.incoming.reader import Raw, read_raw
from geo_reports.city.incoming.shapes import Where
from geo_reports.city.toml import Findings
from geo_reports.errors import LayerRefused


@dataclass(frozen=True)
class Reading:
    """How a file is to be read: what a person said about it."""

    layer: str | None = None
    encoding: str | None = None
    columns: Wanted = field(default_factory=Wanted)
    place: Said = field(default_factory=Said)
    repair: bool = False
    skip_non_polygons: bool = False


@dataclass(frozen=True)
class Repair:
    """A unit whose rings were mended; areas in m², that before as the crossing rings enclose it."""

    feature: int
    unit: str
    reason: str
    before_m2: float
    after_m2: float


@dataclass(frozen=True, eq=False)
class Brought:
    """What a file became.

    Parameters
    ----------
    units : GeoDataFrame
        (n,) rows sorted by ``unit``, with ``name``, ``population`` (NaN where unknown) and valid polygons, EPSG:4326.
    columns : Columns
    repairs : list of Repair
    notes : list of str
        What was guessed, dropped or changed on the way.
    """

    units: gpd.GeoDataFrame
    columns: Columns
    repairs: list[Repair]
    notes: list[str]


def bring(path: Path, reading: Reading, ground: Ground, known: Iterable[str] = ()) -> Brought:
    """Units of a file; ``known`` are unit ids of the layer's present edition, to recognise the column of ids.

    Raises ``LayerRefused`` with every problem found, each with the feature and what to do.
    """
    findings = Findings(Path())
    raw = read_raw(path, findings, layer=reading.layer, encoding=reading.encoding, repair=reading.repair)
    if raw is None:
        raise LayerRefused(findings.problems)
    return _Bringing(path, reading, ground, raw, findings).units(known)


class _Bringing:
    """One file on its way; each step notes all faults it can see before the next one relies on there being none."""

    def __init__(self, path: Path, reading: Reading, ground: Ground, raw: Raw, findings: Findings) -> None:
        self.path, self.reading, self.ground, self.findings = path, reading, ground, findings
        self.notes, self.closed = raw.notes, raw.closed
        self.frame = raw.frame.reset_index(drop=True)
        self.rows = np.arange(len(self.frame))
        self.names: list[str] = []

    def units(self, known: Iterable[str]) -> Brought:
        self._polygons()
        where = Where(self.path, lambda row: f"feature {self.rows[row]}")
        sound = not self.findings.problems
        columns = choose(self.frame, self.reading.columns, known, self.path, self.findings, self.notes)
        if columns is None:
            if sound and self._numbers():
                self._degrees()  # so that where it lies is said together with the columns
            raise LayerRefused(self.findings.problems)
        table = values(self.frame, columns, where, self.findings)
        self.names = list(table.unit)
        self._numbers()
        self._stop()
        degrees = self._degrees()
        repairs = self._valid(degrees)
        self._stop()
        features.repeated(np.asarray(degrees.geometry.array), Where(self.path, self._label), self.findings)
        self._stop()
        out = gpd.GeoDataFrame(table, geometry=np.asarray(degrees.geometry.array), crs="EPSG:4326")
        return Brought(out.sort_values("unit", kind="stable").reset_index(drop=True), columns, repairs, self.notes)

    def _label(self, row: int) -> str:
        name = self.names[row] if row < len(self.names) else ""
        return f"feature {self.rows[row]} ({name})" if name else f"feature {self.rows[row]}"

    def _stop(self) -> None:
        if self.findings.problems:
            raise LayerRefused(self.findings.problems)

    def _polygons(self) -> None:
        """Leave out or note features that are no polygons, and drop heights."""
        shapes = np.asarray(self.frame.geometry.array)
        others = features.not_polygons(shapes)
        if self.reading.skip_non_polygons and others.any():
            left = ", ".join(f"{row} ({shapes[row].geom_type})" for row in np.flatnonzero(others)[:5])
            more = "…" if others.sum() > 5 else ""
            self.notes.append(f"{others.sum()} features that are no polygons were left out: {left}{more}.")
            self.rows, self.frame = self.rows[~others], self.frame[~others].reset_index(drop=True)
            shapes = shapes[~others]
        where = Where(self.path, self._label, or_skip=", or add --skip-non-polygons")
        if len(shapes) == 0:
            self.findings.problem(self.path, "file", "holds no polygons", "export the layer with its polygons")
            self._stop()
        features.absent(shapes, where, self.findings)
        if shapely.has_z(shapes).any():
            self.notes.append("Heights (Z) were dropped.")
        if hasattr(shapely, "has_m") and shapely.has_m(shapes).any():
            self.notes.append("Measures (M) were dropped.")
        self.frame = self.frame.set_geometry(shapely.force_2d(shapes), crs=self.frame.crs)

    def _numbers(self) -> bool:
        where = Where(self.path, self._label)
        wrong = features.infinite(np.asarray(self.frame.geometry.array), where, self.findings).any()
        return features.countable(self.frame, where, self.findings) and not wrong

    def _degrees(self) -> gpd.GeoDataFrame:
        """Layer in WGS 84 where it belongs; every feature that lies elsewhere is noted."""
        said = self.reading.place
        settled = settle(self.frame, said, self.ground, self.path, self.findings, self.notes)
        degrees = None if settled is None else features.to_wgs84(settled, self.path, self.findings)
        if settled is None or degrees is None:
            raise LayerRefused(self.findings.problems)
        if settled.crs != features.WGS84:
            self.notes.append(f"Reprojected from {features.short(settled.crs)} to WGS 84.")
        features.beyond(np.asarray(degrees.geometry.array), Where(self.path, self._label), self.findings)
        self._stop()
        for row, km in ({} if said.anywhere else far(degrees, self.ground)).items():
            wrong = f"lies {km:,.0f} km from {self.ground.name}"
            self.findings.problem(self.path, self._label(row), wrong, "correct or remove it, or add --anywhere")
        return degrees

    def _valid(self, degrees: gpd.GeoDataFrame) -> list[Repair]:
        """Mend or note invalid rings; ``degrees`` is changed in place."""
        shapes = np.asarray(degrees.geometry.array).copy()
        where = Where(self.path, self._label)
        reasons = {row: "ring was not closed" for row in range(len(shapes)) if int(self.rows[row]) in self.closed}
        before = {row: shapes[row] for row in reasons}
        for row in map(int, features.invalid(shapes)):
            reason = str(shapely.is_valid_reason(shapes[row]))
            if not self.reading.repair:
                wrong = f"is not valid ({reason})"
                self.findings.problem(self.path, self._label(row), wrong, "correct it, or add --repair")
                continue
            mended = features.mended(shapes[row], where, row, self.findings)
            if mended is not None:
                before[row], reasons[row], shapes[row] = shapes[row], reason, mended
        degrees.geometry = gpd.GeoSeries(shapes, index=degrees.index, crs=degrees.crs)
        return [self._repair(row, reasons[row], before[row], shapes[row]) for row in sorted(reasons)]

    def _repair(self, row: int, reason: str, before: Any, after: Any) -> Repair:
        both = gpd.GeoSeries([before, after], crs=features.WGS84).to_crs(self.ground.metric_crs).area
        return Repair(int(self.rows[row]), self.names[row], reason, float(both[0]), float(both[1]))
