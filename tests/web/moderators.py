"""What the tests of moderation share: reports of children and with photos, and a moderator's forms."""

from io import BytesIO

import pytest
from PIL import Image

from geo_reports.accounts import Actor
from geo_reports.report import Audience, Channel, NewReport, Status
from geo_reports.store import Query
from geo_reports.web.trail import QUEUE, Trail
from tests.web.conftest import DUMP, THEFT

MODERATOR = Audience.MODERATOR
RUT = "Lo dejó Juan, rut 12.345.678-5, junto a la plaza"
LIGHT = {**THEFT, "category": "street_light"}


@pytest.fixture
def moderator(staff):
    return staff(MODERATOR)


@pytest.fixture
def child(house):
    """Send what the children's mode sends."""

    def send(**body):
        new = NewReport(**{**DUMP, **body})
        return house.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD)

    return send


@pytest.fixture
def with_photo(house):
    """Send a report with so many photos of one colour each."""

    def send(*colours, **body):
        held = []
        for colour in colours:
            file = BytesIO()
            Image.new("RGB", (320, 240), colour).save(file, "JPEG")
            held.append(house.intake.photos.hold(file))
        new = NewReport(**{**DUMP, **body})
        return house.intake.accept(new, channel=Channel.WEB, photos=held)

    return send


def waiting(house, **given):
    return [(item.kind, item.public_id) for item in house.view(MODERATOR).awaiting(**given).items]


def row(house, accepted):
    return house.fieldwork._store.find(Query(public_id=accepted.public_id), text=True).iloc[0]


def send(person, address, **form):
    return person.client.post(address, data={"csrf": person.csrf, **form})


def trail_at(house, accepted, **filters):
    mark = next(one.mark for one in house.view(MODERATOR).awaiting().items if one.public_id == accepted.public_id)
    return Trail(QUEUE, filters, mark).text


def waits(house, accepted):
    actor = Actor("moderator", MODERATOR)
    return list(house.view(MODERATOR).case_file(accepted.public_id, actor=actor).waits)
