"""Page templates: one environment for every page, so that escaping is decided once."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from geo_reports.city import City
from geo_reports.look.words import LANGUAGES, Words

STATIC = files("geo_reports.look") / "static"
"""Folder of the style sheet and scripts that ``web`` serves below ``/static/``."""

_ROOMS = ("look", "web", "mapping")


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
    ``languages``, and ``actor`` (None), ``path`` ("/"), ``nav`` (pairs of address and text), ``demo`` (False),
    ``standalone`` (False) and ``asked`` ("", what the address asks besides the language) unless given.
    """
    always = {"actor": None, "path": "/", "nav": (), "demo": False, "standalone": False, "asked": ""}
    given = {"languages": LANGUAGES, "_": words, "plural": words.plural, "words": words, "city": city, "nonce": nonce}
    return environment().get_template(template).render(**{**always, **values, **given})
