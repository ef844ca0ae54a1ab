"""Number plates of Chilean vehicles in a text: ``BBBB-11``, ``BBBBB-1``, ``AA-1111`` and those of motorcycles.

Plates since 2007 hold neither vowels nor M, N, Ñ and Q, which is why four such letters and two digits need no word
beside them; the other forms need one, or a separator where plates have it.
"""

import re
from collections.abc import Iterator

_NEW = "[BCDFGHJKLPRSTVWXYZ]"
_SEP = r"[ .·*-]{0,3}"
_TIGHT = r"[.·*-]?"
_END = r"(?![\wÁÉÍÓÚÑáéíóúñ]|[.,:]\d|\s?(?:hrs?|h|°|º|%)\b)"
_START = r"(?<![\w$#@/.·-])"

_SURE = re.compile(
    rf"{_START}(?:{_NEW}{{2}}{_SEP}{_NEW}{{2}}{_SEP}\d\d|{_NEW}{{5}}{_TIGHT}\d"
    rf"|[A-Z]{{2}}[.·-]?(?:\d\d[.·-]\d\d|\d{{4}})|[A-Z]{{2}} (?:\d{{4}}|\d\d[ .·-]\d\d)|{_NEW}{{3}}[.·-]\d\d){_END}"
)
_LOWER = re.compile(rf"{_START}(?:{_NEW}{{4}}{_TIGHT}\d\d|{_NEW}{{2}}-{_NEW}{{2}}-\d\d){_END}", re.IGNORECASE)
_CALLED = re.compile(
    r"\b(?:patentes?|placas?|p\.?p\.?u\.?|matr[ií]cula|(?:licen[cs]e |number )plates?|plates?|moto(?:cicleta)?s?)\b"
    r"(?:[\s:\"'(,]{1,3}(?:es|era|n[°º]|con|que|dec[ií]a|termina|en|is|was|de|la|del|gris|negra|roja|azul|blanca|number)){0,3}"
    r"[\s:\"'(,]{1,3}"
    rf"([A-Z]{{2}}{_SEP}[A-Z]{{2}}{_SEP}\d\d|[A-Z]{{5}}{_SEP}\d|[A-Z]{{2}}{_SEP}\d\d{_SEP}\d\d|[A-Z]{{2,3}}{_SEP}0?\d{{2,3}}){_END}",
    re.IGNORECASE,
)
_OTHERWISE = "AM AV CC CM CP DJ HD HP IP KG KM LT ML MM MT MZ NO NR NU PA PB PC PM PS TV US UF UN UV"
"""Pairs of letters that stand before a number for another reason: units, hours, blocks, models."""
_NO_PLATE = frozenset(_OTHERWISE.split())
_STOP = re.compile(r"\bparaderos?\W{1,3}$", re.IGNORECASE)
"""Bus stops have a code of two letters and some digits."""


def plates(text: str) -> Iterator[tuple[int, int]]:
    """Yield where number plates lie in a text."""
    for match in _SURE.finditer(text):
        letters = match[0][:2]
        stop = _STOP.search(text[max(0, match.start() - 15) : match.start()])
        if match[0][2:3].isalpha() or (letters not in _NO_PLATE and not stop):
            yield match.span()
    for match in _LOWER.finditer(text):
        yield match.span()
    for match in _CALLED.finditer(text):
        yield match.span(1)
