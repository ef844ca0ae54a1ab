"""Voices: once for each key, only for open dumps that everybody sees, counted like a report."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from geo_reports.errors import InputError, NotFound, TooManyRequests
from geo_reports.intake import Admission, Intake, Locator, ServerKey, Voices, WriteLimit
from geo_reports.report import Channel, NewReport, Status
from geo_reports.store import Query, Store, voices

ONE, OTHER = "k" * 24, "l" * 24


@pytest.fixture
def store(tmp_path):
    made = Store(str(tmp_path / "r.sqlite"))
    yield made
    made.close()


@pytest.fixture
def send(tiny_city, store, clock):
    intake = Intake(tiny_city, store, ServerKey(bytes(32)), Locator(tiny_city, store), clock)

    def accept(category="rubble", **change):
        family = str(tiny_city.categories[category].family)
        new = NewReport(family=family, category=category, lon=-69.9951, lat=-32.9951)
        return intake.accept(new, channel=Channel.WEB, **change).public_id

    return accept


@pytest.fixture
def clock():
    return lambda: datetime(2026, 10, 15, 15, tzinfo=UTC)


def heard(store, public_id):
    found = store.find(Query(public_id=public_id))
    with store.reading() as connection:
        return voices.counts(connection, found.id.tolist()).get(int(found.id.iloc[0]), 0)


def kinds(store, public_id):
    return [event["kind"] for event in store.events_of(int(store.find(Query(public_id=public_id)).id.iloc[0]))]


def test_a_key_that_is_sent_many_times_at_once_has_one_voice(tiny_city, store, send, clock):
    public_id, house, start = send(), Voices(tiny_city, store, clock), threading.Barrier(6)

    def join(_number):
        start.wait(10)
        return house.join(public_id, key=ONE)

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(join, range(6))) == [False] * 5 + [True]
    assert heard(store, public_id) == 1
    assert kinds(store, public_id) == ["received", "voice"]


def test_a_key_has_one_voice_whatever_it_is_sent_to(tiny_city, store, send, clock):
    first, second = send(), send()
    house = Voices(tiny_city, store, clock)
    assert house.join(first, key=ONE) is True
    assert house.join(first, key=ONE) is False
    assert house.join(second, key=ONE) is False
    assert house.join(first, key=OTHER) is True
    assert (heard(store, first), heard(store, second)) == (2, 0)
    assert kinds(store, first) == ["received", "voice", "voice"]
    assert kinds(store, second) == ["received"]


@pytest.mark.parametrize("category", ["street_robbery", "street_light", "threat"])
def test_security_takes_no_voice(tiny_city, store, send, clock, category):
    with pytest.raises(NotFound):
        Voices(tiny_city, store, clock).join(send(category), key=ONE)


def test_neither_closed_nor_held_nor_unknown_reports_take_one(tiny_city, store, send, clock):
    closed = send()
    store.set_status(closed, Status.CLEANED, reason=None, note=None, actor="ana", at=1)
    for name in (closed, send(status=Status.HELD), "000000000000"):
        with pytest.raises(NotFound):
            Voices(tiny_city, store, clock).join(name, key=ONE)


def test_voices_are_counted_like_reports_and_retries_are_not(tiny_city, store, send, clock):
    house = Voices(tiny_city, store, clock, Admission(WriteLimit(1)))
    name = send()
    with pytest.raises(NotFound):
        house.join("000000000000", key=ONE, sender="192.0.2.1")
    assert house.join(name, key=ONE, sender="192.0.2.1") is True
    assert house.join(name, key=ONE, sender="192.0.2.1") is False
    with pytest.raises(TooManyRequests):
        house.join(name, key=OTHER, sender="192.0.2.1")
    assert house.join(name, key=OTHER, sender=None) is True
    with pytest.raises(InputError):
        house.join(name, key="short")


def test_voices_of_a_merged_report_count_for_the_one_it_went_into(tiny_city, store, send, clock):
    first, second = send(), send()
    house = Voices(tiny_city, store, clock)
    house.join(first, key=ONE)
    house.join(second, key=OTHER)
    ids = [int(store.find(Query(public_id=name)).id.iloc[0]) for name in (first, second)]
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE report SET duplicate_of = {ids[0]} WHERE id = {ids[1]}")
    with store.reading() as connection:
        assert voices.counts(connection, ids)[ids[0]] == 2
        assert voices.merged_into(connection, second) == first
        assert voices.merged_into(connection, first) is None
