"""The city's maps, each for the audience it names."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from geo_reports import __version__
from geo_reports.accounts import check_audience
from geo_reports.city import MapSpec
from geo_reports.city.maps import PointsDef
from geo_reports.errors import NotFound
from geo_reports.look import N_, Words
from geo_reports.mapping import Assets, render_page
from geo_reports.report import Audience, Family
from geo_reports.web.visit import FRESH, SECRET, Here, Visit

router = APIRouter()


@router.get("/mapas/{name}")
def city_map(here: Here, name: str) -> Response:
    """One map; a public one is sent again only when it would look different."""
    definition = here.house.city.maps.get(name)
    if definition is None:
        raise NotFound(f"There is no map {name!r}.")
    check_audience(here.actor, definition.audience)
    if definition.audience is not Audience.PUBLIC:
        return _drawn(here, name, definition, {"Cache-Control": SECRET})
    revision = here.house.view(definition.audience).revision()
    etag = f'"{revision}-{here.words.language}-{__version__}"'
    headers = {"Cache-Control": FRESH, "ETag": etag, "Vary": "Cookie"}
    if here.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return _drawn(here, name, definition, headers)


def _drawn(here: Visit, name: str, definition: MapSpec, headers: dict[str, str]) -> HTMLResponse:
    house = here.house
    page = render_page(
        definition,
        house.view(definition.audience),
        here.words,
        assets=Assets.served(),
        nonce=here.nonce,
        now=house.clock(),
        tiles=house.tiles,
        demo=house.demo,
        name=name,
        exports=_exports(here.words, definition),
        # a public page is kept by browsers under a mark that does not tell who asked
        nav=here.menu(staff=definition.audience is not Audience.PUBLIC),
    )
    return here.remember_language(HTMLResponse(page.html, headers=headers))


def _exports(words: Words, definition: MapSpec) -> tuple[tuple[str, str], ...]:
    """Where the numbers of a map can be had as files; the API gives each account its own view of them."""
    families = [family for family in Family if any(getattr(d, "family", None) is family for d in definition.layers)]
    links = [(f"/api/v1/aggregates?family={family}&format=csv", words(_CSV[family])) for family in families]
    if any(isinstance(layer, PointsDef) for layer in definition.layers):
        links.append(("/api/v1/reports?limit=1000", words("Reports (GeoJSON)")))
    return tuple(links)


_CSV = {Family.DUMP: N_("Dumps by neighborhood (CSV)"), Family.SECURITY: N_("Security by neighborhood (CSV)")}
