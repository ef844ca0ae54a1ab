"""Which service is asked, and the rules its settings must keep."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from geo_reports.errors import InputError
from geo_reports.wire import on_this_machine

KINDS = ("nominatim", "photon", "pelias")
LONGEST_AGENT = 200


@dataclass(frozen=True)
class Service:
    """An online geocoder: its kind, the base of its address, who asks, and a key where it wants one.

    Raises ``InputError`` that names the setting at fault: the address must be https without a name, a query or a
    fragment in it (http for this machine only), and ``user_agent`` must say who asks, as public services require.
    """

    kind: str
    url: str
    user_agent: str
    key: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"GEO_REPORTS_GEOCODER is one of {', '.join(KINDS)}, or empty.", "geocoder")
        if not _allowed(self.url):
            raise InputError(
                "GEO_REPORTS_GEOCODER_URL is the base of the service, like https://geocoder.example.org, without "
                "a query; http is for this machine only.",
                "geocoder_url",
            )
        agent = self.user_agent
        if not (agent.strip() and agent.isascii() and agent.isprintable() and len(agent) <= LONGEST_AGENT):
            raise InputError(
                "GEO_REPORTS_GEOCODER_USER_AGENT says who asks, in printable ASCII: the name of your installation "
                "and an address to write to.",
                "geocoder_user_agent",
            )

    @property
    def host(self) -> str:
        """Name of the host that learns what is asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def scheme(self) -> str:
        """Either https, or http on this machine."""
        return urlsplit(self.url).scheme

    @property
    def base(self) -> str:
        """Host, port and path of the service, without a slash at the end."""
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path}".rstrip("/")


def _allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not any(mark in url for mark in " ?#@\\")
    return plain and known and (parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(parts.hostname)))
