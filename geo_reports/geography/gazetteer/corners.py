"""Answers at corners: where two streets meet, and the stretch of a street between two others."""

import numpy as np

from geo_reports.geography.gazetteer.along import Estimate
from geo_reports.geography.gazetteer.answers import Answer
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.metres import all_metres, metres

KNOWN_M, NEAR_M = 150.0, 90.0
"""Accuracy up to which a known corner, and one worked out, may be taken without asking."""
SURE_M = 250.0
"""Accuracy up to which a stretch may be taken without asking."""
Match = tuple[Thing, float]


def crossing(place: Estimate, one: Match, other: Match) -> Answer:
    """Answer for the corner of two streets."""
    known = place.how == "exact" and place.accuracy_m <= KNOWN_M
    sure = 0.98 if known else 0.9 if place.accuracy_m <= NEAR_M else 0.75
    parts = {"street": one[0].name, "crossing": other[0].name}
    label = f"{one[0].name} con {other[0].name}"
    name = min(one[1], other[1])
    return Answer(place.lon, place.lat, label, "crossing", place.accuracy_m, name, sure, parts, one[0])


def stretch(index: Index, street: Match, begin: tuple[Match, Estimate], end: tuple[Match, Estimate]) -> Answer:
    """Answer for a street between two others: the middle, on the street's own line where that is known.

    Its accuracy reaches to either end.
    """
    (one, here), (other, there) = begin, end
    lon, lat = (here.lon + there.lon) / 2, (here.lat + there.lat) / 2
    half = metres(here.lon, here.lat, there.lon, there.lat) / 2
    if street[0].drawn:
        points = np.array(index.points(street[0].id))
        away = all_metres(lon, lat, points[:, 0], points[:, 1])
        nearest = int(np.argmin(away))
        if away[nearest] <= half:
            lon, lat = points[nearest].tolist()
    accuracy = half + max(here.accuracy_m, there.accuracy_m)
    sure = 0.95 if accuracy <= SURE_M else 0.75
    name = min(street[1], one[1], other[1])
    parts = {"street": street[0].name, "crossing": one[0].name, "upto": other[0].name}
    label = f"{street[0].name} entre {one[0].name} y {other[0].name}"
    return Answer(lon, lat, label, "stretch", accuracy, name, sure, parts, street[0])
