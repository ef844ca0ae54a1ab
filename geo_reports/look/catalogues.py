"""The languages there are words in: one gettext catalogue each, found in the locale folder, read as it is.

A catalogue's header says, besides what gettext knows: ``X-Name``, what the language calls itself; ``X-Locale``, how
it writes numbers (a locale of CLDR); ``X-Date``, how it writes days (as ``strftime`` does); ``X-Month``, how months (a
pattern of CLDR);
``X-Fallback``, the catalogue that is asked for what this one lacks. Without one, English stands: the names of the
messages are their text.
"""

import gettext
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

FIRST = "es"
"""What a reader gets who asks for a language there is no catalogue of."""

_LOCALE = files("geo_reports.look") / "locale"
_HEADER = re.compile(r'^"([A-Za-z-]+): (.*)\\n"$', re.MULTILINE)


@dataclass(frozen=True)
class Catalogue:
    """One language: its messages, and how it writes numbers and dates."""

    code: str
    tag: str
    name: str
    locale: str
    date_pattern: str
    month_pattern: str
    fallback: "Catalogue | None"
    messages: Catalog
    plural_form: Callable[[int], int]

    def one(self, text: str) -> str:
        """Translation of a text, or the text itself."""
        message = self.messages.get(text) if text else None
        if message is not None and isinstance(message.string, str) and message.string:
            return message.string
        return self.fallback.one(text) if self.fallback is not None else text

    def many(self, one: str, many: str, n: int) -> str:
        """Translation of a text for the number ``n``, or the English one that fits it."""
        message = self.messages.get(one)
        forms = _forms(message)
        if forms:
            return forms[self.plural_form(n)]
        return self.fallback.many(one, many, n) if self.fallback is not None else (one if n == 1 else many)


def _forms(message: Message | None) -> Sequence[str]:
    string = message.string if message is not None else None
    return () if string is None or isinstance(string, str) or not all(string) else string


def codes() -> tuple[str, ...]:
    """Names of the catalogues: the first language and its variants, then the others by name."""
    found = sorted(entry.name for entry in _LOCALE.iterdir() if _file(entry.name).is_file())
    return tuple(sorted(found, key=lambda code: (code != FIRST, code.split("_")[0] != FIRST, code)))


@cache
def catalogue(code: str) -> Catalogue:
    """Read the catalogue of a language."""
    text = _file(code).read_text("utf-8")
    header = dict(_HEADER.findall(text.split("\n\n", 1)[0]))
    tag: str = header["Language"]
    messages = read_po(StringIO(text), locale=tag)
    return Catalogue(
        code=code,
        tag=tag.replace("_", "-"),
        name=header["X-Name"],
        locale=header.get("X-Locale") or tag,
        date_pattern=header.get("X-Date") or "%d/%m/%Y",
        month_pattern=header.get("X-Month") or "MMMM y",
        fallback=catalogue(header["X-Fallback"]) if "X-Fallback" in header else None,
        messages=messages,
        plural_form=gettext.c2py(messages.plural_expr),
    )


def _file(code: str) -> Traversable:
    return _LOCALE / code / "LC_MESSAGES" / "geo_reports.po"
