"""The public page of one report, and the promise of what will be public, held against what is."""

import pytest

from geo_reports.errors import NotFound
from geo_reports.privacy.published import NO_SUCH, Withdrawn
from geo_reports.report import Audience, Channel, NewReport, Occurred, Status


def public(town, public_id):
    return town.view(Audience.PUBLIC).public_report(public_id)


def test_a_dump_is_shown_rounded_and_without_its_text(town):
    report = town.send(description="Pedro vive aquí", occurred_at="2026-10-12T14:30", size="car")
    town.move(report.public_id, Status.CLOSED_WITHOUT_SOLUTION, "private_land", note="llamar a Pedro")
    found = public(town, report.public_id)
    assert (found.row["lon"], found.row["lat"], found.row["occurred"]) == (-69.9951, -32.9951, "2026-10-12")
    assert (found.row["text"], found.row["unit_name"], found.photos, found.voices) == (None, "Barrio A", (), 0)
    assert [(step.status, step.reason) for step in found.steps] == [
        ("received", None),
        ("closed_without_solution", "private_land"),
    ]
    assert "Pedro" not in repr(found)


@pytest.mark.parametrize("category", ["street_robbery", "threat"])
def test_security_about_people_is_unknown_in_the_same_words(town, category):
    for name in (town.send(category).public_id, "000000000000"):
        with pytest.raises(NotFound, match=NO_SUCH):
            public(town, name)


def test_a_held_report_is_unknown_until_it_is_approved_and_when_it_never_was(town):
    new = NewReport(family="dump", category="rubble", lon=-69.9951, lat=-32.9951)
    report = town.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD)
    for status in (None, Status.REJECTED):
        if status:
            town.move(report.public_id, status)
        with pytest.raises(NotFound, match=NO_SUCH):
            public(town, report.public_id)


def test_an_approved_report_tells_nothing_of_its_wait(town):
    new = NewReport(family="dump", category="rubble", lon=-69.9951, lat=-32.9951)
    report = town.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD)
    town.move(report.public_id, Status.RECEIVED)
    assert [step.status for step in public(town, report.public_id).steps] == ["received"]


def test_a_withdrawn_report_says_only_that(town):
    report = town.send()
    town.move(report.public_id, Status.REJECTED)
    assert public(town, report.public_id) == Withdrawn(None)


@pytest.mark.parametrize("hour", ["", "T14"])
def test_what_is_promised_is_what_becomes_public(town, hour):
    given = {"family": "dump", "category": "household", "lon": -69.99514, "lat": -32.99516, "size": "bag"}
    new = NewReport(**given, description="secreto", occurred_at=f"2026-10-12{hour}:00" if hour else "2026-10-12")
    place = town.intake.examine(new)
    promised = town.view(Audience.PUBLIC).preview(new, place.lon, place.lat, place.occurred)
    report = town.intake.accept(new, channel=Channel.WEB)
    found = public(town, report.public_id)
    assert promised.form == "point"
    assert promised.row | {"public_id": report.public_id} == found.row
    assert (promised.answers, promised.unit_name) == (found.answers, "Barrio A")


@pytest.mark.parametrize(("category", "form"), [("street_robbery", "area"), ("threat", "never")])
def test_what_is_no_point_is_promised_as_none(town, category, form):
    new = NewReport(family="security", category=category, lon=-69.9951, lat=-32.9951)
    promised = town.view(Audience.PUBLIC).preview(new, new.lon, new.lat, Occurred.unknown())
    assert (promised.form, promised.row, promised.unit_name, promised.month) == (form, None, "Barrio A", 0)
