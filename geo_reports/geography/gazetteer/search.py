"""``Gazetteer``: ranked places for an address, and what lies nearest to a point."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from geo_reports.geography.gazetteer.along import Estimate
from geo_reports.geography.gazetteer.answers import Answer, merged, offered
from geo_reports.geography.gazetteer.build import Source, build
from geo_reports.geography.gazetteer.candidate import CONFIDENT, Candidate, Nearby
from geo_reports.geography.gazetteer.corners import Match, crossing, stretch
from geo_reports.geography.gazetteer.crossings import meeting
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.likeness import likeness
from geo_reports.geography.gazetteer.names import core
from geo_reports.geography.gazetteer.parse import Question, read
from geo_reports.geography.gazetteer.reverse import nearby
from geo_reports.geography.gazetteer.streets import Scale, on_street
from geo_reports.geography.gazetteer.tidy import MAX_TEXT

NAMES = 10
"""Names that the index offers for one search, to be compared word by word."""
PROBABLE = 0.75
"""Quality of an address from which the same text is not also looked for as the name of a place."""
MEANT = 6
"""Of those, how many are looked at closely."""
PLACE_M = 50.0
"""What a place's one point leaves open."""
LEAST_NAME = 0.5
"""Likeness below which a name is not what was meant."""
_MARKED = re.compile(r"\s*\((?:aproximado|sin número|lugar)\)|, cerca de .*$", re.IGNORECASE)


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
        text = text[: 2 * MAX_TEXT]
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
        same, alike = cache(self._same), cache(self._alike)  # readings share their words
        found = [answer for question in questions for answer in self._read_as(question, same)]
        for question in questions:
            enough = CONFIDENT if question.house or question.cross else PROBABLE
            if any(answer.quality >= enough for answer in found):
                break
            found += self._read_as(question, alike)
        return found

    def _read_as(self, question: Question, matches: Callable[[tuple[str, ...]], list[Match]]) -> list[Answer]:
        found = self._stretch(question, matches) if question.upto else []
        if not found:
            found = self._crossing(question, matches) if question.cross else self._named(question, matches)
        if question.beside_m:
            return [replace(answer, accuracy_m=answer.accuracy_m + question.beside_m) for answer in found]
        return found

    def _named(self, question: Question, matches: Callable[[tuple[str, ...]], list[Match]]) -> list[Answer]:
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
                found.append(Answer(thing.lon, thing.lat, thing.name, "place", PLACE_M, quality, 1.0, parts, thing))
        return found

    def _crossing(self, question: Question, matches: Callable[[tuple[str, ...]], list[Match]]) -> list[Answer]:
        ones, others = matches(question.street), matches(question.cross)
        found = [
            crossing(place, one, other)
            for one, other in _pairs(ones, others)
            if (place := meeting(self._index, one[0], other[0]))
        ]
        if not found:
            lone = Question(question.street, unit=question.unit), Question(question.cross, unit=question.unit)
            found = [*self._single(lone[0], ones), *self._single(lone[1], others)]
            found = [answer.partly() for answer in found]
        return found

    def _stretch(self, question: Question, matches: Callable[[tuple[str, ...]], list[Match]]) -> list[Answer]:
        """Answers to "A entre B y C": the middle of the stretch, for every A that meets a B and a C."""
        streets = matches(question.street)
        ends: list[dict[int, list[tuple[Match, Estimate]]]] = [{}, {}]
        for names, at in zip((question.cross, question.upto), ends, strict=True):
            for one, other in _pairs(streets, matches(names)):
                if place := meeting(self._index, one[0], other[0]):
                    at.setdefault(one[0].id, []).append((other, place))
        return [
            stretch(self._index, one, begin, end)
            for one in streets
            for begin in ends[0].get(one[0].id, [])
            for end in ends[1].get(one[0].id, [])
            if begin[0][0].id != end[0][0].id
        ]


def _pairs(ones: list[Match], others: list[Match]) -> Iterator[tuple[Match, Match]]:
    """Pairs of streets that may meet: two of one name do not."""
    for one in ones:
        for other in others:
            if one[0].street and other[0].street and one[0].name != other[0].name:
                yield one, other
