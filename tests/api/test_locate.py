"""Points and addresses over the API; they know the city and no report."""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from geo_reports.house import House
from tests.geography.geocoding_service import GeocodingService, running


def place(client: TestClient, **query: Any) -> Any:
    return client.get("/api/v1/locate", params=query)


def test_a_point_has_a_unit_in_every_layer(anyone: TestClient):
    body = place(anyone, lon=-69.995, lat=-32.995).json()
    assert (body["inside"], body["day"]) == (True, "2026-10-15")
    assert {layer["layer"]: layer["unit"] for layer in body["layers"]} == {"barrios": "A", "sectors": "W"}
    first = body["layers"][0]
    assert (first["name"], first["layer_name"]["es"], first["nearest"]) == ("Barrio A", "Barrios", None)


def test_outside_the_nearest_unit_is_named_with_its_distance(anyone: TestClient):
    body = place(anyone, lon=-70.001, lat=-32.995, day="2026-01-01").json()
    assert (body["inside"], body["day"], body["layers"][0]["unit"]) == (False, "2026-01-01", None)
    nearest = body["layers"][0]["nearest"]
    assert (nearest["unit"], nearest["name"]) == ("A", "Barrio A")
    assert nearest["distance_m"] == pytest.approx(93.4, abs=1)  # 0.001 degree of longitude at 33 degrees south


@pytest.mark.parametrize(("accuracy_m", "possible"), [(0, ["A"]), (5, ["A"]), (15, ["A", "B"]), (1500, [*"ABCD"])])
def test_accuracy_says_which_units_it_may_be(anyone: TestClient, accuracy_m: float, possible: list[str]):
    body = place(anyone, lon=-69.9901, lat=-32.995, accuracy_m=accuracy_m).json()  # 9.3 m west of the border
    assert (body["layers"][0]["unit"], body["layers"][0]["possible"]) == ("A", possible)


def test_a_point_outside_may_be_inside_after_all(anyone: TestClient):
    body = place(anyone, lon=-70.001, lat=-32.995, accuracy_m=100).json()
    assert (body["layers"][0]["unit"], body["layers"][0]["possible"]) == (None, ["A"])


@pytest.mark.parametrize("path", ["locate", "reverse"])
@pytest.mark.parametrize(
    ("lon", "lat", "field", "said"),
    [
        ("-32.995", "-69.995", "lon", "swapped"),
        ("-32.995", "-95", "lat", "from -90 to 90"),
        ("200", "0", "lon", "from -180 to 180"),
        ("nan", "0", "lon", "finite"),
        ("0", "-inf", "lat", "finite"),
        ("x", "0", "lon", "number"),
        ("1e400", "0", "lon", "finite"),
    ],
)
def test_what_is_no_point_is_refused_with_advice(
    anyone: TestClient, path: str, lon: str, lat: str, field: str, said: str
):
    answer = anyone.get(f"/api/v1/{path}?lon={lon}&lat={lat}")
    body = answer.json()
    assert (answer.status_code, body["field"]) == (422, field)
    assert said in body["detail"]


@pytest.mark.parametrize(
    "query", ["day=yesterday", "day=2026-13-01", "accuracy_m=-1", "accuracy_m=nan", "accuracy_m=10001", "colour=red"]
)
def test_what_cannot_be_read_is_refused(anyone: TestClient, query: str):
    assert anyone.get(f"/api/v1/locate?lon=-69.995&lat=-32.995&{query}").status_code == 422


def test_a_certain_address_is_a_point(anyone: TestClient):
    answer = anyone.get("/api/v1/geocode", params={"q": "los aromos 200"})
    assert answer.status_code == 200
    first = answer.json()["candidates"][0]
    assert (first["lon"], first["lat"], first["label"]) == (-69.998, -32.995, "Los Aromos 200")
    assert (first["confident"], answer.json()["confident"]) == (True, True)
    assert first["accuracy_m"] == 20


def test_an_uncertain_address_is_no_point_but_an_offer(anyone: TestClient):
    answer = anyone.get("/api/v1/geocode", params={"q": "Los Aromos"})
    body = answer.json()
    assert (answer.status_code, body["error"], body["field"]) == (422, "address_not_found", "q")
    assert body["candidates"] == ["Los Aromos (sin número)"]
    assert "-69.9" not in answer.text
    again = anyone.get("/api/v1/geocode", params={"q": body["candidates"][0]})
    assert again.json()["candidates"][0]["lon"] == pytest.approx(-69.9985, abs=0.001)


def test_an_unknown_address_offers_nothing(anyone: TestClient):
    answer = anyone.get("/api/v1/geocode", params={"q": "xyzzy"})
    assert (answer.status_code, answer.json()["candidates"]) == (422, [])


@pytest.mark.parametrize(
    "q", ["", "%20", "x" * 201, "a%00b", "a%0Ab", "a%1Bb", "a%7Fb", "%ED%A0%80", "%FF", quote("\U0010ffff")]
)
def test_texts_that_nobody_types_are_refused(anyone: TestClient, q: str):
    answer = anyone.get(f"/api/v1/geocode?q={q}")
    assert (answer.status_code, answer.json()["field"]) == (422, "q")


@pytest.mark.parametrize("limit", ["0", "21", "x"])
def test_limit_is_bounded(anyone: TestClient, limit: str):
    assert anyone.get(f"/api/v1/geocode?q=a&limit={limit}").json()["field"] == "limit"


def test_what_is_near_a_point(anyone: TestClient):
    body = anyone.get("/api/v1/reverse?lon=-69.9981&lat=-32.9951").json()
    assert (body["label"], body["street"]["name"], body["number"]["name"]) == ("Los Aromos 200", "Los Aromos", "200")
    assert body["number"]["distance_m"] == pytest.approx(14.5, abs=0.5)
    assert body["place"]["name"] == "Escuela A"
    assert body["layers"][0]["unit"] == "A"


def test_nothing_is_near_the_sea(anyone: TestClient):
    body = anyone.get("/api/v1/reverse?lon=-75&lat=-33").json()
    assert (body["label"], body["street"], body["number"], body["place"]) == ("", None, None, None)


ASKED = ["locate?lon=-69.9951&lat=-32.9951", "reverse?lon=-69.9951&lat=-32.9951", "geocode?q=Los%20Aromos%20200"]


@pytest.mark.parametrize("path", [*ASKED, "geocode?q=Los%20Aromos", "locate?lon=-32.9951&lat=-69.9951"])
def test_where_somebody_is_stays_between_us(anyone: TestClient, caplog: pytest.LogCaptureFixture, path: str):
    with caplog.at_level(logging.DEBUG, logger="geo_reports"):
        answer = anyone.get(f"/api/v1/{path}")
    assert "no-store" in answer.headers["cache-control"]
    assert "etag" not in answer.headers
    assert [record for record in caplog.records if record.name.startswith("geo_reports")] == []


def test_reports_change_no_answer(client: TestClient, house: House, plant: Any, dump: Any, theft: Any):
    before = [client.get(f"/api/v1/{path}").text for path in ASKED]
    plant(house, **dump)
    plant(house, **theft, description="Los Aromos 200")
    assert [client.get(f"/api/v1/{path}").text for path in ASKED] == before


def test_one_network_may_ask_so_often(house_at: Callable[..., House], asking: Any):
    client = asking(house_at(lookups_per_hour=3), None)
    assert [client.get(f"/api/v1/{path}").status_code for path in ASKED] == [200, 200, 200]
    answer = client.get(f"/api/v1/{ASKED[2]}")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "questions" in answer.json()["detail"]
    assert client.get("/api/v1/layers").status_code == 200


@pytest.fixture
def service() -> Iterator[GeocodingService]:
    with running() as service:
        yield service


def test_a_city_may_ask_a_service(service: GeocodingService, house_at: Callable[..., House], asking: Any, plant: Any):
    service.places = [{"kind": "house", "street": "Los Robles", "number": "42", "lon": -69.985, "lat": -32.995}]
    house = house_at(geocoder="photon", geocoder_url=service.url, geocoder_user_agent="test")
    client = asking(house, None)
    known = client.get("/api/v1/geocode", params={"q": "Los Aromos 200"})
    assert known.json()["candidates"][0]["lon"] == -69.998
    assert service.asked == []
    first = client.get("/api/v1/geocode", params={"q": "Los Robles 42"}).json()["candidates"][0]
    assert (first["lon"], first["parts"]["source"], first["confident"]) == (-69.985, "127.0.0.1", True)
    sent = {"family": "dump", "category": "rubble", "address": "Los Robles 42"}
    assert client.post("/api/v1/reports", json=sent).status_code == 201
    assert service.texts == ["Los Robles 42"]
