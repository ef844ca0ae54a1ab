import pytest
from fastapi.testclient import TestClient

from geo_reports.report import Audience


def test_layers_say_what_must_be_said(anyone: TestClient):
    layers = {layer["id"]: layer for layer in anyone.get("/api/v1/layers").json()["layers"]}
    assert (layers["barrios"]["units"], layers["barrios"]["official"]) == (4, True)
    assert (layers["sectors"]["units"], layers["sectors"]["official"]) == (2, False)
    assert layers["sectors"]["note"]["en"] == "Made-up sectors that overlap."
    assert layers["barrios"]["licence"] == "CC0-1.0"


def test_units_are_geojson(anyone: TestClient):
    answer = anyone.get("/api/v1/layers/barrios")
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert [feature["id"] for feature in body["features"]] == ["A", "B", "C", "D"]
    first, last = body["features"][0], body["features"][3]
    assert first["geometry"]["type"] == "Polygon"
    assert first["properties"]["population"] == 1000
    assert first["properties"]["area_km2"] == pytest.approx(1.036, abs=0.01)
    assert last["properties"]["population"] is None
    assert body["layer"]["url"] == "/api/v1/layers/barrios"


def test_an_unknown_layer_is_not_found(anyone: TestClient):
    answer = anyone.get("/api/v1/layers/noise")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_categories_say_how_they_are_published(anyone: TestClient):
    body = anyone.get("/api/v1/categories").json()
    assert body["families"]["dump"]["en"] == "Micro-dumps"
    assert {category["id"]: category["publish"] for category in body["categories"]} == {
        "household": "point",
        "rubble": "point",
        "street_robbery": "area",
        "street_light": "point",
        "threat": "never",
    }


@pytest.mark.parametrize("path", ["layers", "layers/barrios", "categories", "maps"])
def test_the_city_is_asked_for_by_its_tag(anyone: TestClient, path: str):
    tag = anyone.get(f"/api/v1/{path}").headers["etag"]
    assert anyone.get(f"/api/v1/{path}", headers={"If-None-Match": f'"other", {tag}'}).status_code == 304


@pytest.mark.parametrize(
    ("role", "maps"),
    [
        (None, {"residents"}),
        (Audience.CREW, {"residents", "crews"}),
        (Audience.PLANNER, {"residents", "planners"}),
        (Audience.ADMIN, {"residents", "crews", "planners"}),
    ],
)
def test_maps_open_to_those_they_are_for(client_as, role: Audience | None, maps: set[str]):
    client = client_as(role)
    assert {entry["name"] for entry in client.get("/api/v1/maps").json()["maps"]} == maps
    for name in ("residents", "crews", "planners"):
        answer = client.get(f"/api/v1/maps/{name}?lang=en")
        if name in maps:
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert f"Map for {name}" in answer.text
            assert answer.headers["cache-control"] == (
                "private, no-cache" if name == "residents" else "private, no-store"
            )
        else:
            assert answer.status_code == (401 if role is None else 403)
            assert answer.json()["error"] == ("not_signed_in" if role is None else "not_allowed")


def test_bad_maps(anyone: TestClient):
    assert anyone.get("/api/v1/maps/noise").json()["error"] == "not_found"
    assert anyone.get("/api/v1/maps/residents?lang=xx").json()["field"] == "lang"
    assert anyone.get("/api/v1/maps/residents?audience=admin").status_code == 422
