"""How often one network may write. Addresses are never kept: only salted digests of prefixes, in memory."""

import hashlib
import ipaddress
import os
import time

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from geo_reports.errors import TooManyRequests


class WriteLimit:
    """Counts writes per network prefix (IPv4 /24, IPv6 /48) over a moving hour."""

    def __init__(self, per_hour: int) -> None:
        self._item = RateLimitItemPerHour(per_hour)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._salt = os.urandom(16)  # forgotten with the process: digests cannot be linked across restarts

    def check(self, address: str) -> None:
        """Count one write; ``TooManyRequests`` when the prefix has written enough for now."""
        who = hashlib.blake2b(_prefix(address).encode(), key=self._salt, digest_size=16).hexdigest()
        if not self._limiter.hit(self._item, who):
            reset = self._limiter.get_window_stats(self._item, who).reset_time
            wait_s = max(1, round(reset - time.time()))
            raise TooManyRequests(
                f"Many reports came from your network. Please try again in {-(-wait_s // 60)} min; "
                "what you wrote is not lost while this page stays open.",
                retry_after_s=wait_s,
            )


def _prefix(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped  # how a socket for both versions names IPv4 senders: all share one /48
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, bits), strict=False))
