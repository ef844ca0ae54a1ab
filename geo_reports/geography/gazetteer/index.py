"""The gazetteer's file: SQLite with a trigram index of names. Read-only once it is written.

==========  =========================================================================================
table       one row
==========  =========================================================================================
meta        a fact about the file: format, metres per house number, words that may follow any address
thing       a street or a place: its name, middle and half extent
spelling    one spelling of a thing's name; ``key`` is ``normal(name)``
trigram     the spellings whose key holds three letters: see ``trigrams``
house       a known house number: middle and half extent of its points
spot        a point of a street without a number, or a place
piece       a straight piece of a street's line
crossing    a point where two streets meet
run         the way from one known number of a street to another: its middle, metres east and north per number
==========  =========================================================================================
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_reports.errors import InputError
from geo_reports.geography.gazetteer import trigrams
from geo_reports.geography.gazetteer.along import Known

FORMAT = "2"
CELL_DEGREES = 0.004
"""Side of the cells by which points are found again, some 400 m."""
ENOUGH_RUNS = 400
"""Runs around a point from which no more are looked for farther away."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE thing (id INTEGER PRIMARY KEY, street INTEGER NOT NULL, name TEXT NOT NULL, lon REAL NOT NULL,
                    lat REAL NOT NULL, extent_m REAL NOT NULL, drawn INTEGER NOT NULL);
CREATE TABLE spelling (id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, key TEXT NOT NULL, words TEXT NOT NULL);
CREATE TABLE house (thing INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, lon REAL NOT NULL,
                    lat REAL NOT NULL, spread_m REAL NOT NULL, cell INTEGER NOT NULL);
CREATE TABLE spot (thing INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, cell INTEGER NOT NULL);
CREATE TABLE piece (thing INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, to_lon REAL NOT NULL,
                    to_lat REAL NOT NULL, cell INTEGER NOT NULL);
CREATE TABLE crossing (one INTEGER NOT NULL, other INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL);
CREATE TABLE run (thing INTEGER NOT NULL, number REAL NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL,
                  east_m REAL NOT NULL, north_m REAL NOT NULL, cell INTEGER NOT NULL);
"""
_INDEXES = """
CREATE INDEX spelling_key ON spelling (key);
CREATE INDEX house_number ON house (thing, number);
CREATE INDEX house_cell ON house (cell);
CREATE INDEX spot_thing ON spot (thing);
CREATE INDEX spot_cell ON spot (cell);
CREATE INDEX piece_thing ON piece (thing);
CREATE INDEX piece_cell ON piece (cell);
CREATE INDEX run_cell ON run (cell);
CREATE INDEX crossing_pair ON crossing (one, other);
CREATE INDEX crossing_other ON crossing (other);
"""
_COLUMNS = {"thing": 7, "spelling": 4, "house": 7, "spot": 4, "piece": 6, "crossing": 4, "run": 7}
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Thing:
    """A street or a place, with the spelling by which it was found."""

    id: int
    street: bool
    name: str
    lon: float
    lat: float
    extent_m: float
    drawn: bool
    spelling: tuple[str, ...]


def cell(lon: float, lat: float) -> int:
    """Number of the cell that holds a point."""
    return int((lat + 90) // CELL_DEGREES) * 1_000_000 + int((lon + 180) // CELL_DEGREES)


def _cells(lon: float, lat: float, rings: int) -> str:
    """Condition that holds for the cells around a point: one range for each row of cells."""
    rows = (cell(lon, lat + step * CELL_DEGREES) for step in range(-rings, rings + 1))
    return "(" + " OR ".join(f"cell BETWEEN {middle - rings} AND {middle + rings}" for middle in rows) + ")"


class Index:
    """One gazetteer file, or one in memory; may be shared by threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.meta: dict[str, str] = dict(self.rows("SELECT name, value FROM meta"))
        self._spellings = int(self.rows("SELECT count(*) FROM spelling")[0][0])
        self._has_places = bool(self.rows("SELECT 1 FROM thing WHERE street = 0 LIMIT 1"))

    @classmethod
    def open(cls, path: Path) -> "Index":
        """Open a file for reading; ``InputError`` says what to do where it is none or of another format."""
        if not path.is_file():
            raise InputError(f"There is no gazetteer {path}; make one with geo-reports gazetteer build.")
        try:
            link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            index = cls(link)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path} is no gazetteer ({error}); make one with geo-reports gazetteer build.") from None
        if index.meta.get("format") != FORMAT:
            raise InputError(f"{path} has another format; make it again with geo-reports gazetteer build.")
        return index

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[Row]:
        """Rows of a query."""
        with self._lock:  # one connection serves all threads; a search asks it for a millisecond in all
            return self._connection.execute(query, tuple(values)).fetchall()

    def count(self, what: str) -> int:
        """How many of a kind there are: street, place or house."""
        kinds = {"street": "thing WHERE street = 1", "place": "thing WHERE street = 0", "house": "house"}
        return int(self.rows(f"SELECT count(*) FROM {kinds[what]}")[0][0])  # noqa: S608 own names

    def same(self, key: str) -> list[Thing]:
        """Things with a spelling that has this key."""
        return self._things([row[0] for row in self.rows("SELECT id FROM spelling WHERE key = ? LIMIT 60", (key,))])

    def alike(self, key: str, limit: int) -> list[Thing]:
        """Things with a spelling that has this key, or is like it, up to twice ``limit`` of these."""
        found = [row[0] for row in self.rows("SELECT id FROM spelling WHERE key = ? LIMIT 60", (key,))]
        found += trigrams.alike(self.rows, key, self._spellings, limit)
        return self._things(list(dict.fromkeys(found)))

    def _things(self, spellings: list[int]) -> list[Thing]:
        marks = ",".join("?" * len(spellings))
        found = self.rows(
            "SELECT t.id, t.street, t.name, t.lon, t.lat, t.extent_m, t.drawn, s.words FROM spelling s "  # noqa: S608
            f"JOIN thing t ON t.id = s.thing WHERE s.id IN ({marks})",
            spellings,
        )
        return [Thing(r[0], bool(r[1]), r[2], r[3], r[4], r[5], bool(r[6]), tuple(r[7].split())) for r in found]

    def houses(self, thing: int, number: int) -> list[Known]:
        """Known houses of a street with a number."""
        query = "SELECT number, text, lon, lat, spread_m FROM house WHERE thing = ? AND number = ?"
        return [Known(*row) for row in self.rows(query, (thing, number))]

    def neighbors(self, thing: int, number: int, limit: int = 6) -> tuple[list[Known], list[Known]]:
        """Known houses of a street below and above a number, the nearest in number first."""
        query = "SELECT number, text, lon, lat, spread_m FROM house WHERE thing = ? AND number "
        below = self.rows(query + "< ? ORDER BY number DESC LIMIT ?", (thing, number, limit))
        above = self.rows(query + "> ? ORDER BY number LIMIT ?", (thing, number, limit))
        return [Known(*row) for row in below], [Known(*row) for row in above]

    def points(self, thing: int) -> list[tuple[float, float]]:
        """Every point known of a street, corners of its line included."""
        return self.rows(
            "SELECT lon, lat FROM house WHERE thing = ?1 UNION SELECT lon, lat FROM spot WHERE thing = ?1 "
            "UNION SELECT lon, lat FROM piece WHERE thing = ?1 UNION SELECT to_lon, to_lat FROM piece WHERE thing = ?1",
            (thing,),
        )

    def crossings(self, one: int, other: int) -> list[tuple[float, float]]:
        """Points where two streets are known to meet."""
        query = "SELECT lon, lat FROM crossing WHERE one = ? AND other = ?"
        return self.rows(query, (min(one, other), max(one, other)))

    def runs_near(self, lon: float, lat: float) -> list[Row]:
        """Rows (thing, number, lon, lat, east_m, north_m) of runs around a point, from farther away where few are."""
        found: list[Row] = []
        for rings in (3, 8):
            found = self.rows(
                f"SELECT thing, number, lon, lat, east_m, north_m FROM run WHERE {_cells(lon, lat, rings)}"  # noqa: S608
            )
            if len(found) >= ENOUGH_RUNS:
                break
        return found

    def streets_near(self, lon: float, lat: float, rings: int) -> list[Row]:
        """Rows (thing, number, lon, lat, to_lon, to_lat) of streets in the cells around a point."""
        cells = _cells(lon, lat, rings)
        return self.rows(
            f"SELECT thing, text, lon, lat, lon, lat FROM house WHERE {cells} UNION ALL "  # noqa: S608
            f"SELECT thing, '', s.lon, s.lat, s.lon, s.lat FROM spot s JOIN thing t ON t.id = s.thing "
            f"WHERE {cells} AND street = 1 UNION ALL "
            f"SELECT thing, '', lon, lat, to_lon, to_lat FROM piece WHERE {cells}"
        )

    def places_near(self, lon: float, lat: float, rings: int) -> list[Row]:
        """Rows (thing, "", lon, lat, lon, lat) of places in the cells around a point."""
        if not self._has_places:
            return []
        return self.rows(
            "SELECT thing, '', s.lon, s.lat, s.lon, s.lat FROM spot s JOIN thing t ON t.id = s.thing "  # noqa: S608
            f"WHERE {_cells(lon, lat, rings)} AND street = 0"
        )

    def is_street(self, key: str) -> bool:
        """Tell whether a street has a spelling with this key."""
        query = "SELECT 1 FROM spelling s JOIN thing t ON t.id = s.thing WHERE s.key = ? AND t.street = 1 LIMIT 1"
        return bool(self.rows(query, (key,)))

    def name(self, thing: int) -> str:
        """Name of a street or place."""
        return str(self.rows("SELECT name FROM thing WHERE id = ?", (thing,))[0][0])


def write(path: Path | None, meta: dict[str, str], tables: dict[str, list[Row]]) -> Index:
    """Write a gazetteer's tables to a new file, or to memory, and open it.

    The keys of ``tables`` are those of the module's table; the file appears whole or not at all.
    """
    if path is None:
        link = sqlite3.connect(":memory:", check_same_thread=False)
        _fill(link, meta, tables)
        return Index(link)
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    link = sqlite3.connect(half)
    _fill(link, meta, tables)
    link.execute("VACUUM")
    link.close()
    half.replace(path)
    return Index.open(path)


def _fill(link: sqlite3.Connection, meta: dict[str, str], tables: dict[str, list[Row]]) -> None:
    link.executescript(_SCHEMA + trigrams.SCHEMA)
    link.executemany("INSERT INTO meta VALUES (?, ?)", sorted({**meta, "format": FORMAT}.items()))
    for name, width in _COLUMNS.items():
        marks = ",".join("?" * width)
        link.executemany(f"INSERT INTO {name} VALUES ({marks})", tables.get(name, []))  # noqa: S608 own names
    lists = trigrams.lists((row[0], row[2]) for row in tables.get("spelling", []))
    link.executemany("INSERT INTO trigram VALUES (?, ?, ?)", lists)
    link.commit()
    link.executescript(_INDEXES)
    link.commit()
