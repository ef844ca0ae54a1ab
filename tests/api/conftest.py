"""A service over the tiny city and a store of its own, and ways to ask it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo_reports.api.given import session_cookie
from geo_reports.app import build, create_app
from geo_reports.house import House
from geo_reports.report import Audience, Channel, NewReport
from geo_reports.settings import Settings

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)

HouseAt = Callable[..., House]
ClientAs = Callable[[Audience | None], TestClient]
DUMP = {"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951, "occurred_at": "2026-09-30"}
THEFT = {"family": "security", "category": "street_robbery", "lon": -69.9851, "lat": -32.9951}


@pytest.fixture
def dump() -> dict[str, Any]:
    """A dump in barrio A, as it is sent."""
    return dict(DUMP)


@pytest.fixture
def theft() -> dict[str, Any]:
    """A robbery in barrio B, as it is sent."""
    return dict(THEFT)


@pytest.fixture(scope="module")
def house_at(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> HouseAt:
    """Build a house over a fresh store."""

    def make(**settings: Any) -> House:
        folder = tmp_path_factory.mktemp("house")
        given = {"writes_per_hour": 100_000, "flood_per_minute": 100_000, **settings}
        settings_ = Settings(
            city=repo / "tests" / "cities" / "tiny", db=str(folder / "reports.sqlite"), key_dir=folder / "keys", **given
        )
        return build(settings_, clock=lambda: NOW).house

    return make


@pytest.fixture
def house(house_at: HouseAt) -> House:
    return house_at()


@pytest.fixture(scope="module")
def anyone(house_at: HouseAt) -> TestClient:
    """Somebody without an account, at a service that all tests of a module share: for what changes nothing."""
    return client_of(house_at(), None)


@pytest.fixture
def client(house: House) -> TestClient:
    """Somebody without an account."""
    return client_of(house, None)


@pytest.fixture
def client_as(house: House) -> ClientAs:
    """Somebody signed in with a role."""
    return lambda role: client_of(house, role)


@pytest.fixture(scope="session")
def asking() -> Callable[[House, Audience | None], TestClient]:
    """``client_of``, for modules that keep one house for all their tests."""
    return client_of


def client_of(house: House, role: Audience | None) -> TestClient:
    client = TestClient(create_app(house), raise_server_exceptions=False)
    if role is not None:
        token = house.accounts.sign_in(str(role), house.accounts.add(str(role), role))
        client.cookies.set(session_cookie(house), token)
        client.headers["X-CSRF-Token"] = house.accounts.csrf(token)
    return client


@pytest.fixture(scope="session")
def plant() -> Callable[..., str]:
    """Store a report past the API and return its public id."""

    def put(house: House, **body: Any) -> str:
        return house.intake.accept(NewReport(**body), channel=Channel.WEB).public_id

    return put
