"""The outbox on both engines: what is claimed, by whom, and what becomes of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_reports.errors import IllegalTransition
from geo_reports.report import Status
from geo_reports.store import Message, Outbox, Sending, Store
from geo_reports.store.outbox import put
from tests.store.hand import AT, arrivals, public_id, receipt

MANY = {"lease_s": 100, "most": 10, "most_attempts": 3}


def message(name, sink="works", kind="report.received"):
    return Message(sink, kind, f"id of {name}", f'{{"public_id": "{public_id(name)}"}}')


def fill(store, *names, sink="works", at=AT):
    with store.writing() as connection:
        put(connection, [message(name, sink) for name in names], at)


def ids(letters):
    return [letter.dedup_id for letter in letters]


@pytest.fixture
def outbox(store):
    return Outbox(store)


def test_a_message_is_stored_with_its_report_or_not_at_all(store, outbox):
    again = Sending(arrivals("one"), receipt("one"), (message("again"),))
    outcomes = store.add_all([Sending(arrivals("one"), receipt("one"), (message("one"),)), again])
    assert outcomes == [True, False]
    assert ids(outbox.letters()) == ["id of one"]
    (letter,) = outbox.letters()
    assert (letter.sink, letter.kind, letter.state) == ("works", "report.received", "waiting")
    assert (letter.made_at, letter.next_at, letter.attempts, letter.last_error) == (AT, AT, 0, None)


def test_a_change_that_is_refused_tells_nobody(store, outbox):
    store.add(arrivals("one"), receipt("one"))
    change = {"reason": None, "note": None, "actor": "ana", "at": AT}
    store.set_status(public_id("one"), Status.CLEANED, **change, messages=[message("first")])
    with pytest.raises(IllegalTransition):
        store.set_status(public_id("one"), Status.RECEIVED, **change, messages=[message("second")])
    assert ids(outbox.letters()) == ["id of first"]


def test_the_oldest_due_are_claimed_and_nobody_else_gets_them(store, outbox, db):
    fill(store, "b", at=AT + 1)
    fill(store, "a", "later", at=AT)
    fill(store, "early", at=AT + 50)
    assert ids(outbox.claim(AT + 10, **{**MANY, "most": 2})) == ["id of a", "id of later"]
    another = Store(db)
    assert ids(Outbox(another).claim(AT + 10, **MANY)) == ["id of b"]
    assert outbox.claim(AT + 10, **MANY) == []
    another.close()


def test_what_a_dead_worker_held_is_claimed_again_under_the_same_id(store, outbox):
    fill(store, "one")
    (first,) = outbox.claim(AT, **MANY)
    assert outbox.claim(AT + 99, **MANY) == []
    (second,) = outbox.claim(AT + 100, **MANY)
    assert (first.attempts, second.attempts, second.dedup_id) == (1, 2, first.dedup_id)
    # the first worker was only slow: what it says now does not count
    assert not outbox.failed(first, "HTTP 500", AT)
    outbox.release([first], AT)
    outbox.drop(first)
    assert outbox.letters() == [second]
    assert outbox.sent(second, AT + 101)
    assert not outbox.sent(second, AT + 102)


def test_a_message_over_which_workers_die_is_dead_in_the_end(store, outbox):
    fill(store, "poison")
    for attempt in range(3):
        assert len(outbox.claim(AT + attempt * 100, **MANY)) == 1
    assert outbox.claim(AT + 300, **MANY) == []
    (letter,) = outbox.letters()
    assert (letter.state, letter.attempts, letter.last_error) == ("dead", 3, "NoAnswer")


def test_resting_sinks_are_left_alone(store, outbox):
    fill(store, "one", sink="works")
    fill(store, "two", sink="mail")
    assert ids(outbox.claim(AT, **MANY, resting=["works"])) == ["id of two"]
    assert outbox.claim(AT, **MANY, resting=["works", "mail"]) == []


def test_what_becomes_of_a_claimed_message(store, outbox):
    fill(store, "sent", "failed", "dead", "void", "back")
    sent, failed, dead, void, back = outbox.claim(AT, **MANY)
    assert outbox.sent(sent, AT + 1)
    assert outbox.failed(failed, "HTTP 500" + "x" * 500, AT + 30)
    assert outbox.died(dead, "SMTP 550", AT + 1)
    outbox.drop(void)
    outbox.release([back], AT + 7)
    rows = {one.dedup_id[6:]: one for one in outbox.letters(("waiting", "dead", "sent"))}
    assert {name: (one.state, one.attempts, one.next_at) for name, one in rows.items()} == {
        "sent": ("sent", 1, AT + 1),
        "failed": ("waiting", 1, AT + 30),
        "dead": ("dead", 1, AT + 1),
        "back": ("waiting", 0, AT + 7),
    }
    assert (len(rows["failed"].last_error), rows["dead"].last_error) == (200, "SMTP 550")


def test_only_what_was_given_up_is_tried_again(store, outbox):
    fill(store, "one", "two", "three", "waiting")
    letters = outbox.claim(AT, **{**MANY, "most": 3})
    for letter in letters:
        outbox.died(letter, "HTTP 410", AT)
    assert outbox.retry([letters[0].id, 4, 999], AT + 5) == 1
    assert outbox.retry(None, AT + 6) == 2
    assert [(one.state, one.attempts, one.next_at) for one in outbox.letters()] == [
        ("waiting", 0, AT + 5),
        ("waiting", 0, AT + 6),
        ("waiting", 0, AT + 6),
        ("waiting", 0, AT),
    ]


def test_old_deliveries_are_forgotten_and_nothing_else(store, outbox):
    fill(store, "old", "new", "dead", "waiting")
    old, new, dead = outbox.claim(AT, **{**MANY, "most": 3})
    outbox.sent(old, AT)
    outbox.sent(new, AT + 100)
    outbox.died(dead, "HTTP 410", AT)
    assert outbox.prune(AT + 100) == 1
    assert outbox.prune(AT + 100) == 0
    assert ids(outbox.letters(("waiting", "dead", "sent"))) == ["id of new", "id of dead", "id of waiting"]


def test_workers_at_the_same_time_take_nothing_twice(store, outbox, db):
    fill(store, *(str(n) for n in range(60)))
    others = [Store(db) for _ in range(3)]
    start = threading.Barrier(4)

    def work(worker):
        taken = []
        start.wait()
        while batch := worker.claim(AT, **{**MANY, "most": 4}):
            taken += ids(batch)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [one for part in pool.map(work, [outbox, *map(Outbox, others)]) for one in part]
    for other in others:
        other.close()
    assert (len(taken), len(set(taken))) == (60, 60)
