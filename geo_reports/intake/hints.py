"""Find in a text what may tell who somebody is: RUT, telephone, e-mail, number plate, home.

A hint is a question to the writer or a moderator, never a refusal. Formats are those of Chile; what is found and
what is not is told, with precision and recall, in ``docs/method-hints.md``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from geo_reports.intake.hint_homes import homes
from geo_reports.intake.hint_plates import plates


class HintKind(StrEnum):
    """What a piece of text seems to be."""

    RUT = "rut"
    PHONE = "phone"
    EMAIL = "email"
    PLATE = "plate"
    ADDRESS = "address"


@dataclass(frozen=True)
class Hint:
    """A piece of a text, by its first character and the one after its last, and what it seems to be."""

    kind: HintKind
    start: int
    end: int
    text: str


def find_hints(text: str) -> list[Hint]:
    """Return what may tell who somebody is, in the order of the text, no piece twice."""
    plain = text.translate(_PLAIN)
    finders = (
        (HintKind.EMAIL, _emails),
        (HintKind.RUT, _ruts),
        (HintKind.PHONE, _phones),
        (HintKind.PLATE, plates),
        (HintKind.ADDRESS, homes),
    )
    taken: list[Hint] = []
    for kind, finder in finders:  # the surest first: a piece is what the first finder says it is
        for start, end in finder(plain):
            if all(end <= hint.start or hint.end <= start for hint in taken):
                taken.append(Hint(kind, start, end, text[start:end]))
    return sorted(taken, key=lambda hint: hint.start)


# one character for one, so that places in the plain text are places in the text
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", " "),
        **dict.fromkeys("\uff0e\u2024", "."),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "\uff20": "@",
        "\uff0b": "+",
    }
)

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_SPELT = re.compile(
    r"(?<![\w.+-])[\w.+-]{2,64}\s?(?:\(at\)|\[at\]|\s(?:arroba|at))\s?[\w-]{2,63}"
    r"(?:\s?\.\s?|\s(?:punto|dot)\s)(?:com|cl|net|org|es)\b",
    re.IGNORECASE,
)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_EMAIL, _SPELT):
        for match in pattern.finditer(text):
            yield match.span()


_SEPARATED_RUT = re.compile(r"(?<![\d.,-])(\d{1,2}[. ]\d{3}[. ]\d{3}|\d{7,8})\s?-\s?([\dkK])(?![\dA-Za-z]|[.,]\d)")
_BARE_RUT = re.compile(r"(?<![\d.,$-])(?<!\$ )(\d{1,2}\.\d{3}\.\d{3}|\d{7,8})([\dkK])(?![\dA-Za-z-]|[.,]\d)")
_SAID = re.compile(
    r"\b(?:rut|run|r\.u\.[tn]\.?|c[eé]dula|carnet|c\.?i\.?)\W{0,3}(?:\w{1,8}\W{1,2}){0,2}$", re.IGNORECASE
)
SMALLEST_RUT, LARGEST_RUT = 1_000_000, 99_999_999
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MOBILE = re.compile(r"9\d{8}")


def _ruts(text: str) -> Iterator[tuple[int, int]]:
    """RUTs whose check digit is right, and those called one, right or not: a slip of one digit still tells who."""
    for pattern in (_SEPARATED_RUT, _BARE_RUT):
        for match in pattern.finditer(text):
            digits = re.sub(r"\D", "", match[1])
            called = bool(_SAID.search(text[max(0, match.start() - 30) : match.start()]))
            whole = digits + match[2]
            if pattern is _BARE_RUT and not called and (_DATE.fullmatch(whole) or _MOBILE.fullmatch(whole)):
                continue
            if SMALLEST_RUT <= int(digits) <= LARGEST_RUT and (called or check_digit(digits) == match[2].upper()):
                yield match.span()


def check_digit(digits: str) -> str:
    """Check digit of a RUT without it: modulo 11 with the factors 2 to 7 from the right (0 to 9, or K)."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(digits)))
    return "0123456789K0"[11 - total % 11]


_AREA = r"(?:2|3[2-5]|4[1-35]|5[1-357-8]|6[13-57]|7[1-35])"
_GAP = r"[ .-]{0,2}"
_PHONE = re.compile(
    r"(?<![\w$.,+-])(?:"
    rf"22{_GAP}\d{{3}}{_GAP}\d{{4}}|"
    rf"\(?(?:\+|00){_GAP}56\)?{_GAP}\(?0?\d{{1,2}}\)?{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}"  # with the country's number
    rf"|56{_GAP}9{_GAP}\d{{4}}{_GAP}\d{{4}}"
    rf"|\(?0?9\)?{_GAP}\d{{4}}{_GAP}\d{{4}}"
    rf"|9{_GAP}\d{{2,3}}{_GAP}\d{{2,3}}{_GAP}\d{{2,3}}"  # mobile, however grouped
    rf"|\(?0?{_AREA}\)?{_GAP}2\d{{2,3}}{_GAP}\d{{4}}"  # fixed line: area, then a number that starts with 2
    r")(?![\w-]|[.,]\d)"
)
_CALLED_PHONE = re.compile(
    r"\b(?:fono|tel[eé]fono|tel|cel|celular|whatsapp|wsp|wasap|n[uú]mero de contacto|phone|cell|mobile)\b"
    r"[^\d\n]{0,12}((?:\+?\d[ .-]{0,2}){7,12})(?!\d)",
    re.IGNORECASE,
)
_COUNTS = (8, 9, 10, 11, 12, 13)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        if len(re.sub(r"\D", "", match[0])) in _COUNTS[1:]:
            yield match.span()
    for match in _CALLED_PHONE.finditer(text):
        number = match[1].rstrip(" .-")
        if len(re.sub(r"\D", "", number)) in _COUNTS:
            yield match.start(1), match.start(1) + len(number)
