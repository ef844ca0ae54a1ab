"""What the program says, in the reader's language: gettext catalogues, dates and numbers.

A message's name is its English text. In templates it is written ``_("…")`` or ``plural("…", "…", n)``; in Python
the ``Words`` at hand is called ``_``, and a text kept in a table is marked ``N_("…")``. Translations are in
``locale/<language>/LC_MESSAGES/geo_reports.po``; a language is added by adding its file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isnan

from babel.dates import format_date
from babel.numbers import format_decimal

from geo_reports.look.catalogues import FIRST, Catalogue, catalogue, codes
from geo_reports.privacy.rules import SUPPRESS_BELOW
from geo_reports.report import CloseReason, Family, Size, Status

LANGUAGES = codes()
"""Languages there are words in; the first is what a reader gets who asks for another."""


def N_(text: str) -> str:
    """Mark a text for translation where it is kept, not shown."""
    return text


_STATUS = {
    Status.HELD: N_("Waiting for approval"),
    Status.RECEIVED: N_("Received"),
    Status.ACKNOWLEDGED: N_("Acknowledged"),
    Status.IN_PROGRESS: N_("In progress"),
    Status.CLEANED: N_("Cleaned"),
    Status.VERIFIED: N_("Confirmed clean"),
    Status.CLOSED_WITHOUT_SOLUTION: N_("Closed without solution"),
    Status.DUPLICATE: N_("Reported before"),
    Status.REJECTED: N_("Not accepted"),
    Status.RETRACTED: N_("Taken back by its sender"),
}
_SECURITY_STATUS = {**_STATUS, Status.CLEANED: N_("Attended"), Status.VERIFIED: N_("Confirmed solved")}
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
    CloseReason.NOT_OURS: N_("It is not for the municipality"),
    CloseReason.NO_PROBLEM: N_("There is no problem there"),
    CloseReason.ABUSIVE: N_("It insults or accuses somebody"),
    CloseReason.TEST: N_("It was a trial"),
    CloseReason.OTHER: N_("Another reason"),
}


@dataclass(frozen=True)
class Words:
    """One language. Call it with an English text to get that text in the language."""

    catalogue: Catalogue

    @property
    def language(self) -> str:
        """Code of the language, as addresses and cookies name it: ``es_facil``."""
        return self.catalogue.code

    @property
    def tag(self) -> str:
        """Language as HTML names it: ``es``."""
        return self.catalogue.tag

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return self.catalogue.name

    def __call__(self, text: str, **values: object) -> str:
        """Translate ``text`` and fill its ``%(name)s`` places; with values, a percent sign is written ``%%``."""
        said = self.catalogue.one(text)
        return said % values if values else said

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Translate for the number ``n``, which fills ``%(n)s`` as the language writes numbers."""
        return self.catalogue.many(one, many, n) % {"n": self.number(n), **values}

    def say(self, words: Mapping[str, str]) -> str:
        """Choose from a text of the city folder, which may lack this language but never Spanish and English."""
        return words.get(self.language) or words.get(self.tag) or words[FIRST]

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with at most ``digits`` decimals; "–" where there is none."""
        if isnan(value):
            return "–"
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return format_decimal(round(value, digits), format=pattern, locale=self.catalogue.locale)

    def between(self, low: int, high: int) -> str:
        """Say what is known of a count that may be withheld: a number, "fewer than 5", or two limits.

        The 5 is that of the rules: what is withheld begins at 0 and ends below it.
        """
        if low == high:
            return self.number(low)
        if low == 0 and high < SUPPRESS_BELOW:
            return self("fewer than %(n)s", n=high + 1)
        return self("between %(low)s and %(high)s", low=self.number(low), high=self.number(high))

    def date(self, day: date) -> str:
        """Write a day with figures: ``30-09-2026`` in Spanish, ``30/09/2026`` in English."""
        return day.strftime(self.catalogue.date_pattern)

    def month(self, yyyymm: int) -> str:
        """Write a month out, ``septiembre de 2026``; 0 is an unknown time."""
        if yyyymm == 0:
            return self("unknown date")
        first = date(yyyymm // 100, yyyymm % 100, 1)
        return str(format_date(first, self.catalogue.month_pattern, locale=self.catalogue.locale))

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
    return Words(catalogue(language if language in LANGUAGES else FIRST))
