"""What a file really is, before GDAL opens it: kind, size, whole or cut off, and what an archive would unpack to."""

import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_reports.city.toml import Findings

MAX_BYTES = 128 * 1024 * 1024
"""Layers of whole countries are smaller. GDAL and GEOS need some ten times a file's size in memory."""
MAX_MEMBERS = 1000
MAX_RATIO = 200
"""Geometry as text shrinks to a tenth or so; a file of zeros to a thousandth."""
RATIO_FROM_BYTES = 4 * 1024 * 1024
SMALLER = "cut the layer to the city, simplify it, or save it as GeoPackage"
HEAD_BYTES = 65536

KINDS = {
    "GeoPackage": (".gpkg", ".sqlite", ".db"),
    "Shapefile": (".shp",),
    "GeoParquet": (".parquet", ".geoparquet"),
    "FlatGeobuf": (".fgb",),
    "JSON": (".geojson", ".json", ".topojson", ".geojsonl", ".geojsons", ".jsonl", ".ndjson", ".jsonld"),
    "KML": (".kml",),
    "GML": (".gml", ".xml"),
    "zip archive": (".zip", ".kmz", ".shz"),
}
"""Kinds known by their first bytes, and what such files are called."""
OTHERS = (".csv", ".tsv", ".txt", ".tab", ".mif", ".dxf", ".gdb")
MAGIC = (
    (b"SQLite format 3\0", "GeoPackage"),
    (b"\0\0\x27\x0a", "Shapefile"),
    (b"PAR1", "GeoParquet"),
    (b"fgb\x03", "FlatGeobuf"),
    (b"PK\x03\x04", "zip archive"),
)
ELSEWHERE = re.compile(
    rb"<(OGRVRTDataSource|OGRWFSDataSource|(\w+:)?WFS_Capabilities|(\w+:)?Capabilities|VRTDataset)|gdal_streamed_alg|/vsi"
)
"""Files that make GDAL open others, on this machine or on the network."""


@contextmanager
def opened(path: Path, findings: Findings) -> Iterator[Path | None]:
    """Path of the one layer file in ``path``, unpacked for the time of the block; None with problems noted.

    Nothing is unpacked before its sizes have been added up. Formats GDAL knows and this module does not pass.
    """
    if not _sized(path, path, findings):
        yield None
    elif path.is_file() and _kind(path) == "zip archive" and path.suffix.lower() != ".gdb":
        with tempfile.TemporaryDirectory() as folder:
            inner = _unpacked(path, Path(folder), findings) if _named(path, path, findings) else None
            yield inner if inner is not None and _whole(inner, path, findings) else None
    else:
        yield path if path.is_dir() or _whole(path, path, findings) else None


def _sized(path: Path, name: Path, findings: Findings) -> bool:
    if path.is_dir() and path.suffix.lower() != ".gdb":
        findings.problem(name, "file", "is a folder", "name one file in it, or a zip of it")
        return False
    if not path.exists():
        findings.problem(name, "file", "does not exist", "check the name")
        return False
    try:
        size = sum(p.stat().st_size for p in path.iterdir()) if path.is_dir() else path.stat().st_size
        if path.is_file():
            path.open("rb").close()
    except OSError as error:
        findings.problem(name, "file", f"cannot be read ({error.strerror})", "make it a file this account may read")
        return False
    if size == 0:
        findings.problem(name, "file", "is empty (0 bytes)", "download or export it again")
    if size > MAX_BYTES:
        findings.problem(name, "file", f"has {_mb(size)}, more than {_mb(MAX_BYTES)}", SMALLER)
    return 0 < size <= MAX_BYTES


def _whole(path: Path, name: Path, findings: Findings) -> bool:
    """Tell whether a file is what its name says, is not cut off, and holds the layer itself."""
    if path.is_dir():
        return True
    if not _named(path, name, findings):
        return False
    return _shapefile(path, name, findings) if path.suffix.lower() == ".shp" else True


def _named(path: Path, name: Path, findings: Findings) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"(<!--.*?-->\s*)*<(!doctype\s+html|html)", start, re.IGNORECASE | re.DOTALL):
        findings.problem(name, "file", "is a web page, not a layer", "download the file that the page links to")
        return False
    if start.startswith(b"version https://git-lfs"):
        findings.problem(name, "file", "is only a pointer to a file kept elsewhere", "fetch it with git lfs pull")
        return False
    if start.startswith((b"<", b"{")) and ELSEWHERE.search(head):
        findings.problem(name, "file", "points to other files or services", "save the layer itself as GeoPackage")
        return False
    if start.startswith(b"<") and b"<!ENTITY" in head:
        findings.problem(name, "file", "declares XML entities", "save the layer as GeoPackage or GeoJSON")
        return False
    kind, suffix = _kind(path), path.suffix.lower()
    known = [one for one, suffixes in KINDS.items() if suffix in suffixes]
    if kind and suffix not in KINDS[kind]:
        findings.problem(
            name, "file", f"is a {kind}, though it is called {suffix or 'nothing'}", f"rename it to {KINDS[kind][0]}"
        )
        return False
    if not kind and known:
        findings.problem(name, "file", f"is no {known[0]}, though it is called {suffix}", "export the layer again")
        return False
    return True


def _kind(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(b"\x1e").lstrip()
    if start[:1] in (b"{", b"["):
        return "JSON"
    root = re.match(rb"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:[\w.-]+:)?([\w.-]+)", start, re.DOTALL)
    if root is None:
        return None
    return "KML" if root[1] == b"kml" else "GML" if b"opengis.net/gml" in head else None


def _unpacked(path: Path, folder: Path, findings: Findings) -> Path | None:
    """Unpack an archive whose declared sizes are within the limits and return the one layer in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            if not _harmless(archive, path, findings):
                return None
            archive.extractall(folder)  # it drops roots and '..' from names, and stops at the declared sizes
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, zlib.error) as error:
        findings.problem(path, "file", f"is a damaged zip archive ({error})", "download or export it again")
        return None
    layers = [found for found in sorted(folder.rglob("*")) if _is_layer(found) and not _hidden(found, folder)]
    if len(layers) == 1:
        return layers[0]
    names = ", ".join(found.relative_to(folder).as_posix() for found in layers[:10])
    if layers:
        findings.problem(path, "file", f"holds several layers: {names}", "unpack it and name one of them")
    else:
        findings.problem(path, "file", "is a zip archive without a layer", "zip .shp, .dbf, .shx and .prj together")
    return None


def _harmless(archive: zipfile.ZipFile, path: Path, findings: Findings) -> bool:
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len(members) > MAX_MEMBERS:
        findings.problem(path, "file", f"holds {len(members)} files", "zip only the layer's own files")
    elif total > MAX_BYTES:
        findings.problem(path, "file", f"would unpack to {_mb(total)}, more than {_mb(MAX_BYTES)}", SMALLER)
    elif total > RATIO_FROM_BYTES and total / packed > MAX_RATIO:
        wrong = f"unpacks to {total // packed} times its size, which no layer does"
        findings.problem(path, "file", wrong, "do not trust its sender; ask for the layer again")
    elif any(member.flag_bits & 1 for member in members):
        findings.problem(path, "file", "is protected by a password", "unpack it and name the layer in it")
    else:
        return True
    return False


def _is_layer(path: Path) -> bool:
    suffixes = {suffix for kind, names in KINDS.items() for suffix in names if kind != "zip archive"}
    inside = any(parent.suffix.lower() == ".gdb" for parent in path.parents)
    # .xml and .txt beside a layer are its metadata
    return not inside and path.suffix.lower() in (suffixes | set(OTHERS)) - {".xml", ".txt"}


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)


def _shapefile(path: Path, name: Path, findings: Findings) -> bool:
    """Note missing companions of a Shapefile, and parts shorter than their own headers say."""
    beside = {found.suffix.lower(): found for found in path.parent.glob("*") if found.stem == path.stem}
    missing = [suffix for suffix in (".dbf", ".shx") if suffix not in beside]
    for suffix in missing:
        wrong = f"has no {path.stem}{suffix} beside it"
        findings.problem(name, "file", wrong, "a Shapefile is several files: bring .shp, .dbf, .shx and .prj")
    said = {".shp": _shp_bytes(path)}
    if ".dbf" in beside:
        said[".dbf"] = _dbf_bytes(beside[".dbf"])
    cut = [suffix for suffix, size in said.items() if beside[suffix].stat().st_size < size]
    for suffix in cut:
        size = beside[suffix].stat().st_size
        wrong = f"{path.stem}{suffix} is cut off: {size} of {said[suffix]} bytes"
        findings.problem(name, "file", wrong, "download or export it again")
    return not missing and not cut


def _shp_bytes(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(28)
    return 2 * int(struct.unpack(">i", head[24:28])[0]) if len(head) == 28 else 100


def _dbf_bytes(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(12)
    if len(head) < 12:
        return 33
    records, header, record = struct.unpack("<IHH", head[4:12])
    return int(header + records * record)


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"
