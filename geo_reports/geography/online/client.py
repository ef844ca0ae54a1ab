"""geopy behind the guarded way out (``wire``): one request, no redirects, no proxies, bounded in time and in bytes.

This is the only module that imports geopy; it is imported only where a city has chosen an online geocoder.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderServiceError, GeocoderTimedOut, GeocoderUnavailable, GeopyError
from geopy.geocoders import Nominatim, Pelias, Photon

from geo_reports.geography.online.service import Service
from geo_reports.wire import TOO_SLOW, Question, ask

MOST_BYTES = 512 * 1024
"""Longest answer that is read; ten places take some ten kilobytes."""
MOST_PLACES = 10
MALFORMED = (GeopyError, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What geopy raises for a failed request, and for an answer that is not of the documented form."""
Box = tuple[float, float, float, float]
Raw = dict[str, Any]


def _no_texts(record: logging.LogRecord) -> bool:
    # geopy writes the address of every request, which holds the text, at DEBUG, and what the service said at INFO
    return record.levelno >= logging.WARNING


def ask_with(service: Service, box: Box, limit_s: float) -> Callable[[str], list[Raw]]:
    """Make the function that asks a service for places within ``box`` (west, south, east, north in degrees).

    It gives the places as the service wrote them, and raises one of ``MALFORMED``.
    """
    logging.getLogger("geopy").addFilter(_no_texts)
    common: dict[str, Any] = {
        "scheme": service.scheme,
        "domain": service.base,
        "user_agent": service.user_agent,
        "timeout": limit_s,
        "proxies": {},
        "adapter_factory": GuardedAdapter,
    }
    west, south, east, north = box
    corners = [(south, west), (north, east)]
    asked: dict[str, Any] = {"exactly_one": False}
    if service.kind == "nominatim":
        geocoder: Any = Nominatim(**common)
        asked |= {"limit": MOST_PLACES, "addressdetails": True, "viewbox": corners, "bounded": True}
    elif service.kind == "photon":
        geocoder = Photon(**common)
        asked |= {"limit": MOST_PLACES, "bbox": corners}
    else:
        geocoder = Pelias(api_key=service.key or None, **common)
        asked |= {"boundary_rect": corners}

    def ask(text: str) -> list[Raw]:
        places = geocoder.geocode(text, **asked) or []
        return [place.raw for place in places[:MOST_PLACES]]

    return ask


class GuardedAdapter(BaseSyncAdapter):  # type: ignore[misc]
    """HTTP for geopy: what is not 200 at the very address that was asked is an error."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Answer as JSON; ``GeopyError`` for anything else."""
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise GeocoderParseError("The answer is no JSON.") from None

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        """Answer as text; ``timeout`` bounds the whole errand, finding the host and reading the answer included."""
        question = Question(url, {**headers, "Accept": "application/json", "Accept-Encoding": "identity"})
        answer = ask(question, limit_s=timeout, most_bytes=MOST_BYTES, name="online geocoder")
        if answer.failed == TOO_SLOW:
            raise GeocoderTimedOut("The service took too long.")
        if answer.failed:
            raise GeocoderUnavailable(answer.failed)
        if answer.status != 200:
            # a redirect too: whoever answers for the service may not send the text on to another host
            raise AdapterHTTPError(f"Status {answer.status}.", status_code=answer.status, headers={}, text=None)
        if len(answer.body) > MOST_BYTES:
            raise GeocoderServiceError("The answer is too long.")
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise GeocoderParseError("The answer is not UTF-8.") from None
