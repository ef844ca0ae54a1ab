"""``OnlineGeocoder``: asks one service, politely, and survives whatever it answers."""

import logging
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_reports.errors import MissingExtra
from geo_reports.geography.gazetteer.candidate import Candidate
from geo_reports.geography.online.judge import judge, question
from geo_reports.geography.online.places import READERS, Place
from geo_reports.geography.online.restraint import Clock, Memory, Pace
from geo_reports.geography.online.service import Service

LIMIT_S = 3.0
"""How long one answer may take."""
PATIENCE_S = 2.0
"""How long a person waits for the turn of their question."""
REST_S = 30.0
"""How long a service that failed is left alone: people need not wait for it one after the other."""
MOST_KEPT, KEEP_S = 1000, 24 * 3600.0

log = logging.getLogger(__name__)
Contains = Callable[[ArrayLike, ArrayLike], NDArray[np.bool_]]


class OnlineGeocoder:
    """Candidates from an online service for what the city's own gazetteer does not know.

    Parameters
    ----------
    service : Service
        Who is asked.
    box : tuple of float
        West, south, east, north of the city in degrees: the service is asked for places in it.
    contains : callable
        Tells which points (longitudes, latitudes) lie in the city; places outside are dropped.
    context : list of str
        Words that may follow any address without meaning anything, such as the city's name.

    Raises
    ------
    MissingExtra
        geopy is not installed.
    """

    def __init__(
        self,
        service: Service,
        box: tuple[float, float, float, float],
        contains: Contains,
        context: list[str],
        *,
        per_second: float = 1.0,
        limit_s: float = LIMIT_S,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if find_spec("geopy") is None:
            raise MissingExtra("geocoders", "Asking an online geocoder")
        from geo_reports.geography.online.client import MALFORMED, ask_with  # only now: it needs geopy

        self.host = service.host
        self._ask, self._failures = ask_with(service, box, limit_s), MALFORMED
        self._read, self._contains, self._context = READERS[service.kind], contains, context
        self._pace = Pace(1 / per_second, PATIENCE_S, clock, sleep)
        self._memory: Memory[list[Place]] = Memory(MOST_KEPT, KEEP_S, clock)

    def geocode(self, text: str) -> list[Candidate]:
        """Candidates within the city, best first; none where the service fails, is slow, or is asked too often.

        A candidate of quality ``CONFIDENT`` or more keeps the same rules as one of the gazetteer.
        """
        asked = question(text, self.host)
        return judge(self._places(asked), text, self._context, self.host) if asked else []

    def _places(self, asked: str) -> list[Place]:
        key = asked.casefold()
        known = self._memory.get(key)
        if known is not None:
            return known
        if not self._pace.wait():
            log.warning("%s was not asked: too many questions at once, or it failed a moment ago", self.host)
            return []
        try:
            found = self._inside([self._read(raw) for raw in self._ask(asked)])
        except self._failures as error:
            # the kind only: messages may hold what was asked, and that is a person's address
            log.warning("%s gave no usable answer: %s", self.host, type(error).__name__)
            self._pace.rest(REST_S)
            return []
        self._memory.put(key, found)
        return found

    def _inside(self, places: list[Any]) -> list[Place]:
        read = [place for place in places if place is not None]
        inside = self._contains([place.lon for place in read], [place.lat for place in read])
        return [place for place, yes in zip(read, inside, strict=True) if yes]
