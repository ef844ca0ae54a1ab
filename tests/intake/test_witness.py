"""The schedule of signed heads, with the period and the clock given."""

import logging
import time
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from geo_reports.app import build, build_witness, create_app
from geo_reports.errors import InputError, StoreError
from geo_reports.intake.signer import HeadSigner
from geo_reports.intake.witness import Witness
from geo_reports.report import Channel, NewReport
from geo_reports.settings import Settings
from geo_reports.store import Store
from geo_reports.store.audit import Heads
from tests.store.hand import TABLE, arrivals, receipt, tamper

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "reports.sqlite"))
    opened.register_units("barrios", TABLE)
    yield opened
    opened.close()


def witness(store, tmp_path, every_s=3600.0):
    return Witness(store, HeadSigner(b"k" * 32), tmp_path / "heads", lambda: NOW, every_s)


def written(store, tmp_path):
    return [head.seq for head in Heads.of(tmp_path / "heads", store.store_id()).heads]


def test_a_head_is_written_at_start_and_at_the_end(store, tmp_path):
    one = witness(store, tmp_path)
    one.start()
    _wait_for(lambda: (tmp_path / "heads").exists())
    store.add(arrivals("a"), receipt("a"))
    one.stop()
    assert written(store, tmp_path) == [0, 1]


def test_a_head_is_written_after_each_period_if_events_came(store, tmp_path):
    one = witness(store, tmp_path, every_s=0.02)
    one.start()
    for name in ("a", "b"):
        store.add(arrivals(name), receipt(name))
        seq = store.revision()
        _wait_for(lambda seq=seq: (tmp_path / "heads").exists() and seq in written(store, tmp_path))
    one.stop()
    assert len(written(store, tmp_path)) == len(set(written(store, tmp_path)))


def test_a_chain_that_was_cut_off_gets_no_new_head(store, tmp_path, db_path, caplog):
    one = witness(store, tmp_path)
    store.add(arrivals("a"), receipt("a"))
    one.write()
    tamper(db_path, "DELETE FROM event")
    with pytest.raises(StoreError, match="audit verify"):
        one.write()
    with caplog.at_level(logging.ERROR):
        one.start()
        one.stop()
    assert "No head of the event chain was written" in caplog.text
    assert written(store, tmp_path) == [1]
    assert not one.verify().well


@pytest.fixture
def db_path(tmp_path):
    return str(tmp_path / "reports.sqlite")


def test_a_named_file_must_hold_a_head_of_this_store(store, tmp_path):
    (tmp_path / "other").write_text("")
    with pytest.raises(InputError, match="holds no head"):
        witness(store, tmp_path).verify(tmp_path / "other")
    assert witness(store, tmp_path).verify().heads == 0


def test_the_service_signs_its_chain_at_start_and_when_it_stops(repo, tmp_path):
    place = {"db": str(tmp_path / "reports.sqlite"), "key_dir": tmp_path / "keys", "data_dir": tmp_path}
    settings = Settings(city=repo / "tests" / "cities" / "tiny", **place)
    workshop = build(settings, clock=lambda: NOW)
    assert workshop.house.witness is not None
    with TestClient(create_app(workshop.house)):
        _wait_for(workshop.house.witness.file.exists)
        new = NewReport(family="dump", category="rubble", lon=-69.995, lat=-32.995)
        workshop.house.intake.accept(new, channel=Channel.PHONE)
    verdict = build_witness(settings).verify()
    assert (verdict.well, verdict.events, verdict.heads) == (True, 1, 2)


def _wait_for(happened):
    until = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_schedule_that_ended_by_itself_is_told_and_one_that_was_stopped_is_not(store, tmp_path):
    whole = witness(store, tmp_path)
    assert whole.alive
    whole.start()
    assert whole.alive
    whole.stop()
    assert whole.alive
    broken = Witness(store, HeadSigner(b"k" * 32), tmp_path / "other", lambda: 1 / 0)
    broken.start()
    _wait_for(lambda: not broken.alive)
