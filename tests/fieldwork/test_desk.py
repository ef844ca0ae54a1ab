from datetime import UTC, datetime

import pytest

from geo_reports.accounts import Actor
from geo_reports.errors import IllegalTransition, InputError, NotAllowed, NotFound
from geo_reports.fieldwork import Fieldwork
from geo_reports.report import Audience, CloseReason, Status
from geo_reports.store import Query, Store
from tests.store.hand import TABLE, arrivals, public_id, receipt

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
DUMP, THEFT = public_id("dump"), public_id("theft")


@pytest.fixture
def store(tmp_path):
    """A dump and a theft, each with a text."""
    opened = Store(str(tmp_path / "reports.sqlite"))
    opened.register_units("barrios", TABLE)
    opened.add(arrivals("dump", description="texto"), receipt("dump"))
    opened.add(arrivals("theft", family="security", category="theft", description="texto"), receipt("theft"))
    yield opened
    opened.close()


@pytest.fixture
def desk(store):
    return Fieldwork(store, lambda: NOW)


def actor(role):
    return Actor(f"{role}.1", role)


def move(desk, name, status, role, reason=None, note=None):
    reason = reason or (CloseReason.TEST if status is Status.REJECTED else None)
    desk.set_status(name, status, reason=reason, note=note, actor=actor(role))


MOVES = {Audience.CREW: {DUMP}, Audience.MODERATOR: {DUMP, THEFT}, Audience.ADMIN: {DUMP, THEFT}}


@pytest.mark.parametrize("role", Audience)
@pytest.mark.parametrize("name", [DUMP, THEFT])
def test_who_moves_what(desk, store, role, name):
    if name in MOVES.get(role, ()):
        move(desk, name, Status.ACKNOWLEDGED, role)
        assert store.find(Query(public_id=name)).status.tolist() == ["acknowledged"]
        return
    with pytest.raises(NotAllowed):
        move(desk, name, Status.ACKNOWLEDGED, role)
    assert store.revision() == 2


@pytest.mark.parametrize("role", Audience)
def test_who_learns_that_a_report_does_not_exist(desk, role):
    with pytest.raises(NotFound if role in MOVES else NotAllowed):
        move(desk, "nobody", Status.ACKNOWLEDGED, role)


def test_a_step_says_who_when_and_why(desk, store):
    move(desk, DUMP, Status.CLOSED_WITHOUT_SOLUTION, Audience.CREW, CloseReason.PRIVATE_LAND, "  Sitio privado ")
    assert store.events_of(1)[-1] == {
        "at": NOW.timestamp(),
        "kind": "status",
        "status": "closed_without_solution",
        "reason": "private_land",
        "actor": "crew.1",
        "note": "Sitio privado",
    }
    move(desk, DUMP, Status.IN_PROGRESS, Audience.CREW, note="   ")
    assert store.events_of(1)[-1]["note"] is None


def test_steps_follow_the_workflow(desk):
    with pytest.raises(InputError):
        move(desk, DUMP, Status.CLOSED_WITHOUT_SOLUTION, Audience.CREW)
    move(desk, DUMP, Status.CLEANED, Audience.CREW)
    with pytest.raises(IllegalTransition):
        move(desk, DUMP, Status.REJECTED, Audience.ADMIN)


@pytest.mark.parametrize("role", Audience)
def test_who_publishes(desk, store, role):
    if role in (Audience.MODERATOR, Audience.ADMIN):
        desk.publish_text(DUMP, " Escombros ", actor=actor(role))
        assert store.find(Query(public_id=DUMP), text=True).public_text.tolist() == ["Escombros"]
        desk.publish_text(DUMP, "  ", actor=actor(role))
        assert store.find(Query(public_id=DUMP), text=True).public_text.tolist() == [None]
        return
    with pytest.raises(NotAllowed):
        desk.publish_text(DUMP, "Escombros", actor=actor(role))
    assert store.revision() == 2


@pytest.mark.parametrize(("text", "field"), [("x" * 1001, "note"), ("a\x00b", "note")])
def test_notes_that_cannot_be_kept(desk, store, text, field):
    with pytest.raises(InputError) as caught:
        move(desk, DUMP, Status.CLEANED, Audience.CREW, note=text)
    assert caught.value.field == field
    assert store.revision() == 2


def test_a_text_that_is_too_long(desk):
    with pytest.raises(InputError) as caught:
        desk.publish_text(DUMP, "x" * 4001, actor=actor(Audience.ADMIN))
    assert caught.value.field == "text"
