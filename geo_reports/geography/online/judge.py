"""Whether an online answer is what was meant: decided by the rules of the gazetteer, never by the service."""

import re
from dataclasses import replace

import pandas as pd

from geo_reports.geography.gazetteer.answers import SAME_M
from geo_reports.geography.gazetteer.candidate import CONFIDENT, DOUBTFUL, PLAUSIBLE, Candidate
from geo_reports.geography.gazetteer.metres import metres
from geo_reports.geography.gazetteer.names import plain
from geo_reports.geography.gazetteer.search import Gazetteer
from geo_reports.geography.online.places import Place

MOST = 0.9
"""Quality of the best online answer; below what the city's own gazetteer may reach."""
RIVAL = 0.7
"""Quality from which an offline candidate makes an online one elsewhere uncertain."""
KNOWN_M, ESTIMATED_M = 30.0, 100.0
"""Least accuracy that is claimed for a point of a service, by whether it knows or estimates it."""
_NOTES = re.compile(r"\s*\([^)]*\)|, cerca de .*$")


def question(text: str, host: str) -> str:
    """Text to send to the service at ``host``: what was typed, without the notes that labels carry."""
    return " ".join(_NOTES.sub("", _unsigned(text, host)).split())


def chosen(text: str, host: str) -> bool:
    """Tell whether a text is the label of an uncertain answer of ``host``, sent back."""
    return plain(text).strip().endswith(plain(_signature(host)).strip())


def judge(places: list[Place], text: str, context: list[str], host: str) -> list[Candidate]:
    """Candidates for a text among the places of a service, best first.

    The places become a gazetteer of their own that is asked for the text: what makes an offline answer uncertain
    (a part not understood, no number, two places far apart) makes an online answer uncertain too. Labels of
    uncertain ones name the host and can be sent back.
    """
    streets = [(place.street, place.number, place.lon, place.lat) for place in places if place.street]
    frame = pd.DataFrame(streets, columns=["street", "number", "lon", "lat"]).astype({"street": str, "number": str})
    named = [(place.name, place.lon, place.lat) for place in places if place.name]
    own = Gazetteer.of(frame, named, context)
    try:
        found = own.geocode(_unsigned(text, host), limit=len(places) + 1)
    finally:
        own.close()
    candidates = [_cautious(candidate, places, host) for candidate in found]
    return sorted((_picked(c, text) for c in candidates), key=lambda candidate: -candidate.quality)


def join(own: list[Candidate], theirs: list[Candidate], host: str) -> list[Candidate]:
    """Offline and online candidates in one ranking; an online one that contradicts a good offline one is uncertain."""
    added = []
    for other in theirs:
        if any(_same(mine, other) for mine in own):
            continue
        denied = any(_contradicts(mine, other) for mine in own)
        added.append(_uncertain(other, host) if denied and other.quality >= CONFIDENT else other)
    return sorted([*own, *added], key=lambda candidate: -candidate.quality)


def _cautious(candidate: Candidate, places: list[Place], host: str) -> Candidate:
    at = [place for place in places if (place.lon, place.lat) == (candidate.lon, candidate.lat)] or places
    known, sure = all(place.known for place in at), all(place.sure for place in at)
    accuracy_m = max(candidate.accuracy_m, KNOWN_M if known else ESTIMATED_M)
    parts = {**candidate.parts, "source": host}
    quality = min(candidate.quality, MOST)
    checked = replace(candidate, accuracy_m=accuracy_m, quality=quality, parts=parts)
    return checked if sure and quality >= CONFIDENT else _uncertain(checked, host)


def _uncertain(candidate: Candidate, host: str) -> Candidate:
    label = f"{candidate.label}{_signature(host)}"
    return replace(candidate, label=label, quality=min(candidate.quality, DOUBTFUL))


def _picked(candidate: Candidate, text: str) -> Candidate:
    """Take a candidate whose label was sent back: the person has seen it and chosen it."""
    same = candidate.quality < CONFIDENT and plain(candidate.label).strip() == plain(text).strip()
    return replace(candidate, quality=CONFIDENT) if same else candidate


def _signature(host: str) -> str:
    return f", según {host}"


def _unsigned(text: str, host: str) -> str:
    return re.sub(re.escape(_signature(host)) + r"\s*$", "", text, flags=re.IGNORECASE)


def _same(mine: Candidate, other: Candidate) -> bool:
    return mine.quality >= other.quality and metres(mine.lon, mine.lat, other.lon, other.lat) <= SAME_M


def _contradicts(mine: Candidate, other: Candidate) -> bool:
    """Tell whether an offline candidate lies elsewhere and may as well be meant, though it is not certain."""
    apart_m = metres(mine.lon, mine.lat, other.lon, other.lat)
    # a street without its number is no rival of that number, but it is one of a place of the same name
    named = other.parts["how"] == "place" and mine.parts["how"] in ("middle", "place")
    good = mine.quality >= (PLAUSIBLE if named else RIVAL)
    return good and apart_m > max(SAME_M, mine.accuracy_m + other.accuracy_m)
