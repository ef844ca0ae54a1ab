"""Where a page takes its scripts and styles from: addresses of the same service, or its own text."""

import base64
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xstatic.pkg import leaflet

from geo_reports.look import STATIC

LEAFLET = Path(leaflet.BASE_DIR)
"""Folder of Leaflet's script, style sheet and images, as its package was installed."""

_URL = re.compile(r"url\(\s*[\"']?([^)\"']+)[\"']?\s*\)")
_MAP_COMMENT = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@dataclass(frozen=True)
class Assets:
    """Addresses of the service (``prefix``), or nothing but text inside the page (``prefix`` is None)."""

    prefix: str | None

    @classmethod
    def served(cls, prefix: str = "/static") -> "Assets":
        """Links to files below ``prefix``; Leaflet's are in ``prefix``/leaflet."""
        return cls(prefix.rstrip("/"))

    @classmethod
    def inline(cls) -> "Assets":
        """Everything inside the page, for a file that opens without a network."""
        return cls(None)

    @property
    def scripts(self) -> list[tuple[str, str]]:
        """Names and addresses of scripts that a map loads."""
        if self.prefix is None:
            return []
        return [("leaflet", f"{self.prefix}/leaflet/leaflet.js"), ("map", f"{self.prefix}/map.js")]

    @property
    def styles(self) -> list[tuple[str, str]]:
        """Names and addresses of style sheets that a map loads, before those of the page."""
        return [] if self.prefix is None else [("leaflet_css", f"{self.prefix}/leaflet/leaflet.css")]


@cache
def inline_styles() -> str:
    """Leaflet's style sheet with its images as data, then ours."""
    return _URL.sub(_as_data, (LEAFLET / "leaflet.css").read_text("utf-8")) + _own("look.css")


@cache
def inline_scripts() -> str:
    """Leaflet, then what maps and pages need."""
    library = _MAP_COMMENT.sub("", (LEAFLET / "leaflet.js").read_text("utf-8"))
    # a closing tag inside a string of the library would end the script element
    return "\n".join([library, _own("map.js"), _own("look.js")]).replace("</script", "<\\/script")


def _own(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def _as_data(found: re.Match[str]) -> str:
    name = found[1]
    if name.startswith(("#", "data:")):
        return found[0]
    data = base64.b64encode((LEAFLET / name).read_bytes()).decode("ascii")
    return f"url(data:image/png;base64,{data})"
