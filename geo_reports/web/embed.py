"""A public map inside another site's page: no cookies, no menu, and the way back."""

import hashlib
from html import escape
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from geo_reports import __version__
from geo_reports.city import City
from geo_reports.errors import NotFound
from geo_reports.house import House
from geo_reports.look import LANGUAGES, Words, words
from geo_reports.mapping import Assets, render_page
from geo_reports.report import Audience
from geo_reports.web.kept import Kept

router = APIRouter()

SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
"""The map's scripts and the link back in a new tab; no cookies, no storage, no forms, no way out of the frame."""
CACHED = "public, max-age=300"


@router.get("/mapas/{name}/incrustar")
def embedded_map(request: Request, name: str, lang: str = "", barrio: str = "") -> Response:
    """One public map for a frame; ``barrio`` narrows it to one unit. Who is signed in sees no more than anybody."""
    house: House = request.state.house
    definition = house.city.maps.get(name)
    if definition is None or definition.audience is not Audience.PUBLIC:
        raise NotFound(f"There is no public map {name!r}.")
    if barrio and barrio not in set(house.city.primary.current.units.unit):
        raise NotFound(f"There is no unit {barrio!r}.")
    said = words(lang if lang in LANGUAGES else house.city.spec.locale[:2])
    view = house.view(Audience.PUBLIC)
    kind = (name, said.language, "frame", barrio)
    mark = hashlib.sha256("\x1f".join((view.revision(), __version__, *kind)).encode()).hexdigest()[:32]
    request.state.framed = True
    headers = {"Cache-Control": CACHED, "ETag": f'"{mark}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)

    def draw(nonce: str) -> str:
        return render_page(
            definition,
            view,
            said,
            assets=Assets.served(),
            nonce=nonce,
            now=house.clock(),
            tiles=house.tiles,
            demo=house.demo,
            name=name,
            template="embed.html",
            unit=barrio or None,
        ).html

    kept: Kept = request.state.kept
    return HTMLResponse(kept.page(kind, mark, str(request.state.nonce), draw), headers=headers)


def snippet(words: Words, address: str, place: str) -> str:
    """Text that puts a map into another page."""
    title = escape(words("Map: %(title)s", title=place))
    return (
        f'<iframe src="{escape(address)}" title="{title}" width="100%" height="480" '
        f'sandbox="{SANDBOX}" loading="lazy" referrerpolicy="no-referrer"></iframe>'
    )


def first_public_map(city: City) -> str | None:
    """Name of the first map that everybody may see, None where there is none."""
    return next((quote(name, safe="") for name, spec in city.maps.items() if spec.audience is Audience.PUBLIC), None)
