"""Slow down guessing: few attempts per login and sender, more per sender and per login, a ceiling for all."""

import hashlib
import ipaddress
import secrets
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from geo_reports.errors import TooManyRequests

WINDOW_MIN = 15
PER_SENDER, PER_LOGIN, PER_ADDRESS, FOR_ALL = 10, 50, 100, 300
"""Attempts in one window: of a sender for one login, for one login, of a sender, and of everybody.

Those of a sender are asked first, and a refused attempt counts no further: one address cannot use up what its
owner (PER_LOGIN) or the office (FOR_ALL) may try.
"""


class Throttle:
    """Counts attempts to sign in, in memory; logins and senders are kept only as salted digests.

    A sender is an IPv4 address or an IPv6 /48: whoever has one address of those has them all.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._sender = RateLimitItemPerMinute(PER_SENDER, WINDOW_MIN, "sender")
        self._address = RateLimitItemPerMinute(PER_ADDRESS, WINDOW_MIN, "address")
        self._login = RateLimitItemPerMinute(PER_LOGIN, WINDOW_MIN, "login")
        self._all = RateLimitItemPerMinute(FOR_ALL, WINDOW_MIN, "all")

    def attempt(self, login: str, sender: str) -> None:
        """Count one attempt; ``TooManyRequests`` once there were too many."""
        for item, key in self._counters(login, sender):
            if not self._limiter.hit(item, key):
                reset = self._limiter.get_window_stats(item, key).reset_time
                raise TooManyRequests(
                    "Too many attempts to sign in; wait a few minutes.", max(1, round(reset - time.time()))
                )

    def succeeded(self, login: str, sender: str) -> None:
        """Forget the attempts of a sender who turned out to know the password."""
        item, key = self._counters(login, sender)[0]
        self._limiter.clear(item, key)

    def _counters(self, login: str, sender: str) -> list[tuple[RateLimitItemPerMinute, str]]:
        sender = network(sender, v4_bits=32) or sender
        return [
            (self._sender, self._digest(f"{login} {sender}")),
            (self._address, self._digest(sender)),
            (self._login, self._digest(login)),
            (self._all, "all"),
        ]

    def _digest(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self._salt, digest_size=16).hexdigest()


def network(address: str, v4_bits: int = 24, v6_bits: int = 48) -> str | None:
    """Prefix of a network address, None for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped  # how a socket for both versions names IPv4 senders: all share one /48
    bits = v4_bits if parsed.version == 4 else v6_bits
    rest = parsed.max_prefixlen - bits
    return f"{type(parsed)(int(parsed) >> rest << rest)}/{bits}"  # as ip_network words it, in a third of the time
