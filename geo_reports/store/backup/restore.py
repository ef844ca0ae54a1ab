"""Bring a backup back into an empty place: nothing is put there before all of it was found right."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from geo_reports.errors import InputError, KeyProblem, StoreError
from geo_reports.store import chain, recount
from geo_reports.store.backup.fill import empty, fill
from geo_reports.store.backup.manifest import Manifest, originals_of, photos_of, reading_copy, require_sound
from geo_reports.store.backup.sealed import key_finder
from geo_reports.store.backup.site import Progress, Site, workspace
from geo_reports.store.backup.unpack import PhotoSink, Unpacked, unpack
from geo_reports.store.engine import file_of, open_engine, place_of, reading, writing
from geo_reports.store.erasure import erase_again
from geo_reports.store.erasure_log import ErasureLog, traces_of
from geo_reports.store.faults import reach
from geo_reports.store.keyfile import read_secret, server_key_file, sync_folder, write_secret
from geo_reports.store.upgrade import migrate

DRAFT = ".restoring"
"""Folder inside that of the photos, where they wait; on the same disk even where that one is a disk of its own."""
NO_CONTENT = {DRAFT, "lost+found"}
UNPACKING = 0.8


@dataclass(frozen=True)
class Mended:
    """What was done to the copy after it was found whole: reports erased again, counters that had to be made anew."""

    events: int
    erased: int
    recounted: bool


@dataclass(frozen=True)
class Restored:
    """What a restore brought back.

    ``log_known`` is False where nothing here tells what was erased after the backup; ``lacking`` is the number of
    photos that the store had lost before it was backed up.
    """

    manifest: Manifest
    mended: Mended
    log_known: bool
    lacking: int
    seconds: float


def restore(
    site: Site,
    file: Path,
    key: bytes,
    key_name: str,
    city: str,
    *,
    check_of: Callable[[bytes], str],
    erasures: Path | None = None,
    clock: Callable[[], float] = time.time,
    progress: Progress = lambda share: None,
) -> Restored:
    """Restore a backup, examine it and erase again what was erased since.

    ``key_name`` says in errors which key was given; ``erasures`` is a copy of the log of erasures from elsewhere.
    Raises ``InputError`` where the place is not empty, ``KeyProblem`` for another backup key or a server key in the
    way, ``StoreError`` for a backup that cannot be used; nothing is changed then.
    """
    began = time.monotonic()
    _require_empty(site)
    more = _read_log(erasures)
    with workspace(site.work) as work, workspace(site.photos / DRAFT) as photos:
        report = lambda share: progress(UNPACKING * share)  # noqa: E731
        found = unpack(file, key_finder(key, key_name, str(file)), work, PhotoSink(photos), report)
        _check_belongs(site, file, found, city, check_of)
        log = ErasureLog.beside(site.keys, found.manifest.store_id)
        # where the key is, the log would be as well if anything had been erased
        key_there = server_key_file(site.keys, found.manifest.store_id).exists()
        log_known = erasures is not None or log.path.exists() or key_there
        traces = traces_of(found.erasures, str(file)) | log.traces() | traces_of(more, str(erasures))
        mended = _mend(found, photos, traces, int(clock()))
        reach("restore.mended")
        _sync_photos(photos)
        _place(site, found, photos, [found.erasures, more])
    progress(1.0)
    return Restored(found.manifest, mended, log_known, len(found.lacking), time.monotonic() - began)


def _require_empty(site: Site) -> None:
    store = file_of(site.db)
    if store is None:
        engine = open_engine(site.db)
        try:
            with reading(engine) as connection:
                free = empty(connection)
        finally:
            engine.dispose()
    else:
        free = not any(store.with_name(store.name + end).exists() for end in ("", "-wal", "-shm", "-journal"))
    if not free:
        raise InputError(f"There is something at {place_of(site.db)} already; a restore goes into an empty place only.")
    if site.photos.exists() and {path.name for path in site.photos.iterdir()} - NO_CONTENT:
        raise InputError(
            f"The photo folder {site.photos} is not empty; a restore goes into an empty place only. "
            "If a restore was broken off here, remove the folder; else choose another with GEO_REPORTS_PHOTO_DIR."
        )


def _read_log(path: Path | None) -> str:
    if path is None:
        return ""
    if not path.is_file():
        raise InputError(f"There is no log of erasures at {path}.")
    return ErasureLog(path).text()


def _check_belongs(site: Site, file: Path, found: Unpacked, city: str, check_of: Callable[[bytes], str]) -> None:
    said = found.manifest
    if said.city != city:
        raise InputError(f"{file} is of the city {said.city!r}, not of {city!r}: name its folder with --city.")
    if said.key_check is not None and check_of(found.server_key) != said.key_check:
        raise StoreError(f"{file} holds a server key that is not its store's. Take another backup.")
    place = server_key_file(site.keys, said.store_id)
    if place.exists() and read_secret(place, "server key") != found.server_key:
        raise KeyProblem(f"{place} is there already and is another key than the backup's: move it away first.")


def _mend(found: Unpacked, photos: Path, traces: set[str], at: int) -> Mended:
    """Bring the copy up to this program's schema, erase again, count again; then examine what was changed."""
    engine = open_engine(str(found.store))
    try:
        migrate(engine)
        with writing(engine) as connection:
            erased = erase_again(connection, traces, at=at)
            recounted = any(len(wrong) for wrong in recount.differences(connection).values())
            if recounted:
                recount.rebuild(connection)
            events, _ = chain.head(connection)
        if erased:
            with engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # VACUUM takes no transaction; the one just begun is empty
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("BEGIN")
        with reading(engine) as connection:
            require_sound(connection)
    finally:
        engine.dispose()
    _drop_photos(found.store, photos)
    return Mended(events, erased, recounted)


def _drop_photos(store: Path, photos: Path) -> None:
    """Remove photos whose last report was erased again."""
    with reading_copy(store) as connection:
        wanted = {digest.hex() for digest, _ in photos_of(connection)}
        wanted |= {digest.hex() for digest in originals_of(connection)}
    for path in _files(photos):
        if path.stem not in wanted:
            path.unlink()


def _files(photos: Path) -> list[Path]:
    """Pictures and sealed originals, by folder."""
    return sorted(path for path in photos.rglob("*") if path.is_file())


def _place(site: Site, found: Unpacked, photos: Path, logs: list[str]) -> None:
    """Put everything in its place, the store last: before it is there, there is nothing to be mistaken for one."""
    with ExitStack() as undo:
        for folder in sorted(photos.iterdir()):
            target = site.photos / folder.name
            folder.rename(target)
            undo.callback(target.rename, folder)
        sync_folder(site.photos)
        reach("restore.photos")
        key = server_key_file(site.keys, found.manifest.store_id)
        if write_secret(key, found.server_key):
            undo.callback(key.unlink)
        log = ErasureLog.beside(site.keys, found.manifest.store_id)
        for text in logs:
            log.join(text)
        reach("restore.key")
        store = file_of(site.db)
        if store is None:
            fill(site.db, found.store)
        else:
            _sync(found.store)
            os.link(found.store, store)  # unlike a rename, it never takes the place of another store
            sync_folder(store.parent)
        undo.pop_all()
    reach("restore.placed")


def _sync_photos(photos: Path) -> None:
    """Make photos durable once all are written: by then the disk has most of them, and each sync is short."""
    for path in _files(photos):
        _sync(path)
    for folder in sorted(path for path in photos.rglob("*") if path.is_dir()):
        sync_folder(folder)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
