"""Read a layer file with GDAL: its layer, its text in the right encoding, its geometry as it is."""

import codecs
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geo_reports.city.incoming.geojson import Outline, read_outline
from geo_reports.city.incoming.source import opened
from geo_reports.city.toml import Findings

CANNOT = "save it as GeoPackage or GeoJSON"
WKT_COLUMNS = "WKT,wkt,geometry,geom,the_geom,shape,wkb_geometry"


@dataclass
class Raw:
    """A layer as its file holds it: (n,) features in any CRS, and what a person should know of the reading."""

    frame: gpd.GeoDataFrame
    notes: list[str] = field(default_factory=list)
    closed: dict[int, int] = field(default_factory=dict)


def read_plain(path: Path, findings: Findings) -> pd.DataFrame | None:
    """Frame of a file of the city folder, its first layer; None with a problem noted."""
    with opened(path, findings) as source:
        return None if source is None else _gdal(source, path, findings)


def read_raw(
    path: Path, findings: Findings, *, layer: str | None = None, encoding: str | None = None, repair: bool = False
) -> Raw | None:
    """Read a file from outside with everything noted that GDAL would pass over.

    ``repair`` closes open rings of GeoJSON, which GDAL drops. None with problems in ``findings``.
    """
    if encoding is not None and not _known(encoding, findings):
        return None
    with opened(path, findings) as source:
        if source is None:
            return None
        name = _layer(source, path, layer, findings)
        outline = read_outline(source, path, encoding, repair, findings) if _is_geojson(source) else Outline()
        if name is None or outline is None:
            return None
        frame = _gdal(source, path, findings, content=outline.mended, layer=name, encoding=encoding)
    if frame is None or not _layered(frame, path, findings):
        return None
    raw = Raw(gpd.GeoDataFrame(frame), closed=outline.closed)
    _texts(raw, path, encoding, findings)
    return raw


def _known(encoding: str, findings: Findings) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        findings.problem("--encoding", encoding, "is no encoding", "write utf-8, cp1252 or latin-1")
        return False
    return True


def _is_geojson(path: Path) -> bool:
    return path.suffix.lower() in (".geojson", ".json")


def _layer(path: Path, name: Path, wanted: str | None, findings: Findings) -> str | None:
    """Name of the layer to read, empty for the first: the one wanted, or the only one with geometry."""
    if path.suffix.lower() in (".parquet", ".geoparquet") or (wanted is None and _is_geojson(path)):
        return ""  # they hold one layer, and listing would read them whole
    try:
        listed = pyogrio.list_layers(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        findings.problem(name, "file", f"cannot be read as polygons ({_reason(error, path, name)})", CANNOT)
        return None
    names = [str(row[0]) for row in listed]
    drawn = [str(row[0]) for row in listed if row[1] is not None]
    if wanted is not None and wanted not in names:
        findings.problem(name, f"layer {wanted!r}", "is not in the file", f"its layers are {', '.join(names)}")
        return None
    if wanted is None and len(drawn) > 1:
        findings.problem(name, "file", f"holds {len(drawn)} layers", f"choose one with --layer: {', '.join(drawn)}")
        return None
    return wanted or (drawn[0] if drawn and len(names) > 1 else "")


def _gdal(
    path: Path,
    name: Path,
    findings: Findings,
    *,
    content: bytes | None = None,
    layer: str = "",
    encoding: str | None = None,
) -> pd.DataFrame | None:
    options = {"layer": layer} if layer else {}
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        options |= {"GEOM_POSSIBLE_NAMES": WKT_COLUMNS, "KEEP_GEOM_COLUMNS": "NO"}
    if encoding and content is None:
        options["encoding"] = encoding
    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            return gpd.read_parquet(path)
        with warnings.catch_warnings():
            # GDAL warns of open rings on the side; such a feature comes back without geometry and is listed
            warnings.simplefilter("ignore", RuntimeWarning)
            # a column of numbers and words: the words are listed as no numbers
            warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
            return pyogrio.read_dataframe(content or path, on_invalid="ignore", **options)
    except UnicodeDecodeError as error:
        wrong = f"has text that is not {error.encoding.upper()}"
        findings.problem(name, "file", wrong, "name its encoding, such as --encoding cp1252, or save it as UTF-8")
    except ImportError:
        wrong, remedy = "needs an optional part", "install it with pip install 'geo-reports[parquet]'"
        findings.problem(name, "file", wrong, remedy)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        findings.problem(name, "file", f"cannot be read as polygons ({_reason(error, path, name)})", CANNOT)
    return None


def _reason(error: Exception, path: Path, name: Path) -> str:
    text = re.split(r"[;.]? It might|\. (?=Set )", str(error))[0].strip(" .;") or type(error).__name__
    return text.replace(str(path), name.name).replace(str(path.parent) + "/", "")


def _layered(frame: pd.DataFrame, name: Path, findings: Findings) -> bool:
    """Tell whether a frame is a layer: features, geometry, columns with names of their own."""
    twice = sorted({str(column) for column in frame.columns[frame.columns.duplicated()]})
    if twice:
        findings.problem(name, "file", f"has two columns called {', '.join(twice)}", "rename one of them")
    elif not isinstance(frame, gpd.GeoDataFrame):
        columns = ", ".join(map(str, frame.columns))
        wrong = f"is a table without geometry (columns: {columns})"
        findings.problem(name, "file", wrong, "export the polygons; in CSV, as WKT in a column called wkt")
    elif frame.empty:
        findings.problem(name, "file", "holds no features", "export the layer with its polygons")
    else:
        return True
    return False


def _texts(raw: Raw, name: Path, encoding: str | None, findings: Findings) -> None:
    """Note words whose letters were read in the wrong encoding; undo it where UTF-8 was asked for."""
    frame, undone = raw.frame, 0
    for column in frame.columns.drop(frame.geometry.name):
        if not (frame[column].dtype == object or pd.api.types.is_string_dtype(frame[column])):
            continue
        for row, value in enumerate(frame[column]):
            if not isinstance(value, str) or value.isascii():
                continue
            better = unmangled(value)
            if better and encoding and codecs.lookup(encoding).name == "utf-8":
                frame.iloc[row, frame.columns.get_loc(column)] = better
                undone += 1
            elif better:
                wrong = f"{value!r} looks like {better!r} read in the wrong encoding"
                findings.problem(name, f"feature {row}, {column}", wrong, "add --encoding utf-8")
            elif "\ufffd" in value:
                wrong = f"{value!r} has letters that were lost"
                findings.problem(name, f"feature {row}, {column}", wrong, "name the encoding: --encoding cp1252")
    if undone:
        raw.notes.append(f"{undone} texts had been saved in the wrong encoding and were mended.")


def unmangled(text: str) -> str | None:
    """``Perú`` for ``PerÃº``: what UTF-8 read as Windows-1252 or Latin-1 meant; None for text that is sound."""
    for encoding in ("cp1252", "latin-1"):
        try:
            better = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if better != text:
            return better
    return None
