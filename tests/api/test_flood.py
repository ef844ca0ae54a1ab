"""Over the API a flood is answered with 429 ``proof_needed``, and a solved challenge lets a report in."""

import hashlib
import io
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo_reports.house import House
from geo_reports.report import Audience
from tests.intake import photo_corpus

URL, CHALLENGE = "/api/v1/reports?again=true", "/api/v1/challenge"
KEY = {"Idempotency-Key": "a-random-key-of-a-phone-01"}


@pytest.fixture
def flooded(house_at: Callable[..., House], asking: Any, dump: dict[str, Any]) -> tuple[House, TestClient]:
    """A service that one report floods, and got it."""
    house = house_at(flood_per_minute=1)
    client = asking(house, None)
    assert client.post(URL, json=dump, headers=KEY).status_code == 201
    return house, client


def solved(client: TestClient) -> dict[str, str]:
    """Header with the solution, found as the guide says."""
    asked = client.get(CHALLENGE).json()
    right = (
        n
        for n in range(asked["maxNumber"] + 1)
        if hashlib.sha256(f"{asked['salt']}{n}".encode()).hexdigest() == asked["challenge"]
    )
    return {"Altcha": b64encode(json.dumps(asked | {"number": next(right)}).encode()).decode()}


def test_a_challenge_is_given_to_anyone_and_kept_by_nobody(anyone: TestClient):
    answer = anyone.get(CHALLENGE)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert set(answer.json()) == {"algorithm", "challenge", "maxNumber", "salt", "signature"}
    assert (answer.json()["algorithm"], answer.json()["maxNumber"]) == ("SHA-256", 50_000)
    assert anyone.get(CHALLENGE).json()["salt"] != answer.json()["salt"]


def test_a_flood_asks_for_a_proof_that_is_good_once(flooded: tuple[House, TestClient], dump: dict[str, Any]):
    _, client = flooded
    for headers in ({}, {"Altcha": "bm8="}, {"Altcha": "{}"}):
        refused = client.post(URL, json=dump, headers=headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert (refused.json()["error"], refused.json()["field"]) == ("proof_needed", "Altcha")
        assert "/api/v1/challenge" in refused.json()["detail"]
    proof = solved(client)
    assert client.post(URL, json=dump | {"lon": -60}, headers=proof).status_code == 422
    assert client.post(URL, json=dump, headers=proof).status_code == 201
    assert client.post(URL, json=dump, headers=proof).status_code == 429


def test_retries_and_staff_need_none(flooded: tuple[House, TestClient], asking: Any, dump: dict[str, Any]):
    house, client = flooded
    assert client.post(URL, json=dump, headers=KEY).status_code == 200
    assert asking(house, Audience.CREW).post(URL, json=dump).status_code == 201


def test_photos_wait_until_there_is_a_proof(flooded: tuple[House, TestClient], dump: dict[str, Any]):
    _, client = flooded

    def send(**headers: str) -> Any:
        photo = ("a.jpg", io.BytesIO(photo_corpus.jpeg()), "image/jpeg")
        return client.post(URL, data={"report": json.dumps(dump)}, files={"photo": photo}, headers=headers)

    assert send().json()["error"] == "proof_needed"
    assert send(**solved(client)).status_code == 201
