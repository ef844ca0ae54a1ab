"""What a disk may hold after the power failed: all that was synced, and any part of what was not.

Assumptions: a sync that succeeded is true; a sector of 512 bytes is written whole or not at all, and a write harms no
byte outside it; of names that were not synced (made, renamed, removed) a journaling file system keeps those up to some
moment, in order. After a sync that failed the kernel forgets what it could not write (fsync(2), Linux).
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from tests.crash.shim import Entry

SECTOR = 512
HOWS = ("nothing", "subset", "torn", "all")
"""What becomes of writes that were not synced: all are dropped, some sectors arrive, the last is torn, all arrive."""


@dataclass
class File:
    """Bytes that are safe, and what was changed since: (offset, data), or (size, None) for a truncation."""

    safe: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.waiting:
            _apply(self.safe, *change)
        self.waiting.clear()

    def forget(self, how: str, draw: random.Random) -> None:
        """A sync failed: what did not arrive then never will."""
        self.safe = self.left(how, draw)
        self.waiting.clear()

    def left(self, how: str, draw: random.Random) -> bytearray:
        """What is left of it."""
        content = bytearray(self.safe)
        for number, (at, data) in enumerate(self.waiting):
            if how == "all" or (how == "torn" and number < len(self.waiting) - 1):
                _apply(content, at, data)
            elif how == "torn" and data is not None:
                _apply(content, at, data[: SECTOR * draw.randint(0, len(data) // SECTOR)])
            elif how == "subset" and data is not None:
                for start in range(0, len(data), SECTOR):
                    if draw.random() < 0.5:
                        _apply(content, at + start, data[start : start + SECTOR])
            elif how == "subset" and draw.random() < 0.5:
                _apply(content, at, None)
        return content


class Disk:
    """Follows the entries of a ``Shim``; it says that it syncs paths like ``deaf`` (of fnmatch), and does not."""

    def __init__(self, root: Path, draw: random.Random, deaf: str = "") -> None:
        self._root, self._draw, self._deaf = str(root), draw, deaf
        self._files: dict[int, File] = {}
        self._now: dict[str, File | None] = {}
        """Every name as programs see it; a folder's file is None."""
        self._safe: dict[str, File | None] = {}
        self._waiting: list[tuple[str, File | None, bool]] = []
        """Changes of names that were not synced: path, file or folder, and whether it is there from now on."""

    def follow(self, entries: Iterable[Entry]) -> None:
        """Let these changes happen."""
        for entry in entries:
            change = getattr(self, f"_{entry.call.lower()}", None)
            if change is not None:
                change(entry)

    def rebuild(self, target: Path, how: str) -> None:
        """Write what is left into an empty folder."""
        names = dict(self._safe)
        kept = {"nothing": 0, "all": len(self._waiting)}.get(how, self._draw.randint(0, len(self._waiting)))
        for path, file, there in self._waiting[:kept]:
            _rename(names, path, file, there)
        for path in sorted(names):  # a folder comes before what is in it
            place, file = target / path[len(self._root) + 1 :], names[path]
            if not place.parent.exists():
                continue  # the name of its folder was lost
            if file is None:
                place.mkdir(mode=0o700)
            else:
                place.touch(mode=0o600)
                place.write_bytes(file.left(how, self._draw))

    def _create(self, entry: Entry) -> None:
        self._files[entry.inode] = File()
        self._change(entry.path, self._files[entry.inode], True)

    def _mkdir(self, entry: Entry) -> None:
        self._change(entry.path, None, True)

    def _write(self, entry: Entry) -> None:
        if entry.inode in self._files:  # a file that never had a name is lost in any case
            self._files[entry.inode].waiting.append((entry.offset, entry.data))

    def _truncate(self, entry: Entry) -> None:
        self._files[entry.inode].waiting.append((entry.offset, None))

    def _sync(self, entry: Entry) -> None:
        if not fnmatch(entry.path, self._deaf):
            self._files[entry.inode].sync()

    def _sync_failed(self, entry: Entry) -> None:
        self._files[entry.inode].forget(self._draw.choice(HOWS), self._draw)

    def _sync_folder(self, entry: Entry) -> None:
        if fnmatch(entry.path, self._deaf):
            return
        inside = [change for change in self._waiting if change[0].rpartition("/")[0] == entry.path]
        for change in inside:
            _rename(self._safe, *change)
            self._waiting.remove(change)

    def _rename(self, entry: Entry) -> None:
        old, new = entry.paths
        file = self._now[old]
        self._change(new, file, True)
        self._change(old, file, False)

    def _link(self, entry: Entry) -> None:
        old, new = entry.paths
        self._change(new, self._now[old], True)

    def _unlink(self, entry: Entry) -> None:
        if entry.path in self._now:
            self._change(entry.path, self._now[entry.path], False)

    _rmdir = _unlink

    def _change(self, path: str, file: File | None, there: bool) -> None:
        _rename(self._now, path, file, there)
        self._waiting.append((path, file, there))


def _rename(names: dict[str, File | None], path: str, file: File | None, there: bool) -> None:
    if there:
        names[path] = file
    else:
        names.pop(path, None)


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    """Write, or cut to ``at`` bytes; what lies between the old end and a write are zeros."""
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
        return
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(data)] = data
