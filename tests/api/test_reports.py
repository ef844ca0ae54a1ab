import math
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from geo_reports.api.given import MAX_BODY_BYTES, session_cookie
from geo_reports.api.models import ErrorBody
from geo_reports.house import House
from geo_reports.report import Audience
from geo_reports.web.visit import session_cookie as session_cookie_of_pages

KEY = "a-random-key-of-a-client-0001"


def test_sending_gives_a_receipt_that_leads_to_the_report(client: TestClient, dump: dict[str, Any]):
    sent = client.post("/api/v1/reports", json={**dump, "description": "Escombros"})
    assert sent.status_code == 201
    receipt = sent.json()
    assert sent.headers["location"] == receipt["url"]
    assert sent.headers["cache-control"] == "no-store"
    story = client.get(receipt["url"])
    assert story.status_code == 200
    assert story.headers["cache-control"] == "no-store"
    told = story.json()
    assert (told["public_id"], told["status"], told["unit_name"]) == (receipt["public_id"], "received", "Barrio A")
    assert told["description"] == "Escombros"
    assert [step["kind"] for step in told["events"]] == ["received"]
    assert receipt["code"] not in story.text


def test_same_key_and_body_give_the_same_receipt_once(client: TestClient, dump: dict[str, Any]):
    headers = {"Idempotency-Key": KEY}
    first = client.post("/api/v1/reports", json=dump, headers=headers)
    again = client.post("/api/v1/reports", json=dump, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert client.get("/api/v1/reports").json()["numberReturned"] == 1


def test_same_key_with_another_body_is_refused(client: TestClient, dump: dict[str, Any]):
    client.post("/api/v1/reports", json=dump, headers={"Idempotency-Key": KEY})
    other = client.post("/api/v1/reports", json={**dump, "category": "household"}, headers={"Idempotency-Key": KEY})
    assert (other.status_code, other.json()["error"]) == (422, "reused_key")


@pytest.mark.parametrize("key", ["short", "x" * 201])
def test_a_bad_key_is_named(anyone: TestClient, dump: dict[str, Any], key: str):
    answer = anyone.post("/api/v1/reports", json=dump, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


def test_too_many_writes_are_told_when_to_come_back(house_at: Callable[..., House], asking: Any, dump: dict[str, Any]):
    client = asking(house_at(writes_per_hour=2), None)
    answers = [client.post("/api/v1/reports?again=true", json=dump) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["retry-after"]) > 0
    assert answers[2].json()["error"] == "too_many_requests"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lon": 181}, "lon"),
        ({"lat": -91}, "lat"),
        ({"lon": "west"}, "lon"),
        ({"lon": True, "lat": []}, "lat"),
        ({"lon": 10**400}, "lon"),
        ({"lon": None}, None),
        ({"lon": 0, "lat": 0}, None),
        ({"lon": None, "lat": None}, None),
        ({"lon": 10, "lat": 50}, None),
        ({"family": "noise"}, "family"),
        ({"category": "noise"}, "category"),
        ({"category": "street_robbery"}, "category"),
        ({"size": "planet"}, "size"),
        ({"family": "security", "category": "street_light", "size": "bag"}, None),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2027-01-01"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00+23:00"}, "occurred_at"),
        ({"accuracy_m": -1}, "accuracy_m"),
        ({"description": "x" * 4001}, "description"),
        ({"description": {"a": 1}}, "description"),
        ({"contact": "x" * 201}, "contact"),
        ({"sent_at": "yesterday"}, "sent_at"),
        ({"sent_at": 1790780283}, "sent_at"),
        ({"status": "cleaned"}, "status"),
        ({"public_id": "mine"}, "public_id"),
    ],
)
def test_bad_fields_are_named(anyone: TestClient, dump: dict[str, Any], change: dict[str, Any], field: str | None):
    answer = anyone.post("/api/v1/reports", json={**dump, **change})
    assert answer.status_code == 422, answer.text
    body = ErrorBody.model_validate(answer.json())
    if field is not None:
        assert body.field == field
    assert body.detail
    assert "x" * 50 not in answer.text


RAW = '{"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951%s}'


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (RAW.replace("-69.9951", "NaN") % "", 422),
        (RAW.replace("-69.9951", "Infinity") % "", 422),
        (RAW.replace("-69.9951", "1e999") % "", 422),
        (RAW % ', "description": "\\ud800"', 422),
        (RAW % ', "\\ud800": 1', 422),
        (RAW % (', "%s": 1' % ("k" * 5000)), 422),
        (RAW.replace("rubble", "\\u0000") % "", 422),
        ("", 422),
        ("null", 422),
        ("[]", 422),
        ("{", 400),
        ("[" * 50_000, 400),
        ("9" * 50_000, 400),
        (b"\xff\xfe\x00", 400),
    ],
)
def test_broken_bodies_are_refused(anyone: TestClient, raw: str | bytes, status: int):
    answer = anyone.post("/api/v1/reports", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    body = ErrorBody.model_validate(answer.json())
    assert len(answer.content) < 1500
    assert body.detail


@pytest.mark.parametrize("field", ["description", "contact", "address", "occurred_at"])
def test_nul_never_breaks_the_service(anyone: TestClient, dump: dict[str, Any], field: str):
    answer = anyone.post("/api/v1/reports", json={**dump, field: "a\x00b"})
    assert answer.status_code in (201, 422), answer.text


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 300_000])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_long_body_is_refused(anyone: TestClient, size: int, streamed: bool):
    whole = b" " * size
    parts = (whole[start : start + 10_000] for start in range(0, size, 10_000))
    content = parts if streamed else whole
    answer = anyone.post("/api/v1/reports", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "multipart/mixed"]
)
def test_only_json_is_taken(anyone: TestClient, kind: str):
    answer = anyone.post("/api/v1/reports", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


def test_an_unknown_address_offers_candidates_or_says_so(anyone: TestClient):
    answer = anyone.post("/api/v1/reports", json={"family": "dump", "category": "rubble", "address": "Zzyzx 99999"})
    body = answer.json()
    assert (answer.status_code, body["error"], body["field"]) == (422, "address_not_found", "address")
    assert isinstance(body["candidates"], list)


def test_any_wrong_code_gets_the_same_answer(anyone: TestClient, dump: dict[str, Any]):
    receipt = anyone.post("/api/v1/reports?again=true", json=dump).json()
    wrong = ["0000-0000-0000-0000", "short", receipt["public_id"], "x" * 3000, "ñandú", "\x00", "%"]
    answers = [anyone.get("/api/v1/reports/" + quote(code, safe="")) for code in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_public_reports_are_geojson(client: TestClient, dump: dict[str, Any]):
    client.post("/api/v1/reports", json={**dump, "description": "secret", "contact": "me@example.org"})
    answer = client.get("/api/v1/reports")
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert (body["type"], body["numberReturned"]) == ("FeatureCollection", 1)
    feature = body["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-69.9951, -32.9951]}
    assert (feature["properties"]["occurred"], feature["properties"]["unit"]) == ("2026-09-30", "A")
    assert "secret" not in answer.text
    assert "example.org" not in answer.text


def test_filters_narrow(client: TestClient, dump: dict[str, Any]):
    client.post("/api/v1/reports", json=dump)
    client.post("/api/v1/reports", json={**dump, "category": "household", "lon": -69.985, "occurred_at": "2026-08-01"})
    for query, categories in {
        "": {"rubble", "household"},
        "category=rubble": {"rubble"},
        "category=rubble&category=household": {"rubble", "household"},
        "family=security": set(),
        "status=cleaned": set(),
        "bbox=-70,-33,-69.99,-32.99": {"rubble"},
        "since=2026-09-01": {"rubble"},
        "until=2026-09-01": {"household"},
        "unit=B": {"household"},
        "layer=sectors&unit=W": {"rubble"},
        "limit=1": {"household"},
    }.items():
        body = client.get(f"/api/v1/reports?{query}").json()
        assert {feature["properties"]["category"] for feature in body["features"]} == categories, query


def test_pages_hold_every_report_once(client: TestClient, dump: dict[str, Any]):
    sent = {client.post("/api/v1/reports?again=true", json=dump).json()["public_id"] for _ in range(11)}
    url, seen = "/api/v1/reports?limit=3&family=dump", []
    for _ in range(10):
        answer = client.get(url)
        body = answer.json()
        seen += [feature["id"] for feature in body["features"]]
        links = {link["rel"]: link["href"] for link in body["links"]}
        assert ("next" in links) == ("link" in answer.headers)
        if "next" not in links:
            break
        assert f"<{links['next']}>" in answer.headers["link"]
        url = links["next"]
    assert len(seen) == 11
    assert set(seen) == sent


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("bbox=1,2,3", 422, "bbox"),
        ("bbox=a,b,c,d", 422, "bbox"),
        ("bbox=nan,nan,nan,nan", 422, "bbox"),
        ("bbox=-69,-33,-70,-32", 422, "bbox"),
        ("bbox=-181,-33,-70,-32", 422, "bbox"),
        (f"bbox={math.inf},0,0,0", 422, "bbox"),
        ("category=noise", 422, "category"),
        ("family=noise", 422, "family.0"),
        ("status=noise", 422, "status.0"),
        ("since=yesterday", 422, "since"),
        ("since=2026-10-01&until=2026-09-01", 422, "until"),
        ("limit=0", 422, "limit"),
        ("limit=1001", 422, "limit"),
        ("limit=1e3", 422, "limit"),
        ("before=nothing", 422, "before"),
        ("layer=noise", 404, None),
        ("unit=noise", 404, None),
        ("audience=admin", 422, "audience"),
        ("catgory=rubble", 422, "catgory"),
        ("unit=" + "x" * 5000, 422, "unit"),
        ("unit=%00", 404, None),
        ("since=0001-01-01&until=9999-12-31", 200, None),
        ("since=9999-12-31", 200, None),
    ],
)
def test_bad_filters_are_named(anyone: TestClient, query: str, status: int, field: str | None):
    answer = anyone.get(f"/api/v1/reports?{query}")
    assert answer.status_code == status, answer.text
    if status != 200:
        assert ErrorBody.model_validate(answer.json()).field == field


def test_only_a_session_widens(house: House, asking: Any, client: TestClient, dump: dict[str, Any]):
    client.post("/api/v1/reports", json={**dump, "description": "as sent"})
    crew = asking(house, Audience.CREW)
    assert "as sent" in crew.get("/api/v1/reports").text
    assert crew.get("/api/v1/reports").headers["cache-control"] == "private, no-store"
    client.cookies.set(session_cookie(house), "made-up")
    assert "as sent" not in client.get("/api/v1/reports").text


def test_a_kept_answer_is_asked_for_by_its_tag(client: TestClient, dump: dict[str, Any]):
    first = client.get("/api/v1/reports")
    tag = {"If-None-Match": first.headers["etag"]}
    same = client.get("/api/v1/reports", headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    client.post("/api/v1/reports", json=dump)
    assert client.get("/api/v1/reports", headers=tag).status_code == 200


@pytest.mark.parametrize("https", [False, True])
def test_the_cookie_is_that_of_the_pages(house_at: Callable[..., House], https: bool):
    house = house_at(https=https)
    assert session_cookie(house) == session_cookie_of_pages(house)
