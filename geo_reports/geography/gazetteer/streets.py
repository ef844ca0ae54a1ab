"""The place of a house number, or of none, on a street that was found by its name."""

from dataclasses import dataclass

from geo_reports.geography.gazetteer.along import Estimate, Known, estimate, exact
from geo_reports.geography.gazetteer.answers import Answer
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.numbering import carried_on
from geo_reports.geography.gazetteer.parse import House, Question

SHORT_M = 150.0
"""Half extent of a street that is short enough for its middle to be an answer."""
BLOCK_M = 50.0
"""What "altura del 1500" leaves open beyond the number itself."""


@dataclass(frozen=True)
class Scale:
    """What a gazetteer's addresses are like: metres of street per number, and how far apart repeated ones lie."""

    metres_per_number: float
    scatter_m: float


def on_street(index: Index, street: Thing, question: Question, quality: float, scale: Scale) -> Answer:
    """Answer for one street: at the number where it can be placed, in the middle otherwise."""
    # of two readings the one that leaves nothing over is the better
    quality = max(0.0, quality - question.doubt - (0.005 if question.rest else 0.0))
    house = question.house
    parts = {"street": street.name}
    if question.unit:
        parts["unit"] = question.unit
    place = _at_number(index, street, house, scale) if house else None
    if house is None or place is None:
        short = street.drawn and street.extent_m <= SHORT_M
        sure = 0.95 if short else 0.65 if house is None else 0.6
        accuracy = max(street.extent_m, 30.0 if street.drawn else 300.0)
        label = street.name if short else f"{street.name} (sin número)"
        return Answer(street.lon, street.lat, label, "middle", accuracy, quality, sure, parts, street)
    parts["number"] = house.text
    accuracy = place.accuracy_m
    if house.block:
        parts["block"] = parts.pop("number")
        accuracy += BLOCK_M
    sure = _sure(place.how, accuracy)
    label = f"{street.name} {house.text}"
    return Answer(place.lon, place.lat, label, place.how, accuracy, quality, sure, parts, street)


def _at_number(index: Index, street: Thing, house: House, scale: Scale) -> Estimate | None:
    known = index.houses(street.id, house.order)
    if known:
        return exact(known, house.text, scale.scatter_m)
    below, above = (_one_each(side) for side in index.neighbors(street.id, house.order))
    twin = index.houses(street.id, -house.order)
    if twin and not any((near.order < 0) == (house.order < 0) for near in (*below, *above)):
        return exact(
            twin, house.text, scale.scatter_m
        )  # the sources disagree on the leading zero, and no other number speaks against
    found = None
    if bool(below) != bool(above):
        found = carried_on(index, street, (below or above)[0], house.order, scale.metres_per_number)
    return found or estimate(below, above, house.order, scale.metres_per_number)


def _one_each(side: list[Known]) -> list[Known]:
    """One known house of each number."""
    return list({near.order: near for near in reversed(side)}.values())[::-1]


def _sure(how: str, accuracy_m: float) -> float:
    """Quality that the accuracy of a place leaves: confident up to 250 m, or 165 m past the last number."""
    if how == "exact" and accuracy_m <= 300:
        return 1.0
    if how in ("beyond", "near"):
        accuracy_m *= 1.5  # nothing on the other side speaks against a wrong point
    if accuracy_m <= 120:
        return 0.97
    if accuracy_m <= 200:
        return 0.92
    return 0.87 if accuracy_m <= 250 else max(0.6, 0.83 - accuracy_m / 10_000)
