"""The worker: at least once, whatever fails, and nobody personal in what is listed."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from geo_reports.post.worker import (
    FIRST_S,
    KEEP_SENT_S,
    LEASE_S,
    LONGEST_S,
    MOST_ATTEMPTS,
    REST_S,
    Worker,
    pause_s,
)
from geo_reports.store.outbox import Message, put
from tests.post.conftest import NOW, relay, works
from tests.store.hand import dump, tamper

ANA = "ana@example.cl"


def due(town, message):
    with town.store.writing() as connection:
        put(connection, [message], int(town.now.timestamp()))


def test_pauses_double_and_last_more_than_a_day():
    class Edge(random.Random):
        def __init__(self, value):
            self.value = value

        def random(self):
            return self.value

    low, high = ([pause_s(n, Edge(value)) for n in range(1, MOST_ATTEMPTS)] for value in (0.0, 1.0))
    assert low[:3] == [round(FIRST_S * 0.75 * 2**n) for n in range(3)]
    assert max(high) == LONGEST_S * 1.25
    assert sum(low) > 34 * 3600
    assert pause_s(3, random.Random(7)) == pause_s(3, random.Random(7))
    assert len({pause_s(9, random.Random(seed)) for seed in range(20)}) > 15


def test_a_receiver_that_is_down_for_a_day_misses_nothing(town_at, db, receiver):
    town = town_at(db, hooks=[works(receiver.port)])
    receiver.mood = 503
    for _ in range(3):
        town.send()
    end = town.now + timedelta(hours=24)
    while town.now < end:
        town.post.send_due()
        town.wait(minutes=20)
    asked = len(receiver.got)
    assert {letter.state for letter in town.letters()} == {"waiting"}
    assert {letter.last_error for letter in town.letters()} == {"HTTP 503"}
    # 3 messages, doubling pauses: some dozen questions in a day, not one every time somebody looks
    assert 15 <= asked <= 60
    receiver.mood, receiver.got = 204, []
    while any(letter.state == "waiting" for letter in town.letters()):
        town.wait(minutes=20)
        town.post.send_due()
        assert town.now < end + timedelta(hours=4)
    assert sorted(receiver.ids) == sorted(letter.dedup_id for letter in town.letters())
    assert [letter.state for letter in town.letters()] == ["sent"] * 3


def test_one_question_finds_out_that_a_receiver_is_down(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    receiver.mood = 503
    for _ in range(5):
        town.send()
    assert dict(town.post.send_due()) == {"failed": 1, "postponed": 4}
    assert len(receiver.got) == 1
    assert [letter.attempts for letter in town.letters()] == [1, 0, 0, 0, 0]
    receiver.mood = 204
    town.wait(seconds=REST_S - 1)
    assert dict(town.post.send_due()) == {}
    town.wait(seconds=1)
    assert dict(town.post.send_due()) == {"sent": 5}


def test_a_receiver_that_is_down_holds_nobody_else_up(town_at, file, receiver, mailbox):
    town = town_at(file, hooks=[works(receiver.port)], relay=relay(mailbox.port))
    receiver.mood = 503
    for _ in range(3):
        town.move(town.send(contact=ANA).public_id)
    done = town.post.send_due()
    assert (done["sent"], done["failed"], len(mailbox.mails)) == (3, 1, 3)


def test_a_message_that_is_refused_does_not_hold_the_next_one_up(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    receiver.mood = 400
    town.send()
    town.send()
    assert dict(town.post.send_due()) == {"failed": 2}


def test_poison_is_dead_and_listed_with_its_error_and_nobody_personal(town_at, db, mailbox, caplog):
    town = town_at(db, relay=relay(mailbox.port))
    mailbox.refuse = {"RCPT": f"550 <{ANA}> does not live here"}
    with caplog.at_level(logging.INFO):
        town.move(town.send(contact=ANA).public_id)
        assert dict(town.post.send_due()) == {"dead": 1}
    (letter,) = town.letters()
    assert (letter.state, letter.last_error, letter.attempts) == ("dead", "SMTP 550", 1)
    assert ANA not in dump(db)
    assert "SMTP 550" in caplog.text
    assert "example.cl" not in caplog.text
    town.wait(days=40)
    assert dict(town.post.send_due()) == {}
    assert len(town.letters()) == 1
    mailbox.refuse = {}
    assert town.post.retry(None) == 1
    assert dict(town.post.send_due()) == {"sent": 1}
    assert [mail["Message-ID"] for mail in mailbox.letters] == [f"<{letter.dedup_id}@city.example>"]


def test_after_all_its_attempts_a_message_is_given_up(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    receiver.mood = 404
    town.send()
    for _ in range(MOST_ATTEMPTS):
        town.post.send_due()
        town.wait(hours=4)
    (letter,) = town.letters()
    assert (letter.state, letter.attempts, letter.last_error) == ("dead", MOST_ATTEMPTS, "HTTP 404")
    assert set(receiver.ids) == {letter.dedup_id}
    assert len(receiver.got) == MOST_ATTEMPTS


@pytest.mark.parametrize("payload", ["no JSON", "{}", "[]", '{"public_id": 7}', "null"])
def test_a_payload_that_is_none_stops_nobody(town_at, file, receiver, payload):
    town = town_at(file, hooks=[works(receiver.port)])
    due(town, Message("webhook:works", "report.received", "poison", payload))
    town.send()
    assert dict(town.post.send_due()) == {"dead": 1, "sent": 1}
    assert town.letters(("dead",))[0].last_error == "InputError"


def test_a_message_to_nobody_waits_for_somebody_to_set_it_up(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    due(town, Message("webhook:gone", "report.received", "x", '{"public_id": "x"}'))
    assert dict(town.post.send_due()) == {"failed": 1}
    assert town.letters()[0].last_error == "NoSuchSink"


@pytest.mark.parametrize("kind", ["webhook", "mail"])
def test_of_a_report_erased_meanwhile_nothing_is_sent(town_at, db, receiver, mailbox, kind):
    given = {"hooks": [works(receiver.port)]} if kind == "webhook" else {"relay": relay(mailbox.port)}
    town = town_at(db, **given)
    town.move(town.send(contact=ANA).public_id)
    tables = ("report_unit", "report_text", "receipt", "contact", "report")
    column = {"report": "id"}
    tamper(db, *(f"DELETE FROM {name} WHERE {column.get(name, 'report_id')} = 1" for name in tables))
    assert set(town.post.send_due()) == {"void"}
    assert (receiver.got, mailbox.said, town.letters()) == ([], [], [])


def test_deliveries_are_forgotten_after_a_month(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    town.send()
    town.post.send_due()
    town.wait(seconds=KEEP_SENT_S)
    town.post.send_due()
    assert len(town.letters()) == 1
    town.wait(hours=1, seconds=1)
    town.post.send_due()
    assert town.letters() == []


def test_the_thread_delivers_and_stops(town_at, db, receiver):
    town = town_at(db, hooks=[works(receiver.port)])
    town.send()
    town.post.start()
    until = time.monotonic() + 60
    while not town.letters(("sent",)) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(receiver.got) == 1
    town.post.stop()
    town.send()
    time.sleep(0.2)
    assert len(receiver.got) == 1
    town.post.start()
    while len(receiver.got) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(set(receiver.ids)) == 2


def test_stopping_gives_back_what_was_not_tried(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    for _ in range(4):
        town.send()
    receiver.on_request = lambda: town.post._worker._stop.set()
    assert dict(town.post._worker.round()) == {"sent": 1, "postponed": 3}
    waiting = town.letters(("waiting",))
    assert {(letter.attempts, letter.next_at) for letter in waiting} == {(0, int(NOW.timestamp()))}


@pytest.mark.parametrize("moment", ["during", "after"])
def test_a_worker_that_is_killed_sends_again_under_the_same_id(town_at, db, receiver, moment):
    town = town_at(db, hooks=[works(receiver.port)])
    town.send()
    words = [sys.executable, "-m", "tests.post.dying", db, str(receiver.port), moment]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as dying:
        if moment == "during":
            receiver.on_request = lambda: os.kill(dying.pid, signal.SIGKILL)
        assert dying.wait(60) == -signal.SIGKILL
    receiver.on_request = lambda: None
    assert len(receiver.got) == 1
    assert [letter.state for letter in town.letters()] == ["waiting"]
    assert dict(town.post.send_due()) == {}
    town.wait(seconds=LEASE_S)
    assert dict(town.post.send_due()) == {"sent": 1}
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1
    assert [letter.state for letter in town.letters()] == ["sent"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_by_itself_is_told_and_one_that_was_stopped_is_not(town_at, file):
    town = town_at(file)
    worker = Worker(town.outbox, {}, town.clock, random.Random(1), [lambda: 1 / 0])
    assert worker.alive
    worker.start()
    ends = time.monotonic() + 20
    while worker.alive and time.monotonic() < ends:
        time.sleep(0.01)
    assert not worker.alive
    worker.stop()
    whole = Worker(town.outbox, {}, town.clock, random.Random(1))
    whole.start()
    assert whole.alive
    whole.stop()
    assert whole.alive
