"""The pages over the tiny city and a store of their own, and people who visit them."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from geo_reports.app import build, create_app
from geo_reports.house import House
from geo_reports.intake import Accepted
from geo_reports.report import Audience, Channel, NewReport
from geo_reports.settings import Settings
from tests.browser import serve

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
DUMP = {"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951, "occurred_at": "2026-09-30"}
THEFT = {"family": "security", "category": "street_robbery", "lon": -69.9851, "lat": -32.9951}


@dataclass(frozen=True)
class Staff:
    """Somebody signed in: a client that sends the session's cookie, and the token of its forms."""

    client: TestClient
    csrf: str


HouseAt = Callable[..., House]


@pytest.fixture(scope="session")
def house_at(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> HouseAt:
    """Build a house over a fresh store, with settings of one's own."""
    city = repo / "tests" / "cities" / "tiny"

    def make(**settings: Any) -> House:
        folder = tmp_path_factory.mktemp("house")
        given = {"city": city, "writes_per_hour": 1000, "flood_per_minute": 1000, **settings}
        return build(Settings(db=str(folder / "r.sqlite"), key_dir=folder / "k", **given), lambda: NOW).house

    return make


@pytest.fixture
def house(house_at: HouseAt) -> House:
    return house_at()


@pytest.fixture(scope="session")
def still_house(house_at: HouseAt) -> House:
    """An empty house for tests that change nothing in it."""
    return house_at()


@pytest.fixture
def reader(still_house: House) -> TestClient:
    """Somebody who visits ``still_house``."""
    return client_of(still_house)


@pytest.fixture
def visitor(house: House) -> TestClient:
    """Somebody without an account."""
    return client_of(house)


@pytest.fixture
def staff(house: House) -> Callable[[Audience], Staff]:
    """Somebody with a role, signed in past the form."""

    def sign_in(role: Audience) -> Staff:
        token = house.accounts.sign_in(str(role), house.accounts.add(str(role), role))
        client = client_of(house)
        client.cookies.set("session", token)
        return Staff(client, house.accounts.csrf(token))

    return sign_in


@pytest.fixture
def served(house: House) -> Iterator[str]:
    """Base URL of the pages in a running service."""
    with serve(create_app(house)) as base_url:
        yield base_url


@pytest.fixture
def put(house: House) -> Callable[..., Accepted]:
    """Store a report past the form: ``put(**DUMP)``."""
    return lambda **body: house.intake.accept(NewReport(**body), channel=Channel.WEB)


def client_of(house: House) -> TestClient:
    return TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False)


def hidden(html: str, name: str) -> str:
    """Value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


@pytest.fixture(scope="session")
def picture() -> Callable[..., io.BytesIO]:
    """A small photo as a file: ``picture("red")``."""

    def make(color: str = "red", size: tuple[int, int] = (40, 30)) -> io.BytesIO:
        file = io.BytesIO()
        Image.new("RGB", size, color).save(file, "JPEG")
        file.seek(0)
        return file

    return make
