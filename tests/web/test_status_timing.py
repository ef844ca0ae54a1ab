"""How long an answer takes says nothing about a code: right, wrong, expired and malformed ones differ by less than two
calls with the same code do."""

import asyncio
import statistics
import time

import pytest

from geo_reports.web.evenly import EVERY_S, Evenly
from tests.web.conftest import DUMP, client_of

ROUNDS = 7
NOISE_S = 0.01
"""Two medians of equal calls may lie this far apart on a busy machine; telling them apart needs more than that."""


@pytest.fixture
def codes(house, put):
    """Codes of each kind; the right one twice, to see how far apart equal calls are."""
    right, gone = put(**DUMP).code, put(**DUMP).code
    house.followup.erase(gone, gone)
    assert house.followup.close(20)
    return {"right": right, "again": right, "wrong": "0000-0000-0000-0000", "expired": gone, "malformed": "x"}


def medians(codes, call):
    for code in codes.values():
        call(code)
    taken = {name: [] for name in codes}
    for _ in range(ROUNDS):  # alternating, so that whatever else the machine does hits all alike
        for name, code in codes.items():
            began = time.perf_counter()
            call(code)
            taken[name].append(time.perf_counter() - began)
    spread = max(abs(a - b) for a, b in zip(taken["right"], taken["again"], strict=True))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}, max(spread, NOISE_S)


@pytest.mark.parametrize("door", ["page", "form", "api"])
def test_no_kind_of_code_is_told_by_its_time(house, codes, door):
    client = client_of(house)
    ask = {
        "page": lambda code: client.get(f"/seguimiento/{code}"),
        "form": lambda code: client.post("/seguimiento", data={"code": code}),
        "api": lambda code: client.get(f"/api/v1/reports/{code}"),
    }[door]
    found, noise = medians(codes, ask)
    apart = {name: abs(found[name] - found["right"]) for name in ("wrong", "expired", "malformed")}
    assert max(apart.values()) < noise, (found, noise)


@pytest.mark.parametrize(("path", "held"), [("/seguimiento/x", True), ("/api/v1/reports/x", True), ("/", False)])
def test_only_answers_about_codes_are_held_back(path, held):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask():
        sent = []
        began = time.monotonic()

        async def send(message):
            sent.append((message["type"], time.monotonic() - began))

        await Evenly(app)({"type": "http", "path": path}, None, send)
        return sent

    (kind, at), _ = asyncio.run(ask())
    assert kind == "http.response.start"
    assert (at >= EVERY_S * 0.99) == held


def test_an_answer_that_took_longer_leaves_at_the_next_even_moment():
    async def slow(scope, receive, send):
        await asyncio.sleep(0.07)
        await send({"type": "http.response.start"})

    async def ask():
        began = time.monotonic()
        at = []

        async def send(message):
            at.append(time.monotonic() - began)

        await Evenly(slow, every_s=0.05)({"type": "http", "path": "/seguimiento/x"}, None, send)
        return at[0]

    assert asyncio.run(ask()) >= 0.099
