"""Services that are there at once: a process that has loaded the program forks whenever one is wanted."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol, Self

ROOT = Path(__file__).parent.parent.parent


class Process(Protocol):
    """What a service is asked; ``subprocess.Popen`` answers it, and so does ``Forked``."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def terminate(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Nursery:
    """Loads the program once; each service is a fork of it, a process of its own that can be killed for itself."""

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "tests.crash.nursery"]
        self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def start(self, words: list[str]) -> "Forked":
        """Start a service with these arguments."""
        return Forked(self, int(self.ask(words)))

    def ask(self, order: object) -> str:
        """One question, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


class Forked:
    """A service of a nursery; its number stays its own until the nursery was asked how it ended."""

    def __init__(self, nursery: Nursery, number: int) -> None:
        self._nursery, self.pid = nursery, number
        self._watch = os.pidfd_open(number)
        self._ended: int | None = None

    def poll(self) -> int | None:
        return self._end(0.0)

    def wait(self, timeout: float | None = None) -> int:
        ended = self._end(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired("service", timeout or 0.0)
        return ended

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        if self._ended is None:
            signal.pidfd_send_signal(self._watch, number)

    def _end(self, timeout: float | None) -> int | None:
        if self._ended is None and select.select([self._watch], [], [], timeout)[0]:
            self._ended = int(self._nursery.ask(self.pid))
            os.close(self._watch)
        return self._ended


def main() -> None:
    """Fork for each list of arguments; for a number, tell how that process ended."""
    from tests.crash import service  # loads the program

    while line := sys.stdin.readline():
        order = json.loads(line)
        if isinstance(order, int):
            answer = os.waitstatus_to_exitcode(os.waitpid(order, 0)[1])
        elif not (answer := os.fork()):
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            sys.exit(service.main(order))
        print(answer, flush=True)


if __name__ == "__main__":
    main()
