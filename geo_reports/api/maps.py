"""Maps of the city folder, as far as the caller may see them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from geo_reports.accounts import check_audience, may_use
from geo_reports.api.answers import ALONE, NOT_MODIFIED, errors, unchanged
from geo_reports.api.given import HouseDep, Visitor
from geo_reports.api.models import MapInfo, MapList
from geo_reports.api.openapi import PREFIX
from geo_reports.api.params import MapQuery
from geo_reports.errors import NotFound
from geo_reports.look import words
from geo_reports.mapping import Assets, render_page
from geo_reports.report import Audience

router = APIRouter(tags=["city"])

MapName = Annotated[str, Path(description="Name of the map, from the list of maps.", examples=["residents"])]


@router.get("/maps", response_model=MapList, summary="List maps", responses=NOT_MODIFIED | errors())
def list_maps(house: HouseDep, visitor: Visitor, request: Request, response: Response) -> MapList | Response:
    """Name the maps that the caller may see."""
    if same := unchanged(request, response, house.city.digest[:16], visitor):
        return same
    return MapList(
        maps=[
            MapInfo(
                name=name,
                title=spec.title,
                description=spec.description,
                audience=spec.audience,
                url=f"{PREFIX}/maps/{name}",
            )
            for name, spec in house.city.maps.items()
            if may_use(visitor, spec.audience)
        ]
    )


@router.get(
    "/maps/{name}",
    response_class=HTMLResponse,
    summary="A map as a page",
    response_description="The page; its scripts and styles come from /static of this service.",
    responses=NOT_MODIFIED | errors(401, 403, 404),
)
def draw_map(
    name: MapName, query: Annotated[MapQuery, Query()], house: HouseDep, visitor: Visitor, request: Request
) -> Response:
    """Draw a map for the audience it names, whoever asks: a session opens it, and never adds to it."""
    if name not in house.city.maps:
        raise NotFound(f"There is no map {name!r}.")
    definition = house.city.maps[name]
    check_audience(visitor, definition.audience)
    view = house.view(definition.audience)
    response = Response()
    public = definition.audience is Audience.PUBLIC
    language = query.lang or house.city.spec.locale[:2]
    if same := unchanged(request, response, f"{view.revision()}-{language}", None if public else visitor, ALONE):
        return same
    page = render_page(
        definition,
        view,
        words(language),
        assets=Assets.served(),
        nonce=request.state.nonce,
        now=house.clock(),
        tiles=house.tiles,
        demo=house.demo,
        name=name,
    )
    kept = {key: response.headers[key] for key in ("Cache-Control", "Vary", "ETag") if key in response.headers}
    return HTMLResponse(page.html, headers=kept)
