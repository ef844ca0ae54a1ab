"""Tables of the city folder that are not polygons: places, street points, populations."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from geo_reports.city.toml import Findings


def _line(row: int) -> str:
    """Line of a CSV that holds a row: counted from 1, below the header."""
    return f"line {row + 2}"


def inside_folder(folder: Path, name: str, key: str, toml: Path, findings: Findings) -> Path | None:
    """Path of a file named in a TOML, or None with a problem when it is absent or leaves the folder."""
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts:
        findings.problem(toml, key, f"{name!r} leaves the city folder", "name a file below layers/")
        return None
    path = folder / relative
    if not path.is_file():
        findings.problem(toml, key, f"{name!r} does not exist", f"put the file at {findings.name(path)}")
        return None
    return path


def read_table(path: Path, columns: dict[str, str], findings: Findings) -> pd.DataFrame | None:
    """Columns of a CSV as text, renamed; ``columns`` maps our names to the file's."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        findings.problem(path, "file", f"cannot be read as CSV ({error})", "save it as UTF-8 CSV with a header")
        return None
    missing = [name for name in columns.values() if name not in table]
    for name in missing:
        findings.problem(path, name, "is not a column of the file", f"its columns are {', '.join(table)}")
    if missing:
        return None
    return pd.DataFrame({ours: table[theirs] for ours, theirs in columns.items()})


def numbers(
    table: pd.DataFrame, column: str, path: Path, findings: Findings, row_name: Callable[[int], str] = _line
) -> pd.Series:
    """Float values of a text column, thousands commas removed; each bad cell is a problem, empty is NaN."""
    text = table[column].str.strip().str.replace(r"(?<=\d),(?=\d{3}\b)", "", regex=True)
    values = pd.to_numeric(text.where(text != "", None), errors="coerce").astype(float)
    for row in np.flatnonzero(~np.isfinite(values) & (text != "")):
        findings.problem(
            path, f"{row_name(int(row))}, {column}", f"{text.iloc[row]!r} is no number", "correct the cell"
        )
    return values


def located(table: pd.DataFrame, path: Path, findings: Findings) -> pd.DataFrame:
    """Rows with a usable ``lon`` and ``lat`` in degrees; impossible positions are problems, empty ones dropped."""
    out = table.assign(lon=numbers(table, "lon", path, findings), lat=numbers(table, "lat", path, findings))
    wrong = (out.lon.abs() > 180) | (out.lat.abs() > 90)
    for row in np.flatnonzero(wrong):
        findings.problem(
            path,
            f"line {row + 2}",
            "longitude or latitude is out of range",
            "use degrees (WGS 84), lon before lat",
        )
    return out[out.lon.notna() & out.lat.notna() & ~wrong].reset_index(drop=True)
