"""What was erased, remembered outside the store: a backup from before an erasure must not bring it back.

A line holds a digest of a report's identity under the salt the report had. The salt goes with the report, so the log
tells nobody anything; a backup still has it, and there the digest is found again.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_reports.errors import StoreError
from geo_reports.store.keyfile import make_folder, sync_folder

LINE = re.compile(r"(\d+ [0-9a-f]{64}) ([0-9a-f]{8})")
"""Second, digest, and the beginning of a checksum of both."""
SHORTEST = 84
"""Characters of a whole line since 2001; a shorter one was broken off while it was written."""


def trace(identity: bytes, salt: bytes) -> str:
    """What is kept of an erased report: nothing can be learnt from it without the salt."""
    return hashlib.blake2b(identity, digest_size=32, key=salt, person=b"erased").hexdigest()


class ErasureLog:
    """Append-only file of traces."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, keys: Path, store_id: str) -> "ErasureLog":
        """Log of a store, next to its server key."""
        return cls(keys / f"{store_id}.erased")

    def traces(self) -> set[str]:
        """Every trace; ``StoreError`` for a damaged line."""
        return traces_of(self.text(), str(self.path))

    def add(self, traces: Iterable[str], at: int) -> None:
        """Remember erasures (``at``: seconds since 1970); when this returns they are on disk."""
        self._append("".join(_line(one, at) for one in traces))

    def join(self, text: str) -> None:
        """Add the lines of another copy of this log that are missing here."""
        known = set(self.text().splitlines())
        self._append("".join(f"{line}\n" for line in text.splitlines() if line not in known and LINE.fullmatch(line)))

    def text(self) -> str:
        """The file as it is; empty where nothing was ever erased. ``StoreError`` when it cannot be read."""
        try:
            return self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}.") from None

    def _append(self, lines: str) -> None:
        if not lines:
            return
        with _plain_errors(self.path):
            make_folder(self.path.parent)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                torn = file.seek(0, os.SEEK_END) and os.pread(descriptor, 1, file.tell() - 1) != b"\n"
                rest = memoryview((("\n" if torn else "") + lines).encode())
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(descriptor)
            sync_folder(self.path.parent)


def traces_of(text: str, name: str) -> set[str]:
    """Traces in the text of a log; ``StoreError`` for a damaged line. One that was broken off belongs to no erasure."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        whole = LINE.fullmatch(line)
        if whole and whole[2] == _sum(whole[1]):
            found.add(whole[1].split()[1])
        elif len(line) >= SHORTEST:
            raise StoreError(f"{name}, line {number}: is damaged; put the file back from your copy.")
    return found


def _line(one: str, at: int) -> str:
    return f"{at} {one} {_sum(f'{at} {one}')}\n"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Nothing was erased.") from error
