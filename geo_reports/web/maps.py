"""The city's maps, each for the audience it names."""

import secrets
from html import escape
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from geo_reports import __version__
from geo_reports.accounts import check_audience
from geo_reports.city import MapSpec
from geo_reports.city.maps import PointsDef
from geo_reports.errors import NotFound
from geo_reports.look import N_, Words
from geo_reports.mapping import Assets, Share, render_page
from geo_reports.report import Audience, Family
from geo_reports.web.base import base_address
from geo_reports.web.embed import snippet
from geo_reports.web.kept import Kept
from geo_reports.web.visit import FRESH, SECRET, Here, Visit

router = APIRouter()

PUBLIC = Audience.PUBLIC
_BASE = secrets.token_urlsafe(24)
"""Stands in kept pages for the address of the service: what a request names as its host is for that request only."""


@router.get("/mapas/{name}")
def city_map(here: Here, name: str) -> Response:
    """One map; a public one is sent again only when it would look different."""
    definition = here.house.city.maps.get(name)
    if definition is None:
        raise NotFound(f"There is no map {name!r}.")
    check_audience(here.actor, definition.audience)
    if definition.audience is not Audience.PUBLIC:
        html = _drawn(here, name, definition, here.nonce)
        return here.remember(HTMLResponse(_in_colours(here, html), headers={"Cache-Control": SECRET}))
    # the menu of staff has one link more, so theirs is another page
    kind = (name, here.words.language, "staff" if here.actor else "all")
    revision = here.house.view(definition.audience).revision()
    mark = "-".join((revision, *kind[1:], __version__))
    headers = {"Cache-Control": FRESH, "ETag": f'"{mark}-{here.theme}"', "Vary": "Cookie"}
    if here.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    kept: Kept = here.request.state.kept
    html = kept.page(kind, mark, here.nonce, lambda slot: _drawn(here, name, definition, slot))
    html = html.replace(_BASE, escape(base_address(here.request, here.house)))
    return here.remember(HTMLResponse(_in_colours(here, html), headers=headers))


def _in_colours(here: Visit, html: str) -> str:
    """Put the chosen colours into a page that was drawn without."""
    return html.replace('data-theme=""', f'data-theme="{here.theme}"', 1)


def _drawn(here: Visit, name: str, definition: MapSpec, nonce: str) -> str:
    house = here.house
    said, address = here.words, f"{_BASE}/mapas/{quote(name, safe='')}"
    title = said.say(definition.title)
    share = Share(address, snippet(said, f"{address}/incrustar", title)) if definition.audience is PUBLIC else None
    page = render_page(
        definition,
        house.view(definition.audience),
        here.words,
        assets=Assets.served(),
        nonce=nonce,
        now=house.clock(),
        tiles=house.tiles,
        demo=house.demo,
        name=name,
        exports=_exports(here.words, definition),
        nav=here.menu(staff=here.actor is not None),
        share=share,
    )
    return page.html


def _exports(words: Words, definition: MapSpec) -> tuple[tuple[str, str], ...]:
    """Where the numbers of a map can be had as files; the API gives each account its own view of them."""
    families = [family for family in Family if any(getattr(d, "family", None) is family for d in definition.layers)]
    links = [(f"/api/v1/aggregates?family={family}&format=csv", words(_CSV[family])) for family in families]
    if any(isinstance(layer, PointsDef) for layer in definition.layers):
        links.append(("/api/v1/reports?limit=1000", words("Reports (GeoJSON)")))
    return tuple(links)


_CSV = {Family.DUMP: N_("Dumps by neighborhood (CSV)"), Family.SECURITY: N_("Security by neighborhood (CSV)")}
