"""Map signs: which sign a report gets. Shape and fill carry the state, never colour alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from geo_reports.report import Size, Status

RADIUS_PX = {Size.BAG: 5, Size.WHEELBARROW: 7, Size.CAR: 10, Size.TRUCK: 13}
"""Radius of a dump's sign by its size."""
DEFAULT_RADIUS_PX = 7
"""Radius where the size is unknown, and in legends."""

_SHAPE = {
    Status.HELD: "open",
    Status.RECEIVED: "open",
    Status.ACKNOWLEDGED: "open",
    Status.IN_PROGRESS: "half",
    Status.CLEANED: "clean",
    Status.VERIFIED: "verified",
    Status.CLOSED_WITHOUT_SOLUTION: "cross",
    Status.DUPLICATE: "cross",
    Status.REJECTED: "cross",
    Status.RETRACTED: "cross",
}


@dataclass(frozen=True)
class Sign:
    """A shape of ``templates/signs.html`` at a radius in pixels."""

    shape: str
    radius: int

    @property
    def name(self) -> str:
        """Name that ``<use href="#sign-…">`` refers to."""
        return f"{self.shape}-{self.radius}"


def sign_of(status: Status | str, size: Size | str | None = None) -> Sign:
    """Sign of a report in ``status``; a dump's radius follows its size."""
    radius = RADIUS_PX[Size(size)] if size else DEFAULT_RADIUS_PX
    return Sign(_SHAPE[Status(status)], radius)


def all_signs() -> Iterable[Sign]:
    """Every sign a page may refer to, for the definitions at its top."""
    for radius in RADIUS_PX.values():
        for shape in dict.fromkeys(_SHAPE.values()):
            yield Sign(shape, radius)
    yield Sign("place", DEFAULT_RADIUS_PX)
