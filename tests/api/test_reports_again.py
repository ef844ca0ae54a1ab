"""Sending again: by the same key from many places at once, and the same content without a key."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from geo_reports.app import build, create_app
from geo_reports.house import House
from geo_reports.report import Audience
from geo_reports.settings import Settings
from tests.browser import serve

URL = "/api/v1/reports"
START_LIMIT_S = 90.0
KEY = {"Idempotency-Key": "a-random-key-of-a-phone-01"}


def test_the_same_content_is_asked_about_and_can_be_sent_as_another(client: TestClient, dump: dict[str, Any]):
    assert client.post(URL, json=dump).status_code == 201
    asked = client.post(URL, json=dump)
    assert (asked.status_code, asked.json()["error"]) == (409, "same_report")
    assert client.post(URL, json=dump, headers=KEY).status_code == 201
    assert client.post(f"{URL}?again=true", json=dump).status_code == 201
    assert client.post(f"{URL}?again=no", json=dump).status_code == 409
    wrong = client.post(f"{URL}?again=perhaps", json=dump)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "again")
    assert client.get(URL).json()["numberReturned"] == 3


def test_saying_so_is_no_part_of_the_report(client: TestClient, dump: dict[str, Any]):
    first = client.post(f"{URL}?again=true", json=dump, headers=KEY)
    again = client.post(URL, json=dump, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 200)
    assert client.post(URL, json={**dump, "again": True}).status_code == 422


def test_a_key_that_is_being_stored_answers_409(house: House, client: TestClient, dump: dict[str, Any]):
    with house.intake.claim(KEY["Idempotency-Key"]):
        answer = client.post(URL, json=dump, headers=KEY)
        assert client.post(URL, json=dump).status_code == 201
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (409, "in_progress", "1")
    assert client.post(URL, json=dump, headers=KEY).status_code == 201


def test_staff_and_retries_are_not_counted(house_at: Callable[..., House], asking: Any, dump: dict[str, Any]):
    house = house_at(writes_per_hour=1)
    anyone, crew = asking(house, None), asking(house, Audience.CREW)
    assert [anyone.post(URL, json=dump, headers=KEY).status_code for _ in range(3)] == [201, 200, 200]
    assert anyone.post(f"{URL}?again=true", json=dump).status_code == 429
    assert crew.post(f"{URL}?again=true", json=dump).status_code == 201


def test_addresses_that_are_not_found_count_as_questions(house_at: Callable[..., House], asking: Any):
    client = asking(house_at(lookups_per_hour=2), None)
    unknown = {"family": "dump", "category": "rubble", "address": "Zzyzx 99999"}
    assert [client.post(URL, json=unknown).status_code for _ in range(3)] == [422, 422, 429]


async def _together(urls: list[str], n: int, body: dict[str, Any]) -> list[httpx.Response]:
    """Send one body with one key ``n`` times at once, in turn to each service; who must wait asks again."""
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=n)) as client:

        async def one(number: int) -> httpx.Response:
            for _ in range(100):
                answer = await client.post(urls[number % len(urls)] + URL, json=body, headers=KEY)
                if answer.status_code != 409:
                    return answer
                assert answer.json()["error"] == "in_progress"
                await asyncio.sleep(0.05)
            raise AssertionError("never answered")

        return list(await asyncio.gather(*(one(number) for number in range(n))))


def test_fifty_at_once_with_one_key_are_one_report(house: House, dump: dict[str, Any]):
    with serve(create_app(house)) as url:
        answers = asyncio.run(_together([url], 50, dump))
        assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
        assert len({answer.text for answer in answers}) == 1
        assert httpx.get(url + URL).json()["numberReturned"] == 1


SERVER = """
import sys
from pathlib import Path
import uvicorn
from geo_reports.app import build, create_app
from geo_reports.settings import Settings
city, folder, port = sys.argv[1:]
given = {"db": folder + "/reports.sqlite", "key_dir": Path(folder) / "keys", "writes_per_hour": 10**6}
settings = Settings(city=Path(city), flood_per_minute=10**6, **given)
app = create_app(build(settings).house)
uvicorn.run(app, port=int(port), access_log=False, log_level="warning", timeout_graceful_shutdown=10)
"""


@pytest.fixture
def start(repo: Path, tmp_path: Path) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Start services in processes of their own, on one store."""
    running: list[subprocess.Popen[bytes]] = []
    city = repo / "tests" / "cities" / "tiny"
    # the store and its key are there before two services look for them at once
    build(Settings(city=city, db=str(tmp_path / "reports.sqlite"), key_dir=tmp_path / "keys")).house.intake.close()

    def begin(port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SERVER, str(city), str(tmp_path), str(port)]
        running.append(subprocess.Popen(command, cwd=repo, env=os.environ | {"PYTHONPATH": str(repo)}))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def wait_for(url: str) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while True:
        try:
            if httpx.get(url + "/healthz").status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < limit, "the service did not start"
            time.sleep(0.05)


def free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_two_processes_on_one_store_make_one_report_of_a_key(start: Any, dump: dict[str, Any], tmp_path: Path):
    ports = free_ports(2)
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    for port in ports:
        start(port)
    for url in urls:
        wait_for(url)
    answers = asyncio.run(_together(urls, 50, dump))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert _stored(tmp_path) == {answers[0].json()["public_id"]}


async def _until_stopped(url: str, process: subprocess.Popen[bytes], body: dict[str, Any]) -> list[str]:
    """Send reports from many places, stop the service in the middle; public ids of those that got a receipt."""
    receipts: list[str] = []

    async def sender(client: httpx.AsyncClient, number: int) -> None:
        while True:
            try:
                answer = await client.post(f"{url}{URL}?again=true", json={**body, "description": str(number)})
            except httpx.TransportError:
                return
            if answer.status_code != 201:
                return
            receipts.append(answer.json()["public_id"])
            if len(receipts) == 100:
                process.send_signal(signal.SIGTERM)

    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(sender(client, number) for number in range(16)))
    return receipts


def test_stopping_under_load_drops_no_report_with_a_receipt(start: Any, dump: dict[str, Any], tmp_path: Path):
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = start(port)
    wait_for(url)
    receipts = asyncio.run(_until_stopped(url, process, dump))
    assert process.wait(20) in (0, -signal.SIGTERM)
    assert len(receipts) >= 100
    assert len(receipts) == len(set(receipts))
    assert set(receipts) <= _stored(tmp_path)


def _stored(folder: Path) -> set[str]:
    connection = sqlite3.connect(folder / "reports.sqlite")
    try:
        return {name for (name,) in connection.execute("SELECT public_id FROM report")}
    finally:
        connection.close()
