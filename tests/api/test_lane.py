"""The lane and the route give the same answers, and the lane leaves to the route what it cannot take."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from geo_reports.api.given import MAX_BODY_BYTES
from geo_reports.api.lane import REFUSAL, Lane
from geo_reports.app import create_app
from geo_reports.house import House

DUMP = {"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951, "occurred_at": "2026-09-30"}
BODY = json.dumps(DUMP).encode()
JSON = (b"content-type", b"application/json")
COOKIE = (b"cookie", b"language=es")
"""Nobody's session: with it a request takes the route."""
Headers = list[tuple[bytes, bytes]]


def key(name: str) -> tuple[bytes, bytes]:
    return b"idempotency-key", f"a-random-key-of-a-client-{name}".encode()


def changed(**fields: Any) -> bytes:
    return json.dumps(DUMP | fields).encode()


def length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()


def scope_of(headers: Headers, query: bytes = b"") -> dict[str, Any]:
    path = "/api/v1/reports"
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("198.51.100.7", 4711),
        "server": ("testserver", 80),
    }


def receiver(parts: list[bytes], ends: bool = True) -> Callable[[], Any]:
    """Body in parts; without an end the sender goes away after the last one."""
    last = len(parts) - 1
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": not ends or i < last} for i, part in enumerate(parts)
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


async def ask(app: Any, headers: Headers, parts: list[bytes], query: bytes = b"", ends: bool = True) -> dict[str, Any]:
    """What an app answers, with codes, ids and nonces masked."""
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    raised = ""
    try:
        await app(scope_of(headers, query), receiver(parts, ends), send)
    except Exception as error:  # the framework answers 500 and raises on
        raised = type(error).__name__
    head = said[0] if said else {"status": 0, "headers": []}
    body = b"".join(message.get("body", b"") for message in said[1:])
    fields = sorted((name.decode().lower(), masked(value.decode())) for name, value in head["headers"])
    return {"raised": raised, "status": head["status"], "headers": fields, "body": masked(body.decode())}


def masked(text: str) -> str:
    text = re.sub(r"nonce-[\w-]+", "nonce", text)
    text = re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", "CODE", text)
    return re.sub(r'"public_id":"\w{12}"', '"public_id":"ID"', text)


CORPUS: list[tuple[Headers, list[bytes], bytes, bool]] = [
    ([JSON, key("1"), length(BODY)], [BODY], b"", True),
    ([JSON, key("1"), length(BODY)], [BODY], b"", True),
    ([JSON, key("1")], [changed(category="household")], b"", True),
    ([JSON, length(BODY)], [BODY], b"", True),
    ([JSON, length(BODY)], [BODY], b"again=true", True),
    ([JSON, length(BODY)], [BODY], b"again=perhaps", True),
    ([JSON, key("2"), length(BODY)], [BODY[:20], BODY[20:]], b"", True),
    ([JSON, key("3")], [BODY[:20], BODY[20:]], b"", True),
    ([JSON, key("4"), length(BODY)], [BODY[:20]], b"", False),
    ([JSON, (b"idempotency-key", b"short"), length(BODY)], [BODY], b"", True),
    ([JSON, (b"idempotency-key", b""), length(BODY)], [BODY], b"", True),
    ([JSON, (b"idempotency-key", b"\xf1" * 20), length(BODY)], [BODY], b"", True),
    ([JSON, key("5"), key("6"), length(BODY)], [BODY], b"", True),
    ([(b"content-type", b"text/plain"), length(BODY)], [BODY], b"", True),
    ([(b"content-type", b"application/json; charset=utf-8"), key("7"), length(BODY)], [BODY], b"", True),
    ([length(BODY)], [BODY], b"", True),
    ([JSON, (b"content-length", b"many")], [BODY], b"", True),
    ([JSON, length(b" " * (MAX_BODY_BYTES + 1))], [b" " * (MAX_BODY_BYTES + 1)], b"", True),
    ([JSON, (b"content-length", b"9")], [b" " * 40_000, b" " * 40_000], b"", True),
    ([JSON, (b"content-length", b"9")], [b" " * 300_000], b"", True),
    *(
        ([JSON, key(f"wrong-{i}"), length(body)], [body], b"", True)
        for i, body in enumerate(
            (
                b"",
                b"{",
                b"[]",
                b"\xff",
                b"[" * 5000,
                changed(lon=181),
                changed(lon=10, lat=50),
                changed(lon=None, lat=None),
                changed(lon=None, lat=None, address="Nowhere 77"),
                changed(category="noise"),
                changed(occurred_at="2027-01-01"),
                changed(occurred_at="yesterday"),
                changed(status="cleaned"),
                changed(description="\x00"),
                changed(description="Ñandú", contact="a@b.example", sent_at="2026-10-15T14:00:00Z"),
            )
        )
    ),
]


@pytest.fixture(params=["open", "few", "flooded", "full"])
def two(request: pytest.FixtureRequest, house_at: Callable[..., House]) -> tuple[Any, Any]:
    """Two services alike: all are let in, few are, a proof is asked for, or the disk is full."""
    settings = {
        "open": {},
        "few": {"writes_per_hour": 3},
        "flooded": {"flood_per_minute": 2},
        "full": {"min_free_mb": 10**9},
    }[request.param]
    return create_app(house_at(**settings)), create_app(house_at(**settings))


def test_both_ways_answer_alike(two: tuple[Any, Any]):
    async def all_of_them() -> tuple[list[Any], list[Any]]:
        lane = [await ask(two[0], headers, parts, query, ends) for headers, parts, query, ends in CORPUS]
        route = [await ask(two[1], [*headers, COOKIE], parts, query, ends) for headers, parts, query, ends in CORPUS]
        return lane, route

    lane, route = asyncio.run(all_of_them())
    for answer in (*lane, *route):  # in how many seconds a sender may come back depends on the second it came
        answer["headers"] = [(name, "later" if name == "retry-after" else value) for name, value in answer["headers"]]
        answer["body"] = re.sub(r"\d+ min", "some min", answer["body"])
    for case, one, other in zip(CORPUS, lane, route, strict=True):
        assert one == other, case[0]


def test_a_service_that_stops_says_so_both_ways(house_at: Callable[..., House]):
    house = house_at()
    app = create_app(house)
    house.intake.close()
    headers = [JSON, key("late"), length(BODY)]
    lane, route = asyncio.run(ask(app, headers, [BODY])), asyncio.run(ask(app, [*headers, COOKIE], [BODY]))
    assert lane == route
    assert (lane["status"], dict(lane["headers"])["retry-after"]) == (503, "5")


class Route:
    """Stands in for the app: keeps what is passed on to it, body and all."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refusals: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        self.refusals.append(type(scope.get(REFUSAL)).__name__)
        await send({"type": "http.response.start", "status": 299, "headers": []})


def test_what_is_not_taken_is_passed_on_whole(house: House):
    route = Route()
    lane = Lane(route, house)
    for headers, parts, query, ends in CORPUS:
        route.bodies.clear()
        answer = asyncio.run(ask(lane, headers, parts, query, ends))
        assert route.bodies == ([] if answer["status"] in (200, 201) else [b"".join(parts)]), headers


def test_what_the_lane_takes_and_what_it_leaves(house: House):
    route = Route()
    lane = Lane(route, house)

    async def three() -> list[int]:
        requests = (
            [JSON, key("9"), length(BODY)],
            [JSON, key("9"), length(BODY)],
            [JSON, key("9"), length(BODY), COOKIE],
        )
        return [(await ask(lane, headers, [BODY]))["status"] for headers in requests]

    assert asyncio.run(three()) == [201, 200, 299]
    assert route.refusals == ["NoneType"]
    other = changed(category="household")
    asyncio.run(ask(lane, [JSON, key("9"), length(other)], [other]))
    assert route.refusals == ["NoneType", "ReusedKey"]


def test_many_at_once_are_woken_and_stored_once(house: House):
    app = create_app(house)

    async def many() -> list[int]:
        asked = (ask(app, [JSON, key(f"{i:03}"), length(BODY)], [BODY]) for i in range(80))
        return [answer["status"] for answer in await asyncio.gather(*asked)]

    assert asyncio.run(many()) == [201] * 80
    assert asyncio.run(many()) == [200] * 80
