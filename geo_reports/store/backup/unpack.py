"""Read a backup whole: decrypt, lay its parts out in a folder, and hold each against the others."""

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import ValidationError

from geo_reports.errors import InputError, SchemaTooNew, StoreError
from geo_reports.store import revisions
from geo_reports.store.backup.manifest import Manifest, check_copy, originals_of, photos_of, reading_copy
from geo_reports.store.backup.sealed import DAMAGED, SealedReader
from geo_reports.store.backup.site import Progress
from geo_reports.store.photos import PhotoFolder

MANIFEST, STORE, SERVER_KEY = "manifest.json", "store.sqlite", "server.key"
LACKING, ERASURES = "lacking.txt", "erasures.txt"
"""Parts in their order; the photos come before ``LACKING``."""
PHOTO = re.compile(r"photos/([0-9a-f]{64})\.jpg|evidence/([0-9a-f]{64})\.sealed")
"""A picture, or an original that evidence mode kept."""
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Unpacked:
    """Parts of a backup that agree with each other; ``lacking`` are photos that its store did not have either."""

    manifest: Manifest
    store: Path
    server_key: bytes
    lacking: frozenset[bytes]
    erasures: str


class PhotoSink:
    """Takes the photos of a backup: into a folder, or only to look at them."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = PhotoFolder(folder) if folder is not None else None

    def take(self, digest: bytes, data: bytes, *, sealed: bool = False) -> None:
        """Keep a picture or a sealed original; it is not synced."""
        if self._folder is not None:
            target = (self._folder.sealed if sealed else self._folder).path(digest)
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            target.touch(mode=0o600)
            target.write_bytes(data)


def unpack(
    file: Path, key_of: Callable[[str], bytes], folder: Path, photos: PhotoSink, progress: Progress = lambda share: None
) -> Unpacked:
    """Lay a backup out; returns when every byte of it was read and found right.

    ``key_of`` gives the backup key for its id. ``InputError`` when the file cannot be read, ``KeyProblem`` for
    another key, ``SchemaTooNew`` for a store of a newer program, ``StoreError`` for a damaged or edited file.
    """
    try:
        with file.open("rb") as raw:
            sealed = SealedReader(raw, str(file), key_of)
            size = max(file.stat().st_size, 1)
            with (
                _plain_errors(file),
                tarfile.open(fileobj=cast(BinaryIO, sealed), mode="r|", bufsize=BLOCK_BYTES) as archive,
            ):
                parts = _Parts(archive, lambda: progress(0.8 * raw.tell() / size))
                manifest, server_key = _first_parts(parts, folder / STORE)
                taken, lacking, erasures = _photos(parts, photos)
            sealed.finish()
    except FileNotFoundError:
        raise InputError(f"There is no backup at {file}.") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be read or unpacked: {error.strerror}.") from None
    check_copy(folder / STORE, manifest)
    _check_photos(file, folder / STORE, taken, lacking)
    progress(1.0)
    return Unpacked(manifest, folder / STORE, server_key, frozenset(lacking), erasures)


class _Parts:
    """The archive, one part after the other."""

    def __init__(self, archive: tarfile.TarFile, tick: Callable[[], None]) -> None:
        self._archive, self._tick = archive, tick

    def next(self) -> tuple[str, BinaryIO]:
        """Name and bytes of the next part; to be read before the one after it."""
        self._tick()
        entry = self._archive.next()
        data = self._archive.extractfile(entry) if entry is not None else None
        if entry is None or data is None:
            raise ValueError("the archive ends too early")
        return entry.name, cast(BinaryIO, data)

    def text(self, name: str) -> str:
        """Text of the next part, which must have this name."""
        found, data = self.next()
        if found != name:
            raise ValueError(f"{found} where {name} was due")
        return data.read().decode()


def _first_parts(parts: _Parts, store: Path) -> tuple[Manifest, bytes]:
    manifest = Manifest.model_validate_json(parts.text(MANIFEST))
    if manifest.schema_ not in revisions.known():
        raise SchemaTooNew(
            f"This backup holds a store of schema {manifest.schema_}, made by geo_reports {manifest.program}, "
            "which this program does not know. Install the newer program."
        )
    name, data = parts.next()
    if name != STORE:
        raise ValueError(f"{name} where {STORE} was due")
    store.touch(mode=0o600)
    with store.open("wb") as file:
        while block := data.read(BLOCK_BYTES):
            file.write(block)
    return manifest, bytes.fromhex(parts.text(SERVER_KEY).strip())


def _photos(parts: _Parts, sink: PhotoSink) -> tuple[list[bytes], list[bytes], str]:
    """Take the photos; returns which they are, which are lacking, and the erasures after them."""
    taken: list[bytes] = []
    while True:
        name, data = parts.next()
        named = PHOTO.fullmatch(name)
        if named is None:
            break
        content = data.read()
        digest = hashlib.sha256(content).digest()
        if digest.hex() not in named.groups():
            raise ValueError(f"{name} has other bytes")
        sink.take(digest, content, sealed=named[2] is not None)
        taken.append(digest)
    if name != LACKING:
        raise ValueError(f"{name} where {LACKING} was due")
    lacking = [bytes.fromhex(line) for line in data.read().decode().split()]
    return taken, lacking, parts.text(ERASURES)


def _check_photos(file: Path, store: Path, taken: list[bytes], lacking: list[bytes]) -> None:
    with reading_copy(store) as connection:
        wanted = [digest for digest, _ in photos_of(connection)] + list(originals_of(connection))
    if sorted(taken + lacking) != sorted(wanted):
        raise StoreError(f"{file} {DAMAGED}")


@contextmanager
def _plain_errors(file: Path) -> Iterator[None]:
    """An archive that was genuine and still makes no sense was not written by this program."""
    try:
        yield
    except (tarfile.TarError, ValidationError, ValueError) as error:
        raise StoreError(f"{file} {DAMAGED}") from error
