"""Marks (ETags) of public answers follow what is shown: whoever keeps asking cannot count what is not."""

import pytest

from geo_reports.accounts import Actor
from geo_reports.privacy.notices import WITHDRAWN_NOTICE
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from tests.web.conftest import DUMP, THEFT

ADMIN = Actor("admin", Audience.ADMIN)
PUBLIC = (
    "/api/v1/reports",
    "/api/v1/aggregates?family=dump",
    "/api/v1/maps/residents",
    "/mapas/residents",
    "/mapas/residents/incrustar",
)


@pytest.fixture
def marks(visitor, put):
    put(**DUMP)
    return lambda: [visitor.get(address).headers["etag"] for address in PUBLIC]


def child(house):
    return house.intake.accept(NewReport(**DUMP), channel=Channel.CHILDREN, status=Status.HELD)


def test_nothing_that_is_not_shown_changes_a_mark(marks, house, put):
    before = marks()
    theft, held = put(**THEFT), child(house)
    house.followup.comment(theft.code, "Fueron dos", seen=0, sender=None)
    house.view(Audience.ADMIN).open_one(theft.public_id, reason="Lo pide la fiscalía", actor=ADMIN)
    house.fieldwork.set_status(theft.public_id, Status.ACKNOWLEDGED, reason=None, note=None, actor=ADMIN)
    house.followup.retract(held.code, sender=None)
    house.followup.erase(theft.code, theft.code)
    assert marks() == before


def test_what_is_shown_changes_every_mark(marks, house, put):
    seen = [marks()]

    def changed():
        seen.append(marks())
        return not set(seen[-1]) & {mark for one in seen[:-1] for mark in one}

    one, held = put(**DUMP, description="Ramas y fierros"), child(house)
    assert changed()
    house.voices.join(one.public_id, key="v" * 24)
    assert changed()
    house.moderation.publish_text(one.public_id, "Ramas", actor=ADMIN)
    assert changed()
    house.fieldwork.set_status(one.public_id, Status.ACKNOWLEDGED, reason=None, note=None, actor=ADMIN)
    assert changed()
    house.moderation.approve(held.public_id, actor=ADMIN)
    assert changed()
    house.moderation.reject(held.public_id, CloseReason.TEST, actor=ADMIN)
    assert changed()
    house.followup.erase(one.code, one.code)
    assert changed()


def test_a_childs_report_that_nobody_approved_is_announced_to_nobody(house):
    view = house.view(Audience.PUBLIC)
    refused, taken_back, approved = child(house), child(house), child(house)
    house.moderation.reject(refused.public_id, CloseReason.ABUSIVE, actor=ADMIN)
    house.followup.retract(taken_back.code, sender=None)
    house.moderation.approve(approved.public_id, actor=ADMIN)
    house.followup.retract(approved.code, sender=None)
    assert view.notice(refused.public_id) is view.notice(taken_back.public_id) is None
    assert view.notice(approved.public_id).status == WITHDRAWN_NOTICE
