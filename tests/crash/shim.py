"""Drive ``disk.c``: make the disk of a service fail, or write down all that reaches it."""

import errno
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("disk.c")
CALLS = ("CREATE", "WRITE", "TRUNCATE", "SYNC", "SYNC_FOLDER", "RENAME", "UNLINK", "LINK", "MKDIR", "RMDIR")
CALLS += ("SYNC_FAILED", "MARK")
"""As numbered from 1 in ``disk.c``; MARK is a client's."""
RULE = struct.Struct("=IiiiII232s")
ENTRY = struct.Struct("=IIQQQ")
FULL, BROKEN = errno.ENOSPC, errno.EIO


@cache
def library() -> Path:
    """The compiled shim; a test is skipped where there is no compiler, but never in CI."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        answer = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        answer("there is no C compiler on this machine; .ci/system-packages installs one")
    made = Path(tempfile.mkdtemp(prefix="geo-reports-disk-")) / "disk.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", made, SOURCE, "-ldl", "-lpthread"], check=True)
    return made


@dataclass(frozen=True)
class Entry:
    """One change of the disk, or a receipt that a client holds (MARK, its words in ``path``)."""

    call: str
    path: str
    inode: int
    offset: int
    data: bytes

    @property
    def paths(self) -> tuple[str, str]:
        """Both names of a rename or a link."""
        old, _, new = self.path.partition("|")
        return old, new


class Shim:
    """The disk below ``root``, for a process started with ``env``; ``beside`` holds what steers and what is logged."""

    def __init__(self, root: Path, beside: Path, record: bool = False) -> None:
        self.root = root.resolve()
        self._control, self.log = beside / "control", beside / "log"
        self._control.write_bytes(bytes(RULE.size))
        with self._control.open("r+b") as file:
            self._rule = mmap.mmap(file.fileno(), RULE.size)
        self.env = {"LD_PRELOAD": str(library()), "DISK_ROOT": str(self.root), "DISK_CONTROL": str(self._control)}
        if record:
            self.env["DISK_LOG"] = str(self.log)

    def fail(
        self, *calls: str, pattern: str = "*", error: int = FULL, after: int = 0, times: int = -1, halve: bool = False
    ) -> None:
        """From now on fail these calls on paths like ``pattern``; ``halve`` cuts every other write short instead."""
        self.heal()
        bits = sum(2 << CALLS.index(call) for call in calls)
        rule = RULE.pack(0, error, after, times, halve, 0, str(self.root / pattern).encode())
        self._rule[4:] = rule[4:]
        self._rule[:4] = struct.pack("=I", bits)  # last: it arms the rule

    def heal(self) -> None:
        """Let everything through again."""
        self._rule[:4] = bytes(4)

    @property
    def hits(self) -> int:
        """How many calls the present rule failed or cut short."""
        return int(RULE.unpack(self._rule[:])[5])

    def mark(self, words: str) -> None:
        """Write down that a client holds a receipt now."""
        path = words.encode()
        with self.log.open("ab", buffering=0) as file:
            file.write(ENTRY.pack(CALLS.index("MARK") + 1, len(path), 0, 0, 0) + path)

    def entries(self) -> Iterator[Entry]:
        """All that was written down, in order."""
        raw, at = self.log.read_bytes(), 0
        while at < len(raw):
            call, path_length, inode, offset, length = ENTRY.unpack_from(raw, at)
            at += ENTRY.size
            path = raw[at : at + path_length].decode()
            at += path_length
            yield Entry(CALLS[call - 1], path, inode, offset, raw[at : at + length])
            # only a write carries its data
            at += length
