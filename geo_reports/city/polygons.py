"""Read one edition of a layer: any format pyogrio knows, to valid polygons in WGS 84 with ids."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_reports.city.incoming.reader import read_plain
from geo_reports.city.incoming.shapes import Where, absent, beyond, countable, infinite, invalid, mended, to_wgs84
from geo_reports.city.model import PopulationSpec, VersionSpec
from geo_reports.city.tables import inside_folder, numbers, read_table
from geo_reports.city.toml import Findings
from geo_reports.city.unit_names import spellings

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
    frame = read_plain(path, findings)
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
        units["population"] = _population(folder, spec.population, units, toml, key, findings)
    if len(findings.problems) > before:
        return None
    units["area_km2"] = units.to_crs(metric_crs).area / 1e6
    return units[COLUMNS].sort_values("unit", kind="stable").reset_index(drop=True)


def _columns(frame: gpd.GeoDataFrame, spec: VersionSpec, path: Path, findings: Findings) -> gpd.GeoDataFrame | None:
    wanted = [spec.id_column, spec.name_column, *([spec.population_column] if spec.population_column else [])]
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    for column in twice:
        findings.problem(path, column, "is the name of two columns", "rename one of them")
    if twice:
        return None
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
        for row in np.flatnonzero(population < 0):
            wrong = f"is {population.iloc[row]:g}"
            findings.problem(path, f"feature {row}, {spec.population_column}", wrong, "empty means unknown")
    names = frame[spec.name_column].map(lambda value: "" if pd.isna(value) else str(value).strip())
    return gpd.GeoDataFrame(
        {"unit": text, "name": names.where(names != "", text), "population": population},
        geometry=frame.geometry.array,
        crs=frame.crs,
    )


def _sound(units: gpd.GeoDataFrame, spec: VersionSpec, path: Path, findings: Findings) -> gpd.GeoDataFrame:
    """Reproject to WGS 84 and note every feature whose geometry cannot hold a point reliably."""
    where = Where(path)
    flat = units.set_geometry(shapely.force_2d(np.asarray(units.geometry.array)), crs=units.crs)
    if not countable(flat, where, findings) or infinite(np.asarray(flat.geometry.array), where, findings).any():
        return flat
    out = to_wgs84(flat, path, findings)
    if out is None:
        return flat
    shapes = np.asarray(out.geometry.array)
    absent(shapes, where, findings)
    beyond(shapes, where, findings)
    for row in invalid(shapes):
        reason = shapely.is_valid_reason(shapes[row])
        if spec.repair:
            shapes[row] = mended(shapes[row], where, int(row), findings)
            findings.warn(path, f"feature {row}", f"was repaired ({reason})", "check it, or correct the source")
        else:
            findings.problem(
                path,
                f"feature {row}",
                f"is not valid ({reason})",
                "correct it, or set repair = true for this version",
            )
    return out.set_geometry(shapes, crs="EPSG:4326")


def _population(
    folder: Path, spec: PopulationSpec, units: gpd.GeoDataFrame, toml: Path, key: str, findings: Findings
) -> pd.Series:
    path = inside_folder(folder, spec.file, f"{key}.population.file", toml, findings)
    table = read_table(path, {"key": spec.key_column, "n": spec.column}, findings) if path else None
    if path is None or table is None:
        return pd.Series(np.nan, index=units.index)
    table = table.assign(unit=_named(table.key, units), n=numbers(table, "n", path, findings))
    for row in np.flatnonzero(table.n < 0):
        wrong = f"is {table.n.iloc[row]:g}"
        findings.problem(path, f"line {row + 2}, {spec.column}", wrong, "empty means unknown")
    for row in np.flatnonzero(table.unit.duplicated() & table.unit.notna()):
        wrong = f"is a second row for {table.unit.iloc[row]}"
        findings.problem(path, f"line {row + 2}", wrong, "keep one row for each unit")
    residents = table.dropna(subset="unit").drop_duplicates("unit").set_index("unit").n
    for name in units.unit[~units.unit.isin(residents.index)]:
        findings.warn(path, name, "has no population", "add a row, or rates will be missing for it")
    return units.unit.map(residents)


def _named(keys: pd.Series, units: gpd.GeoDataFrame) -> pd.Series:
    """Unit of each key, which is its id or its name as it is spelt or nearly so; None for what is no unit here."""
    ids = set(units.unit)
    names = pd.Series(units.unit.to_numpy(object), index=[spellings(name)[0] for name in units["name"]])
    by_name = names[~names.index.duplicated(keep=False) & (names.index != "")].to_dict()
    found = [key if key in ids else by_name.get(spellings(key)[0]) for key in keys.str.strip()]
    return pd.Series(found, index=keys.index, dtype=object)
