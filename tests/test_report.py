from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from geo_reports.errors import IllegalTransition, InputError
from geo_reports.report import (
    CLOSED,
    FIXED,
    OPEN,
    REASONS,
    TRANSITIONS,
    UNSEEN,
    WITHDRAWN,
    CloseReason,
    NewReport,
    Occurred,
    Precision,
    Status,
    check_transition,
    future,
)

SANTIAGO = ZoneInfo("America/Santiago")
DUMP = {"family": "dump", "category": "rubble", "lon": -70.75, "lat": -33.5}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


# time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "precision", "month"),
    [
        ("2026-07", utc(2026, 7, 1, 4), "month", 202607),
        ("2026-07-31", utc(2026, 7, 31, 4), "day", 202607),
        ("2026-01-31", utc(2026, 1, 31, 3), "day", 202601),
        ("2026-07-31T14:05", utc(2026, 7, 31, 18), "hour", 202607),
        ("2026-07-31 14:05:59.5", utc(2026, 7, 31, 18), "hour", 202607),
        ("2026-07-31T23:59", utc(2026, 8, 1, 3), "hour", 202607),
        ("2026-08-01T02:30Z", utc(2026, 8, 1, 2), "hour", 202607),
        ("2026-08-01T02:30+02:00", utc(2026, 8, 1, 0), "hour", 202607),
        ("  2026-07-31\n", utc(2026, 7, 31, 4), "day", 202607),
        # the clock skips from 24:00 on 5 September to 01:00 on the 6th: the day begins an hour late
        ("2026-09-06", utc(2026, 9, 6, 4), "day", 202609),
        ("2026-09-06T00:30", utc(2026, 9, 6, 4), "hour", 202609),
        # at 24:00 on 4 April it goes back an hour: 23:00 comes twice, the first is meant
        ("2026-04-04T23:30", utc(2026, 4, 5, 2), "hour", 202604),
        ("2026-04-05T03:30Z", utc(2026, 4, 5, 3), "hour", 202604),
        ("2026-04-05", utc(2026, 4, 5, 4), "day", 202604),
    ],
)
def test_times_are_read(text, at, precision, month):
    assert Occurred.parse(text, SANTIAGO) == Occurred(at, Precision(precision), month)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ayer",
        "2026",
        "2026-13",
        "2026-9",
        "2026-00",
        "2026-02-30",
        "30-09-2026",
        "20260930",
        "2026-W40-3",
        "2026-W40",
        "2026-09-30T",
        "2026-09-30T14",
        "2026-09-30T25:00",
        "2026-09-30T14:05:00+99:00",
        "2026-09-30T14:05 America/Santiago",
        "٢٠٢٦-09-30",
        "0001-01-01",
        "1899-12-31",
        "9999-12-31T23:00",
    ],
)
def test_other_texts_are_refused_in_words(text):
    with pytest.raises(InputError, match="2026-09-30") as caught:
        Occurred.parse(text, SANTIAGO)
    assert caught.value.field == "occurred_at"


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text):
    try:
        occurred = Occurred.parse(text, SANTIAGO)
    except InputError:
        return
    assert occurred.at is not None


@given(
    moment=st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),
    zone=st.sampled_from(["America/Santiago", "Asia/Kathmandu", "UTC"]),
)
def test_a_moment_keeps_its_local_hour_and_month(moment, zone):
    zone = ZoneInfo(zone)
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    occurred = Occurred.parse(local.isoformat(timespec="seconds"), zone)
    assert occurred.at.astimezone(zone).strftime("%Y-%m-%d %H:%M") == local.strftime("%Y-%m-%d %H:00")
    assert occurred.month == local.year * 100 + local.month


def test_an_unknown_time_is_in_no_month_and_never_future():
    assert Occurred.unknown() == Occurred(None, Precision.UNKNOWN, 0)
    assert not future(Occurred.unknown(), utc(1970, 1, 1))


def test_an_hour_of_a_wrong_clock_is_forgiven():
    now = utc(2026, 9, 30, 12)
    assert not future(Occurred(now + timedelta(hours=1), Precision.HOUR, 202609), now)
    assert future(Occurred(now + timedelta(hours=2), Precision.HOUR, 202609), now)
    assert not future(Occurred.parse("2026-09", SANTIAGO), now)
    assert future(Occurred.parse("2026-10", SANTIAGO), now)


# what is sent ----------------------------------------------------------------------------------------


def test_a_report_in_full():
    new = NewReport(
        **DUMP, accuracy_m=12, size="car", description="  Escombros  ", contact=" a@b.cl ", occurred_at="2026-09"
    )
    assert (new.description, new.contact, new.lon) == ("Escombros", "a@b.cl", -70.75)
    assert NewReport(family="dump", category="rubble", address="Los Aromos 100").lon is None


@pytest.mark.parametrize(
    "change",
    [
        {"lon": None},
        {"lat": None},
        {"lon": None, "lat": None},
        {"lon": None, "lat": None, "address": "   "},
        {"lon": 0, "lat": 0},
        {"lon": 180.1},
        {"lat": -90.1},
        {"lon": float("nan")},
        {"lat": float("inf")},
        {"accuracy_m": -1},
        {"accuracy_m": float("nan")},
        {"family": "noise"},
        {"category": ""},
        {"category": "x" * 65},
        {"size": "ship"},
        {"family": "security", "size": "car"},
        {"description": "x" * 4001},
        {"description": "a\x00b"},
        {"contact": "x" * 201},
        {"occurred_at": "x" * 41},
        {"status": "cleaned"},
        {"public_id": "mine"},
    ],
)
def test_what_is_no_report(change):
    with pytest.raises(ValidationError):
        NewReport.model_validate({**DUMP, **change})


# workflow --------------------------------------------------------------------------------------------


def test_every_status_has_one_standing():
    assert set(Status) == OPEN | CLOSED | WITHDRAWN | {Status.HELD}
    assert len(OPEN) + len(CLOSED) + len(WITHDRAWN) + 1 == len(Status)
    assert set(TRANSITIONS) == set(Status)
    assert FIXED < CLOSED
    assert WITHDRAWN | {Status.HELD} == UNSEEN


# rows: from; columns in the order of Status: held, received, acknowledged, in_progress, cleaned, verified,
# closed_without_solution, duplicate, rejected, retracted
TABLE = {
    Status.HELD: "-x------xx",
    Status.RECEIVED: "--xxx-xxxx",
    Status.ACKNOWLEDGED: "---xx-xxxx",
    Status.IN_PROGRESS: "--x-x-xxxx",
    Status.CLEANED: "--xx-x----",
    Status.VERIFIED: "--xx------",
    Status.CLOSED_WITHOUT_SOLUTION: "--xx------",
    Status.DUPLICATE: "--x-------",
    Status.REJECTED: "--x-------",
    Status.RETRACTED: "----------",
}


@pytest.mark.parametrize(("old", "new"), [(old, new) for old in Status for new in Status])
def test_which_status_may_follow(old, new):
    reason = CloseReason.OTHER if new in REASONS else None
    if TABLE[old][list(Status).index(new)] == "x":
        check_transition(old, new, reason)
    else:
        with pytest.raises(IllegalTransition, match="can become"):
            check_transition(old, new, reason)


def test_only_what_was_held_becomes_received_and_every_end_of_the_municipality_has_a_way_back():
    assert [old for old, after in TRANSITIONS.items() if Status.RECEIVED in after] == [Status.HELD]
    assert all(TRANSITIONS[end] & OPEN for end in (CLOSED | WITHDRAWN) - {Status.RETRACTED})


@pytest.mark.parametrize("end", REASONS)
@pytest.mark.parametrize("reason", [None, *CloseReason])
def test_an_end_without_a_solution_needs_a_reason_that_fits_it(end, reason):
    if reason in REASONS[end]:
        check_transition(Status.RECEIVED, end, reason)
        return
    with pytest.raises(InputError) as caught:
        check_transition(Status.RECEIVED, end, reason)
    assert caught.value.field == "reason"


@pytest.mark.parametrize("reason", CloseReason)
def test_nothing_else_has_a_reason(reason):
    with pytest.raises(InputError, match="without a reason"):
        check_transition(Status.RECEIVED, Status.CLEANED, reason)
