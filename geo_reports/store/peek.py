"""Look into a SQLite file without letting go of it.

A process that closes any descriptor of a file loses all its locks on it (fcntl(2)), SQLite's too. Another program
that closes the store would then take away the log this one still writes to, with what was accepted into it
(https://www.sqlite.org/howtocorrupt.html, 2.2). So another process looks: this module, run as a program.
"""

import mmap
import os
import subprocess
import sys
from pathlib import Path


def beginning(file: Path, n_bytes: int) -> bytes:
    """First bytes of a file, fewer where it is shorter; ``OSError`` when it cannot be read."""
    return _ask(file, str(n_bytes))


def holds(file: Path, wanted: list[bytes]) -> bool:
    """Tell whether any of these bytes are in a file; ``OSError`` when it cannot be read."""
    # not as arguments: those are shown to everybody on the machine
    return _ask(file, "any", "\n".join(needle.hex() for needle in wanted)) == b"yes"


def _ask(file: Path, what: str, given: str = "") -> bytes:
    program = [sys.executable, "-I", "-S", __file__, str(file.absolute()), what]
    done = subprocess.run(program, input=given.encode(), stdout=subprocess.PIPE, check=False)  # noqa: S603 our own
    if done.returncode:
        raise OSError(done.returncode, os.strerror(done.returncode), str(file))
    return done.stdout


def _answer(file: str, what: str) -> bytes:
    with Path(file).open("rb") as raw:
        if what != "any":
            return raw.read(int(what))
        wanted = [bytes.fromhex(line) for line in sys.stdin.read().split()]
        if not os.fstat(raw.fileno()).st_size:
            return b"no"
        with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return b"yes" if any(content.find(needle) >= 0 for needle in wanted) else b"no"


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(_answer(*sys.argv[1:]))
    except OSError as error:
        sys.exit(error.errno)
