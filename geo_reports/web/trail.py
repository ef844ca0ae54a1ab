"""``Trail``: the list a report was opened from, so that whoever decides about it comes back to where they were."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

DESK, QUEUE = "/personal", "/personal/moderacion"
_FILTERS = {DESK: ("familia", "barrio", "antes"), QUEUE: ("tipo", "barrio", "orden")}
MARK, PLACE = "marca", "lista"
LONGEST = 500


@dataclass(frozen=True)
class Trail:
    """A list by its address, its filters, and the mark of the thing in it that was opened."""

    place: str = DESK
    filters: dict[str, str] = field(default_factory=dict)
    mark: str = ""

    @classmethod
    def read(cls, text: str) -> "Trail":
        """Trail that a link or a form carries; what is none of ours is left out, so that it leads nowhere else."""
        given = dict(parse_qsl(text[:LONGEST]))
        place = QUEUE if given.get(PLACE) == "moderacion" else DESK
        filters = {name: given[name] for name in _FILTERS[place] if given.get(name)}
        return cls(place, filters, given.get(MARK, "") if place == QUEUE else "")

    @property
    def text(self) -> str:
        """What a link or a form carries; empty for the desk as it opens."""
        place = {PLACE: "moderacion"} if self.place == QUEUE else {}
        return urlencode({**place, **self.filters, **({MARK: self.mark} if self.mark else {})})

    @property
    def back(self) -> str:
        """Address of the list as it was left."""
        return self.back_with()

    def back_with(self, **more: str) -> str:
        """Address of the list as it was left, with more to tell."""
        asked = urlencode({**self.filters, **more})
        return f"{self.place}?{asked}" if asked else self.place

    def case(self, public_id: str, **more: str) -> str:
        """Address of a report opened from this list."""
        asked = urlencode({**({"desde": self.text} if self.text else {}), **more})
        return f"/personal/reportes/{public_id}{f'?{asked}' if asked else ''}"

    def narrowed(self, **filters: str) -> "Trail":
        """Return the same list with other filters; an empty one is taken off."""
        found = {**self.filters, **filters}
        return Trail(self.place, {name: value for name, value in found.items() if value})

    def at(self, mark: str) -> "Trail":
        """Return the same list at another thing in it."""
        return Trail(self.place, self.filters, mark)
