"""What a message to another system may say, and what a mail."""

import pytest

from geo_reports.privacy.notices import announced, status_by_mail
from geo_reports.report import Audience, Family, Status


@pytest.fixture
def tell(town):
    return town.view(Audience.PUBLIC).notice


def test_a_dump_has_five_public_facts(town, tell):
    public_id = town.send(
        "rubble", "B", occurred_at="2026-09-30T14:05", description="texto", contact="a@b.cl"
    ).public_id
    facts = {"public_id": public_id, "category": "rubble", "status": "received", "unit": "B", "month": 202609}
    assert tell(public_id).facts() == facts
    town.move(public_id, Status.IN_PROGRESS)
    assert tell(public_id).facts() == {**facts, "status": "in_progress"}


@pytest.mark.parametrize("category", ["street_robbery", "street_light", "threat"])
def test_of_security_nothing_is_said(town, tell, category):
    assert tell(town.send(category).public_id) is None
    assert not announced(town.city.categories[category])


@pytest.mark.parametrize("status", [Status.DUPLICATE, Status.REJECTED])
def test_that_a_report_was_withdrawn_but_not_why(town, tell, status):
    public_id = town.send().public_id
    town.move(public_id, status)
    assert tell(public_id).status == "withdrawn"


def test_of_what_is_not_there_nothing(tell):
    assert tell("nobody") is None


@pytest.mark.parametrize("publish", ["area", "never"])
def test_a_dump_that_is_no_public_point_is_not_announced(tiny_city, publish):
    rubble = tiny_city.categories["rubble"]
    assert announced(rubble)
    assert not announced(rubble.model_copy(update={"publish": publish}))


def test_a_mail_names_the_status_of_a_dump_only():
    assert status_by_mail(Family.DUMP, Status.CLEANED) is Status.CLEANED
    assert all(status_by_mail(Family.SECURITY, status) is None for status in Status)
