"""A child's report that was withdrawn before anybody approved it is for nobody but those who approve."""

import io

import pytest
from PIL import Image

from geo_reports.accounts import Actor
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from tests.web.conftest import DUMP

ADMIN = Actor("admin", Audience.ADMIN)


@pytest.fixture
def withdrawn(house):
    """Public ids of two: one that a moderator rejected, one that its sender took back; each with a photo."""
    found = []
    for colour in ("teal", "olive"):
        file = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(file, "JPEG")
        photos = [house.intake.photos.hold(file)]
        found.append(
            house.intake.accept(NewReport(**DUMP), channel=Channel.CHILDREN, status=Status.HELD, photos=photos)
        )
    house.moderation.reject(found[0].public_id, CloseReason.ABUSIVE, actor=ADMIN)
    house.followup.retract(found[1].code, sender=None)
    return [one.public_id for one in found]


def test_crews_and_planners_find_nothing_of_it(house, staff, put, withdrawn):
    shown = put(**DUMP).public_id
    for role in (Audience.CREW, Audience.PLANNER):
        client = staff(role).client
        for address in ("/api/v1/reports", "/api/v1/reports?status=rejected", "/api/v1/reports?status=retracted"):
            text = client.get(address).text
            assert [name for name in withdrawn if name in text] == []
        assert shown in client.get("/api/v1/reports").text


@pytest.mark.parametrize("page", ["", "/fotos/0.jpg"])
def test_for_crews_it_is_as_if_it_did_not_exist(staff, withdrawn, page):
    client = staff(Audience.CREW).client
    assert [client.get(f"/personal/reportes/{name}{page}").status_code for name in withdrawn] == [404, 404]


def test_moderators_find_it(staff, withdrawn):
    client = staff(Audience.MODERATOR).client
    text = client.get("/api/v1/reports").text
    assert all(name in text for name in withdrawn)
    assert [client.get(f"/personal/reportes/{name}/fotos/0.jpg").status_code for name in withdrawn] == [200, 200]
