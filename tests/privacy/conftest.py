"""A small town's reports, and a window on them for each audience."""

from datetime import UTC, datetime

import pytest

from geo_reports.accounts import Actor
from geo_reports.fieldwork import Fieldwork
from geo_reports.intake import Intake, Locator, ServerKey
from geo_reports.privacy import View
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from geo_reports.store import Store

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
KEY = ServerKey(bytes(range(32)))
PLACES = {"A": (-69.9951234, -32.9951234), "B": (-69.9851234, -32.9951234), "D": (-69.9851234, -32.9851234)}


class Town:
    """Everything around one store."""

    def __init__(self, city, folder):
        self.city, self.now = city, NOW
        self.store = Store(str(folder / "reports.sqlite"))
        self.intake = Intake(city, self.store, KEY, Locator(city, self.store), self.clock)
        self.fieldwork = Fieldwork(self.store, self.clock)

    def clock(self):
        return self.now

    def view(self, audience):
        return View(self.city, self.store, audience, self.clock, KEY.code_hash, KEY.unseal)

    def send(self, category="rubble", unit="A", **change):
        lon, lat = PLACES[unit]
        family = str(self.city.categories[category].family)
        new = NewReport(**{"family": family, "category": category, "lon": lon, "lat": lat, **change})
        return self.intake.accept(new, channel=Channel.WEB)

    def move(self, public_id, status, reason=None, note=None, role=Audience.ADMIN):
        given = CloseReason(reason) if reason else CloseReason.TEST if status == Status.REJECTED else None
        self.fieldwork.set_status(public_id, status, reason=given, note=note, actor=Actor(str(role), role))


@pytest.fixture
def town(tiny_city, tmp_path):
    made = Town(tiny_city, tmp_path)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def settled(tiny_city, tmp_path_factory):
    """One report of every category, each with a text, seven weeks old; for tests that change nothing."""
    made = Town(tiny_city, tmp_path_factory.mktemp("settled"))
    made.receipts = {
        category: made.send(category, description=f"texto de {category}", occurred_at="2026-08-27T14:30")
        for category in made.city.categories
    }
    yield made
    made.store.close()
