"""The OpenAPI document is complete, and the service does what it says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from geo_reports.app import create_app
from geo_reports.house import House
from geo_reports.report import Audience

load_all_checks()
CHECKED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)

OPERATIONS = [
    "POST /api/v1/reports",
    "GET /api/v1/challenge",
    "GET /api/v1/reports",
    "GET /api/v1/reports/{code}",
    "PATCH /api/v1/reports/{public_id}/status",
    "GET /api/v1/aggregates",
    "GET /api/v1/aggregates/breakdown",
    "GET /api/v1/plans",
    "GET /api/v1/plans/breakdown",
    "GET /api/v1/layers",
    "GET /api/v1/layers/{layer_id}",
    "GET /api/v1/categories",
    "GET /api/v1/maps",
    "GET /api/v1/maps/{name}",
    "POST /api/v1/staff/reports/{public_id}/open",
    "POST /api/v1/staff/reports/{public_id}/contact",
    "GET /api/v1/locate",
    "GET /api/v1/geocode",
    "GET /api/v1/reverse",
    "GET /ogc",
    "GET /ogc/conformance",
    "GET /ogc/collections",
    "GET /ogc/collections/{layer_id}",
    "GET /ogc/collections/{layer_id}/items",
    "GET /ogc/collections/{layer_id}/items/{unit}",
    "GET /healthz",
    "GET /readyz",
]


@pytest.fixture(scope="module")
def house(house_at: Callable[..., House]) -> House:
    return house_at()


@pytest.fixture(scope="module")
def signed_in(house: House) -> dict[str, Any]:
    token = house.accounts.sign_in("ana", house.accounts.add("ana", Audience.ADMIN))
    return {"cookies": {"session": token}, "headers": {"X-CSRF-Token": house.accounts.csrf(token)}}


@pytest.fixture(scope="module")
def app(house: House, plant: Any) -> FastAPI:
    plant(house, family="dump", category="rubble", lon=-69.9951, lat=-32.9951, occurred_at="2026-09")
    plant(house, family="security", category="street_robbery", lon=-69.9851, lat=-32.9951)
    return create_app(house)


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    answer = TestClient(app).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture(scope="module")
def described(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


NOTHING_TO_GET_WRONG = {
    "GET /api/v1/challenge",
    "GET /api/v1/reports/{code}",
    "GET /api/v1/layers",
    "GET /api/v1/layers/{layer_id}",
    "GET /api/v1/categories",
    "GET /api/v1/maps",
    "GET /ogc",
    "GET /ogc/conformance",
    "GET /ogc/collections",
    "GET /ogc/collections/{layer_id}",
    "GET /ogc/collections/{layer_id}/items/{unit}",
    "GET /healthz",
    "GET /readyz",
}
"""Operations without a parameter, or with one that may be any text: no request to them breaks the description."""
TRIED = [(name, GenerationMode.POSITIVE) for name in OPERATIONS] + [
    (name, GenerationMode.NEGATIVE) for name in OPERATIONS if name not in NOTHING_TO_GET_WRONG
]


@pytest.mark.parametrize(("name", "mode"), TRIED)
def test_it_does_what_it_says(described: Any, signed_in: dict[str, Any], name: str, mode: GenerationMode):
    method, path = name.split()
    cases = described[path][method].as_strategy(generation_mode=mode)

    @given(case=cases)
    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.call_and_validate(checks=CHECKED, **signed_in)

    ask()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_is_described(document: dict[str, Any]):
    assert {name for name, _ in operations(document)} == set(OPERATIONS)
    tags = {tag["name"] for tag in document.get("tags", [])}
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert {"422", "500", "503"} <= set(operation["responses"]), name
        for parameter in operation.get("parameters", []):
            assert "description" in parameter or "description" in parameter["schema"], (name, parameter["name"])
        assert not tags or set(operation["tags"]) <= tags


def test_every_error_is_documented_with_its_body(document: dict[str, Any]):
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (name, status)
                assert set(response["content"]) == {"application/json"}, (name, status)


def test_the_body_of_a_report_has_an_example(document: dict[str, Any]):
    assert document["components"]["schemas"]["NewReport"]["examples"]


def test_nothing_loads_from_elsewhere(app: FastAPI):
    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3


def test_the_guide_shows_every_route(document: dict[str, Any], repo: Path):
    guide = (repo / "docs" / "api.md").read_text(encoding="utf-8")
    for name, _ in operations(document):
        assert f"`{name}`" in guide, name
    shown = set(re.findall(r"`((?:GET|POST|PATCH) /[^`]+)`", guide)) - {"GET /api/v1/openapi.json"}
    assert shown == {name for name, _ in operations(document)}
