"""Judge and convert the rows of one chunk: each is a report or has a reason why not."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from geo_reports.city import City
from geo_reports.intake.archive.profile import Profile
from geo_reports.intake.archive.readers import Chunk, Fault, joined
from geo_reports.intake.archive.times import Times, read_times
from geo_reports.report import CLOSED

DESCRIPTION_LIMIT = 4000
ACCURACY_LIMIT_M = 100_000
LAST_HOUR_S = 3600
NO_PLACE = "has no place: longitude or latitude is empty"
Value = TypeVar("Value")


@dataclass(frozen=True)
class Good:
    """Columns of the (m,) rows of a chunk that are reports."""

    source_id: list[str]
    family: list[str]
    category: list[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy_m: list[float | None]
    occurred_at: list[int | None]
    precision: list[str]
    day: NDArray[np.datetime64]
    month: NDArray[np.int64]
    size: list[str | None]
    status: list[str]
    closed_at: list[int | None]
    description: list[str | None]


class Judge:
    """Applies one profile to chunk after chunk of one file."""

    def __init__(self, profile: Profile, city: City, now: datetime) -> None:
        self._profile, self._city, self._now_s = profile, city, int(now.timestamp())
        self._seen: Counter[bytes] = Counter()
        self._transformers: dict[str, Transformer] = {}

    def judge(self, chunk: Chunk) -> tuple[Good, list[Fault]]:
        """Split a chunk into reports and faults; together they are all its rows."""
        n = len(chunk.lines)
        why = np.full(n, "", dtype=object)
        _judge_text(chunk, why)
        lon, lat = self._places(chunk, why)
        category = self._category(chunk, why)
        times = read_times(self._profile.occurred, chunk.columns, n, self._city.zone)
        self._judge_times(times, why)
        closed = read_times(self._profile.closed, chunk.columns, n, self._city.zone) if self._profile.closed else None
        if closed is not None:
            _first(why, closed.bad_date | closed.bad_hour, "the closing time cannot be read")
            early = closed.known & times.known & (closed.at < times.at)
            _first(why, early, "was closed before it happened")
        status = self._status(chunk, why)
        size = self._sizes(chunk, why)
        accuracy = self._accuracy(chunk, why)
        text = self._description(chunk, why)
        names = self._source_ids(chunk)
        keep = np.flatnonzero(why == "")
        good = self._good(keep, names, category, lon, lat, accuracy, times, size, status, closed, text)
        faults = [Fault(chunk.lines[i], why[i], joined(chunk.rows[i])) for i in np.flatnonzero(why != "").tolist()]
        return good, sorted([*chunk.faults, *faults], key=lambda fault: fault.line)

    def _good(
        self,
        keep: NDArray[np.int64],
        names: list[str],
        category: list[str],
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        accuracy: list[float | None],
        times: Times,
        size: list[str | None],
        status: list[str],
        closed: Times | None,
        text: list[str | None],
    ) -> Good:
        families = {name: str(spec.family) for name, spec in self._city.categories.items()}
        kinds = _pick(category, keep)
        states = _pick(status, keep)
        known = times.known[keep].tolist()
        precision = str(times.precision)
        done: list[int | None] = [None] * len(keep)
        if closed is not None:
            shut = zip(closed.at[keep].tolist(), closed.known[keep].tolist(), states, strict=True)
            done = [at if is_known and state in CLOSED else None for at, is_known, state in shut]
        return Good(
            source_id=_pick(names, keep),
            family=[families[kind] for kind in kinds],
            category=kinds,
            lon=lon[keep],
            lat=lat[keep],
            accuracy_m=_pick(accuracy, keep),
            occurred_at=[at if is_known else None for at, is_known in zip(times.at[keep].tolist(), known, strict=True)],
            precision=[precision if is_known else "unknown" for is_known in known],
            day=times.day[keep],
            month=times.month[keep],
            size=_pick(size, keep),
            status=states,
            closed_at=done,
            description=_pick(text, keep),
        )

    def _places(self, chunk: Chunk, why: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        crs = self._profile.crs
        if self._profile.lon_column is not None and self._profile.lat_column is not None:
            texts = [chunk.columns.get(c, []) for c in (self._profile.lon_column, self._profile.lat_column)]
            x, y = (pd.to_numeric(pd.Series(t, dtype=object), errors="coerce").to_numpy(np.float64) for t in texts)
            unread = np.isnan(x) | np.isnan(y)
            for i in np.flatnonzero(unread).tolist():
                blank = not all(text[i].strip() for text in texts)
                _set_first(why, i, NO_PLACE if blank else "longitude or latitude is not a number")
        else:
            n = len(chunk.lines)
            x = chunk.x if chunk.x is not None else np.full(n, np.nan)
            y = chunk.y if chunk.y is not None else np.full(n, np.nan)
            crs = chunk.crs or crs
            _first(why, np.isnan(x) | np.isnan(y), "has no place: its geometry is not a point")
        lon, lat = self._degrees(x, y, crs)
        _first(why, ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)), "longitude or latitude is out of range")
        _first(why, (lon == 0) & (lat == 0), "lies at longitude 0, latitude 0: a device without a position")
        return lon, lat

    def _degrees(
        self, x: NDArray[np.float64], y: NDArray[np.float64], crs: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if crs in ("EPSG:4326", "OGC:CRS84"):
            return x, y
        if crs not in self._transformers:
            self._transformers[crs] = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        lon, lat = self._transformers[crs].transform(x, y)
        return lon, lat

    def _category(self, chunk: Chunk, why: NDArray[np.object_]) -> list[str]:
        profile = self._profile
        if profile.category_column is None:
            return [profile.category or ""] * len(chunk.lines)
        texts = [text.strip() for text in chunk.columns.get(profile.category_column, [])]
        table = profile.categories or {name: name for name in self._city.categories}
        out = [table.get(text, "") for text in texts]
        if "" in out:
            for i in [i for i, found in enumerate(out) if not found]:
                unknown = f"category {texts[i][:60]!r} has no translation in the profile"
                _set_first(why, i, unknown if texts[i] else "has no category")
        return out

    def _judge_times(self, times: Times, why: NDArray[np.object_]) -> None:
        _first(why, times.bad_date, f"the date cannot be read as {self._profile.occurred.date_format}")
        _first(why, times.bad_hour, "the hour is not a whole number from 0 to 23")
        _first(why, times.known & (times.at > self._now_s + LAST_HOUR_S), "the date lies in the future")

    def _status(self, chunk: Chunk, why: NDArray[np.object_]) -> list[str]:
        default = str(self._profile.status)
        if self._profile.status_column is None:
            return [default] * len(chunk.lines)
        table = {"": default, **{text: str(status) for text, status in self._profile.statuses.items()}}
        out = [table.get(text.strip(), "") for text in chunk.columns.get(self._profile.status_column, [])]
        _first(why, np.array([not found for found in out], bool), "the status has no translation in the profile")
        return out

    def _sizes(self, chunk: Chunk, why: NDArray[np.object_]) -> list[str | None]:
        if self._profile.size_column is None:
            return [None] * len(chunk.lines)
        texts = [text.strip() for text in chunk.columns.get(self._profile.size_column, [])]
        sizes = self._profile.sizes
        unknown = np.array([text != "" and text not in sizes for text in texts], bool)
        _first(why, unknown, "the size has no translation in the profile")
        return [str(sizes[text]) if text in sizes else None for text in texts]

    def _accuracy(self, chunk: Chunk, why: NDArray[np.object_]) -> list[float | None]:
        if self._profile.accuracy_column is None:
            return [None] * len(chunk.lines)
        texts = pd.Series(chunk.columns.get(self._profile.accuracy_column, []), dtype=object).str.strip()
        values = pd.to_numeric(texts.where(texts != "", None), errors="coerce")
        bad = ((texts != "") & ~values.between(0, ACCURACY_LIMIT_M)).to_numpy(bool)
        _first(why, bad, f"the accuracy is not a number of metres from 0 to {ACCURACY_LIMIT_M}")
        return [None if np.isnan(value) else value for value in values.to_numpy(np.float64).tolist()]

    def _description(self, chunk: Chunk, why: NDArray[np.object_]) -> list[str | None]:
        if self._profile.description_column is None:
            return [None] * len(chunk.lines)
        texts = [text.strip() for text in chunk.columns.get(self._profile.description_column, [])]
        long = np.array([len(text) > DESCRIPTION_LIMIT for text in texts], bool)
        _first(why, long, f"the description is longer than {DESCRIPTION_LIMIT} characters")
        return [text or None for text in texts]

    def _source_ids(self, chunk: Chunk) -> list[str]:
        """The archive's own id, or for rows without one their content and which repetition of it they are."""
        column = self._profile.id_column
        given = chunk.columns.get(column, []) if column else [""] * len(chunk.lines)
        names = [name.strip() for name in given]
        for i in [i for i, name in enumerate(names) if not name]:
            text = "\x1f".join(chunk.rows[i]).encode("utf-8", "surrogatepass")
            content = hashlib.blake2b(text, digest_size=16).digest()
            self._seen[content] += 1
            names[i] = f"content:{content.hex()}:{self._seen[content]}"
        return names


def _judge_text(chunk: Chunk, why: NDArray[np.object_]) -> None:
    """Refuse rows with what no database keeps as text; whole columns are looked at first, as few hold any."""
    if all(_is_text("".join(column)) for column in chunk.columns.values()):
        return
    for i, row in enumerate(chunk.rows):
        text = "".join(row)
        if "\0" in text:
            _set_first(why, i, "holds a NUL character")
        elif not _is_text(text):
            _set_first(why, i, "holds bytes that are not text in the profile's encoding")


def _is_text(text: str) -> bool:
    """Tell whether a text holds neither NUL nor lone surrogates, which stand for undecodable bytes."""
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _pick(values: list[Value], keep: NDArray[np.int64]) -> list[Value]:
    """Values at the kept positions; usually all of them."""
    return values if len(keep) == len(values) else [values[i] for i in keep.tolist()]


def _first(why: NDArray[np.object_], wrong: NDArray[np.bool_], reason: str) -> None:
    """Give rows a reason unless they already have one."""
    why[wrong & (why == "")] = reason


def _set_first(why: NDArray[np.object_], i: int, reason: str) -> None:
    if why[i] == "":
        why[i] = reason
