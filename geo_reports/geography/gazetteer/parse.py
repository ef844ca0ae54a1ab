"""Read an address: what is the street, the number, the crossing street, and what can be left aside."""

import re
from dataclasses import dataclass, replace
from itertools import islice

from geo_reports.geography.gazetteer.names import plain, words
from geo_reports.geography.gazetteer.tidy import beside, tidy

MOST = 6
"""Numbers, joining words and commas of a text that are tried: no address has more."""
UNUSUAL = 0.12
"""Quality that a reading costs which is unusual where Spanish is spoken."""

_NUMBER_SIGN = re.compile(r"\b(?:n[°º]|n\.?\s?o\.|nro\.?|num\.?|n[uú]mero)\s*(?=\d)|#\s*(?=\d)", re.IGNORECASE)
_UNIT = re.compile(
    r"\b(?:departamento|depto|dpto|dep|dto|oficina|ofic|of|local|loc|casa|block|blok|bloque|torre|piso|bodega|sitio|lote|"
    r"letra|stand|box)\b\.?\s*(?:n[°ºo]?\.?\s*|#\s*)?(?:\d\w{0,4}(?:-?\w)?|[a-z](?=\W|$))",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(r"\b(?:s\s*/\s*n[°ºo]?|sin\s+n[uú]mero|s\.n\.)(?=\W|$)", re.IGNORECASE)
_BLOCK = re.compile(
    r"[,\s]+(?:a\s+la\s+|a\s+)?(?:altura|alt)\.?\s*(?:del\s+|de\s+la\s+|de\s+)?(?:n[°ºo]?\.?\s*)?(\d{1,5})\b"
    r"|[,\s]+(?:al|frente\s+al|frente\s+a)\s+(\d{1,5})\b",
    re.IGNORECASE,
)
_BLOCK_FIRST = re.compile(
    r"^(?:(?:a\s+la\s+|en\s+la\s+)?(?:altura|alt)\.?\s*(?:del\s+)?(?:n[°ºo]?\.?\s*)?(\d{1,5})"
    r"|(?:(?:en|a)\s+la\s+)?(?:cuadra\s*(\d{1,3})|(\d{1,3})\s*(?:a|ª|°)?\s*cuadra))\s*,?\s+(?:de\s+)?(?=\w)",
    re.IGNORECASE,
)
_KILOMETRE = re.compile(r"[,\s]+(?:en\s+el\s+)?(?:km|kil[oó]metro)s?\.?\s*\d{1,4}(?:[.,]\d{1,3})?(?!\w)", re.IGNORECASE)
_STRETCH = re.compile(
    r"^(?P<street>[^,]*?)[,\s]*(?<!\w)(?:entre|between)\s+(?:(?:las\s+)?calles?\s+)?(?P<one>\S.*?)\s+(?:y|e|and|&|con)\s+"
    r"(?P<other>[^,]+)(?:,\s*(?P<rest>.*))?$",
    re.IGNORECASE,
)
_CUADRA = re.compile(
    r"[,\s]+(?:(?:a\s+la\s+)?altura\s+(?:de\s+la\s+)?)?(?:cuadra\s*(\d{1,3})\b|(\d{1,3})\s*(?:a|ª|°)?\s*cuadra\b)",
    re.IGNORECASE,
)
_CROSS = re.compile(
    r"\s+(?:(?:casi\s+|pasad[oa]\s+)?(?:esquina|esq\b\.?)(?:\s+(?:con|de))?|(?:casi\s+)?(?:con|al\s+llegar\s+a|llegando\s+a)"
    r"|pasad[oa]|antes\s+de|hasta|desde|cruce(?:\s+con)?|intersecci[oó]n(?:\s+con)?|y|e|and|at)\s+"
    r"|\s*[/&@+]\s*|\s*,\s*(?:esquina|esq\b\.?)(?:\s+con)?\s+|\s+-\s+|\s+x\s+",
    re.IGNORECASE,
)
_CORNERS = ("esquina", "cruce", "interseccion")
"""Words before a corner's first street, which may be its name: "Esquina Blanca"."""
_HOUSE = re.compile(r"(\d{1,6})(?:\s?([a-z])(?![a-z]))?(?:\s?[-/]\s?\d{1,6}(?:\s?[a-z](?![a-z]))?)?", re.IGNORECASE)


@dataclass(frozen=True)
class House:
    """A house number. ``order`` is its place along the street: below zero where it was written with a leading zero.

    Chile numbers the two sides of a street's origin alike and marks one of them by the zero.
    """

    order: int
    text: str
    block: bool = False

    @classmethod
    def read(cls, text: str) -> "House | None":
        """Read the number of a house ("100", "0620", "13 A", "12-14"), or None where there is none."""
        match = _HOUSE.search(plain(text).strip())
        if match is None:
            return None
        digits = match.group(1)
        order = -int(digits) if digits.startswith("0") and int(digits) else int(digits)
        return cls(order, re.sub(r"\s", "", match.group(0)))


@dataclass(frozen=True)
class Question:
    """One way to read an address; ``rest`` are the words it leaves over, ``doubt`` the quality it costs.

    ``upto`` is the second crossing street of "A entre B y C". ``beside_m`` is what "cerca de" leaves open.
    """

    street: tuple[str, ...]
    house: House | None = None
    cross: tuple[str, ...] = ()
    unit: str = ""
    rest: tuple[str, ...] = ()
    doubt: float = 0.0
    upto: tuple[str, ...] = ()
    beside_m: float = 0.0


def read(text: str) -> list[Question]:
    """Ways to read an address, the likeliest first."""
    text, beside_m = beside(tidy(text))
    units = " ".join(match.group(0).strip() for match in _UNIT.finditer(text) if match.start() > 0)
    bare = re.sub(r"(?:,\s*)+(?=,|$)", "", _UNIT.sub(lambda m: m.group(0) if m.start() == 0 else " ", text)).strip(" ,")
    bare = _NUMBER_SIGN.sub(" ", _NO_NUMBER.sub(" ", bare))
    bare, kilometres = _KILOMETRE.subn(" ", bare)
    found = _stretches(bare, units) + (_blocks(bare, units) or [*_houses(bare, units), *_crossings(bare, units)])
    found.append(Question(tuple(words(bare)), unit=units))
    segments = [tuple(words(part)) for part in bare.split(",")][:MOST]
    if len(segments) > 1:
        found += [Question(part, unit=units, rest=_others(segments, at)) for at, part in enumerate(segments)]
    if kilometres:  # a sign on the road, which no house number tells
        found = [replace(question, doubt=question.doubt + UNUSUAL) for question in found]
    found = [replace(question, beside_m=beside_m) for question in found] if beside_m else found
    return [question for question in dict.fromkeys(found) if question.street]


def _stretches(text: str, units: str) -> list[Question]:
    """Read "A entre B y C" and "entre B y C, A"."""
    match = _STRETCH.match(text)
    if match is None:
        return []
    rest = match.group("rest") or ""
    street = match.group("street") if words(match.group("street")) else rest
    left = tuple(words(rest)) if street is not rest else ()
    number = re.search(_HOUSE.pattern + r"\s*$", street.strip(), re.IGNORECASE)
    found = []
    # a name may hold the joining word: "entre Portales y Ortiz y Rojas"
    between = [match.group("one"), *re.split(r"\s+(?:y|e|and|&|con)\s+", match.group("other"), flags=re.IGNORECASE)]
    for at in range(1, min(len(between), MOST)):
        one, other = words(" y ".join(between[:at])), words(" y ".join(between[at:]))
        if one and other and words(street):
            found.append(Question(tuple(words(street)), None, tuple(one), units, left, 0.0, tuple(other)))
            if number and (name := words(street.strip()[: number.start()])):
                house = House.read(number.group(0))
                found.insert(0, Question(tuple(name), house, (), units, (*one, *other, *left)))
    return found


def _others(segments: list[tuple[str, ...]], at: int) -> tuple[str, ...]:
    return tuple(word for number, part in enumerate(segments) if number != at for word in part)


def _blocks(text: str, units: str) -> list[Question]:
    """Read "altura del 1500" and "cuadra 15", after the street or before it."""
    if first := _BLOCK_FIRST.match(text):
        number = int(first.group(1)) if first.group(1) else 100 * int(first.group(2) or first.group(3))
        name, _, after = text[first.end() :].partition(",")
        house = House(number, str(number), block=True)
        return [Question(tuple(words(name)), house, (), units, tuple(words(after)))]
    match = _BLOCK.search(text)
    cuadra = _CUADRA.search(text)
    if match:
        number = int(match.group(1) or match.group(2))
    elif cuadra:
        match, number = cuadra, 100 * int(cuadra.group(1) or cuadra.group(2))
    else:
        return []
    rest = tuple(words(text[match.end() :]))
    return [Question(tuple(words(text[: match.start()])), House(number, str(number), block=True), (), units, rest)]


def _houses(text: str, units: str) -> list[Question]:
    """Every number with a name before it may be the house number; the one nearest the name's end is likeliest."""
    segments = [part.strip() for part in text.split(",")][:MOST]
    found = []
    for at, segment in enumerate(segments):
        others = tuple(word for number, part in enumerate(segments) if number != at for word in words(part))
        for match in list(re.finditer(r"(?<![\w/-])" + _HOUSE.pattern + r"(?!\w)", segment, re.IGNORECASE))[
            : -MOST - 1 : -1
        ]:
            before, after = segment[: match.start()], segment[match.end() :]
            name = before if words(before) else segments[at - 1] if at and not words(after) else ""
            house = House.read(match.group(0))
            if at and house and before.strip():
                whole = ",".join([*segments[:at], before])  # some names hold a comma
                found.append(Question(tuple(words(whole)), house, (), units, tuple(words(after))))
            if words(name) and house:
                found.append(Question(tuple(words(name)), house, (), units, (*words(after), *others)))
        leading = re.match(_HOUSE.pattern + r"\s+(?=\S)", segment, re.IGNORECASE)
        if leading and not segment[-1].isdigit() and (house := House.read(leading.group(0))):
            # "409 5 de Abril", as other countries write it
            found.append(Question(tuple(words(segment[leading.end() :])), house, (), units, others, UNUSUAL))
    return found


def _crossings(text: str, units: str) -> list[Question]:
    found = []
    for match in islice(_CROSS.finditer(text), MOST):
        one, other = words(text[: match.start()]), words(text[match.end() :].split(",")[0])
        if one and other and not all(word.isdigit() for word in other):
            rest = tuple(words(" ".join(text.split(",")[1:])))
            found.append(Question(tuple(one), None, tuple(other), units, rest))
            if one[0] in _CORNERS and len(one) > 1:
                found.append(Question(tuple(one[1:]), None, tuple(other), units, rest))
    return found
