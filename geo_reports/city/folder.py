"""``load(path)``: the city folder as frozen data, or all its problems at once."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo_reports.city.maps import MapSpec
from geo_reports.city.model import (
    CategorySpec,
    CitySpec,
    LayerSpec,
    PlacesSpec,
    PlanSpec,
    PlansSpec,
    QuestionSpec,
    StreetsSpec,
    VersionSpec,
)
from geo_reports.city.polygons import read_version
from geo_reports.city.references import check_references
from geo_reports.city.tables import inside_folder, located, read_table
from geo_reports.city.toml import Findings, read_toml
from geo_reports.city.unit_names import UnitNames
from geo_reports.errors import CityError, InputError, NotFound, Problem
from geo_reports.geography import AssignmentIndex, Gazetteer
from geo_reports.report import Family


@dataclass(frozen=True)
class Place:
    """A named place; longitude and latitude in WGS 84 degrees."""

    kind: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class LayerVersion:
    """One edition of a layer: ``units`` as ``polygons.read_version`` returns them."""

    spec: VersionSpec
    units: gpd.GeoDataFrame

    @property
    def label(self) -> str:
        """First day of validity as text, empty where it has no beginning."""
        return self.spec.valid_from.isoformat() if self.spec.valid_from else ""

    @cached_property
    def index(self) -> AssignmentIndex:
        """Index for point to unit, built on first use."""
        return AssignmentIndex(self.units)


@dataclass(frozen=True)
class Layer:
    """Polygons of one kind, in editions sorted by the day they begin to hold."""

    spec: LayerSpec
    versions: tuple[LayerVersion, ...]

    @property
    def id(self) -> str:
        """Name of the layer in URLs and files."""
        return self.spec.id

    @cached_property
    def table(self) -> pd.DataFrame:
        """Units of all editions below each other: version, unit, name, population, area_km2."""
        columns = ["unit", "name", "population", "area_km2"]
        parts = [v.units[columns].assign(version=v.label) for v in self.versions]
        return pd.DataFrame(pd.concat(parts, ignore_index=True))

    @property
    def current(self) -> LayerVersion:
        """The edition shown on maps: the latest."""
        return self.versions[-1]

    @cached_property
    def names(self) -> UnitNames:
        """Ids, names and aliases of the units of all editions."""
        return UnitNames(self.id, self.table, self.spec.aliases)

    def assign(self, lon: ArrayLike, lat: ArrayLike, day: ArrayLike) -> NDArray[np.int64]:
        """Row positions in ``table`` for (m,) points in WGS 84 degrees, -1 outside.

        ``day`` is (m,) ``datetime64[D]``: each point is assigned in the edition valid that day, in the
        latest where the day is not known (NaT), in the first for days before it, and in none where no
        edition holds: between two editions, or after the last.
        """
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        edition = self._edition(np.asarray(day, "datetime64[D]"))
        found = np.full(x.shape, -1, np.int64)
        offset = 0
        for number, version in enumerate(self.versions):
            mine = edition == number
            if mine.all():
                local = version.index.assign(x, y)
                return np.where(local < 0, -1, local + offset)
            if mine.any():
                local = version.index.assign(x[mine], y[mine])
                found[mine] = np.where(local < 0, -1, local + offset)
            offset += len(version.units)
        return found

    def probabilities(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        accuracy_m: ArrayLike,
        day: ArrayLike,
        metric_crs: str,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """``AssignmentIndex.probabilities`` in the edition of each point's ``day``; ``unit`` is a row of ``table``."""
        x, y, accuracy = np.asarray(lon, np.float64), np.asarray(lat, np.float64), np.asarray(accuracy_m, np.float64)
        edition = self._edition(np.asarray(day, "datetime64[D]"))
        none = np.flatnonzero(edition < 0)
        parts = [pd.DataFrame({"point": none, "unit": np.full(len(none), -1), "p": np.ones(len(none))})]
        offset = 0
        for number, version in enumerate(self.versions):
            mine = np.flatnonzero(edition == number)
            if len(mine):
                part = version.index.probabilities(x[mine], y[mine], accuracy[mine], metric_crs=metric_crs, level=level)
                row = np.where(part.unit < 0, -1, part.unit + offset)
                parts.append(part.assign(point=mine[part.point], unit=row))
            offset += len(version.units)
        return pd.DataFrame(pd.concat(parts, ignore_index=True)).sort_values(["point", "unit"], ignore_index=True)

    def edition_on(self, day: date) -> LayerVersion | None:
        """Edition that ``assign`` asks about that day, None where no edition holds."""
        number = int(self._edition(np.asarray([day], "datetime64[D]"))[0])
        return None if number < 0 else self.versions[number]

    def _edition(self, day: NDArray[np.datetime64]) -> NDArray[np.int64]:
        edition = np.full(day.shape, len(self.versions) - 1, np.int64)
        known = ~np.isnat(day)
        for number, version in reversed(list(enumerate(self.versions))):
            if number + 1 < len(self.versions):
                edition[known & (day < np.datetime64(self.versions[number + 1].label))] = number
            if version.spec.valid_to is not None:
                edition[known & (edition == number) & (day >= np.datetime64(version.spec.valid_to))] = -1
        return edition


@dataclass(frozen=True, eq=False)
class City:
    """A city folder that has been read and found sound."""

    root: Path
    spec: CitySpec
    layers: dict[str, Layer]
    plans: tuple[PlanSpec, ...]
    maps: dict[str, MapSpec]
    places: tuple[Place, ...]
    streets: pd.DataFrame
    warnings: tuple[Problem, ...]
    gazetteer_file: Gazetteer | None = None

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """Names with places: the file the city names, or one made in memory from its streets and places."""
        if self.gazetteer_file is not None:
            return self.gazetteer_file
        places = [(place.name, place.lon, place.lat) for place in self.places]
        return Gazetteer.of(self.streets, places, context=[self.spec.name])

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.spec.timezone)

    @property
    def primary(self) -> Layer:
        """The layer that neighborhoods, plans and public counts use by default."""
        return self.layers[self.spec.primary_layer]

    @property
    def boundary(self) -> Layer:
        """The layer whose units together are the city."""
        return self.layers[self.spec.boundary_layer or self.spec.primary_layer]

    @cached_property
    def unit_layers(self) -> tuple[Layer, ...]:
        """Layers in which every report is assigned: all but a separate boundary."""
        return tuple(
            layer
            for layer in self.layers.values()
            if layer.id != self.spec.boundary_layer or layer.id == self.spec.primary_layer
        )

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Tell which of (m,) points in WGS 84 degrees lie in the city as it is today."""
        inside: NDArray[np.bool_] = self.boundary.current.index.assign(lon, lat) >= 0
        return inside

    @cached_property
    def categories(self) -> dict[str, CategorySpec]:
        """Categories by id, in the order of the file."""
        return {category.id: category for category in self.spec.categories}

    def categories_of(self, family: Family) -> list[CategorySpec]:
        """Categories of one family, in the order of the file."""
        return [category for category in self.spec.categories if category.family is family]

    def questions_of(self, category: CategorySpec) -> list[QuestionSpec]:
        """Questions asked about reports of one category, in the order of the file."""
        mine = [question for question in self.spec.questions if question.family is category.family]
        return [question for question in mine if not question.categories or category.id in question.categories]

    def layer(self, layer_id: str) -> Layer:
        """Layer by id; ``NotFound`` names those there are."""
        if layer_id not in self.layers:
            raise NotFound(f"No layer {layer_id!r}; there are: {', '.join(self.layers)}.")
        return self.layers[layer_id]

    @cached_property
    def layers_digest(self) -> str:
        """SHA-256 over ids, geometry and validity of every unit: when it changes, reports must be assigned again."""
        total = hashlib.sha256(f"{self.spec.primary_layer}\x1f{self.spec.boundary_layer}".encode())
        for layer in self.layers.values():
            for version in layer.versions:
                total.update(f"\x1f{layer.id}\x1f{version.label}\x1f{version.spec.valid_to}\x1f".encode())
                total.update("\x1f".join(version.units.unit).encode())
                total.update(b"".join(version.units.geometry.to_wkb()))
        return total.hexdigest()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every definition and data file, to tell one state of the folder from another."""
        total = hashlib.sha256()
        for path in sorted((*self.root.glob("layers/**/*"), *self.root.glob("maps/*.toml"))):
            if path.is_file():
                total.update(f"{path.relative_to(self.root).as_posix()}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()


def load(root: Path) -> City:
    """Read and validate a city folder; ``CityError`` carries every problem found."""
    city, findings = read(root)
    if city is None:
        raise CityError(findings.problems)
    return city


def read(root: Path) -> tuple[City | None, Findings]:
    """Read a city folder; the city is None when any problem was found."""
    root = root.resolve()
    findings = Findings(root)
    toml = root / "layers" / "city.toml"
    spec = read_toml(toml, CitySpec, findings)
    plans = read_toml(root / "layers" / "plans.toml", PlansSpec, findings) or PlansSpec(format=1)
    maps = _maps(root, findings)
    if spec is None:
        return None, findings
    layers = _layers(root, spec, toml, findings)
    places = tuple(place for part in spec.places for place in _places(root, part, toml, findings))
    streets = [_streets(root, part, toml, findings) for part in spec.streets]
    gazetteer = _gazetteer(root, spec, toml, findings)
    check_references(spec, plans, maps, layers, findings)
    if findings.problems:
        return None, findings
    frame = pd.concat(streets, ignore_index=True) if streets else pd.DataFrame(columns=STREET_COLUMNS)
    city = City(root, spec, layers, tuple(plans.plans), maps, places, frame, tuple(findings.warnings), gazetteer)
    return city, findings


STREET_COLUMNS = ["street", "number", "lon", "lat"]


def _maps(root: Path, findings: Findings) -> dict[str, MapSpec]:
    files = sorted((root / "maps").glob("*.toml"))
    if not files:
        findings.problem(root / "maps", "folder", "holds no map definition", "add at least one maps/NAME.toml")
    specs = {path.stem: read_toml(path, MapSpec, findings) for path in files}
    return {name: spec for name, spec in specs.items() if spec is not None}


def _layers(root: Path, spec: CitySpec, toml: Path, findings: Findings) -> dict[str, Layer]:
    layers = {}
    for layer in spec.layers:
        versions = []
        for number, version in enumerate(layer.versions):
            key = f"layers[{layer.id}].versions[{number}]"
            units = read_version(root / "layers", version, spec.metric_crs, toml, key, findings)
            if units is not None:
                versions.append(LayerVersion(version, units))
        versions.sort(key=lambda version: version.label)
        layers[layer.id] = Layer(layer, tuple(versions))
    return layers


def _places(root: Path, spec: PlacesSpec, toml: Path, findings: Findings) -> list[Place]:
    path = inside_folder(root / "layers", spec.file, f"places[{spec.kind}].file", toml, findings)
    columns = {"name": spec.name_column, "lon": spec.lon_column, "lat": spec.lat_column}
    table = read_table(path, columns, findings) if path else None
    if path is None or table is None:
        return []
    rows = located(table, path, findings)
    return [Place(spec.kind, row.name, row.lon, row.lat) for row in rows.itertuples(index=False)]


def _streets(root: Path, spec: StreetsSpec, toml: Path, findings: Findings) -> pd.DataFrame:
    path = inside_folder(root / "layers", spec.file, "streets.file", toml, findings)
    columns = dict(zip(STREET_COLUMNS, _street_columns(spec), strict=True))
    if spec.skip_column:
        columns["skip"] = spec.skip_column
    table = read_table(path, columns, findings) if path else None
    if path is None or table is None:
        return pd.DataFrame(columns=STREET_COLUMNS)
    rows = located(table, path, findings)
    if spec.skip_column:
        rows = rows[~rows["skip"].str.lower().isin(("true", "1", "yes"))]
    return rows[STREET_COLUMNS].reset_index(drop=True)


def _gazetteer(root: Path, spec: CitySpec, toml: Path, findings: Findings) -> Gazetteer | None:
    path = inside_folder(root / "layers", spec.gazetteer, "gazetteer", toml, findings) if spec.gazetteer else None
    if path is None:
        return None
    try:
        return Gazetteer.open(path)
    except InputError as error:
        findings.problem(path, "file", str(error), "make it again with geo-reports gazetteer build")
        return None


def _street_columns(spec: StreetsSpec) -> list[str]:
    return [spec.street_column, spec.number_column, spec.lon_column, spec.lat_column]
