"""Layers that must be refused, made anew for each test: what is wrong, and what the refusal must say."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS

WEST, SOUTH, STEP = -70.0, -33.0, 0.01
"""The corner and the side of the tiny city's squares, in degrees."""
Make = Callable[[Path], Path]


@dataclass(frozen=True)
class BadLayer:
    """A fault: ``says`` must stand in the refusal of ``layers add``; ``checked`` in what ``check`` finds.

    ``checked`` is None where a city folder cannot hold the fault: it names the columns, or the format allows it.
    """

    name: str
    make: Make
    says: tuple[str, ...]
    checked: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()


def square(column: int = 0, row: int = 0) -> list[list[float]]:
    """Ring of one square of the tiny city."""
    west, south = WEST + STEP * column, SOUTH + STEP * row
    east, north = west + STEP, south + STEP
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(ring: list[Any] | None = None) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring or square()]}


def feature(geometry: Any, unit: Any = "A", **facts: Any) -> dict[str, Any]:
    properties = {"id": unit, "name": f"Barrio {unit}", **facts}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def text(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}, ensure_ascii=False)


def frame(*shapes: Any, crs: Any = "EPSG:4326", **columns: list[Any]) -> gpd.GeoDataFrame:
    """Units A, B, ... with the shapes given, or two squares of the city."""
    found = list(shapes) or [shapely.Polygon(square()), shapely.Polygon(square(1))]
    units = [chr(ord("A") + number) for number in range(len(found))]
    names = [f"Barrio {unit}" for unit in units]
    return gpd.GeoDataFrame({"id": units, "name": names, **columns}, geometry=found, crs=crs)


def written(name: str, content: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def collection(*features: Any, **members: Any) -> Make:
    return written("bad.geojson", text(*features, **members))


def second(geometry: Any, unit: Any = "B", **facts: Any) -> Make:
    """A layer whose feature 0 is sound and feature 1 is not."""
    return collection(feature(polygon()), feature(geometry, unit, **facts))


def shapefile(folder: Path, **columns: list[Any]) -> Path:
    path = folder / "bad.shp"
    frame(**columns).to_file(path, encoding="utf-8")
    return path


def cut(name: str, keep: float, suffix: str | None = None) -> Make:
    """A sound file of which only a share is kept."""

    def make(folder: Path) -> Path:
        path = folder / name
        pyogrio.write_dataframe(frame(), path, driver="KML" if path.suffix == ".kml" else None)
        victim = path.with_suffix(suffix) if suffix else path
        content = victim.read_bytes()
        victim.write_bytes(content[: int(len(content) * keep)])
        return path

    return make


def without(*suffixes: str) -> Make:
    def make(folder: Path) -> Path:
        path = shapefile(folder)
        for suffix in suffixes:
            path.with_suffix(suffix).unlink()
        return path

    return make


def renamed(folder: Path) -> Path:
    frame().to_file(folder / "sound.gpkg")
    return (folder / "sound.gpkg").rename(folder / "bad.geojson")


def zipped(*members: tuple[str, bytes]) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "bad.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return path

    return make


def locked_zip(folder: Path) -> Path:
    """A zip whose entries say they are encrypted."""
    path = zipped(("a.geojson", text(feature(polygon())).encode()))(folder)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    path.write_bytes(content)
    return path


def big_zip(folder: Path) -> Path:
    """Half a megabyte that says it unpacks to 200 MB, in members that each look harmless."""
    block = b'{"type":"FeatureCollection","features":[]}' + b" " * (20 << 20)
    return zipped(*((f"{number}.geojson", block) for number in range(10)))(folder)


def huge(folder: Path) -> Path:
    path = folder / "bad.geojson"
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","features":[')
        file.truncate(300 << 20)  # sparse: takes no room on the disk
    return path


def two_layers(folder: Path) -> Path:
    path = folder / "bad.gpkg"
    frame().to_file(path, layer="barrios")
    frame().to_file(path, layer="cuadrantes", mode="a")
    return path


def mojibake(folder: Path) -> Path:
    path = shapefile(folder, name=["Maipú", "Ñuñoa"])
    path.with_suffix(".cpg").unlink()  # GDAL then takes the text for Latin-1
    return path


def local_crs(folder: Path) -> Path:
    crs = CRS(
        'ENGCRS["Plan",EDATUM["Corner of the yard"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
        'LENGTHUNIT["metre",1]]'
    )
    path = folder / "bad.gpkg"
    frame(crs=crs).to_file(path)
    return path


def too_detailed(folder: Path) -> Path:
    angle = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    ring = np.column_stack([WEST + 0.01 + 0.009 * np.cos(angle), SOUTH + 0.01 + 0.009 * np.sin(angle)])
    path = folder / "bad.fgb"
    pyogrio.write_dataframe(frame(shapely.Polygon(ring)), path, SPATIAL_INDEX="NO")
    return path


BOW_TIE = [[-70, -33], [-69.99, -32.99], [-69.99, -33], [-70, -32.99], [-70, -33]]
HOLE_OUTSIDE = {"type": "Polygon", "coordinates": [square(), square(1, 1)]}
UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32719"}}
METRES = [[407000, 6349000], [408000, 6349000], [408000, 6350000], [407000, 6350000], [407000, 6349000]]
SWAPPED = [[lat, lon] for lon, lat in square()]
PACIFIC = [[179.9, -33], [-179.9, -33], [-179.9, -32.9], [179.9, -32.9], [179.9, -33]]
CSV = 'id,{},wkt\nA,{},"POLYGON((-70 -33,-69.99 -33,-69.99 -32.99,-70 -33))"\n'
VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:9/x.json</SrcDataSource>'
ENTITY = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa">]><kml xmlns="http://www.opengis.net/kml/2.2">&a;</kml>'
NEST = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
    '"geometry":{"type":"Polygon","coordinates":'
)
DEEP = NEST + "[" * 100_000 + "]" * 100_000 + "}}]}"
TWICE = text(feature(polygon())).replace('"id": "A"', '"id": "A", "id": "Z"')
GATHERED = {"type": "GeometryCollection", "geometries": [polygon()]}
SOUND = text(feature(polygon()), feature(polygon(square(1)), "B"))

BAD = [
    BadLayer("absent", lambda folder: folder / "bad.geojson", ("bad.geojson", "does not exist"), ("does not exist",)),
    BadLayer("nothing in it", written("bad.geojson", b""), ("bad.geojson", "0 bytes", "again"), ("0 bytes",)),
    BadLayer("noise", written("bad.geojson", bytes(range(200))), ("is no JSON", "export"), ("is no JSON",)),
    BadLayer("noise of no name", written("bad.dat", bytes(range(200))), ("cannot be read", "GeoPackage"), ("cannot",)),
    BadLayer("web page", written("bad.geojson", "<!DOCTYPE html><html>"), ("web page", "download"), ("web page",)),
    BadLayer("pointer", written("bad.geojson", "version https://git-lfs.github.com/spec/v1\n"), ("lfs",), ("lfs",)),
    BadLayer("elsewhere", written("bad.vrt", VRT), ("points to other files", "GeoPackage"), ("points to other",)),
    BadLayer("entities", written("bad.kml", ENTITY), ("XML entities", "GeoPackage"), ("XML entities",)),
    BadLayer("folder", lambda folder: folder, ("is a folder", "zip of it")),
    BadLayer("cut GeoJSON", written("bad.geojson", SOUND[:-40]), ("line 1", "cut off"), ("cannot be read",)),
    BadLayer("cut GeoPackage", cut("bad.gpkg", 0.3), ("bad.gpkg", "cannot be read"), ("cannot be read",)),
    BadLayer("cut Shapefile", cut("bad.shp", 0.7), ("bad.shp is cut off", "again"), ("bad.shp is cut off",)),
    BadLayer("cut table", cut("bad.shp", 0.7, ".dbf"), ("bad.dbf is cut off", "again"), ("bad.dbf is cut off",)),
    BadLayer("cut FlatGeobuf", cut("bad.fgb", 0.8), ("bad.fgb", "cannot be read"), ("bad.fgb",)),
    BadLayer("cut KML", cut("bad.kml", 0.7), ("bad.kml", "cannot be read"), ("bad.kml",)),
    BadLayer("cut GML", cut("bad.gml", 0.7), ("bad.gml", "cannot be read"), ("bad.gml",)),
    BadLayer("alone", without(".dbf", ".shx"), ("no bad.dbf", "no bad.shx", "several files"), ("no bad.dbf",)),
    BadLayer("wrong extension", renamed, ("is a GeoPackage", "rename it to .gpkg"), ("is a GeoPackage",)),
    BadLayer("no features", collection(), ("no features", "export"), ("no polygons",)),
    BadLayer("no geometry", written("bad.csv", "id,name\nA,Barrio\n"), ("without geometry", "wkt"), ("no polygons",)),
    BadLayer("null geometry", second(None), ("feature 1", "no geometry", "draw it"), ("feature 1", "no geometry")),
    BadLayer(
        "empty geometry",
        second({"type": "Polygon", "coordinates": []}),
        ("feature 1", "no geometry", "draw it"),
        ("feature 1", "no geometry"),
    ),
    BadLayer(
        "a point",
        second({"type": "Point", "coordinates": [-70, -33]}),
        ("feature 1", "is a Point", "--skip-non-polygons"),
        ("feature 1", "is a Point"),
    ),
    BadLayer("a collection", second(GATHERED), ("feature 1", "GeometryCollection", "--skip"), ("GeometryCollection",)),
    BadLayer(
        "id twice",
        collection(feature(polygon(), "A"), feature(polygon(square(1)), "A")),
        ("feature 1", "repeats the id 'A' of feature 0", "unique"),
        ("feature 1", "repeats the id 'A'"),
        ("--id-column", "id"),
    ),
    BadLayer(
        "no id",
        second(polygon(square(1)), None),
        ("feature 1", "has no id", "give every unit an id"),
        ("feature 1", "has no id"),
        ("--id-column", "id"),
    ),
    BadLayer("bow tie", second(polygon(BOW_TIE)), ("feature 1 (B)", "Self-inter", "--repair"), ("feature 1", "Self-")),
    BadLayer("same polygon", second(polygon()), ("feature 1 (B)", "same polygon as feature 0 (A)", "keep one")),
    BadLayer("stray hole", second(HOLE_OUTSIDE), ("feature 1 (B)", "Hole lies", "--repair"), ("feature 1", "Hole")),
    BadLayer(
        "open ring",
        second(polygon(square()[:-1])),
        ("feature 1", "ring 0", "not closed", "--repair"),
        ("feature 1", "no geometry"),
    ),
    BadLayer("short ring", second(polygon(square()[:2])), ("feature 1", "needs 4"), ("feature 1", "no geometry")),
    BadLayer(
        "not a number",
        second(polygon([[float("nan"), -33], *square()[1:]])),
        ("feature 1", "NaN", "correct it"),
        ("feature 1", "no geometry"),
    ),
    BadLayer("infinite", written("bad.geojson", SOUND.replace("-69.99", "1e999", 1)), ("infinite",), ("cannot be",)),
    BadLayer(
        "not a number in CSV",
        written("bad.csv", CSV.format("name", "x").replace("-69.99 -33,", "nan -33,")),
        ("feature 0", "NaN", "correct it"),
    ),
    BadLayer(
        "metres called degrees",
        collection(feature(polygon(METRES))),
        ("EPSG:4326", "metres (EPSG:32719)", "--crs EPSG:32719"),
        ("feature 0", "outside the world"),
    ),
    BadLayer(
        "degrees called metres",
        collection(feature(polygon()), crs=UTM),
        ("km from", "degrees (EPSG:4326)", "--crs EPSG:4326"),
        ("km from",),
    ),
    BadLayer("no CRS", without(".prj"), ("does not say", "degrees", "--crs EPSG:4326"), ("does not say",)),
    BadLayer(
        "no CRS, metres",
        written("bad.csv", f'id,name,wkt\nA,x,"{shapely.Polygon(METRES)}"\n'),
        ("does not say", "metres (EPSG:32719)", "--crs EPSG:32719"),
        ("does not say",),
    ),
    BadLayer("made-up CRS", local_crs, ("place on Earth", "EPSG:32719"), ("place on Earth",), ("--anywhere",)),
    BadLayer(
        "swapped axes",
        collection(feature(polygon(SWAPPED))),
        ("km from", "latitude came first", "--swap-axes"),
        ("axes are swapped",),
    ),
    BadLayer(
        "another city",
        collection(feature(polygon([[lon + 60, lat + 80] for lon, lat in square()]))),
        ("km from Villa Chica", "--anywhere"),
        ("km from Villa Chica",),
    ),
    BadLayer(
        "one unit elsewhere",
        second(polygon([[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]])),
        ("feature 1 (B)", "km from Villa Chica", "--anywhere"),
        ("unit B", "km from Villa Chica"),
    ),
    BadLayer("around the world", second(polygon(PACIFIC)), ("feature 1", "180°", "cut it"), ("feature 1", "180°")),
    BadLayer(
        "beyond the world",
        second(polygon([[-70, -33], [200, -33], [200, -32], [-70, -33]])),
        ("x -70 to 200", "--crs"),
        ("feature 1", "outside the world"),
    ),
    BadLayer("bomb", zipped(("a.geojson", b" " * (90 << 20))), ("times its size",), ("times its size",)),
    BadLayer("many megabytes", big_zip, ("would unpack to 200 MB", "cut the layer"), ("would unpack",)),
    BadLayer("huge", huge, ("300 MB", "more than 128 MB", "simplify"), ("300 MB",)),
    BadLayer("zip of papers", zipped(("read.me", b"hello")), ("without a layer", ".prj"), ("without a layer",)),
    BadLayer(
        "zip of two",
        zipped(("a/one.geojson", SOUND.encode()), ("two.geojson", SOUND.encode())),
        ("a/one.geojson, two.geojson", "unpack it"),
        ("several layers",),
    ),
    BadLayer("zip broken", written("bad.zip", b"PK\x03\x04" + bytes(100)), ("damaged zip", "again"), ("damaged zip",)),
    BadLayer("zip locked", locked_zip, ("password", "unpack it"), ("password",)),
    BadLayer("two layers", two_layers, ("2 layers", "--layer: barrios, cuadrantes")),
    BadLayer(
        "two columns in CSV",
        written("bad.csv", CSV.format("name,name", "x,y")),
        ("two columns called name", "rename"),
    ),
    BadLayer("two columns", written("bad.geojson", TWICE), ("two columns called id", "rename")),
    BadLayer("mojibake", mojibake, ("feature 0, name", "'Maipú'", "--encoding utf-8"), ("unit A", "'Maipú'")),
    BadLayer(
        "Latin-1",
        written("bad.geojson", text(feature(polygon(), name="Maipú")).encode("latin-1")),
        ("not UTF-8", "--encoding cp1252"),
        ("not UTF-8",),
    ),
    BadLayer("deep", written("bad.geojson", DEEP), ("nested too deep", "export"), ("nested",)),
    BadLayer("too detailed", too_detailed, ("feature 0", "1,000,001", "simplify"), ("feature 0", "simplify")),
    BadLayer(
        "two ids",
        collection(feature(polygon(), "x", codigo="k"), feature(polygon(square(1)), "y", codigo="l")),
        ("id, codigo", "--id-column"),
    ),
    BadLayer(
        "no column of ids",
        collection(*(feature(polygon(square(n)), "A", name="same") for n in (0, 1))),
        ("differs in all", "its columns are id, name"),
    ),
    BadLayer("two names", second(polygon(square(1)), nombre="x"), ("name, nombre", "--name-column")),
    BadLayer(
        "fewer than nobody",
        second(polygon(square(1)), population=-5),
        ("feature 1", "-5", "empty means unknown"),
    ),
    BadLayer("residents in words", second(polygon(square(1)), population="many"), ("feature 1", "'many' is no number")),
    BadLayer(
        "no such column",
        second(polygon(square(1))),
        ("codigo", "columns are id, name"),
        None,
        ("--id-column", "codigo"),
    ),
    BadLayer("no such CRS", second(polygon(square(1))), ("--crs", "EPSG:32719"), None, ("--crs", "EPSG:0")),
    BadLayer("no such encoding", second(polygon(square(1))), ("--encoding", "utf-8"), None, ("--encoding", "utf-9")),
    BadLayer("no such layer", second(polygon(square(1))), ("'x'", "its layers are bad"), None, ("--layer", "x")),
]
