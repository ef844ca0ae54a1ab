"""``Gazetteer``: ranked places for an address, and what lies nearest to a point."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from geo_reports.geography.gazetteer.answers import Answer, merged, offered
from geo_reports.geography.gazetteer.build import Source, build
from geo_reports.geography.gazetteer.candidate import CONFIDENT, Candidate, Nearby
from geo_reports.geography.gazetteer.crossings import meeting
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.likeness import likeness
from geo_reports.geography.gazetteer.names import core
from geo_reports.geography.gazetteer.parse import Question, read
from geo_reports.geography.gazetteer.reverse import nearby
from geo_reports.geography.gazetteer.streets import Scale, on_street

NAMES = 25
"""Names that the index offers for one search, to be compared word by word."""
PROBABLE = 0.75
"""Quality of an address from which the same text is not also looked for as the name of a place."""
MEANT = 6
"""Of those, how many are looked at closely."""
LEAST_NAME = 0.5
"""Likeness below which a name is not what was meant."""
_MARKED = re.compile(r"\s*\((?:aproximado|sin número|lugar)\)|, cerca de .*$", re.IGNORECASE)
Match = tuple[Thing, float]


class Gazetteer:
    """Finds addresses, intersections and places by their names in one gazetteer."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._context = frozenset(index.meta.get("context", "").split())
        self._scale = Scale(float(index.meta["metres_per_number"]), float(index.meta["scatter_m"]))

    @classmethod
    def open(cls, path: Path | str) -> "Gazetteer":
        """Open a file made by ``geo-reports gazetteer build``; ``InputError`` where it is none."""
        return cls(Index.open(Path(path)))

    @classmethod
    def of(
        cls, streets: pd.DataFrame, places: Iterable[tuple[str, float, float]] = (), context: Iterable[str] = ()
    ) -> "Gazetteer":
        """Gazetteer in memory of street points (street, number, lon, lat) and places (name, lon, lat).

        ``context`` are words that may follow any address without meaning anything, such as the city's name.
        """
        return cls(build(Source(streets, places=list(places)), context=context))

    def close(self) -> None:
        """Close the file."""
        self._index.close()

    def geocode(self, text: str, limit: int = 5) -> list[Candidate]:
        """Ranked candidates for an address, an intersection or a place, best first.

        Only a candidate of quality ``CONFIDENT`` or more may be taken without asking; its true place is expected
        within ``accuracy_m``. The label of any candidate, sent back as it is, finds that candidate with confidence.
        """
        asked, marked = _MARKED.subn("", text)
        answers = merged(self._answers(asked))
        return offered(self._index, answers, text if marked else None)[:limit]

    def reverse(self, lon: float, lat: float) -> Nearby:
        """Nearest street, the nearest number on it, and the nearest place to a point, with distances in metres."""
        return nearby(self._index, lon, lat)

    def _answers(self, text: str) -> list[Answer]:
        """Answers to all readings of an address.

        Names as they are written come first; names merely alike, which cost most of the time, are looked for only
        until an answer is good enough.
        """
        questions = read(text)
        found = [answer for question in questions for answer in self._read_as(question, self._same)]
        for question in questions:
            enough = CONFIDENT if question.house or question.cross else PROBABLE
            if any(answer.quality >= enough for answer in found):
                break
            found += self._read_as(question, self._alike)
        return found

    def _read_as(self, question: Question, matches: Callable[[tuple[str, ...]], list[Match]]) -> list[Answer]:
        if question.cross:
            return self._crossing(question, matches(question.street), matches(question.cross))
        answers = self._single(question, matches(question.street))
        left = question.house is None and not self._context.issuperset(question.rest)
        return [answer.partly() for answer in answers] if left else answers

    def _same(self, words: tuple[str, ...]) -> list[Match]:
        """Things whose name is the words."""
        return self._ranked(words, self._index.same(" ".join(core(list(words)))))

    def _alike(self, words: tuple[str, ...]) -> list[Match]:
        """Things whose name is like the words."""
        return self._ranked(words, self._index.alike(" ".join(core(list(words))), NAMES))

    def _ranked(self, words: tuple[str, ...], things: list[Thing]) -> list[Match]:
        """Things by their likeness to the words, best spelling of each, best first."""
        asked = list(words)
        best: dict[int, Match] = {}
        for thing in things:
            quality = likeness(asked, list(thing.spelling), self._context, thing.street)
            if quality >= LEAST_NAME and (thing.id not in best or best[thing.id][1] < quality):
                best[thing.id] = (thing, quality)
        found = sorted(best.values(), key=lambda match: (-match[1], match[0].id))
        # all that tie with the last one kept: of several streets of one name none may be forgotten
        return [match for match in found if len(found) <= MEANT or match[1] >= found[MEANT - 1][1]]

    def _single(self, question: Question, matches: list[Match]) -> list[Answer]:
        found = []
        for thing, quality in matches:
            if thing.street:
                found.append(on_street(self._index, thing, question, quality, self._scale))
            elif question.house is None:
                parts = {"place": thing.name}
                found.append(Answer(thing.lon, thing.lat, thing.name, "place", 50.0, quality, 1.0, parts, thing))
        return found

    def _crossing(self, question: Question, ones: list[Match], others: list[Match]) -> list[Answer]:
        found = []
        for one, quality in (match for match in ones if match[0].street):
            for other, other_quality in (match for match in others if match[0].street):
                place = meeting(self._index, one, other) if one.name != other.name else None
                if place is None:
                    continue
                known = place.how == "exact" and place.accuracy_m <= 150
                sure = 0.98 if known else 0.9 if place.accuracy_m <= 90 else 0.75
                parts = {"street": one.name, "crossing": other.name}
                label = f"{one.name} con {other.name}"
                name = min(quality, other_quality)
                found.append(Answer(place.lon, place.lat, label, "crossing", place.accuracy_m, name, sure, parts, one))
        if not found:
            lone = Question(question.street, unit=question.unit), Question(question.cross, unit=question.unit)
            found = [*self._single(lone[0], ones), *self._single(lone[1], others)]
            found = [answer.partly() for answer in found]
        return found
