"""What makes the report form work on a phone without a network: the worker, the manifest, and the page of drafts."""

import hashlib
import io
import json
from functools import cache
from typing import Any

import numpy as np
import shapely
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from PIL import Image, ImageDraw

from geo_reports.city import City
from geo_reports.errors import NotFound
from geo_reports.house import House
from geo_reports.intake import MOST_PHOTOS
from geo_reports.look import LANGUAGES
from geo_reports.look.pages import environment
from geo_reports.web.statics import address, static_files
from geo_reports.web.visit import FRESH, Here, Visit

router = APIRouter()

DRAFTS, FORM = "/borradores", "/reportar"
SCRIPTS = ("draft_store.js", "draft_sending.js")
"""What the service worker runs too: the same code sends from a page and from the worker."""
ICONS = (180, 192, 512)
PAPER, PRIMARY = "#fbfaf7", "#0b6b5d"
A_DAY = "public, max-age=86400"


@router.get(DRAFTS)
def drafts(here: Here) -> Response:
    """Reports kept on the phone: the same page for everybody, which the phone fills."""
    return here.page("drafts.html", cache=FRESH, most_photos=MOST_PHOTOS)


@router.get("/sw.js")
def worker(here: Here, lang: str = "") -> Response:
    """Service worker for the whole site, with the name and the parts of the shell it keeps.

    Its text changes when anything of the shell does, which is how browsers notice an update.
    """
    language = lang if lang in LANGUAGES else here.words.language
    text = f"self.SHELL = {json.dumps(_shell(here, language))};\n{static_files()['worker.js'][0].decode()}"
    headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
    return Response(text, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/manifest.webmanifest")
def manifest(here: Here) -> Response:
    """What a phone needs to put the form on its home screen."""
    name = here.house.city.spec.name
    icons = [
        {"src": f"/icono-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICONS[1:]
        for purpose in ("any", "maskable")
    ]
    body = {
        "id": FORM,
        "name": here.words("Reports of %(city)s", city=name),
        "short_name": here.words("Report"),
        "lang": here.words.tag,
        "start_url": FORM,
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PRIMARY,
        "icons": icons,
    }
    return JSONResponse(body, media_type="application/manifest+json", headers={"Cache-Control": FRESH})


@router.get("/icono-{size}.png")
def icon(size: int) -> Response:
    """Icon for a home screen; its mark stays within the part that every shape of icon shows."""
    if size not in ICONS:
        raise NotFound("There is no such file.")
    return Response(_icon(size), media_type="image/png", headers={"Cache-Control": A_DAY})


@router.get("/reportar/fondo.json")
def ground(here: Here) -> Response:
    """What lies under the map on which a point is chosen: units, their names, places; WGS 84, longitude first."""
    return JSONResponse(_ground(here.house), headers={"Cache-Control": A_DAY})


def _shell(here: Visit, language: str) -> dict[str, Any]:
    pages = {path: f"{path}?lang={language}" for path in (FORM, DRAFTS)}
    name = f"shell-{language}-{_digest(here.house.city)}"
    return {"name": name, "pages": pages, "otherwise": DRAFTS, "scripts": [address(script) for script in SCRIPTS]}


@cache
def _templates() -> bytes:
    """Digest of every template: a page of the shell looks different when one of them does."""
    env, digest = environment(), hashlib.sha256()
    for name in sorted(env.list_templates(extensions=["html"])):
        digest.update((env.loader.get_source(env, name)[0] if env.loader else "").encode())
    return digest.digest()


def _digest(city: City) -> str:
    own = "".join(sorted(found[2] for found in static_files().values()))
    return hashlib.sha256(_templates() + own.encode() + city.digest.encode()).hexdigest()[:16]


@cache
def _icon(size: int) -> bytes:
    """Draw a pin of a map, four times as large as needed so that its edges are smooth."""
    side = 4 * size
    image = Image.new("RGB", (side, side), PRIMARY)
    pen = ImageDraw.Draw(image)
    middle, top, radius = side / 2, 0.41 * side, 0.19 * side
    pen.ellipse((middle - radius, top - radius, middle + radius, top + radius), fill=PAPER)
    sides, height = (middle - 0.92 * radius, middle + 0.92 * radius), top + 0.4 * radius
    pen.polygon([(sides[0], height), (sides[1], height), (middle, 0.78 * side)], fill=PAPER)
    hole = 0.42 * radius
    pen.ellipse((middle - hole, top - hole, middle + hole, top + hole), fill=PRIMARY)
    sink = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(sink, "PNG")
    return sink.getvalue()


def _ground(house: House) -> dict[str, Any]:
    frame = house.city.primary.current.units
    at = frame.geometry.representative_point()
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.transform(shape, _rounded))}
        for shape in frame.geometry
    ]
    return {
        "units": {"type": "FeatureCollection", "features": features},
        "names": [[round(x, 5), round(y, 5), name] for x, y, name in zip(at.x, at.y, frame.name, strict=True)],
        "places": [[round(place.lon, 5), round(place.lat, 5), place.name] for place in house.city.places],
        "tiles": {"url": house.tiles.url, "attribution": house.tiles.attribution} if house.tiles else None,
    }


def _rounded(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Metres are enough for a background."""
    return np.round(points, 5)
