"""Files that pages load: our own style sheet and scripts, and Leaflet from its wheel."""

import hashlib
import mimetypes
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import xstatic.pkg.leaflet
from fastapi import APIRouter, Request, Response

from geo_reports.errors import NotFound
from geo_reports.look import STATIC

router = APIRouter()

FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"


@cache
def static_files() -> dict[str, tuple[bytes, str, str]]:
    """Every file below ``/static/`` by name: its bytes, media type and a digest of the bytes."""
    leaflet = _below(Path(xstatic.pkg.leaflet.BASE_DIR))
    own = {**_below(STATIC), **_below(files("geo_reports.web") / "static")}
    found = {**own, **{f"leaflet/{name}": data for name, data in leaflet.items()}}
    return {name: (data, _media_type(name), hashlib.sha256(data).hexdigest()[:16]) for name, data in found.items()}


def address(name: str) -> str:
    """Address of a file, with the digest of what it holds: it can be kept for good."""
    return f"/static/{name}?v={static_files()[name][2]}"


@router.get("/static/{name:path}")
def static(name: str, request: Request, v: str = "") -> Response:
    """One file; kept for good where the address carries the digest of what it holds."""
    if name not in static_files():
        raise NotFound("There is no such file.")
    data, media_type, digest = static_files()[name]
    headers = {"Cache-Control": FOREVER if v == digest else A_WHILE, "ETag": f'"{digest}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)


def _below(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found |= _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".css", ".js", ".png")) and "-src" not in entry.name:
            found[prefix + entry.name] = entry.read_bytes()
    return found


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
