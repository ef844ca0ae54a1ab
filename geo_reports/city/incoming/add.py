"""``prepare`` and ``commit``: a layer file becomes an edition in a city folder, whole or not at all."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_reports.city.check import check
from geo_reports.city.folder import City, load
from geo_reports.city.incoming.axes import Ground
from geo_reports.city.incoming.edition import geojson, previous, with_layer, with_version
from geo_reports.city.incoming.units import Brought, Reading, bring
from geo_reports.errors import InputError, LayerRefused


@dataclass(frozen=True)
class Wish:
    """What to add: an edition of a layer, or with ``words`` (its name in each language) a layer of its own."""

    file: Path
    layer_id: str
    valid_from: date | None = None
    words: dict[str, str] | None = None
    source: str = ""
    licence: str = ""
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, eq=False)
class Prepared:
    """An edition that the city folder accepts, not yet written.

    ``ends`` is the file of the edition it follows; ``unofficial`` says that the layer calls itself approximate.
    """

    root: Path
    file: str
    brought: Brought
    before: bytes
    after: bytes
    content: bytes
    ends: str | None
    previous: gpd.GeoDataFrame | None
    unofficial: bool = False


def prepare(root: Path, wish: Wish) -> Prepared:
    """Read the file and try the edition out on a copy of the city folder, which is left as it is.

    Raises ``CityError`` when the folder is unsound beforehand, ``LayerRefused`` with every problem of the file or
    of the folder as it would become, ``InputError`` when the wish cannot be granted.
    """
    city = load(root)
    _possible(city, wish)
    ends, old = _follows(city, wish)
    known = [] if old is None else list(old.unit)
    brought = bring(wish.file, wish.reading, Ground.of(city), known)
    _strangers(brought, known)
    name = f"{wish.layer_id}-{wish.valid_from}.geojson" if wish.valid_from else f"{wish.layer_id}.geojson"
    if (city.root / "layers" / name).exists():
        raise InputError(
            f"layers/{name} is there already: remove it if no layer uses it, or give another --valid-from."
        )
    before = (city.root / "layers" / "city.toml").read_bytes()
    after = _toml(before, wish, _entry(wish, name, brought.units), ends)
    unofficial = wish.words is None and not city.layers[wish.layer_id].spec.official
    prepared = Prepared(city.root, name, brought, before, after, geojson(brought.units), ends, old, unofficial)
    _tried(prepared)
    return prepared


def commit(prepared: Prepared) -> Path:
    """Write the layer and then ``city.toml``, each in one step; whatever stops it leaves the folder as it was.

    Raises ``InputError`` when ``city.toml`` was changed meanwhile or the folder cannot be written.
    """
    folder = prepared.root / "layers"
    toml = (folder / "city.toml").resolve()
    target = folder / prepared.file
    with _alone(folder):
        if toml.read_bytes() != prepared.before or target.exists():
            raise InputError("The city folder was changed meanwhile: nothing was written, run the command again.")
        try:
            _put(target, prepared.content, like=toml)
            _put(toml, prepared.after, like=toml)
        except BaseException as error:
            if toml.read_bytes() == prepared.before:
                target.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise InputError(f"layers/: cannot be written ({error.strerror}); nothing was changed.") from error
            raise
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others who add an edition waiting: between comparing ``city.toml`` and writing it nobody else may."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _possible(city: City, wish: Wish) -> None:
    if wish.words is None and wish.layer_id not in city.layers:
        there = ", ".join(city.layers)
        raise InputError(f"--id {wish.layer_id}: no such layer; there are {there}. For another one, add --new.")
    if wish.words is not None and wish.layer_id in city.layers:
        raise InputError(f"--id {wish.layer_id}: the layer is there already; leave out --new to add an edition.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", wish.layer_id):
        raise InputError(f"--id {wish.layer_id!r}: use lower case letters, digits, - and _, 64 at most.")
    if wish.words is None and wish.valid_from is None:
        raise InputError("--valid-from: say from which day the new edition holds, like 2026-01-01.")


def _follows(city: City, wish: Wish) -> tuple[str | None, gpd.GeoDataFrame | None]:
    """File of the edition that the new one ends, and the units of the one it follows."""
    if wish.words is not None or wish.valid_from is None:
        return None, None
    layer = city.layers[wish.layer_id]
    latest, is_open = previous(layer.spec, wish.valid_from)
    return latest.file if is_open else None, layer.current.units


def _strangers(brought: Brought, known: list[str]) -> None:
    """Say how many ids are new: plans, populations and aliases name units by id."""
    units = brought.units
    new = int((~units.unit.isin(known)).sum())
    if known and new:
        brought.notes.append(f"{new} of {len(units)} ids are not in the edition before: look at plans and aliases.")
    if units.population.isna().all():
        brought.notes.append("No population is known: rates per 1,000 residents will be missing.")


def _entry(wish: Wish, name: str, units: gpd.GeoDataFrame) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": name, "id_column": "id", "name_column": "name"}
    if units.population.notna().any():
        entry["population_column"] = "population"
    if wish.valid_from:
        entry["valid_from"] = wish.valid_from
    return entry | {key: value for key in ("source", "licence") if (value := getattr(wish, key))}


def _toml(before: bytes, wish: Wish, entry: dict[str, Any], ends: str | None) -> bytes:
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    text = before.removeprefix(mark).decode()
    if wish.words is not None:
        return mark + with_layer(text, {"id": wish.layer_id, "name": wish.words}, entry).encode()
    return mark + with_version(text, wish.layer_id, entry, ends).encode()


def _tried(prepared: Prepared) -> None:
    """Check a folder of links to the city's files, with the edition as it would be."""
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made).resolve()
        for part in ("layers", "maps"):
            for path in sorted((prepared.root / part).rglob("*")):
                target = copy / path.relative_to(prepared.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                if path.is_file():
                    target.symlink_to(path.resolve())
        toml = copy / "layers" / "city.toml"
        toml.unlink()
        toml.write_bytes(prepared.after)
        (copy / "layers" / prepared.file).write_bytes(prepared.content)
        problems, _ = check(copy)
    if problems:
        raise LayerRefused(problems)


def _put(path: Path, content: bytes, like: Path) -> None:
    """Write a file under another name, down to the disk, and rename it."""
    other = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with other.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(like, other)
        other.replace(path)
    finally:
        other.unlink(missing_ok=True)
