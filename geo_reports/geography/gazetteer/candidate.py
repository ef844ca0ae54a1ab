"""What a search of the gazetteer answers."""

from dataclasses import dataclass

CONFIDENT = 0.85
"""Quality from which a candidate may be taken without asking the person."""
PLAUSIBLE = 0.5
"""Quality below which a candidate is not worth offering."""
DOUBTFUL = 0.84
"""The most that a candidate can have that must not be taken without asking."""


@dataclass(frozen=True)
class Candidate:
    """A place an address may mean. WGS 84 degrees; quality runs from 0 to 1.

    ``accuracy_m`` is the distance within which the true place is expected about four times in five. ``parts`` names
    what was understood: street, number, crossing, place, unit, kind of estimate.
    """

    lon: float
    lat: float
    label: str
    accuracy_m: float
    quality: float
    parts: dict[str, str]


@dataclass(frozen=True)
class Nearby:
    """What lies nearest to a point; distances in metres, names empty where the gazetteer has none."""

    street: str
    street_m: float
    number: str
    number_m: float
    place: str
    place_m: float

    @property
    def label(self) -> str:
        """The nearest address or street in words, or the nearest place where no street is known."""
        if self.street:
            return f"{self.street} {self.number}".strip()
        return self.place
