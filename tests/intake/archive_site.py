"""What the tests of the archive share: a store for the tiny city, profiles and files written by hand."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from geo_reports.city import City
from geo_reports.intake import Intake, Locator, ServerKey
from geo_reports.intake.archive import Archive
from geo_reports.store import Query, Store
from tests.store.hand import counted

NOW = datetime(2026, 9, 30, 15, tzinfo=UTC)
HEAD = ["id", "lon", "lat", "kind", "day", "hour", "text", "size", "state", "shut", "acc"]
FULL = """
format = 1
source = "notebook"
id_column = "id"
lon_column = "lon"
lat_column = "lat"
accuracy_column = "acc"
category_column = "kind"
description_column = "text"
size_column = "size"
status_column = "state"
[categories]
basura = "household"
escombros = "rubble"
robo = "street_robbery"
[sizes]
camion = "truck"
[statuses]
limpio = "cleaned"
abierto = "received"
[occurred]
date_column = "day"
hour_column = "hour"
precision = "hour"
[closed]
date_column = "shut"
"""
BARE = """
format = 1
source = "bare"
lon_column = "lon"
lat_column = "lat"
category = "rubble"
"""
GOOD = ["1", "-69.995", "-32.995", "escombros", "2026-01-05", "13", "junto al canal", "camion", "abierto", "", "12"]


def row(number: object, **change: str) -> list[str]:
    values = dict(zip(HEAD, GOOD, strict=True)) | {"id": str(number)} | change
    return [values[name] for name in HEAD]


def text_of(head: list[str], rows: Iterable[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", delimiter=delimiter)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


class Site:
    """A store and the doors into it."""

    def __init__(self, folder: Path, city: City, name: str = "reports.sqlite") -> None:
        self.folder, self.city = folder, city
        self.store = Store(str(folder / name))
        key, locator = ServerKey(bytes(range(32))), Locator(city, self.store)
        self.archive = Archive(city, self.store, key, locator, lambda: NOW)
        self.intake = Intake(city, self.store, key, locator, lambda: NOW)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, file: Path, profile: str = FULL, **options):
        rejects = options.pop("rejects", self.folder / "rejects.csv")
        return self.archive.run(file, profile=self.write("profile.toml", profile), rejects=rejects, **options)

    def take(self, rows: Iterable[list[str]], profile: str = FULL, head: list[str] = HEAD, **options):
        return self.run(self.write("file.csv", text_of(head, rows)), profile, **options)

    def reports(self):
        return self.store.find(Query(), text=True).iloc[::-1].reset_index(drop=True)

    def is_whole(self) -> bool:
        """Counters equal a recount and the chain is unbroken."""
        return counted(self.store) and self.store.chain_break() is None
