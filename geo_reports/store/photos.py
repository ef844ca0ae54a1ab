"""Photos on disk, each under the hash of its bytes; a photo is there whole and durable, or not at all."""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from geo_reports.errors import PhotoDamaged, StoreError, StoreFull
from geo_reports.store import faults
from geo_reports.store.keyfile import make_folder, sync_folder

DIGEST_BYTES = 32
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OWN_NAME = re.compile(r"[0-9a-f]{64}\.(?:jpg|sealed)|\.new-[0-9a-f]{32}")
"""What this module calls its files; whatever else lies in the folder is not its to remove."""

SEALED = "evidence"
"""Not of two letters, as the folders of photos are: ``collect`` looks into those only."""


@dataclass(frozen=True)
class Fault:
    """One photo that cannot be shown, and whether it is ``missing`` or ``damaged``."""

    digest: bytes
    what: str


class PhotoFolder:
    """Content-addressed folder: ``ab/abcd….jpg`` for the photo whose SHA-256 is ``abcd…``."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time, ending: str = ".jpg") -> None:
        self._root, self._clock, self._ending = root, clock, ending

    @property
    def sealed(self) -> "PhotoFolder":
        """Folder inside this one for originals, encrypted: ``evidence/ab/abcd….sealed``."""
        return PhotoFolder(self._root / SEALED, self._clock, ".sealed")

    def put(self, data: bytes) -> bytes:
        """Keep a photo and return its digest; when this returns it is on disk.

        Keeping it again writes it again: that mends a damaged copy and starts the grace period of ``collect`` anew.
        Raises ``StoreFull`` or ``StoreError``, and then nothing was kept.
        """
        digest = hashlib.sha256(data).digest()
        target = self.path(digest)
        with _plain_errors():
            make_folder(self._root)
            with _lock(self._root, fcntl.LOCK_SH):
                make_folder(target.parent)
                _write(data, target)
        return digest

    def path(self, digest: bytes) -> Path:
        """Where a photo is or would be; made of its digest and nothing a sender wrote."""
        if len(digest) != DIGEST_BYTES:
            raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
        name = digest.hex()
        return self._root / name[:2] / f"{name}{self._ending}"

    def read(self, digest: bytes) -> bytes:
        """Bytes of a photo as they were put; raises ``PhotoDamaged`` if they are gone or others, or ``StoreError``."""
        what, data = self._look(digest)
        if what is not None:
            raise PhotoDamaged(f"The photo {digest.hex()} is {what}; take it from a backup.")
        return data

    def verify(self, digests: Iterable[bytes]) -> list[Fault]:
        """All photos among ``digests`` that are missing or damaged."""
        return [Fault(digest, what) for digest in digests if (what := self._look(digest)[0]) is not None]

    def collect(self, referenced: Iterable[bytes], *, older_than_s: float) -> list[Path]:
        """Remove photos no report refers to and what broken-off writes left, if older than a grace period.

        The period must exceed the time from ``put`` to the commit of the report, and from reading ``referenced`` to
        calling this.
        """
        kept = {digest.hex() for digest in referenced}
        removed = []
        with _plain_errors():
            for path in sorted(self._root.glob("??/*")):
                if OWN_NAME.fullmatch(path.name) and path.stem not in kept and self._remove(path, older_than_s):
                    removed.append(path)
        return removed

    def discard(self, digests: Iterable[bytes], *, older_than_s: float) -> list[bytes]:
        """Remove photos that no report refers to any more; returns those that are too young to be removed now."""
        with _plain_errors():
            there = [digest for digest in digests if self.path(digest).exists()]
            return [digest for digest in there if not self._remove(self.path(digest), older_than_s)]

    def _remove(self, path: Path, older_than_s: float) -> bool:
        # alone, so that no put() renews the file between the look at its age and its end
        with _lock(self._root, fcntl.LOCK_EX), suppress(FileNotFoundError):
            if self._clock() - path.stat().st_mtime > older_than_s:
                path.unlink()
                return True
        return False

    def _look(self, digest: bytes) -> tuple[str | None, bytes]:
        """What is wrong with a photo, if anything, and its bytes."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            return "missing", b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise StoreError("The photo folder cannot be read: check its owner and permissions.") from error
            return "damaged", b""  # the disk itself gave up on it
        return (None, data) if hashlib.sha256(data).digest() == digest else ("damaged", b"")


def _write(data: bytes, target: Path) -> None:
    """Write beside the target and rename, so that under its name a photo is always whole."""
    temporary = target.with_name(f".new-{secrets.token_hex(16)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            faults.reach("photo.written")
            os.fsync(descriptor)
        faults.reach("photo.synced")
        temporary.rename(target)
    except BaseException:
        with suppress(OSError):  # what cannot be removed now, collect() removes
            temporary.unlink()
        raise
    faults.reach("photo.renamed")
    sync_folder(target.parent)


@contextmanager
def _lock(folder: Path, kind: int) -> Iterator[None]:
    """Share the folder with other writers, or have it alone; across threads and processes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull("There is no room left for photos on the disk; the photo was not kept.") from error
        raise StoreError("The photo folder cannot be written: check its disk, owner and permissions.") from error
