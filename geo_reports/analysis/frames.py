"""Frames as rows of JSON and as CSV that a spreadsheet cannot be tricked with: for every door that writes them."""

import csv
import io
from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell (OWASP, CSV injection)."""


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python values by column; missing is None, JSON having no NaN."""
    records: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return records


def to_csv(frame: pd.DataFrame, line_end: str = "\r\n") -> str:
    """Frame as RFC 4180 CSV with a header; text that a spreadsheet would run gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(frame.columns)
    writer.writerows([_cell(value) for value in row.values()] for row in rows(frame))
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
