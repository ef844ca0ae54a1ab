"""Read an archive in chunks of text columns, each row with the line or feature number it came from."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from geo_reports.errors import ImportProblem, MissingExtra
from geo_reports.intake.archive.profile import Profile

CHUNK_ROWS = 40_000
"""Rows of one transaction: other writers wait for about a second."""
FIELD_LIMIT = 131_072
Progress = Callable[[float], None]


@dataclass
class Fault:
    """One row that could not even be split into columns."""

    line: int
    reason: str
    row: str


@dataclass
class Chunk:
    """Rows as text columns of equal length; ``x`` and ``y`` only where the file has geometry."""

    lines: list[int] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    x: NDArray[np.float64] | None = None
    y: NDArray[np.float64] | None = None
    crs: str | None = None

    @property
    def n_read(self) -> int:
        """Rows of the file this chunk stands for."""
        return len(self.lines) + len(self.faults)


def kind_of(path: Path) -> str:
    """csv, ogr or parquet, from the file's name; ``ImportProblem`` for others."""
    name = path.name.lower()
    if path.is_dir():
        raise ImportProblem(f"{path}: is a folder; name one of its files.")
    if not path.is_file():
        raise ImportProblem(f"{path}: the file does not exist.")
    if name.endswith((".csv", ".csv.gz", ".tsv", ".txt")):
        return "csv"
    if name.endswith((".geojson", ".json", ".gpkg")):
        return "ogr"
    if name.endswith((".parquet", ".geoparquet")):
        return "parquet"
    raise ImportProblem(f"{path}: use CSV (also .gz), GeoJSON, GeoPackage or Parquet.")


BROKEN = (OSError, EOFError, zlib.error, LookupError, UnicodeError)
"""What reading a damaged, truncated, unreadable or wrongly described text file raises."""


def columns_of(path: Path, profile: Profile) -> list[str]:
    """Names of the file's columns, read the way a profile says."""
    kind = kind_of(path)
    if kind == "csv":
        try:
            with _open_text(path, profile.encoding) as file:
                return next(csv.reader(file, delimiter=_delimiter(path, profile)), [])
        except (*BROKEN, csv.Error) as error:
            raise ImportProblem(f"{path}: cannot be read: {error}.") from None
    if kind == "ogr":
        return list(_ogr_info(path)["fields"])
    return list(_parquet(path).schema.names)


def read_chunks(path: Path, profile: Profile, progress: Progress, chunk_rows: int) -> Iterator[Chunk]:
    """Yield chunks of at most ``chunk_rows`` rows; ``progress`` is told the share read, 0 to 1.

    Raises ``ImportProblem`` when the file as a whole cannot be read.
    """
    reader = {"csv": _read_csv, "ogr": _read_ogr, "parquet": _read_parquet}[kind_of(path)]
    yield from reader(path, profile, progress, chunk_rows)


def _open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    raw: Any = gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # noqa: SIM115 the wrapper closes it
    encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    # bytes that are no text survive as lone surrogates, and the row they stand in is rejected by itself
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


def _read_csv(path: Path, profile: Profile, progress: Progress, chunk_rows: int) -> Iterator[Chunk]:
    csv.field_size_limit(FIELD_LIMIT)
    size = max(1, path.stat().st_size)
    try:
        with _open_text(path, profile.encoding) as file:
            at = _position(file)
            reader = csv.reader(file, delimiter=_delimiter(path, profile))
            header = next(reader, [])
            _require(path, profile, header)
            for chunk in _csv_chunks(reader, header, chunk_rows):
                progress(at() / size)
                yield chunk
    except (*BROKEN, csv.Error) as error:
        raise ImportProblem(f"{path}: cannot be read further: {error}. What came before is kept.") from None


def _delimiter(path: Path, profile: Profile) -> str:
    return "\t" if path.name.lower().endswith(".tsv") else profile.delimiter


def _position(file: io.TextIOWrapper) -> Callable[[], int]:
    raw: Any = file.buffer
    tell: Callable[[], int] = (getattr(raw, "fileobj", None) or raw).tell
    return tell


def _csv_chunks(reader: Any, header: list[str], chunk_rows: int) -> Iterator[Chunk]:
    width = len(header)
    lines: list[int] = []
    rows: list[list[str]] = []
    faults: list[Fault] = []
    broken: Exception | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            faults.append(Fault(line, f"the line is not valid CSV: {error}", ""))
            continue
        except BROKEN as error:
            broken = error
            break
        if row is None:
            break
        if len(row) == width:
            lines.append(line)
            rows.append(row)
        elif row:
            faults.append(Fault(line, f"has {len(row)} fields, the header has {width}", joined(row)))
        if len(rows) + len(faults) >= chunk_rows:
            yield _csv_chunk(header, lines, rows, faults)
            lines, rows, faults = [], [], []
    if rows or faults:
        yield _csv_chunk(header, lines, rows, faults)
    if broken is not None:
        raise broken


def _csv_chunk(header: list[str], lines: list[int], rows: list[list[str]], faults: list[Fault]) -> Chunk:
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    return Chunk(lines, columns, rows, faults)


def joined(row: list[str]) -> str:
    """Write a row as one line of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row)
    return out.getvalue()


def _require(path: Path, profile: Profile, present: list[str]) -> None:
    missing = [name for name in profile.columns() if name not in present]
    if missing:
        raise ImportProblem(
            f"{path}: the profile reads {', '.join(missing)}, which the file lacks; "
            f"its columns are {', '.join(present)}."
        )
    twice = [name for name in profile.columns() if present.count(name) > 1]
    if twice:
        raise ImportProblem(f"{path}: has several columns called {', '.join(twice)}; rename all but one.")


def _ogr_info(path: Path) -> dict[str, Any]:
    try:
        info: dict[str, Any] = pyogrio.read_info(path, force_feature_count=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise ImportProblem(f"{path}: cannot be read: {error}") from None
    return info


def _read_ogr(path: Path, profile: Profile, progress: Progress, chunk_rows: int) -> Iterator[Chunk]:
    info = _ogr_info(path)
    _require(path, profile, list(info["fields"]))
    total = int(info["features"])
    for start in range(0, total, chunk_rows):
        frame = pyogrio.read_dataframe(path, skip_features=start, max_features=chunk_rows)
        shapes = frame.pop("geometry") if "geometry" in frame else None
        chunk = _frame_chunk({name: _as_text(frame[name]) for name in frame.columns}, start + 1, len(frame))
        if shapes is not None:
            _set_place(chunk, np.asarray(shapes.array), str(info["crs"]) if info.get("crs") else None)
        progress((start + len(frame)) / max(1, total))
        yield chunk


def _parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtra("parquet", "Reading Parquet") from None
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise ImportProblem(f"{path}: is no Parquet file: {error}") from None


def _read_parquet(path: Path, profile: Profile, progress: Progress, chunk_rows: int) -> Iterator[Chunk]:
    file = _parquet(path)
    _require(path, profile, list(file.schema_arrow.names))
    crs = _geoparquet_crs(file)
    done, total = 0, max(1, file.metadata.num_rows)
    for batch in file.iter_batches(batch_size=chunk_rows):
        frame = batch.to_pandas()
        wkb = frame.pop("geometry") if "geometry" in frame and profile.lon_column is None else None
        chunk = _frame_chunk({name: _as_text(frame[name]) for name in frame.columns}, done + 1, len(frame))
        if wkb is not None:
            _set_place(chunk, shapely.from_wkb(wkb.to_numpy(), on_invalid="ignore"), crs)
        done += len(frame)
        progress(done / total)
        yield chunk


def _frame_chunk(columns: dict[str, list[str]], first: int, n: int) -> Chunk:
    rows = [list(row) for row in zip(*columns.values(), strict=True)] if columns else [[] for _ in range(n)]
    return Chunk(list(range(first, first + n)), columns, rows)


def _geoparquet_crs(file: Any) -> str | None:
    """CRS that a GeoParquet file states (PROJ JSON), or None where it states none."""
    stated = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    crs = stated.get("columns", {}).get("geometry", {}).get("crs")
    return json.dumps(crs) if crs else None


def _set_place(chunk: Chunk, shapes: NDArray[np.object_], crs: str | None) -> None:
    """Give the rows their points, and make the position part of each row: two that differ only there are two."""
    point = shapely.get_type_id(shapes) == 0
    x, y = (np.where(point, get(shapes), np.nan) for get in (shapely.get_x, shapely.get_y))
    chunk.x, chunk.y, chunk.crs = x, y, crs
    for row, east, north in zip(chunk.rows, x.tolist(), y.tolist(), strict=True):
        row.append(f"{east!r} {north!r}")


def _as_text(column: Any) -> list[str]:
    missing = column.isna().to_numpy()
    if column.dtype.kind == "M":
        values = [value.isoformat() if not gone else "" for value, gone in zip(column, missing, strict=True)]
        return values
    return ["" if gone else str(value) for value, gone in zip(column.tolist(), missing, strict=True)]
