"""The city's layers as OGC API - Features, Part 1: Core (OGC 17-069r4), in CRS84.

Every layer is a collection, every unit of an edition a feature: of the current one, or of the latest that held at the
time asked for. The standard asks for 400 where a parameter is unknown or cannot be read (requirements 8 and 9), unlike
the rest of the API.
"""

from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from geo_reports.analysis.frames import rows
from geo_reports.api.answers import GeoJSONResponse, errors
from geo_reports.api.errors import BadParameter
from geo_reports.api.given import HouseDep
from geo_reports.api.ogc_query import CRS84, at_time, box, check_crs, whole
from geo_reports.city import Layer
from geo_reports.city.folder import LayerVersion
from geo_reports.errors import NotFound

PREFIX = "/ogc"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
# not oas30: the service is described in OpenAPI 3.1
CONFORMS = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "geojson")]
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


async def _known_parameters(request: Request) -> None:
    route: APIRoute = request.scope["route"]
    unknown = set(request.query_params) - {parameter.alias for parameter in route.dependant.query_params}
    if unknown:
        raise BadParameter(f"Unknown parameter: {', '.join(sorted(unknown))}.")


router = APIRouter(prefix=PREFIX, tags=["city"], dependencies=[Depends(_known_parameters)])

CollectionId = Annotated[str, Path(description="Name of the layer.", examples=["barrios"])]
FeatureId = Annotated[str, Path(description="Id of the unit.", examples=["A"])]


class Link(BaseModel):
    """A link as RFC 8288 has them."""

    model_config = ConfigDict(extra="forbid")

    href: str
    rel: str
    type: str = "application/json"


class Landing(BaseModel):
    """Where to begin."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """Requirements classes that hold here."""

    conformsTo: list[str]


class Collection(BaseModel):
    """A layer."""

    id: str
    title: str
    description: str
    extent: dict[str, Any] = Field(description="Bounding box in CRS84, and from when to when the units hold.")
    itemType: str = "feature"
    crs: list[str] = [CRS84]
    links: list[Link]


class Collections(BaseModel):
    """All layers."""

    links: list[Link]
    collections: list[Collection]


@router.get("", response_model=Landing, summary="Landing page of the layers", responses=errors(400))
def landing(house: HouseDep) -> Landing:
    """Say what there is and where."""
    links = [
        Link(href=PREFIX, rel="self"),
        Link(href="/api/v1/openapi.json", rel="service-desc", type="application/vnd.oai.openapi+json;version=3.1"),
        Link(href=f"{PREFIX}/conformance", rel="conformance"),
        Link(href=f"{PREFIX}/collections", rel="data"),
    ]
    return Landing(title=house.city.spec.name, description="Layers of units as OGC API - Features", links=links)


@router.get("/conformance", response_model=Conformance, summary="Conformance classes", responses=errors(400))
def conformance() -> Conformance:
    """Name the requirements classes that hold here."""
    return Conformance(conformsTo=CONFORMS)


@router.get("/collections", response_model=Collections, summary="Layers as collections", responses=errors(400))
def collections(house: HouseDep) -> Collections:
    """Describe every layer."""
    found = [_collection(layer, house.city.spec.locale) for layer in house.city.layers.values()]
    return Collections(links=[Link(href=f"{PREFIX}/collections", rel="self")], collections=found)


@router.get("/collections/{layer_id}", response_model=Collection, summary="One layer", responses=errors(400, 404))
def collection(layer_id: CollectionId, house: HouseDep) -> Collection:
    """Describe one layer."""
    return _collection(house.city.layer(layer_id), house.city.spec.locale)


@router.get(
    "/collections/{layer_id}/items",
    response_class=GeoJSONResponse,
    summary="Units of a layer",
    responses=errors(400, 404),
)
def items(
    layer_id: CollectionId,
    house: HouseDep,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees; or with heights, unused.")] = None,
    bbox_crs: Annotated[str | None, Query(alias="bbox-crs", description="CRS84, the only one.")] = None,
    limit: Annotated[str | None, Query(description=f"1 to {MAX_LIMIT}; more is {MAX_LIMIT}.")] = None,
    offset: Annotated[str | None, Query(description="Features to skip; comes with the link `next`.")] = None,
    datetime: Annotated[
        str | None,
        Query(description="A time or an interval (RFC 3339, .. for open): units of the latest edition that held then."),
    ] = None,
) -> GeoJSONResponse:
    """Give the units that touch a box, a page at a time."""
    layer = house.city.layer(layer_id)
    check_crs("bbox-crs", bbox_crs)
    size = min(MAX_LIMIT, whole("limit", limit, DEFAULT_LIMIT, least=1))
    first = whole("offset", offset, 0, least=0)
    edition = at_time(layer, datetime, house.city.zone)
    positions = _touching(edition, box(bbox))
    page = positions[first : first + size]
    given = {"bbox": bbox, "bbox-crs": bbox_crs, "limit": limit, "datetime": datetime}
    links = [_page_link(layer, "self", {**given, "offset": offset})]
    if first + size < len(positions):
        links.append(_page_link(layer, "next", {**given, "offset": str(first + size)}))
    return GeoJSONResponse(
        {
            "type": "FeatureCollection",
            "numberMatched": len(positions),
            "numberReturned": len(page),
            "timeStamp": house.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "links": links,
            "features": _features(edition, page) if edition else [],
        }
    )


@router.get(
    "/collections/{layer_id}/items/{unit}",
    response_class=GeoJSONResponse,
    summary="One unit",
    responses=errors(400, 404),
)
def item(layer_id: CollectionId, unit: FeatureId, house: HouseDep) -> GeoJSONResponse:
    """Give one unit."""
    layer = house.city.layer(layer_id)
    found = np.flatnonzero(layer.current.units.unit == unit)
    if not len(found):
        raise NotFound(f"There is no unit {unit!r} in the layer {layer_id}.")
    feature = _features(layer.current, found)[0]
    here = f"{PREFIX}/collections/{layer_id}"
    feature["links"] = [
        {"href": f"{here}/items/{unit}", "rel": "self", "type": "application/geo+json"},
        {"href": here, "rel": "collection", "type": "application/json"},
    ]
    return GeoJSONResponse(feature)


def _collection(layer: Layer, locale: str) -> Collection:
    here = f"{PREFIX}/collections/{layer.id}"
    language = locale[:2]
    west, south, east, north = layer.current.units.total_bounds.tolist()
    note = layer.spec.note or {}
    return Collection(
        id=layer.id,
        title=layer.spec.name.get(language, layer.spec.name["en"]),
        description=note.get(language) or note.get("en", ""),
        extent={"spatial": {"bbox": [[west, south, east, north]], "crs": CRS84}} | _times(layer),
        links=[
            Link(href=here, rel="self"),
            Link(href=f"{here}/items", rel="items", type="application/geo+json"),
        ],
    )


def _times(layer: Layer) -> dict[str, Any]:
    """Temporal extent, where the layer says anything about it."""
    since, until = layer.versions[0].spec.valid_from, layer.current.spec.valid_to
    if since is None and until is None:
        return {}
    interval = [f"{day.isoformat()}T00:00:00Z" if day else None for day in (since, until)]
    return {"temporal": {"interval": [interval], "trs": GREGORIAN}}


def _touching(edition: LayerVersion | None, area: shapely.Geometry | None) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    if edition is None:
        return np.arange(0)
    if area is None:
        return np.arange(len(edition.units))
    return np.flatnonzero(shapely.intersects(np.asarray(edition.units.geometry.array), area))


def _page_link(layer: Layer, rel: str, query: dict[str, str | None]) -> dict[str, str]:
    given = urlencode({name: value for name, value in query.items() if value})
    href = f"{PREFIX}/collections/{layer.id}/items" + (f"?{given}" if given else "")
    return {"href": href, "rel": rel, "type": "application/geo+json"}


def _features(edition: LayerVersion, positions: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[dict[str, Any]]:
    frame = edition.units.iloc[positions]
    table = rows(frame[["unit", "name", "population", "area_km2"]])
    return [
        {
            "type": "Feature",
            "id": row["unit"],
            "geometry": shapely.geometry.mapping(shape),
            "properties": row,
        }
        for row, shape in zip(table, frame.geometry, strict=True)
    ]
