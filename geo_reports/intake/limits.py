"""How often one network may write. Addresses are never kept: only salted digests of prefixes, in memory."""

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from geo_reports.accounts.throttle import network
from geo_reports.errors import TooManyRequests

HOUR_S = 3600.0
SWEEP = 1000
"""After so many new prefixes those that have been quiet for an hour are forgotten."""


class WriteLimit:
    """Counts writes per network prefix (IPv4 /24, IPv6 /48) over a moving hour.

    Of our own, since what was refused afterwards is taken back, which no strategy of the library of limits can do.
    """

    def __init__(self, per_hour: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_hour, self._clock = per_hour, clock
        self._salt = os.urandom(16)  # forgotten with the process: digests cannot be linked across restarts
        self._lock = threading.Lock()
        self._times: dict[bytes, deque[float]] = {}
        self._sweep_at = SWEEP

    def check(self, address: str) -> Callable[[], None]:
        """Count one write; ``TooManyRequests``, which counts nothing, when the prefix has written enough for now.

        Calling what is returned takes the write back.
        """
        prefix = network(address) or "unknown"
        who = hashlib.blake2b(prefix.encode(), key=self._salt, digest_size=16).digest()
        now = self._clock()
        with self._lock:
            times = self._recent(who, now)
            if len(times) >= self._per_hour:
                wait_s = max(1, round(times[0] + HOUR_S - now))
                raise TooManyRequests(self._said(-(-wait_s // 60)), retry_after_s=wait_s)
            times.append(now)

        def take_back() -> None:
            with self._lock:
                if now in times:
                    times.remove(now)

        return take_back

    def _recent(self, who: bytes, now: float) -> deque[float]:
        """When a prefix wrote in the last hour, oldest first."""
        times = self._times.get(who)
        if times is None:
            if len(self._times) >= self._sweep_at:
                self._times = {name: kept for name, kept in self._times.items() if kept and kept[-1] > now - HOUR_S}
                self._sweep_at = len(self._times) + SWEEP
            times = self._times[who] = deque()
        while times and times[0] <= now - HOUR_S:
            times.popleft()
        return times

    def _said(self, minutes: int) -> str:
        return (
            f"Many reports came from your network. Please try again in {minutes} min; "
            "what you wrote is not lost while this page stays open."
        )


class LookupLimit(WriteLimit):
    """Counts questions for addresses and positions in the same way."""

    def _said(self, minutes: int) -> str:
        return f"Many questions came from your network. Please try again in {minutes} min."
