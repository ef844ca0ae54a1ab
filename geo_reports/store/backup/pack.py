"""Write a backup: a copy of the live store, its photos, its server key and its log of erasures, sealed in one file."""

import io
import os
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from geo_reports.errors import InputError, KeyProblem, PhotoDamaged, StoreError
from geo_reports.store import gallery
from geo_reports.store.backup.manifest import Manifest, describe, originals_of, photos_of, reading_copy
from geo_reports.store.backup.sealed import SealedWriter, key_finder, key_id
from geo_reports.store.backup.site import Progress, Site, workspace
from geo_reports.store.backup.unpack import ERASURES, LACKING, MANIFEST, SERVER_KEY, STORE, PhotoSink, unpack
from geo_reports.store.copy import copy_store
from geo_reports.store.engine import file_of, open_engine, place_of, reading
from geo_reports.store.erasure_log import ErasureLog
from geo_reports.store.faults import reach
from geo_reports.store.keyfile import read_secret, server_key_file, sync_folder
from geo_reports.store.photos import PhotoFolder

COPYING, WRITING = 0.2, 0.6
"""Shares of the work that are done when the store is copied, and when the file is written."""


@dataclass(frozen=True)
class Made:
    """A backup that was read back and found whole; ``lacking`` are photos the store refers to and does not have."""

    file: Path
    key_id: str
    manifest: Manifest
    n_bytes: int
    seconds: float
    lacking: tuple[str, ...]


def back_up(
    site: Site,
    file: Path,
    open_key: Callable[[], bytes],
    city: str,
    *,
    check_of: Callable[[bytes], str],
    clock: Callable[[], float] = time.time,
    progress: Progress = lambda share: None,
) -> Made:
    """Back up a store that others go on using, and read the file back before it gets its name.

    ``open_key`` gives the backup key, once the places were found right; ``check_of`` gives what a store remembers of
    its server key. Raises ``InputError`` where ``file`` exists, ``KeyProblem`` without the server key, ``StoreError``
    when the store is not sound or anything cannot be written.
    """
    began, made_at = time.monotonic(), int(clock())
    _check_places(site, file)
    key = open_key()
    draft = file.with_name(f"{file.name}.part")
    try:
        with workspace(site.work) as work:
            copy = work / STORE
            _copy(site.db, copy)
            reach("backup.copied")
            said = describe(copy, city, made_at)
            secret = _server_key(site.keys, said, check_of)
            progress(COPYING)
            lacking = _write(draft, key, said, copy, secret, site, progress)
            copy.unlink()
            reach("backup.written")
            size = draft.stat().st_size
            _verify(draft, key, work, said, progress)
        _check_places(site, file)  # again: a rename would take the place of what came meanwhile
        draft.rename(file)
        sync_folder(file.parent)
    except OSError as error:
        raise StoreError(f"The backup cannot be written: {error.strerror}. Nothing was kept.") from error
    finally:
        draft.unlink(missing_ok=True)
    missed = _still_wanted(site.db, lacking)
    return Made(file, key_id(key), said, size, time.monotonic() - began, missed)


def verify_backup(
    file: Path, key: bytes, key_name: str, work: Path, progress: Progress = lambda share: None
) -> Manifest:
    """Read a backup whole, as a restore would, and keep nothing of it."""
    with workspace(work) as folder:
        return unpack(file, key_finder(key, key_name, str(file)), folder, PhotoSink(), progress).manifest


def _check_places(site: Site, file: Path) -> None:
    store = file_of(site.db)
    if store is not None and not store.is_file():
        raise InputError(f"There is no store at {place_of(site.db)}: nothing to back up.")
    if file.exists():
        raise InputError(f"{file} is there already; a backup never replaces another. Choose another name.")
    if not file.parent.is_dir():
        raise InputError(f"There is no folder {file.parent} for the backup: make it first.")


def _copy(db: str, copy: Path) -> None:
    engine = open_engine(db)
    try:
        copy_store(engine, copy)
    finally:
        engine.dispose()


def _still_wanted(db: str, lacking: tuple[str, ...]) -> tuple[str, ...]:
    """Photos that are not there although the store wants them: not those of reports erased during the backup."""
    if not lacking:
        return ()
    engine = open_engine(db)
    try:
        with reading(engine) as connection:
            forgotten = {digest.hex() for digest in gallery.unwanted(connection, map(bytes.fromhex, lacking))}
    finally:
        engine.dispose()
    return tuple(digest for digest in lacking if digest not in forgotten)


def _server_key(folder: Path, said: Manifest, check_of: Callable[[bytes], str]) -> bytes:
    path = server_key_file(folder, said.store_id)
    secret = read_secret(path, "server key")
    if said.key_check is not None and check_of(secret) != said.key_check:
        raise KeyProblem(f"{path} is not the key this store was made with. Put the right file in its place.")
    return secret


def _write(
    draft: Path, key: bytes, said: Manifest, copy: Path, secret: bytes, site: Site, progress: Progress
) -> tuple[str, ...]:
    """Write the archive; returns the photos that are not there to be taken."""
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        sealed = SealedWriter(file, key)
        with tarfile.open(fileobj=cast(BinaryIO, sealed), mode="w|", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, MANIFEST, said.model_dump_json(indent=1).encode(), said.made_at)
            with copy.open("rb") as rows:
                archive.addfile(_entry(STORE, copy.stat().st_size, said.made_at), rows)
            _add(archive, SERVER_KEY, f"{secret.hex()}\n".encode(), said.made_at)
            lacking = _add_photos(archive, copy, PhotoFolder(site.photos), said, progress)
            _add(archive, LACKING, "".join(f"{digest}\n" for digest in lacking).encode(), said.made_at)
            # last: it then names what was erased while the photos were read
            erased = ErasureLog.beside(site.keys, said.store_id)
            _add(archive, ERASURES, erased.text().encode(), said.made_at)
        sealed.close()
        file.flush()
        os.fsync(descriptor)
        # what is verified must come from the disk, not from memory
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return tuple(lacking)


def _add_photos(
    archive: tarfile.TarFile, copy: Path, folder: PhotoFolder, said: Manifest, progress: Progress
) -> list[str]:
    """Add each picture and each original once. None is ever changed: one read after the copy is the one it means."""
    lacking = []
    with reading_copy(copy) as connection:
        pictures = ((folder, f"photos/{digest.hex()}.jpg", digest) for digest, _ in photos_of(connection))
        sealed = ((folder.sealed, f"evidence/{digest.hex()}.sealed", digest) for digest in originals_of(connection))
        for done, (place, name, digest) in enumerate(chain(pictures, sealed), 1):
            try:
                _add(archive, name, place.read(digest), said.made_at)
            except PhotoDamaged:
                lacking.append(digest.hex())
            progress(COPYING + (WRITING - COPYING) * min(1.0, done / max(1, said.photos)))
    return lacking


def _add(archive: tarfile.TarFile, name: str, data: bytes, at: int) -> None:
    archive.addfile(_entry(name, len(data), at), io.BytesIO(data))


def _entry(name: str, size: int, at: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, at, 0o600
    return entry


def _verify(draft: Path, key: bytes, work: Path, said: Manifest, progress: Progress) -> None:
    report = lambda share: progress(WRITING + (1 - WRITING) * share)  # noqa: E731
    found = unpack(draft, key_finder(key, "this", str(draft)), work, PhotoSink(), report)
    if found.manifest != said:
        raise StoreError("The backup that was written is not the one that was meant. Nothing was kept; try again.")
