"""The composition root: settings in, everything built, nothing else reads the environment."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from geo_reports import city
from geo_reports.accounts import Accounts
from geo_reports.api import OPENAPI, create_api, install_errors, install_lane
from geo_reports.city import City
from geo_reports.errors import InputError, KeyProblem, LayersChanged, StoreError
from geo_reports.fieldwork import Fieldwork, Moderation
from geo_reports.fieldwork.followup import ActLimit, Followup
from geo_reports.fieldwork.photos import PhotoDesk
from geo_reports.geography.online import OnlineGeocoder, Service
from geo_reports.house import House, Tiles
from geo_reports.intake import (
    Addresses,
    Admission,
    Flood,
    Intake,
    Locator,
    LookupLimit,
    Photos,
    ServerKey,
    WriteLimit,
    open_key,
)
from geo_reports.intake.archive import Archive
from geo_reports.intake.demo import Demo
from geo_reports.intake.erasure import Erasure
from geo_reports.intake.evidence import Evidence
from geo_reports.intake.expected import expected
from geo_reports.intake.keys import replace_lost_key
from geo_reports.intake.reassign import Reassign, check_layers
from geo_reports.intake.safekeeping import Safekeeping
from geo_reports.intake.subscriptions import Subscriptions
from geo_reports.intake.voices import Voices
from geo_reports.intake.witness import Witness
from geo_reports.post import Post, Relay, open_post, read_hooks
from geo_reports.privacy import Moves, View
from geo_reports.report import Audience
from geo_reports.settings import Settings
from geo_reports.store import Doctor, Eraser, ErasureLog, Finding, PhotoFolder, Store, Surroundings, file_of
from geo_reports.store.backup import Site
from geo_reports.store.engine import place_of
from geo_reports.store.upgrade import Schema, examine, upgrade
from geo_reports.web import create_web, html_errors, install_security
from geo_reports.web.evenly import Evenly

log = logging.getLogger(__name__)
TIDY_S = 86_400.0
SETTLE_S = 10.0
"""For so long the end of the service waits for what erasures left to do; the reports are gone in any case."""


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


def photo_folder(settings: Settings, city_id: str, demo: bool = False) -> Path:
    """Folder of a store's photos; no two stores share one, as each removes the photos that none of its reports has."""
    if settings.photo_dir:
        return settings.photo_dir / "demo" if demo else settings.photo_dir
    file = file_of(settings.db) if settings.db else None
    if file is not None:
        return file.with_suffix(".photos")
    return settings.data_dir / city_id / ("demo-photos" if demo else "photos")


def build(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Workshop:
    """Build everything for one city and one store.

    Raises ``CityError`` with every problem of the city folder, ``StoreError``, ``KeyProblem``, ``InputError`` or
    ``MissingExtra`` for settings of what goes out, or ``LayersChanged`` when ``reassign`` must come first.
    """
    place = city.load(settings.city)
    addresses = Addresses(place, _online(settings, place))
    where = database(settings, place.spec.id, demo)
    store = Store(where)
    key = open_key(settings.key_dir, store)
    check_layers(place, store)
    locator = Locator(place, store, addresses)
    tools = (place, store, key, locator, clock)
    house = _house(settings, addresses, *tools, demo)
    return Workshop(house, Archive(*tools), Demo(*tools), build_doctor(settings, clock, demo), place_of(where))


def _house(
    settings: Settings,
    addresses: Addresses,
    place: City,
    store: Store,
    key: ServerKey,
    locator: Locator,
    clock: Callable[[], datetime],
    demo: bool,
) -> House:
    areas = Subscriptions(place, store, key, clock, ErasureLog.beside(settings.key_dir, store.store_id()))
    post = _post(settings, place, store, key, clock, areas, demo)
    flood = Flood(key, settings.flood_per_minute, clock)
    door = _at_the_door(settings, place, key, flood, demo)
    witness = _witness(settings, store, key, clock)
    return House(
        city=place,
        intake=Intake(place, store, key, locator, clock, *door, announce=post.announce),
        fieldwork=Fieldwork(store, clock, post.announce),
        moderation=Moderation(place, store, clock, post.announce),
        photo_desk=_photo_desk(settings, place, store, key, clock, demo),
        accounts=Accounts(store, clock),
        view=partial(_view, place, store, clock, key),
        clock=clock,
        addresses=addresses,
        lookups=LookupLimit(settings.lookups_per_hour),
        flood=flood,
        voices=Voices(place, store, clock, door[0]),
        areas=areas,
        followup=_followup(settings, place, store, key, clock, door, post, demo),
        ready=lambda: {**store.ready(), "post": post.alive, "witness": witness.alive},
        https=settings.https,
        tiles=Tiles(settings.tile_url, settings.tile_attribution) if settings.tile_url else None,
        demo=store.get_meta("demo") == "yes",
        post=post,
        public_url=settings.public_url.rstrip("/"),
        witness=witness,
    )


def _post(
    settings: Settings,
    place: City,
    store: Store,
    key: ServerKey,
    clock: Callable[[], datetime],
    areas: Subscriptions,
    demo: bool,
) -> Post:
    """What leaves by itself: nothing unless the settings name a receiver, and nothing of synthetic reports."""
    hooks = read_hooks(settings.webhooks.get_secret_value(), settings.webhooks_local)
    relay, password = None, settings.smtp_password.get_secret_value()
    if settings.smtp_host:
        account = (settings.smtp_user, password)
        relay = Relay(settings.smtp_host, settings.smtp_port, settings.smtp_security, *account, settings.mail_from)
    page = f"{settings.public_url.rstrip('/')}/seguimiento" if settings.public_url else ""
    view = _view(place, store, clock, key, Audience.PUBLIC)
    if demo:
        hooks, relay = [], None
    base = settings.public_url
    about = (place, store, view, key.unseal, clock)
    return open_post(*about, hooks=hooks, relay=relay, page=page, subscriptions=areas, base=base)


def _followup(
    settings: Settings,
    place: City,
    store: Store,
    key: ServerKey,
    clock: Callable[[], datetime],
    door: tuple[Admission, Photos],
    post: Post,
    demo: bool,
) -> Followup:
    folder = PhotoFolder(photo_folder(settings, place.spec.id, demo))
    log = ErasureLog.beside(settings.key_dir, store.store_id())
    return Followup(
        place,
        store,
        key,
        clock,
        door=door,
        folder=folder,
        limit=ActLimit(settings.writes_per_hour),
        erasure=Erasure(Eraser(store, log, folder), key, clock),
        announce=post.announce,
    )


def _at_the_door(settings: Settings, place: City, key: ServerKey, flood: Flood, demo: bool) -> tuple[Admission, Photos]:
    """What a report passes before it is stored."""
    where, photos = file_of(database(settings, place.spec.id, demo)), photo_folder(settings, place.spec.id, demo)
    disks = [photos] if where is None else [where.parent, photos]
    admission = Admission(WriteLimit(settings.writes_per_hour), disks, settings.min_free_mb, flood=flood)
    return admission, Photos(PhotoFolder(photos), key, _evidence_days(place))


def _evidence_days(place: City) -> int | None:
    return place.spec.evidence.days if place.spec.evidence else None


def _photo_desk(
    settings: Settings, place: City, store: Store, key: ServerKey, clock: Callable[[], datetime], demo: bool
) -> PhotoDesk:
    folder = PhotoFolder(photo_folder(settings, place.spec.id, demo))
    return PhotoDesk(place, store, folder, Evidence(folder, key, _evidence_days(place)), clock)


def _online(settings: Settings, place: City) -> OnlineGeocoder | None:
    """Online geocoder of the settings, or None: then no address leaves the service."""
    if not settings.geocoder:
        return None
    key = settings.geocoder_key.get_secret_value()
    service = Service(settings.geocoder, settings.geocoder_url, settings.geocoder_user_agent, key)
    west, south, east, north = place.boundary.current.units.total_bounds.tolist()
    box = (west, south, east, north)
    return OnlineGeocoder(service, box, place.contains, [place.spec.name], per_second=settings.geocoder_per_second)


def build_addresses(settings: Settings, online: bool) -> Addresses:
    """Build what finds addresses, without a store; ``InputError`` where ``online`` is asked for and not set up."""
    if online and not settings.geocoder:
        raise InputError("No online geocoder is set up: set GEO_REPORTS_GEOCODER and GEO_REPORTS_GEOCODER_URL.")
    place = city.load(settings.city)
    return Addresses(place, _online(settings, place) if online else None)


def _witness(settings: Settings, store: Store, key: ServerKey, clock: Callable[[], datetime]) -> Witness:
    file = settings.witness or settings.key_dir / f"{store.store_id()}.heads"
    return Witness(store, key.signer, file, clock, 60.0 * settings.witness_minutes)


def build_witness(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Witness:
    """Build what signs the head of a store's event chain and holds the chain against signed heads."""
    store = Store(database(settings, city.load(settings.city).spec.id, demo))
    return _witness(settings, store, open_key(settings.key_dir, store), clock)


def build_doctor(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Doctor:
    """Build what examines a store, however damaged; nothing is opened before it is asked to."""
    place = city.load(settings.city)
    return Doctor(database(settings, place.spec.id, demo), partial(_surroundings, settings, place, clock, demo))


def _surroundings(settings: Settings, place: City, clock: Callable[[], datetime], demo: bool) -> Surroundings:
    store = Store(database(settings, place.spec.id, demo))
    key, locator, notes = None, None, []
    try:
        key = open_key(settings.key_dir, store)
    except KeyProblem as error:
        notes.append(Finding("server key", False, str(error)))
    try:
        check_layers(place, store)
        locator = Locator(place, store)
    except LayersChanged as error:
        notes.append(Finding("layers", False, str(error)))
    return Surroundings(
        now=int(clock().timestamp()),
        expected=expected(place, store, key, locator),
        photos=PhotoFolder(photo_folder(settings, place.spec.id, demo)),
        audit=partial(_witness(settings, store, key, clock).verify, None, ()) if key is not None else None,
        notes=tuple(notes),
    )


def _view(place: City, store: Store, clock: Callable[[], datetime], key: ServerKey, audience: Audience) -> View:
    return View(place, store, audience, clock, key.code_hash, key.unseal)


def build_reassign(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Reassign:
    """Build the job that brings a store up to the city's layers."""
    place = city.load(settings.city)
    store = Store(database(settings, place.spec.id, demo))
    return Reassign(place, store, Locator(place, store), clock)


def build_moves(settings: Settings, audience: Audience, demo: bool = False) -> Moves:
    """Build what counts the reports a new edition moves; works before ``reassign``, from places alone."""
    place = city.load(settings.city)
    return Moves(place, Store(database(settings, place.spec.id, demo)), audience)


def schema_of(settings: Settings, demo: bool = False) -> tuple[str, Schema]:
    """Place of the store and its schema; nothing is changed."""
    where = database(settings, city.load(settings.city).spec.id, demo)
    return place_of(where), examine(where)


def upgrade_store(settings: Settings, copy: Path | None, demo: bool = False) -> tuple[str, Schema, Path | None]:
    """Upgrade the store; returns its place, its schema and the copy of what it was, where one was made."""
    name = city.load(settings.city).spec.id
    where = database(settings, name, demo)
    if copy is None and "://" in where:
        copy = settings.data_dir / name / f"before-{examine(where).needed}.sqlite"
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = upgrade(where, copy)
    return place_of(where), examine(where), kept


def build_safekeeping(
    settings: Settings, key_file: Path | None, clock: Callable[[], datetime] = utc_now, demo: bool = False
) -> Safekeeping:
    """Build what backs a store up and restores it; nothing is opened before it is asked to."""
    name = city.load(settings.city).spec.id
    where = database(settings, name, demo)
    file = file_of(where)
    work = file.with_name(f"{file.name}.backup-work") if file else settings.data_dir / name / "backup-work"
    site = Site(where, photo_folder(settings, name, demo), settings.key_dir, work)
    default = settings.backup_key or settings.key_dir / "backup.key"
    return Safekeeping(site, name, key_file or default, key_file is None, clock)


def build_erasure(settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False) -> Erasure:
    """Build what erases reports; works before ``reassign``."""
    name = city.load(settings.city).spec.id
    store = Store(database(settings, name, demo))
    key = open_key(settings.key_dir, store)
    log = ErasureLog.beside(settings.key_dir, store.store_id())
    return Erasure(Eraser(store, log, PhotoFolder(photo_folder(settings, name, demo))), key, clock)


def build_subscriptions(
    settings: Settings, clock: Callable[[], datetime] = utc_now, demo: bool = False
) -> Subscriptions:
    """Build what knows who follows a neighborhood by mail."""
    place = city.load(settings.city)
    store = Store(database(settings, place.spec.id, demo))
    key = open_key(settings.key_dir, store)
    return Subscriptions(place, store, key, clock, ErasureLog.beside(settings.key_dir, store.store_id()))


def accept_lost_key(settings: Settings) -> str:
    """Make a new server key for a store whose key is lost for good; returns the store's place."""
    place = city.load(settings.city)
    where = database(settings, place.spec.id)
    replace_lost_key(settings.key_dir, Store(where))
    return where


def _tidy(house: House) -> None:
    try:
        house.intake.tidy()
        house.areas.tidy()
    except StoreError as error:  # the service can do without; its next start tries again
        log.warning("Photos of reports that were never sent, and originals that are due, were not removed: %s", error)


async def _tidy_again(house: House, every_s: float) -> None:
    """Originals go when their days are over, also in a service that nobody restarts."""
    while True:
        await asyncio.sleep(every_s)
        await run_in_threadpool(_tidy, house)


def create_app(house: House, tidy_every_s: float = TIDY_S) -> FastAPI:
    """Service with both doors: pages and the API."""

    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_tidy, house)
        gc.freeze()  # what is there to stay: a collection that looks through it stops everybody for 0.2 s
        tidying = asyncio.create_task(_tidy_again(house, tidy_every_s))
        if house.witness is not None:
            house.witness.start()
        if house.post is not None:
            house.post.start()
        yield
        tidying.cancel()
        if house.post is not None:
            await run_in_threadpool(house.post.stop)
        await run_in_threadpool(house.followup.close, SETTLE_S)
        if not await run_in_threadpool(house.intake.close):
            log.error("The store did not take all reports in time; nobody was told that those are stored.")
        if house.witness is not None:
            await run_in_threadpool(house.witness.stop)  # last: its head is that of the last report

    app = FastAPI(**OPENAPI, lifespan=run)
    install_lane(app, house)
    install_security(app, house)
    app.add_middleware(Evenly)
    install_errors(app, html_errors(house))
    app.include_router(create_api(house))
    app.include_router(create_web(house))
    return app
