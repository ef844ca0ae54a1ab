"""A few warm worker processes that decode photos, each doing one at a time; see ``image_worker``."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from geo_reports.errors import TooManyRequests

PROGRAM = Path(__file__).with_name("image_worker.py")
START_S = 20.0
"""How long a worker may take to load its decoders; it takes a tenth of a second on an idle machine."""
JOBS_PER_WORKER = 200
"""After so many photos a worker is replaced, whatever they may have left behind."""
QUEUE_S = 15.0
"""How long a photo waits for a worker before its sender is asked to come back."""
RETRY_AFTER_S = 10
LONGEST_LINE = 1_000


LARGEST_JPEG = 20_000_000
"""Twice what the largest picture of 2048 by 2048 pixels can take."""
DIED: dict[str, Any] = {"refused": "died"}


class WorkerLost(Exception):
    """A worker took too long over a photo, or does not answer as agreed; it was killed with all it started."""


class _Ended(WorkerLost):
    """The other end of a line is gone."""


@dataclass(frozen=True)
class Answer:
    """What a worker said, the JPEG it made (or nothing), and what its process cost."""

    said: dict[str, Any]
    jpeg: bytes
    peak_bytes: int
    cpu_s: float


class Worker:
    """One process that forks for each photo it is sent."""

    def __init__(self) -> None:
        self.jobs = 0
        self._control, theirs = socket.socketpair()
        with theirs:
            # told nothing but where Python's modules are: no settings, no secrets, no home
            self._process = subprocess.Popen(  # noqa: S603 our own program, and no word of a sender's in it
                [sys.executable, "-s", "-P", str(PROGRAM), str(theirs.fileno())],
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        try:
            _line(self._control, time.monotonic() + START_S)
        except WorkerLost as error:
            self.kill()
            raise RuntimeError("The process that decodes photos does not start; its own message is above.") from error

    def run(self, ask: dict[str, Any], data: bytes, wall_s: float) -> Answer:
        """Have one file decoded; raises ``WorkerLost``, after which the worker must be killed."""
        self.jobs += 1
        deadline = time.monotonic() + wall_s
        ours, theirs = socket.socketpair()
        said, jpeg = DIED, b""
        with ours:
            with theirs:
                socket.send_fds(self._control, [b"j"], [theirs.fileno()])
            with suppress(_Ended):
                _send(ours, json.dumps(ask | {"bytes": len(data)}).encode() + b"\n" + data, deadline)
                said = _parsed(_line(ours, deadline))
                jpeg = _exactly(ours, _length(said), deadline)
        end = _parsed(_line(self._control, deadline))
        said = said if end["status"] == 0 and len(jpeg) == _length(said) else DIED
        return Answer(said, jpeg, end["peak_kb"] * 1024, end["cpu_s"])

    def ended(self) -> bool:
        """Tell whether the process died since its last photo; its number stays its own until ``kill``."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """End the process and every child it has."""
        # not reaped yet, so the number is still its own
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._control.close()


class Pool:
    """At most ``size`` workers, started when first needed; safe to use from several threads."""

    def __init__(self, size: int = 2, jobs_per_worker: int = JOBS_PER_WORKER) -> None:
        # the last one put back is taken first, so that a second worker starts only under load
        self._free: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._size, self._jobs_per_worker = size, jobs_per_worker
        for _ in range(size):
            self._free.put(None)

    def run(self, ask: dict[str, Any], data: bytes, wall_s: float) -> Answer:
        """Have one file decoded; raises ``WorkerLost``, or ``TooManyRequests`` when no worker gets free in time."""
        try:
            worker = self._free.get(timeout=QUEUE_S)
        except queue.Empty:
            message = "Many photos are coming in just now. Try again in a moment, or go on without a photo."
            raise TooManyRequests(message, RETRY_AFTER_S) from None
        kept = None
        try:
            if worker is not None and worker.ended():
                worker.kill()
                worker = None
            worker = worker or Worker()
            answer = worker.run(ask, data, wall_s)
            kept = worker if answer.said is not DIED and worker.jobs < self._jobs_per_worker else None
            return answer
        finally:
            if kept is None and worker is not None:
                worker.kill()
            self._free.put(kept)

    def close(self) -> None:
        """End the workers; those at work end when their photo is done."""
        for _ in range(self._size):
            worker = self._free.get()
            if worker is not None:
                worker.kill()
        for _ in range(self._size):
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _send(line: socket.socket, data: bytes, deadline: float) -> None:
    _until(line, deadline)
    try:
        line.sendall(data)
    except ConnectionError as error:
        raise _Ended("it takes no more data") from error
    except TimeoutError as error:
        raise WorkerLost("its time is over") from error


def _some(line: socket.socket, most: int, deadline: float) -> bytes:
    _until(line, deadline)
    try:
        part = line.recv(most)
    except ConnectionError as error:
        raise _Ended("it ended without an answer") from error
    except TimeoutError as error:
        raise WorkerLost("its time is over") from error
    if not part:
        raise _Ended("it ended without an answer")
    return part


def _exactly(line: socket.socket, length: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        parts += _some(line, length - len(parts), deadline)
    return bytes(parts)


def _line(line: socket.socket, deadline: float) -> bytes:
    """One short line, read byte by byte so that nothing behind it is taken."""
    text = bytearray()
    while not text.endswith(b"\n"):
        text += _some(line, 1, deadline)
        if len(text) > LONGEST_LINE:
            raise WorkerLost("it talks too much")
    return bytes(text)


def _until(line: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise WorkerLost("its time is over")
    line.settimeout(left)


def _length(said: dict[str, Any]) -> int:
    """How long the JPEG behind an answer is."""
    length = said.get("bytes", 0)
    if not isinstance(length, int) or not 0 <= length <= LARGEST_JPEG:
        raise WorkerLost("it does not answer as agreed")
    return length


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise WorkerLost("it does not speak JSON") from error
    if not isinstance(said, dict):
        raise WorkerLost("it does not answer as agreed")
    return said
