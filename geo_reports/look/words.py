"""What the program says, in the reader's language: gettext catalogues, dates and numbers.

A message's name is its English text. In templates it is written ``_("…")`` or ``plural("…", "…", n)``; in Python
the ``Words`` at hand is called ``_``, and a text kept in a table is marked ``N_("…")``. Translations are in
``locale/<language>/LC_MESSAGES/geo_reports.po``, read as they are: there is nothing to compile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO
from math import isnan

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from geo_reports.report import CloseReason, Family, Size, Status

LANGUAGES = ("es", "en")
"""Languages there are words in; the first is what a reader gets who asks for another."""

_REGION = {"es": "es_CL", "en": "en_GB"}


def N_(text: str) -> str:
    """Mark a text for translation where it is kept, not shown."""
    return text


_STATUS = {
    Status.RECEIVED: N_("Received"),
    Status.ACKNOWLEDGED: N_("Acknowledged"),
    Status.IN_PROGRESS: N_("In progress"),
    Status.CLEANED: N_("Cleaned"),
    Status.CLOSED_WITHOUT_SOLUTION: N_("Closed without solution"),
    Status.DUPLICATE: N_("Reported before"),
    Status.REJECTED: N_("Not accepted"),
}
_SECURITY_STATUS = {**_STATUS, Status.CLEANED: N_("Attended")}
_SIZE = {
    Size.BAG: N_("Fits in a bag"),
    Size.WHEELBARROW: N_("Fits in a wheelbarrow"),
    Size.CAR: N_("Fits in a car"),
    Size.TRUCK: N_("Needs a truck"),
}
_REASON = {
    CloseReason.NOT_FOUND: N_("We went and did not find it"),
    CloseReason.PRIVATE_LAND: N_("It is on private land"),
    CloseReason.OTHER_AGENCY: N_("It belongs to another agency"),
    CloseReason.NEEDS_MACHINERY: N_("It needs heavy machinery"),
    CloseReason.OTHER: N_("Another reason"),
}


@dataclass(frozen=True)
class Words:
    """One language. Call it with an English text to get that text in the language."""

    language: str
    _catalog: Catalog | None

    def __call__(self, text: str, **values: object) -> str:
        """Translate ``text`` and fill its ``%(name)s`` places; with values, a percent sign is written ``%%``."""
        found = self._find(text)
        said = found if isinstance(found, str) and found else text
        return said % values if values else said

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Translate for the number ``n``, which fills ``%(n)s`` as the language writes numbers."""
        found = self._find(one)
        forms = found if found and not isinstance(found, str) and all(found) else (one, many)
        return forms[0 if n == 1 else 1] % {"n": self.number(n), **values}

    def _find(self, text: str) -> str | Sequence[str] | None:
        message = self._catalog.get(text) if self._catalog is not None and text else None
        return message.string if message is not None else None

    def say(self, words: Mapping[str, str]) -> str:
        """Choose this language from a text of the city folder, which has both."""
        return words.get(self.language) or words[LANGUAGES[0]]

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with at most ``digits`` decimals; "–" where there is none."""
        if isnan(value):
            return "–"
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return format_decimal(round(value, digits), format=pattern, locale=_REGION[self.language])

    def between(self, low: int, high: int) -> str:
        """Say what is known of a count that may be withheld: a number, "fewer than 5", or two limits."""
        if low == high:
            return self.number(low)
        if high < 5:
            return self("fewer than %(n)s", n=high + 1)
        return self("between %(low)s and %(high)s", low=self.number(low), high=self.number(high))

    def date(self, day: date) -> str:
        """Write a day with figures: ``30-09-2026`` in Spanish, ``30/09/2026`` in English."""
        return day.strftime("%d-%m-%Y" if self.language == "es" else "%d/%m/%Y")

    def month(self, yyyymm: int) -> str:
        """Write a month out, ``septiembre de 2026``; 0 is an unknown time."""
        if yyyymm == 0:
            return self("unknown date")
        first = date(yyyymm // 100, yyyymm % 100, 1)
        pattern = "MMMM 'de' y" if self.language == "es" else "MMMM y"
        return str(format_date(first, pattern, locale=_REGION[self.language]))

    def when(self, text: str) -> str:
        """Write ``2026-09``, ``2026-09-30`` or ``2026-09-30 14:00`` for a reader; "" is an unknown time."""
        if not text:
            return self("unknown date")
        if len(text) == 7:
            return self.month(int(text[:4]) * 100 + int(text[5:]))
        return (self.date(date.fromisoformat(text[:10])) + " " + text[11:]).strip()

    def ago(self, days: int) -> str:
        """Say how long ago, in the largest unit that leaves at least two: ``hace 3 días``."""
        if days <= 0:
            return self("today")
        if days < 60:
            return self("yesterday") if days == 1 else self.plural("%(n)s day ago", "%(n)s days ago", days)
        if days < 730:
            return self.plural("%(n)s month ago", "%(n)s months ago", round(days / 30.44))
        return self.plural("%(n)s year ago", "%(n)s years ago", days // 365)

    def status(self, status: Status | str, family: Family | str = Family.DUMP) -> str:
        """Name a state of the workflow; what is cleaned for a dump is attended for an incident."""
        return self((_STATUS if Family(family) is Family.DUMP else _SECURITY_STATUS)[Status(status)])

    def size(self, size: Size | str | None) -> str:
        """Name the size of a dump; "" where it is unknown."""
        return self(_SIZE[Size(size)]) if size else ""

    def reason(self, reason: CloseReason | str) -> str:
        """Say why a report was closed without a solution."""
        return self(_REASON[CloseReason(reason)])


@cache
def words(language: str) -> Words:
    """Words of ``language``; Spanish for any that is not in ``LANGUAGES``."""
    if language not in LANGUAGES:
        return words(LANGUAGES[0])
    file = files("geo_reports.look") / "locale" / language / "LC_MESSAGES" / "geo_reports.po"
    if not file.is_file():  # English: the names of the messages are their text
        return Words(language, None)
    return Words(language, read_po(BytesIO(file.read_bytes()), locale=language))
