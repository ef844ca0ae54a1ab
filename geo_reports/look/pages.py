"""Page templates: one environment for every page, so that escaping is decided once."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from geo_reports.city import City
from geo_reports.look.words import LANGUAGES, Words
from geo_reports.look.words import words as words_of

STATIC = files("geo_reports.look") / "static"
"""Folder of the style sheet and scripts that ``web`` serves below ``/static/``."""

_ROOMS = ("look", "web", "mapping")


DEFAULTS: dict[str, Any] = {
    "actor": None,
    "again": "",  # address that a change of language or colours leads to; empty for the same one
    "asked": "",  # what the address asks besides the language and the colours
    "demo": False,
    "nav": (),  # pairs of address and text
    "neutral": False,  # a title that tells nobody who looks at the screen or the history what the page is about
    "path": "/",
    "sends": "",  # id of the form that a change of language sends along, so that nothing typed is lost
    "standalone": False,
    "theme": "",  # "light" or "dark" where somebody chose
}
"""What templates see unless a page gives it."""


@cache
def environment() -> Environment:
    """Environment over the templates of ``look``, ``web`` and ``mapping``; values are escaped, absent ones raise."""
    package = files("geo_reports")
    loaders = [FileSystemLoader(str(package / room / "templates")) for room in _ROOMS]
    return Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, *, words: Words, city: City, nonce: str, **values: Any) -> str:
    """Render a page that extends ``base.html``.

    Besides ``values``, templates see ``_`` and ``plural`` (see ``words``), ``words``, ``city``, ``nonce``,
    ``languages`` (``Words`` of each), and what ``DEFAULTS`` names unless given.
    """
    languages = tuple(words_of(language) for language in LANGUAGES)
    given = {"languages": languages, "_": words, "plural": words.plural, "words": words, "city": city, "nonce": nonce}
    return environment().get_template(template).render(**{**DEFAULTS, **values, **given})
