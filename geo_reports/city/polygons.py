"""Read one edition of a layer: any format pyogrio knows, to valid polygons in WGS 84 with ids."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo_reports.city.model import PopulationSpec, VersionSpec
from geo_reports.city.tables import inside_folder, numbers, read_table
from geo_reports.city.toml import Findings

COLUMNS = ["unit", "name", "population", "area_km2", "geometry"]


def read_version(
    folder: Path, spec: VersionSpec, metric_crs: str, toml: Path, key: str, findings: Findings
) -> gpd.GeoDataFrame | None:
    """Units of one file.

    Returns
    -------
    GeoDataFrame or None
        (n,) rows sorted by ``unit``, EPSG:4326, columns ``COLUMNS``; ``population`` is NaN where unknown.
        None when anything is wrong, with every fault in ``findings``.
    """
    path = inside_folder(folder, spec.file, f"{key}.file", toml, findings)
    if path is None:
        return None
    before = len(findings.problems)
    frame = _read(path, findings)
    if frame is None:
        return None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        findings.problem(path, "file", "holds no polygons", "export the layer with its geometry")
        return None
    if frame.crs is None:
        findings.problem(path, "file", "does not say its coordinate system", "set its CRS and save it again")
        return None
    units = _columns(frame, spec, path, findings)
    if units is None:
        return None
    units = _sound(units, spec, path, findings)
    if spec.population:
        units["population"] = _population(folder, spec.population, units.unit, toml, key, findings)
    if len(findings.problems) > before:
        return None
    units["area_km2"] = units.to_crs(metric_crs).area / 1e6
    return units[COLUMNS].sort_values("unit", kind="stable").reset_index(drop=True)


def _read(path: Path, findings: Findings) -> pd.DataFrame | None:
    try:
        with warnings.catch_warnings():
            # GDAL warns of open rings on the side; such a feature comes back without geometry and is listed
            warnings.simplefilter("ignore", RuntimeWarning)
            # a column of numbers and words: the words are listed as no numbers
            warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
            return gpd.read_file(path, engine="pyogrio", on_invalid="ignore")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        reason = str(error).split(";")[0].replace(str(path), path.name)
        findings.problem(path, "file", f"cannot be read as polygons ({reason})", "save it as GeoPackage or GeoJSON")
        return None


def _columns(frame: gpd.GeoDataFrame, spec: VersionSpec, path: Path, findings: Findings) -> gpd.GeoDataFrame | None:
    wanted = [spec.id_column, spec.name_column, *([spec.population_column] if spec.population_column else [])]
    missing = [column for column in wanted if column not in frame]
    for column in missing:
        found = ", ".join(str(name) for name in frame.columns.drop(frame.geometry.name))
        findings.problem(path, column, "is not a column of the layer", f"its columns are {found}")
    if missing:
        return None
    ids = frame[spec.id_column]
    text = ids.map(lambda value: "" if pd.isna(value) else str(value).strip())
    for row in np.flatnonzero(text == ""):
        findings.problem(path, f"feature {row}", f"has no {spec.id_column}", "give every unit an id")
    for row in np.flatnonzero(text.duplicated() & (text != "")):
        findings.problem(path, f"feature {row}", f"repeats the id {text.iloc[row]!r}", "ids must be unique")
    population = pd.Series(np.nan, index=frame.index)
    if spec.population_column:
        # a null is an unknown number, and str would make the word "nan" of it
        cells = frame[[spec.population_column]].map(lambda value: "" if pd.isna(value) else str(value))
        population = numbers(pd.DataFrame(cells), spec.population_column, path, findings, "feature {}".format)
    names = frame[spec.name_column].map(lambda value: "" if pd.isna(value) else str(value).strip())
    return gpd.GeoDataFrame(
        {"unit": text, "name": names.where(names != "", text), "population": population},
        geometry=frame.geometry.array,
        crs=frame.crs,
    )


def _sound(units: gpd.GeoDataFrame, spec: VersionSpec, path: Path, findings: Findings) -> gpd.GeoDataFrame:
    """Reproject to WGS 84 and note every feature whose geometry cannot hold a point reliably."""
    flat = units.set_geometry(shapely.force_2d(np.asarray(units.geometry.array)), crs=units.crs)
    out = flat.to_crs("EPSG:4326")
    shapes = np.asarray(out.geometry.array)
    for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)):
        findings.problem(path, f"feature {row}", "has no geometry that can be read", "draw it or remove it")
    kinds = shapely.get_type_id(shapes)
    for row in np.flatnonzero(~np.isin(kinds, (3, 6)) & ~shapely.is_empty(shapes) & (kinds >= 0)):
        findings.problem(path, f"feature {row}", f"is a {shapes[row].geom_type}", "keep polygons only")
    west, south, east, north = shapely.bounds(shapes).T
    beyond = (west < -180) | (south < -90) | (east > 180) | (north > 90) | np.isinf(west)
    for row in np.flatnonzero(beyond):
        findings.problem(
            path,
            f"feature {row}",
            "lies outside the world in degrees",
            "set the layer's true coordinate system",
        )
    for row in np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)):
        reason = shapely.is_valid_reason(shapes[row])
        if spec.repair:
            shapes[row] = _polygonal(shapely.make_valid(shapes[row]))
            findings.warn(path, f"feature {row}", f"was repaired ({reason})", "check it, or correct the source")
        else:
            findings.problem(
                path,
                f"feature {row}",
                f"is not valid ({reason})",
                "correct it, or set repair = true for this version",
            )
    return out.set_geometry(shapes, crs="EPSG:4326")


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a repaired shape: make_valid may leave lines behind."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _population(
    folder: Path, spec: PopulationSpec, unit: pd.Series, toml: Path, key: str, findings: Findings
) -> pd.Series:
    path = inside_folder(folder, spec.file, f"{key}.population.file", toml, findings)
    table = read_table(path, {"unit": spec.key_column, "n": spec.column}, findings) if path else None
    if path is None or table is None:
        return pd.Series(np.nan, index=unit.index)
    residents = table.assign(n=numbers(table, "n", path, findings)).drop_duplicates("unit").set_index("unit").n
    for name in unit[~unit.isin(residents.index)]:
        findings.warn(path, name, "has no population", "add a row, or rates will be missing for it")
    return unit.map(residents)
