"""Where a point lies, where an address is, and what is near a point: geography only, never a report."""

import math
import unicodedata
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, Field, StringConstraints

from geo_reports.api.answers import errors
from geo_reports.api.given import HouseDep
from geo_reports.api.models import Closed, Words
from geo_reports.city import City
from geo_reports.geography import CONFIDENT, Candidate
from geo_reports.intake.whereabouts import Standing, check_point, standings

MAX_ACCURACY_M = 10_000.0
MAX_CANDIDATES = 20

router = APIRouter(tags=["city"])


def _speakable(text: str) -> str:
    # U+FFFD is what a URL that is not UTF-8 becomes
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") for sign in text) or "\ufffd" in text:
        raise ValueError("write it as plain text in UTF-8, without control characters")
    return text


Address = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_speakable)
]


class PointQuery(Closed):
    """A point; its range is checked together with the city's, to notice numbers that are swapped."""

    lon: float = Field(
        description="Longitude, WGS 84 degrees.",
        examples=[-70.7577],
        json_schema_extra={"minimum": -180, "maximum": 180},
    )
    lat: float = Field(
        description="Latitude, WGS 84 degrees.",
        examples=[-33.5107],
        json_schema_extra={"minimum": -90, "maximum": 90},
    )


class LocateQuery(PointQuery):
    """A point, how exact it is, and on which day."""

    day: date | None = Field(None, description="Use the layers as they held that day; today if absent.")
    accuracy_m: float = Field(0, ge=0, le=MAX_ACCURACY_M, description="Metres within which the true point lies.")


class GeocodeQuery(Closed):
    """An address."""

    q: Address = Field(description="Address, intersection or place.", examples=["Av. Principal 1234"])
    limit: int = Field(5, ge=1, le=MAX_CANDIDATES, description="Most candidates.")


class NearestUnitInfo(Closed):
    """The unit nearest to a point that lies in none."""

    unit: str
    name: str
    distance_m: float


class InLayer(Closed):
    """A point in one layer."""

    layer: str
    layer_name: Words
    edition: str | None = Field(description="First day of the edition used, empty if it has none; null outside.")
    unit: str | None = Field(description="Null where the point lies in no unit.")
    name: str | None
    nearest: NearestUnitInfo | None = Field(
        description="Outside: the nearest unit of the edition of that day; null where none held."
    )
    possible: list[str] = Field(description="Ids of all units within `accuracy_m` of the point.")


class Located(Closed):
    """Where a point lies."""

    lon: float
    lat: float
    day: date
    inside: bool = Field(description="In the city as it is today.")
    layers: list[InLayer]


class CandidateInfo(Closed):
    """A place an address may mean."""

    lon: float
    lat: float
    label: str = Field(description="Sent back as `q`, it finds this place again.")
    accuracy_m: float = Field(description="Distance within which the true place is expected.")
    quality: float = Field(description="From 0 to 1.")
    confident: bool = Field(description="May be taken without asking the person.")
    parts: dict[str, str] = Field(description="What was understood, such as street and number.")


class Geocoded(Closed):
    """Ranked candidates of which the first is certain."""

    confident: bool
    candidates: list[CandidateInfo]


class NearInfo(Closed):
    """A name and how far away it is."""

    name: str
    distance_m: float


class Reversed(Closed):
    """What lies nearest to a point, and in which units it lies."""

    lon: float
    lat: float
    inside: bool
    label: str = Field(description="Nearest address, street or place in words; empty where none is near.")
    street: NearInfo | None
    number: NearInfo | None = Field(description="Nearest known house number on that street.")
    place: NearInfo | None
    layers: list[InLayer]


def _count(house: HouseDep, request: Request) -> None:
    house.lookups.check(request.client.host if request.client else "")


def _unkept(response: Response) -> None:
    response.headers["Cache-Control"] = "private, no-store"  # where somebody stands, or lives


@router.get(
    "/locate", summary="Units of a point", responses=errors(429), dependencies=[Depends(_count), Depends(_unkept)]
)
def locate(query: Annotated[LocateQuery, Query()], house: HouseDep) -> Located:
    """Say in which unit of every layer a point lies; outside, which unit is nearest and how far away."""
    city = house.city
    check_point(city, query.lon, query.lat)
    day = query.day or house.clock().astimezone(city.zone).date()
    layers = standings(city, query.lon, query.lat, day, query.accuracy_m)
    return Located(
        lon=query.lon,
        lat=query.lat,
        day=day,
        inside=bool(city.contains([query.lon], [query.lat])[0]),
        layers=[_in_layer(standing, city) for standing in layers],
    )


@router.get(
    "/geocode",
    summary="Place of an address",
    responses=errors(429),
    dependencies=[Depends(_count), Depends(_unkept)],
)
def geocode(query: Annotated[GeocodeQuery, Query()], house: HouseDep) -> Geocoded:
    """Find an address; where none is certain the answer is 422 with candidates to choose from."""
    found = house.addresses.certain(query.q, query.limit, field="q")
    return Geocoded(confident=True, candidates=[_candidate(candidate) for candidate in found])


@router.get(
    "/reverse", summary="What is near a point", responses=errors(429), dependencies=[Depends(_count), Depends(_unkept)]
)
def reverse(query: Annotated[PointQuery, Query()], house: HouseDep) -> Reversed:
    """Name the nearest street, house number and place of the gazetteer, up to some 3 km away, and the units."""
    city = house.city
    check_point(city, query.lon, query.lat)
    near = city.gazetteer.reverse(query.lon, query.lat)
    day = house.clock().astimezone(city.zone).date()
    return Reversed(
        lon=query.lon,
        lat=query.lat,
        inside=bool(city.contains([query.lon], [query.lat])[0]),
        label=near.label,
        street=_near(near.street, near.street_m),
        number=_near(near.number, near.number_m),
        place=_near(near.place, near.place_m),
        layers=[_in_layer(standing, city) for standing in standings(city, query.lon, query.lat, day)],
    )


def _in_layer(standing: Standing, city: City) -> InLayer:
    given: dict[str, Any] = asdict(standing)
    return InLayer.model_validate({**given, "layer_name": city.layers[standing.layer].spec.name})


def _candidate(candidate: Candidate) -> CandidateInfo:
    return CandidateInfo(**asdict(candidate), confident=candidate.quality >= CONFIDENT)


def _near(name: str, distance_m: float) -> NearInfo | None:
    return NearInfo(name=name, distance_m=round(distance_m, 1)) if name and math.isfinite(distance_m) else None
