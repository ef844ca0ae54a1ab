"""No answer to any audience holds the place of a security report, whatever is asked."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_reports.city import MapSpec
from geo_reports.report import Audience, Family, Status

PLANTED = [(-69.9876543, -32.9987654), (-69.9923457, -32.9812346), (-69.9976542, -32.9834567)]
"""Positions of security reports, given to nobody; their digits occur nowhere else in the city."""
LIGHT = (-69.9871, -32.9871)
"""A street light, which this city publishes as a point: it is a thing."""
AUDIENCES = (None, Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN)
CATEGORIES = ("household", "rubble", "street_robbery", "street_light", "threat")


def digits(value: float) -> set[str]:
    """Four decimals of a coordinate, cut and rounded, without its sign."""
    return {f"{abs(value):.7f}"[:-3], f"{abs(value):.4f}"}


SECRET = set().union(*(digits(lon) | digits(lat) for lon, lat in PLANTED))

GREEDY = {
    f"greedy_{audience}": MapSpec(
        format=1,
        title={"es": "Todo", "en": "All"},
        description={"es": "Todo", "en": "All"},
        audience=audience,
        layers=[
            {"kind": "points", "name": {"es": "Puntos", "en": "Points"}, "family": "security"},
            {"kind": "area_counts", "name": {"es": "Conteos", "en": "Counts"}},
        ],
    )
    for audience in (Audience.PUBLIC, Audience.CREW, Audience.PLANNER)
}
"""Maps that ask for security points outright: a map file can narrow what its audience sees, never widen it."""


@pytest.fixture(scope="module")
def clients(house_at: Any, asking: Any, plant: Any) -> dict[Audience | None, TestClient]:
    house = house_at()
    house = replace(house, city=replace(house.city, maps={**house.city.maps, **GREEDY}))
    for number, (lon, lat) in enumerate(PLANTED):
        for category in ("street_robbery", "threat"):
            day = f"2026-0{6 + number}-11"
            plant(house, family="security", category=category, lon=lon, lat=lat, occurred_at=day, description="x")
    for step in range(6):
        plant(house, family="dump", category="rubble", lon=-69.9951 + step / 1000, lat=-32.9951, occurred_at="2026-09")
    plant(house, family="security", category="street_light", lon=LIGHT[0], lat=LIGHT[1], occurred_at="2026-09-02")
    return {role: asking(house, role) for role in AUDIENCES}


def some(values: Any) -> Any:
    return st.lists(st.sampled_from([*values]), max_size=2, unique=True)


def near(lon: float, lat: float) -> str:
    return f"{lon - 1e-6},{lat - 1e-6},{lon + 1e-6},{lat + 1e-6}"


MAYBE_LAYER = st.sampled_from([None, "barrios", "sectors"])
MAYBE_MONTH = st.sampled_from([None, "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"])
REPORTS = st.fixed_dictionaries(
    {
        "bbox": st.sampled_from([None, "-70,-33,-69.98,-32.98", *(near(*place) for place in PLANTED)]),
        "family": some(Family),
        "category": some(CATEGORIES),
        "status": some(Status),
        "since": st.sampled_from([None, "2026-06-01", "2026-08-01"]),
        "until": st.sampled_from([None, "2026-08-01", "2026-12-01"]),
        "layer": MAYBE_LAYER,
        "unit": st.sampled_from([None, "A", "B", "C", "D", "E", "W"]),
        "limit": st.sampled_from([None, 1, 1000]),
    }
)
COUNTS = st.fixed_dictionaries(
    {
        "family": st.sampled_from([*Family]),
        "layer": MAYBE_LAYER,
        "from": MAYBE_MONTH,
        "to": MAYBE_MONTH,
        "category": some(CATEGORIES),
        "format": st.sampled_from([None, "json", "csv"]),
    }
)
PARTS = st.tuples(COUNTS, st.sampled_from(["category", "status", "month"])).map(lambda two: {**two[0], "by": two[1]})
ASKED = st.one_of(
    st.tuples(st.just("reports"), REPORTS),
    st.tuples(st.just("aggregates"), COUNTS),
    st.tuples(st.just("aggregates/breakdown"), PARTS),
    st.tuples(st.just("plans"), st.fixed_dictionaries({"from": MAYBE_MONTH, "to": MAYBE_MONTH})),
    st.tuples(st.just("geocode"), st.fixed_dictionaries({"q": st.sampled_from(["Los Aromos 200", "Los Aromos", "x"])})),
    st.tuples(st.sampled_from(["layers", "layers/barrios", "layers/sectors", "maps", "categories"]), st.just({})),
)


def ask(client: TestClient, path: str, query: dict[str, Any]) -> Any:
    given = {key: value for key, value in query.items() if value not in (None, [])}
    return client.get(f"/api/v1/{path}?{urlencode(given, doseq=True)}")


def assert_clean(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    text = answer.text
    if answer.headers["content-type"] == "application/geo+json":
        features = answer.json()["features"]
        text = json.dumps(features)  # without the link to itself, which repeats the box that was asked for
        for feature in features:
            properties = feature["properties"]
            assert properties.get("family") != "security" or properties["category"] == "street_light"
    assert [place for place in SECRET if place in text] == []


@given(asked=ASKED, role=st.sampled_from(AUDIENCES))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_tells_where(clients: dict[Audience | None, TestClient], asked: Any, role: Audience | None):
    assert_clean(ask(clients[role], *asked))


@pytest.mark.parametrize("role", AUDIENCES)
@pytest.mark.parametrize("name", ["residents", "crews", "planners", *GREEDY])
def test_no_map_tells_where(clients: dict[Audience | None, TestClient], name: str, role: Audience | None):
    assert_clean(clients[role].get(f"/api/v1/maps/{name}"))


def test_the_search_would_find_a_place(clients: dict[Audience | None, TestClient]):
    text = clients[None].get("/api/v1/reports").text
    assert all(any(form in text for form in digits(value)) for value in LIGHT)
    assert all(any(form in text for form in digits(value)) for value in (-69.9951, -32.9951))
