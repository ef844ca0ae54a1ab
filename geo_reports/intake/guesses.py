"""Slow down whoever tries tracking codes: allowances of wrong codes, per network and for everybody together.

Only wrong codes use them up, and a right code is answered whatever they hold: 80 bits keep a code from being guessed,
the allowances keep guessing from being cheap for us. Addresses are never kept: only salted digests of prefixes, in
memory.
"""

import hashlib
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from geo_reports.accounts.throttle import network
from geo_reports.errors import TooManyRequests

SWEEP = 1000
"""After so many new networks those with a whole allowance are forgotten."""


@dataclass(frozen=True)
class Allowance:
    """So many wrong codes at once, and one more every ``seconds_each``."""

    most: int
    seconds_each: float


NETWORK = Allowance(20, 60.0)
"""Of one network prefix (IPv4 /24, IPv6 /48): a household that mistypes, not a program that tries."""
EVERYBODY = Allowance(300, 2.0)
"""Of all networks together: many times what a large city mistypes, a trickle of what many computers can try."""


class _Bucket:
    """What is left of one allowance."""

    def __init__(self, allowance: Allowance, now: float) -> None:
        self._allowance, self._left, self._at = allowance, float(allowance.most), now

    def wait_s(self, now: float) -> float:
        """Seconds until one more is allowed, 0 while some are left."""
        gained = max(0.0, now - self._at) / self._allowance.seconds_each
        self._left, self._at = min(self._left + gained, float(self._allowance.most)), now
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) * self._allowance.seconds_each

    def take(self) -> None:
        """Use one up."""
        self._left -= 1.0

    @property
    def whole(self) -> bool:
        """Whether nothing of it is used."""
        return self._left >= self._allowance.most


class Guesses:
    """Counts wrong tracking codes. Safe to use from several threads."""

    def __init__(
        self,
        of_network: Allowance = NETWORK,
        of_all: Allowance = EVERYBODY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._of_network, self._clock = of_network, clock
        self._salt = os.urandom(16)  # forgotten with the process: digests cannot be linked across restarts
        self._lock = threading.Lock()
        self._all = _Bucket(of_all, clock())
        self._networks: dict[bytes, _Bucket] = {}
        self._sweep_at = SWEEP

    def wrong(self, address: str) -> None:
        """Count a wrong code of a network address; ``TooManyRequests``, which counts nothing, once there were too many.

        A network whose own allowance is used up does not touch that of everybody.
        """
        now = self._clock()
        with self._lock:
            wait_s = self._all.wait_s(now)
        if not wait_s:  # else nothing more is worked out: this is the way a flood of guesses takes
            prefix = network(address) or "unknown"
            who = hashlib.blake2b(prefix.encode(), key=self._salt, digest_size=16).digest()
            with self._lock:
                wait_s = self._count(who, now)
        if wait_s:
            raise TooManyRequests(
                "Too many wrong tracking codes came in. Wait a little, then check each letter and number.",
                retry_after_s=max(1, math.ceil(wait_s - 1e-6)),
            )

    def _count(self, who: bytes, now: float) -> float:
        """Seconds to wait, or 0 and the guess is counted."""
        # an unknown network is remembered only with its first counted guess: many networks fill no memory
        own = self._networks.get(who) or _Bucket(self._of_network, now)
        wait_s = own.wait_s(now) or self._all.wait_s(now)
        if not wait_s:
            own.take()
            self._all.take()
            self._remember(who, own, now)
        return wait_s

    def _remember(self, who: bytes, own: _Bucket, now: float) -> None:
        if who not in self._networks and len(self._networks) >= self._sweep_at:
            for bucket in self._networks.values():
                bucket.wait_s(now)
            self._networks = {name: bucket for name, bucket in self._networks.items() if not bucket.whole}
            self._sweep_at = len(self._networks) + SWEEP
        self._networks[who] = own
