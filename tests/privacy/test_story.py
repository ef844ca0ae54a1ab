"""What of a report's history is told, to its sender and to staff."""

import pytest

from geo_reports.accounts import Actor
from geo_reports.errors import NotFound
from geo_reports.privacy.story import Followed
from geo_reports.report import Audience, Status
from geo_reports.store import Photo, followup, merging

PHOTO = Photo(bytes(range(32)), 10, 4, 3)


def act(town, receipt, do, **given):
    with town.store.writing() as connection:
        one = followup.own_by_id(connection, receipt.public_id)
        do(connection, one, **given, at=int(town.now.timestamp()))


def steps(town, receipt):
    story = town.view(Audience.RESIDENT).by_code(receipt.code)
    return [(one.kind, one.status, one.reason, one.note, one.by_sender) for one in story.events[1:]]


def test_what_a_sender_does_is_told_without_digests(town):
    receipt = town.send()
    act(town, receipt, followup.comment, text="hola")
    act(town, receipt, followup.add_photos, photos=[PHOTO], most=5)
    act(town, receipt, followup.move, new=Status.RETRACTED, note=None)
    assert steps(town, receipt) == [
        ("comment", None, None, "hola", True),
        ("photo", None, "held", "1", True),
        ("status", "retracted", None, None, True),
    ]
    story = town.view(Audience.RESIDENT).by_code(receipt.code)
    assert [(one.n, one.state) for one in story.photos] == [(0, "held")]
    assert story.n_changes == 4  # with the revision that the photo made


def test_staff_read_the_same_story(town):
    receipt = town.send()
    act(town, receipt, followup.comment, text="hola")
    admin = Actor("ana", Audience.ADMIN)
    story = town.view(Audience.ADMIN).open_one(receipt.public_id, reason="", actor=admin)
    assert [one.note for one in story.events] == [None, "hola"]


@pytest.mark.parametrize("kind", ["internal", "opened", "contact", "evidence", "read"])
def test_what_staff_write_for_each_other_is_not_told(town, kind):
    receipt = town.send()
    town.store.log_look(receipt.public_id, kind=kind, reason="secreto", actor="ana", at=1)
    assert steps(town, receipt) == []
    kept = town.view(Audience.RESIDENT).everything(receipt.code, lambda digest: None)
    assert kept["events"][1]["kind"] == kind
    assert "secreto" not in repr(kept)
    assert "ana" not in repr(kept)


def merge(town, category):
    first, second = town.send(category), town.send(category, unit="B")
    with town.store.writing() as connection:
        merging.merge(connection, second.public_id, first.public_id, note=None, actor="ana", at=1)
    return first, second


@pytest.mark.parametrize(("category", "named"), [("rubble", True), ("street_light", True), ("street_robbery", False)])
def test_a_merged_report_names_the_other_where_everybody_sees_it(town, category, named):
    first, second = merge(town, category)
    story = town.view(Audience.RESIDENT).by_code(second.code)
    assert story.followed == Followed("received", first.public_id if named else None)
    kept = town.view(Audience.RESIDENT).everything(second.code, lambda digest: None)
    assert kept["merged_into"] == (first.public_id if named else True)
    assert (first.public_id in repr(kept)) == named


def test_the_other_sender_is_not_told_who_was_joined(town):
    first, second = merge(town, "rubble")
    story = town.view(Audience.RESIDENT).by_code(first.code)
    assert (len(story.events), story.n_joined) == (1, 1)
    assert second.public_id not in repr(story)


def test_everything_of_a_wrong_code(town):
    with pytest.raises(NotFound, match="Check each letter"):
        town.view(Audience.RESIDENT).everything("x", lambda digest: None)
