"""``Addresses``: from words to places in the city: its own gazetteer first, then whoever the city chose to ask."""

from geo_reports.city import City
from geo_reports.errors import AddressNotFound
from geo_reports.geography import CONFIDENT, Candidate
from geo_reports.geography.online import OnlineGeocoder, chosen, join


class Addresses:
    """Finds addresses in a city. Without ``online`` no address leaves the program."""

    def __init__(self, city: City, online: OnlineGeocoder | None = None) -> None:
        self._city, self._online = city, online

    @property
    def asks(self) -> str:
        """Host that learns addresses the gazetteer does not know; empty where nobody does."""
        return self._online.host if self._online else ""

    def search(self, text: str, limit: int = 5) -> list[Candidate]:
        """Ranked candidates in the city, best first; only one of quality ``CONFIDENT`` may be taken without asking.

        A confident answer of the gazetteer stands, and nobody else is asked.
        """
        if self._online is None:
            return self._own(text, limit)
        if chosen(text, self._online.host):  # the label of an online candidate, which the gazetteer does not know
            return self._online.geocode(text)[:limit]
        own = self._own(text, limit)
        if own and own[0].quality >= CONFIDENT:
            return own
        return join(own, self._online.geocode(text), self._online.host)[:limit]

    def find(self, text: str, field: str = "address") -> Candidate:
        """Place of an address; ``AddressNotFound`` offers others when none is certain, and names ``field``."""
        return self.certain(text, field=field)[0]

    def certain(self, text: str, limit: int = 5, field: str = "address") -> list[Candidate]:
        """Ranked candidates of which the first is certain; ``AddressNotFound`` as ``find``."""
        found = self.search(text, limit)
        if found and found[0].quality >= CONFIDENT:
            return found
        labels = list(dict.fromkeys(candidate.label for candidate in found))
        hint = f" Did you mean: {'; '.join(labels)}?" if labels else ""
        raise AddressNotFound(f"We could not find {text!r} with certainty.{hint}", labels, field)

    def _own(self, text: str, limit: int) -> list[Candidate]:
        found = self._city.gazetteer.geocode(text, limit)
        inside = self._city.contains([c.lon for c in found], [c.lat for c in found])
        return [candidate for candidate, yes in zip(found, inside, strict=True) if yes]
