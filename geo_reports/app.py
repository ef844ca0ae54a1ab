"""The composition root: settings in, everything built, nothing else reads the environment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI

from geo_reports import city
from geo_reports.accounts import Accounts
from geo_reports.api import OPENAPI, create_api, install_errors
from geo_reports.city import City
from geo_reports.fieldwork import Fieldwork
from geo_reports.house import House, Tiles
from geo_reports.intake import Intake, Locator, ServerKey, WriteLimit, open_key
from geo_reports.intake.archive import Archive
from geo_reports.intake.demo import Demo
from geo_reports.intake.keys import replace_lost_key
from geo_reports.intake.reassign import Reassign, check_layers
from geo_reports.privacy import View
from geo_reports.report import Audience
from geo_reports.settings import Settings
from geo_reports.store import Doctor, Store
from geo_reports.web import create_web, html_errors, install_security


@dataclass(frozen=True)
class Workshop:
    """What the command line needs beyond what the doors are given."""

    house: House
    archive: Archive
    demo: Demo
    doctor: Doctor
    database: str


def utc_now() -> datetime:
    """Read the real clock."""
    return datetime.now(UTC)


def database(settings: Settings, city_id: str, demo: bool = False) -> str:
    """Store of the settings: as given, or a file per city in the data folder; demo reports get their own."""
    name = "demo.sqlite" if demo else "reports.sqlite"
    return settings.db or str(settings.data_dir / city_id / name)


def build(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Workshop:
    """Build everything for one city and one store.

    Raises ``CityError`` with every problem of the city folder, ``StoreError``, ``KeyProblem``, or
    ``LayersChanged`` when ``reassign`` must come first.
    """
    place = city.load(settings.city)
    where = database(settings, place.spec.id, demo)
    store = Store(where)
    key = open_key(settings.key_dir, store)
    check_layers(place, store)
    locator = Locator(place, store)
    tools = (place, store, key, locator, clock)
    return Workshop(_house(settings, *tools), Archive(*tools), Demo(*tools), Doctor(store), where)


def _house(
    settings: Settings, place: City, store: Store, key: ServerKey, locator: Locator, clock: Callable[[], datetime]
) -> House:
    return House(
        city=place,
        intake=Intake(place, store, key, locator, clock),
        fieldwork=Fieldwork(store, clock),
        accounts=Accounts(store, clock),
        view=partial(_view, place, store, clock, key),
        clock=clock,
        limit=WriteLimit(settings.writes_per_hour),
        ready=store.ready,
        https=settings.https,
        tiles=Tiles(settings.tile_url, settings.tile_attribution) if settings.tile_url else None,
        demo=store.get_meta("demo") == "yes",
    )


def _view(place: City, store: Store, clock: Callable[[], datetime], key: ServerKey, audience: Audience) -> View:
    return View(place, store, audience, clock, key.code_hash, key.unseal)


def build_reassign(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Reassign:
    """Build the job that brings a store up to the city's layers."""
    place = city.load(settings.city)
    store = Store(database(settings, place.spec.id, demo))
    return Reassign(place, store, Locator(place, store), clock)


def accept_lost_key(settings: Settings) -> str:
    """Make a new server key for a store whose key is lost for good; returns the store's place."""
    place = city.load(settings.city)
    where = database(settings, place.spec.id)
    replace_lost_key(settings.key_dir, Store(where))
    return where


def create_app(house: House) -> FastAPI:
    """Service with both doors: pages and the API."""
    app = FastAPI(**OPENAPI)
    install_security(app, house)
    install_errors(app, html_errors(house))
    app.include_router(create_api(house))
    app.include_router(create_web(house))
    return app
