"""Who is let in: there must be room on the disks, and a refused report costs its sender nothing."""

import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_reports.errors import OutsideCity, ReusedKey, StoreBusy, StoreFull, TooManyRequests
from geo_reports.intake import Admission, Intake, Locator, ServerKey, WriteLimit
from geo_reports.report import Channel, NewReport
from geo_reports.store import Store

NOW = datetime(2026, 9, 30, 15, tzinfo=UTC)
DUMP = {"family": "dump", "category": "rubble", "lon": -69.995, "lat": -32.995}
SENDER = "192.0.2.1"
ENDLESS_MB = 10**12


def free_mb(folder: Path) -> float:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize / 1e6


def test_room_is_measured_on_every_disk(tmp_path):
    inside = tmp_path / "not" / "yet" / "made"
    Admission(WriteLimit(1), [tmp_path, inside], int(free_mb(tmp_path) / 2)).require_room()
    with pytest.raises(StoreFull) as caught:
        Admission(WriteLimit(1), [inside], int(free_mb(tmp_path) * 2)).require_room()
    assert caught.value.retry_after_s == 300
    Admission(WriteLimit(1), [], ENDLESS_MB).require_room()


def test_a_look_at_the_disk_is_believed_for_a_second(tmp_path):
    at, folders = [0.0], []
    admission = Admission(WriteLimit(1), folders, ENDLESS_MB, clock=lambda: at[0])
    admission.require_room()
    folders.append(tmp_path)
    at[0] = 0.9
    admission.require_room()
    at[0] = 1.0
    with pytest.raises(StoreFull):
        admission.require_room()


def test_a_full_disk_counts_for_nobody(tmp_path):
    limit = WriteLimit(1)
    with pytest.raises(StoreFull):
        Admission(limit, [tmp_path], ENDLESS_MB).enter(SENDER)
    limit.check(SENDER)


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "reports.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def intake_with(tiny_city, store):
    key = ServerKey(bytes(32))
    locator = Locator(tiny_city, store)
    return lambda admission: Intake(tiny_city, store, key, locator, lambda: NOW, admission)


def send(intake, key=None, sender=SENDER, **change):
    return intake.accept(NewReport(**{**DUMP, **change}), channel=Channel.API, key=key, sender=sender)


def test_only_a_new_report_counts(intake_with, store):
    intake = intake_with(Admission(WriteLimit(2)))
    send(intake, "a-random-key-one")
    for _ in range(3):
        send(intake, "a-random-key-one")
        with pytest.raises(ReusedKey):
            send(intake, "a-random-key-one", description="otro")
        with pytest.raises(OutsideCity):
            send(intake, lon=-60)
    send(intake)
    with pytest.raises(TooManyRequests):
        send(intake)
    send(intake, sender=None)
    assert store.size()["reports"] == 3


def test_a_retry_gets_its_receipt_whatever_stands_in_the_way(intake_with, tmp_path, store):
    first = send(intake_with(Admission(WriteLimit(1))), "a-random-key-one")
    full = intake_with(Admission(WriteLimit(1), [tmp_path], ENDLESS_MB))
    spent = intake_with(Admission(WriteLimit(1)))
    send(spent)
    closed = intake_with(Admission(WriteLimit(1)))
    closed.close()
    for intake, error in ((full, StoreFull), (spent, TooManyRequests), (closed, StoreBusy)):
        again = send(intake, "a-random-key-one")
        assert (again.code, again.public_id, again.created) == (first.code, first.public_id, False)
        with pytest.raises(error):
            send(intake, "a-random-key-two")
        with pytest.raises(error):
            send(intake, "a-random-key-one", description="otro")
        with pytest.raises(error):
            send(intake)
    assert store.size()["reports"] == 2


def test_what_the_store_refuses_is_taken_back(intake_with):
    intake = intake_with(Admission(limit := WriteLimit(1)))
    intake.close()
    with pytest.raises(StoreBusy):
        send(intake)
    limit.check(SENDER)


def test_a_locked_store_is_waited_for_once_by_everybody(intake_with, store, tmp_path):
    """More reports than one group holds: all are told after the 5 s of one wait, and later ones are stored again."""
    intake = intake_with(Admission(limit := WriteLimit(1000)))
    send(intake)
    other = sqlite3.connect(tmp_path / "reports.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    new = NewReport(**DUMP)
    waiting = [intake.submit(new, channel=Channel.API, sender=SENDER).stored for _ in range(600)]
    for stored in waiting:
        with pytest.raises(StoreBusy):
            stored.result(60)
    took_s = time.monotonic() - began
    other.close()
    assert 4 < took_s < 12  # a wait for each group would take 15 s
    send(intake)
    assert store.size()["reports"] == 2
    for _ in range(998):
        limit.check(SENDER)
    with pytest.raises(TooManyRequests):
        limit.check(SENDER)
