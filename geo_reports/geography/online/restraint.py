"""How often a service is asked, and what is remembered of its answers: in memory only, and not for long."""

import hashlib
import os
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
Clock = Callable[[], float]


class Pace:
    """Spaces requests evenly; a caller that would wait longer than ``patience_s`` is turned away."""

    def __init__(self, gap_s: float, patience_s: float, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._gap_s, self._patience_s, self._clock, self._sleep = gap_s, patience_s, clock, sleep
        self._free_at = float("-inf")
        self._lock = Lock()

    def wait(self) -> bool:
        """Wait for one's turn; False, at once, where it would take too long."""
        with self._lock:
            now = self._clock()
            wait_s = max(0.0, self._free_at - now)
            if wait_s > self._patience_s:
                return False
            self._free_at = now + wait_s + self._gap_s
        if wait_s:
            self._sleep(wait_s)
        return True

    def rest(self, seconds: float) -> None:
        """Turn everybody away for a while."""
        with self._lock:
            self._free_at = self._clock() + seconds + self._patience_s


class Memory(Generic[Value]):
    """The last answers, each for ``keep_s`` seconds; by keyed digests, so that no address is kept as it was typed."""

    def __init__(self, most: int, keep_s: float, clock: Clock) -> None:
        self._most, self._keep_s, self._clock = most, keep_s, clock
        self._key = os.urandom(32)
        self._kept: dict[bytes, tuple[float, Value]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str) -> Value | None:
        """Answer to a text, or None where none is remembered."""
        with self._lock:
            until, value = self._kept.get(self._digest(text), (float("-inf"), None))
            return value if self._clock() < until else None

    def put(self, text: str, value: Value) -> None:
        """Remember an answer; the oldest goes where there is no room."""
        with self._lock:
            digest = self._digest(text)
            self._kept.pop(digest, None)
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[digest] = (self._clock() + self._keep_s, value)

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
