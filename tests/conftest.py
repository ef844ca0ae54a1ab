"""Fixtures of all tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from geo_reports import city
from tests.browser import executable, launch
from tests.cities.link_data import link
from tests.postgres import Cluster, cluster, programs

# No deadline: a slow machine is not a wrong program. The blob lets anyone replay a failure seen elsewhere.
settings.register_profile("geo_reports", deadline=None, print_blob=True)
settings.load_profile("geo_reports")

REAL_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MARKED = ("browser", "postgres", "real_data")
PageAt = Callable[..., Page]


def pytest_configure(config: pytest.Config) -> None:
    """Link the real data into the example cities once, before any worker looks for them."""
    data = REAL_DATA
    if data.is_dir() and not hasattr(config, "workerinput"):
        link(data)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures they need, and run those with a browser last.

    Playwright leaves an event loop running in the thread of the tests; code under test that starts its own must
    have run before.
    """
    for item in items:
        for name in MARKED:
            if name in _fixtures(item):
                item.add_marker(name)
    items.sort(key=lambda item: "browser" in _fixtures(item))


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the checkout, which is also the reference city's folder."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def tiny_city(repo: Path) -> city.City:
    """A city small enough to check by hand."""
    return city.load(repo / "tests" / "cities" / "tiny")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, where the machine has one."""
    folder = REAL_DATA
    if not folder.is_dir():
        pytest.skip("there is no folder of real data beside the checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once for each process of tests."""
    path = executable()
    if path is None:
        # in CI a skipped test would look like one that passed
        answer = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        answer("there is no Chromium on this machine; .ci/system-packages installs one")
    with sync_playwright() as playwright:
        running = launch(playwright, path)
        yield running
        running.close()


@pytest.fixture
def page_at(browser: Browser) -> Iterator[PageAt]:
    """Open a page of a given size, in pixels, in a context of its own: ``page_at(390, 844)``, ``js=False``."""
    contexts: list[BrowserContext] = []

    def open_page(width: int, height: int, js: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="es-CL",
            timezone_id="America/Santiago",
            java_script_enabled=js,
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL with PostGIS, started once for each process of tests."""
    found = programs()
    if found is None:
        answer = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        answer("there is no PostgreSQL with PostGIS on this machine; .ci/system-packages installs them")
    with cluster(found) as running:
        yield running


@pytest.fixture
def postgres_url(postgres: Cluster) -> str:
    """URL of a new, empty database."""
    return postgres.database()


@pytest.fixture(scope="session")
def postgis_url(postgres: Cluster) -> str:
    """URL of a database with PostGIS, shared by the tests that only compute in it."""
    return postgres.database(postgis=True)
