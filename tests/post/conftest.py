"""A town whose reports are announced, on both engines, with a receiver and a mail server on this machine."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from geo_reports.accounts import Actor
from geo_reports.fieldwork import Fieldwork
from geo_reports.intake import Intake, Locator, ServerKey
from geo_reports.post import Hook, Relay, open_post
from geo_reports.privacy import View
from geo_reports.report import Audience, Channel, NewReport, Status
from geo_reports.store import Outbox, Store
from tests.post.mailbox import open_mailbox
from tests.post.receiver import receiving

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
KEY = ServerKey(bytes(range(32)))
SECRET = "a secret of sixteen or more"
PLACE = {"lon": -69.9951234, "lat": -32.9951234, "occurred_at": "2026-09-30T14:05"}
EVERY = ("waiting", "dead", "sent")


def works(port):
    return Hook(name="works", url=f"http://127.0.0.1:{port}/hook", secret=SECRET)


def relay(port):
    return Relay("127.0.0.1", port, "none", "", "", "reports@city.example")


class Town:
    """Everything around one store, at a time that moves when it is told to."""

    def __init__(self, city, db, hooks=(), relay=None, page="https://city.example/seguimiento"):
        self.city, self.db, self.now = city, db, NOW
        self.store = Store(db)
        self.outbox = Outbox(self.store)
        view = View(city, self.store, Audience.PUBLIC, self.clock, KEY.code_hash, KEY.unseal)
        given = {"hooks": hooks, "relay": relay, "page": page, "rng": random.Random(1)}
        self.post = open_post(city, self.store, view, KEY.unseal, self.clock, **given)
        locator = Locator(city, self.store)
        self.intake = Intake(city, self.store, KEY, locator, self.clock, announce=self.post.announce)
        self.fieldwork = Fieldwork(self.store, self.clock, self.post.announce)

    def clock(self):
        return self.now

    def wait(self, **time):
        self.now += timedelta(**time)

    def send(self, category="rubble", **change):
        family = str(self.city.categories[category].family)
        return self.intake.accept(
            NewReport(family=family, category=category, **{**PLACE, **change}), channel=Channel.WEB
        )

    def move(self, public_id, status=Status.ACKNOWLEDGED):
        actor = Actor("ana", Audience.ADMIN)
        self.fieldwork.set_status(public_id, status, reason=None, note="nota", actor=actor)

    def letters(self, states=EVERY):
        return self.outbox.letters(states)

    def close(self):
        self.post.stop()
        self.intake.close()
        self.store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    """Where a new store is to be, on each engine."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def file(tmp_path):
    """Where a new SQLite store is to be, for tests that do not differ between engines."""
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def town_at(tiny_city):
    """Build a town over a store; ``hooks`` and ``relay`` say who is told."""
    made = []

    def build(db, **given):
        made.append(Town(tiny_city, db, **given))
        return made[-1]

    yield build
    for town in made:
        town.close()


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def mailbox():
    with open_mailbox() as mailbox:
        yield mailbox
