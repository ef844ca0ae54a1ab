"""The writer joins those who wait, keeps each one's outcome apart, and never leaves anybody without an answer."""

import threading

import pytest

from geo_reports.errors import ReusedKey, StoreBusy, StoreFull
from geo_reports.store import Sending, Writer
from tests.store.hand import arrivals, receipt


def sending(name):
    return Sending(arrivals(name), receipt(name))


class Slow:
    """Stands in for the store: keeps what it is given in groups, and waits to be let go on before each."""

    def __init__(self, outcome=lambda one: True):
        self.groups, self.entered, self.go_on = [], threading.Event(), threading.Semaphore(0)
        self._outcome = outcome

    def add(self, group):
        self.groups.append([one.new.source_id[0] for one in group])
        self.entered.set()
        assert self.go_on.acquire(timeout=10)
        return [self._outcome(one) for one in group]

    def let_go(self, times=100):
        for _ in range(times):
            self.go_on.release()


def test_those_who_come_meanwhile_are_written_together():
    slow = Slow()
    writer = Writer(slow.add)
    answers = [writer.submit(sending("first"))]
    assert slow.entered.wait(10)
    answers += [writer.submit(sending(str(number))) for number in range(5)]
    slow.let_go()
    assert [answer.result(10) for answer in answers] == [True] * 6
    assert slow.groups == [["first"], ["0", "1", "2", "3", "4"]]
    assert writer.close(10)


def test_a_group_has_a_ceiling():
    slow = Slow()
    writer = Writer(slow.add)
    writer.submit(sending("first"))
    assert slow.entered.wait(10)
    answers = [writer.submit(sending(str(number))) for number in range(Writer.MOST + 1)]
    slow.let_go()
    assert all(answer.result(10) for answer in answers)
    assert [len(group) for group in slow.groups] == [1, Writer.MOST, 1]
    writer.close()


def test_each_learns_its_own_outcome():
    def judge(one):
        name = one.new.source_id[0]
        return {"new": True, "known": False}.get(name, ReusedKey("no"))

    slow = Slow(judge)
    slow.let_go()
    writer = Writer(slow.add)
    assert writer.submit(sending("new")).result(10) is True
    assert writer.submit(sending("known")).result(10) is False
    with pytest.raises(ReusedKey):
        writer.submit(sending("other")).result(10)
    writer.close()


def test_one_that_breaks_takes_nobody_with_it():
    started, go_on = threading.Event(), threading.Event()

    def add(group):
        names = [one.new.source_id[0] for one in group]
        if names == ["first"]:
            started.set()
            assert go_on.wait(10)
        if "bad" in names:
            raise RuntimeError("bad")
        return [True] * len(names)

    writer = Writer(add)
    first = writer.submit(sending("first"))
    assert started.wait(10)
    answers = {name: writer.submit(sending(name)) for name in ("a", "bad", "b")}
    go_on.set()
    assert [first.result(10), answers["a"].result(10), answers["b"].result(10)] == [True] * 3
    with pytest.raises(RuntimeError):
        answers["bad"].result(10)
    writer.close()


def test_a_store_that_fails_is_not_waited_for_again():
    calls, entered, go_on = [], threading.Event(), threading.Event()

    def add(group):
        calls.append(len(group))
        entered.set()
        assert go_on.wait(10)
        raise StoreFull("full")

    writer = Writer(add)
    answers = [writer.submit(sending("first"))]
    assert entered.wait(10)
    answers += [writer.submit(sending(str(number))) for number in range(600)]
    go_on.set()
    for answer in answers:
        with pytest.raises(StoreFull):
            answer.result(10)
    assert calls == [1]
    writer.close()


def test_too_many_are_sent_away_at_once():
    slow = Slow()
    writer = Writer(slow.add)
    first = writer.submit(sending("first"))
    assert slow.entered.wait(10)
    one = sending("other")
    answers = [writer.submit(one) for _ in range(Writer.MOST_WAITING)]
    with pytest.raises(StoreBusy):
        writer.submit(one)
    slow.let_go()
    assert first.result(10)
    assert all(answer.result(10) for answer in answers)
    writer.close()


def test_closing_writes_what_waits_and_takes_nothing_more():
    slow = Slow()
    writer = Writer(slow.add)
    answers = [writer.submit(sending("first"))]
    assert slow.entered.wait(10)
    answers += [writer.submit(sending(str(number))) for number in range(300)]
    assert not writer.close(0.01)
    with pytest.raises(StoreBusy):
        writer.submit(sending("late"))
    slow.let_go()
    assert writer.close(10)
    assert all(answer.done() and answer.result() for answer in answers)
    assert sum(map(len, slow.groups)) == 301


def test_closing_an_idle_writer_ends_at_once():
    writer = Writer(lambda group: [True] * len(group))
    assert writer.close()
    assert writer.close(1)
    with pytest.raises(StoreBusy):
        writer.submit(sending("late"))
    used = Writer(lambda group: [True] * len(group))
    assert used.submit(sending("one")).result(10)
    assert used.close(10)
    assert used.close(10)


def test_all_answers_of_a_group_are_there_when_it_is_told():
    answers, told = [], []
    slow = Slow()
    writer = Writer(slow.add)
    writer.after_each_group(lambda: told.append([answer.done() for answer in answers]))
    answers.append(writer.submit(sending("first")))
    assert slow.entered.wait(10)
    answers += [writer.submit(sending(name)) for name in "ab"]
    slow.let_go()
    assert writer.close(10)
    assert told == [[True, False, False], [True, True, True]]


def test_after_a_crowd_the_next_ones_are_gathered():
    slow = Slow()
    writer = Writer(slow.add)
    writer.GATHER_S = 0.5
    crowd = [writer.submit(sending("first"))]
    assert slow.entered.wait(10)
    crowd += [writer.submit(sending(str(number))) for number in range(Writer.CROWD)]
    slow.let_go()
    assert all(answer.result(10) for answer in crowd)
    late = [writer.submit(sending("late"))]
    late.append(writer.submit(sending("later")))
    assert all(answer.result(10) for answer in late)
    assert [len(group) for group in slow.groups] == [1, Writer.CROWD, 2]
    writer.close()


def test_a_listener_that_fails_ends_neither_the_thread_nor_the_other_listeners(caplog):
    told = []
    writer = Writer(lambda group: [True] * len(group))
    writer.after_each_group(lambda: 1 / 0)
    writer.after_each_group(lambda: told.append(1))
    assert writer.submit(sending("one")).result(10)
    assert writer.submit(sending("two")).result(10)
    assert writer.close(10)
    assert len(told) >= 1
    assert "What follows a group of stored reports failed." in caplog.text
