import threading

from geo_reports.errors import StoreBusy
from geo_reports.intake.settling import Settling


class Disk:
    """Settles what it is given, once ``free`` is set; says no as often as it is told to."""

    def __init__(self, *answers):
        self.calls, self._answers = [], list(answers)
        self.free = threading.Event()
        self.called = threading.Event()

    def __call__(self, wanted):
        self.calls.append(list(wanted))
        self.called.set()
        assert self.free.wait(10)
        answer = self._answers.pop(0) if self._answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_whoever_adds_does_not_wait_and_what_comes_meanwhile_is_done_together():
    disk = Disk()
    settling = Settling(disk)
    settling.add([b"one"])
    assert disk.called.wait(10)
    settling.add([b"two"])
    settling.add([b"three"])
    disk.free.set()
    assert settling.close(10)
    assert disk.calls == [[b"one"], [b"two", b"three"]]


def test_what_could_not_be_done_is_tried_again():
    disk = Disk(False, StoreBusy("busy"))
    disk.free.set()
    settling = Settling(disk, again_s=0.01)
    settling.add([b"one"])
    while len(disk.calls) < 3:
        threading.Event().wait(0.01)
    assert settling.close(10)
    assert disk.calls == [[b"one"]] * 3


def test_at_the_end_what_is_left_is_tried_once_more():
    disk = Disk(False, False)
    disk.free.set()
    settling = Settling(disk)
    settling.add([b"one"])
    assert disk.called.wait(10)
    assert settling.close(10)
    assert set(map(tuple, disk.calls)) == {(b"one",)}


def test_closing_does_not_wait_for_ever():
    disk = Disk()
    settling = Settling(disk)
    settling.add([b"one"])
    assert not settling.close(0.05)
    disk.free.set()
    assert settling.close(10)


def test_nothing_to_do_needs_no_thread():
    assert Settling(Disk()).close(0)
