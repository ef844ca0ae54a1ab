"""How likely two names mean the same: word by word, with typing errors, never across a number."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from geo_reports.geography.gazetteer.names import LINKS, PLACE_TYPES, TITLES, TYPES, core, telling

_HEARD = {"ch": "#", "qu": "k", "ce": "se", "ci": "si", "c": "k", "z": "s", "v": "b", "ll": "y", "ge": "je", "gi": "ji"}
"""Letters that sound alike in America's Spanish, in the order in which they are replaced."""
LEAST_ALIKE = 0.6
"""Similarity of two words below which one is no misspelling of the other."""


@dataclass
class _Rest:
    """Words of one side that the other side does not have."""

    asked: list[str]
    known: list[str]


def likeness(asked: list[str], known: list[str], context: frozenset[str] = frozenset(), street: bool = True) -> float:
    """Quality from 0 to 1 that the words asked for name the known thing.

    Below ``CONFIDENT`` whenever a word differs that makes another street by itself, or the error is no likely
    typing error. ``context`` holds words that may follow any address, such as the city's name; ``street`` tells
    whether the known thing is a street, of which nobody says "Plaza".
    """
    if asked == known:
        return 1.0
    joined = max(_joined(asked, known), _joined(core(asked), core(known)))
    rest, same = _exact(asked, known)
    loss = 0.02 if same and not rest.asked and not rest.known else 0.0
    weight = sum(_weight(word) for word in same)
    for close, close_weight in (_initials(rest, known[-1:]), _misspelt(rest)):
        loss, weight = loss + close, weight + close_weight
    loss += sum(_missing_loss(word, known, weight) for word in rest.known)
    loss += sum(_extra_loss(word, asked, weight, context, street) for word in rest.asked)
    if weight < 0.35:
        return joined  # only an article or "avenida" in common
    whole = weight + sum(_weight(w) for w in (*rest.known, *rest.asked) if w not in context and _weight(w) > 0.1)
    return max(joined, 0.0, min(1.0 - loss, 0.4 + 0.6 * math.sqrt(weight / whole)))


def _exact(asked: list[str], known: list[str]) -> tuple[_Rest, list[str]]:
    pool, same, left = list(known), [], []
    for word in asked:
        if word in pool:
            pool.remove(word)
            same.append(word)
        else:
            left.append(word)
    return _Rest(left, pool), same


def _initials(rest: _Rest, family: list[str]) -> tuple[float, float]:
    """Pair letters with the words they begin ("J. L. Infante"), but not with the last, the family name."""
    loss = weight = 0.0
    for letter in [word for word in rest.asked if len(word) == 1 and word.isalpha()]:
        begun = next((w for w in rest.known if w[0] == letter and len(w) > 2 and w not in family), None)
        if begun is not None:
            rest.asked.remove(letter)
            rest.known.remove(begun)
            loss += 0.04
            weight += 0.5 * _weight(begun)
    return loss, weight


def _misspelt(rest: _Rest) -> tuple[float, float]:
    """Pair misspelt words, the most alike first; returns what that costs and the weight matched."""
    pairs = sorted(
        (
            (_alike(one, other), one, other)
            for one in rest.asked
            for other in rest.known
            if not telling(one) and not telling(other) and min(len(one), len(other)) >= 3
        ),
        reverse=True,
    )
    loss = weight = 0.0
    for alike, one, other in pairs:
        if alike >= LEAST_ALIKE and one in rest.asked and other in rest.known:
            rest.asked.remove(one)
            rest.known.remove(other)
            loss += typing_loss(one, other)
            weight += alike * _weight(other)
    return loss, weight


def _alike(one: str, other: str) -> float:
    alike = OSA.normalized_similarity(one, other, score_cutoff=LEAST_ALIKE)
    if alike >= 0.8 or abs(len(one) - len(other)) > 2 or min(len(one), len(other)) < 4:
        return alike
    return 0.8 if _sound(one) == _sound(other) else alike


def typing_loss(one: str, other: str) -> float:
    """Quality lost when ``one`` stands for ``other``: little for a slip inside a long word, much otherwise."""
    if other in LINKS or other in TYPES:
        return 0.03
    if min(len(one), len(other)) >= 4 and _sound(one) == _sound(other):
        return 0.06
    slips = OSA.distance(one, other)
    length = max(len(one), len(other))
    if slips > 1:
        return 0.12 if slips == 2 and length >= 10 and one[0] == other[0] else 0.1 * slips
    if {one, other} in ({one, one + "s"}, {other, other + "s"}) or (one[:-1] == other[:-1] and length < 9):
        return 0.16  # "Aromo" and "Aromos", "Chico" and "Chica" are often two streets
    if one[0] != other[0] and length < 8:
        return 0.16  # "Robles" and "Nobles": the first letter is seldom mistyped
    return 0.07 if length >= 6 else 0.16


@lru_cache(maxsize=10_000)
def _sound(word: str) -> str:
    """Spell a word as it sounds in America's Spanish: "Gonzalez" as "Gonzales", "Yona" as "Llona"."""
    for written, heard in _HEARD.items():
        word = word.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", word.replace("h", ""))


def _weight(word: str) -> float:
    if word in LINKS or word in TYPES:
        return 0.1
    return 0.4 if word in TITLES or word in PLACE_TYPES else 1.0


def _missing_loss(word: str, known: list[str], matched: float) -> float:
    """Quality lost for a word of the known name that was not asked for."""
    if word in LINKS or word in TYPES:
        return 0.01
    if word in TITLES:
        return 0.04
    if word in PLACE_TYPES:
        return 0.13
    if telling(word):
        return 0.25
    first = word in [w for w in known if w not in TITLES and w not in TYPES and w not in LINKS][:1]
    return 0.12 if first and matched >= 2 else 0.22  # people leave out first names, seldom family names


def _extra_loss(word: str, asked: list[str], matched: float, context: frozenset[str], street: bool) -> float:
    """Quality lost for a word asked for that the known name does not have."""
    if word in LINKS or word in TYPES:
        return 0.01
    if word in context:
        return 0.02
    if word in TITLES:
        return 0.04
    if word in PLACE_TYPES:
        return 0.2 if street else 0.06
    if telling(word):
        return 0.25
    return 0.14 if word == asked[-1] and matched >= 2 else 0.25


def _joined(asked: list[str], known: list[str]) -> float:
    """Quality where only the spaces differ, or one letter besides ("Losaromos", "O Higgins")."""
    one, other = "".join(asked), "".join(known)
    if len(asked) == len(known) or (any(map(telling, (*asked, *known))) and one != other):
        return 0.0
    if one == other:
        return 0.97
    return 0.88 if min(len(one), len(other)) >= 8 and OSA.distance(one, other, score_cutoff=1) == 1 else 0.0
