"""What the city folder holds: layers with their units, and categories."""

from typing import Annotated

import shapely
from fastapi import APIRouter, Path, Request, Response

from geo_reports.analysis.frames import rows
from geo_reports.api.answers import NOT_MODIFIED, GeoJSONResponse, errors, unchanged
from geo_reports.api.given import HouseDep
from geo_reports.api.models import (
    CategoryInfo,
    CategoryList,
    LayerInfo,
    LayerList,
    QuestionInfo,
    UnitCollection,
    UnitFeature,
    UnitGeometry,
    UnitProperties,
)
from geo_reports.api.openapi import PREFIX
from geo_reports.city import Layer

router = APIRouter(tags=["city"])

LayerId = Annotated[str, Path(description="Name of the layer, from the list of layers.", examples=["barrios"])]


@router.get("/layers", response_model=LayerList, summary="List the city's layers", responses=NOT_MODIFIED | errors())
def list_layers(house: HouseDep, request: Request, response: Response) -> LayerList | Response:
    """Describe every layer in its current edition."""
    if same := unchanged(request, response, house.city.digest[:16]):
        return same
    return LayerList(layers=[_info(layer) for layer in house.city.layers.values()])


@router.get(
    "/layers/{layer_id}",
    response_model=UnitCollection,
    response_class=GeoJSONResponse,
    summary="Units of a layer",
    responses=NOT_MODIFIED | errors(404),
)
def units(layer_id: LayerId, house: HouseDep, request: Request, response: Response) -> UnitCollection | Response:
    """Give the units of a layer's current edition."""
    layer = house.city.layer(layer_id)
    if same := unchanged(request, response, house.city.digest[:16]):
        return same
    return UnitCollection(layer=_info(layer), features=_features(layer))


@router.get("/categories", response_model=CategoryList, summary="List categories", responses=NOT_MODIFIED | errors())
def list_categories(house: HouseDep, request: Request, response: Response) -> CategoryList | Response:
    """Give the city's vocabulary and the finest form in which each category is published."""
    spec = house.city.spec
    if same := unchanged(request, response, house.city.digest[:16]):
        return same
    return CategoryList(
        families={family: words.name for family, words in spec.families.items()},
        categories=[
            CategoryInfo(id=category.id, family=category.family, name=category.name, publish=category.published)
            for category in spec.categories
        ],
        questions=[QuestionInfo(**question.model_dump(exclude={"children"})) for question in spec.questions],
    )


def _info(layer: Layer) -> LayerInfo:
    edition = layer.current.spec
    return LayerInfo(
        id=layer.id,
        name=layer.spec.name,
        official=layer.spec.official,
        note=layer.spec.note,
        source=edition.source,
        licence=edition.licence,
        valid_from=edition.valid_from,
        units=len(layer.current.units),
        url=f"{PREFIX}/layers/{layer.id}",
    )


def _features(layer: Layer) -> list[UnitFeature]:
    frame = layer.current.units
    table = rows(frame[["unit", "name", "population", "area_km2"]])
    return [
        UnitFeature(
            id=row["unit"], geometry=UnitGeometry(**shapely.geometry.mapping(shape)), properties=UnitProperties(**row)
        )
        for row, shape in zip(table, frame.geometry, strict=True)
    ]
