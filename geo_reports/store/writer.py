"""``Writer``: one thread that writes; what many people send at once reaches the disk with one sync."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from geo_reports.errors import GeoReportsError, StoreBusy, StoreError
from geo_reports.store.sending import Outcome, Sending

log = logging.getLogger(__name__)
Waiting = tuple[Sending, "Future[bool]"]


class Writer:
    """Group commit: while one transaction reaches the disk, those who come meanwhile wait together for the next.

    A report that comes alone is written at once. After a crowd the writer first waits a moment for the next one: each
    transaction has a price of its own, and a thread that writes takes the interpreter from those who send. ``add``
    writes a group in one transaction and returns an outcome for each (``Store.add_all``).
    """

    MOST = 256
    """Reports in one transaction; more would make the first of them wait for the last."""
    CROWD = 8
    """So many reports in one transaction mean that more are on their way."""
    GATHER_S = 0.002
    """How long they are waited for: less than a sync of most disks takes."""
    MOST_WAITING = 2000
    """Reports that may wait for their turn; who comes later is asked to come back instead."""

    def __init__(self, add: Callable[[Sequence[Sending]], list[Outcome]]) -> None:
        self._add = add
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._crowd = 0
        self._told: list[Callable[[], None]] = []

    def after_each_group(self, told: Callable[[], None]) -> None:
        """Have ``told`` called, by the thread that writes, whenever a group has its answers."""
        self._told.append(told)

    def submit(self, sending: Sending) -> "Future[bool]":
        """Hand in a report: the future answers when it is on disk, True for new, False for one that came before.

        The future raises ``ReusedKey`` or ``SameReport``, or ``StoreError`` when nothing was stored. ``StoreBusy``
        is raised at once when too many wait already, and once the writer was closed.
        """
        answer: Future[bool] = Future()
        answer.set_running_or_notify_cancel()  # what was handed in is written, whether its sender still waits or not
        with self._lock:
            if self._closed:
                raise StoreBusy("The service is stopping; try again in a moment.")
            if self._queue.qsize() >= self.MOST_WAITING:
                raise StoreBusy("More reports are coming in than can be stored; try again in a moment.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
                self._thread.start()
            self._queue.put((sending, answer))
        return answer

    def close(self, timeout_s: float | None = None) -> bool:
        """Write what waits, then stop; nothing more is taken in. False when that took longer than ``timeout_s``."""
        with self._lock:
            if not self._closed and self._thread is not None:
                self._queue.put(None)
            self._closed = True
            thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._group(first)
            self._crowd = len(group)
            self._write(group)
            self._tell()
            if last:
                return

    def _tell(self) -> None:
        for told in self._told:
            try:
                told()
            except Exception:  # whoever listens must not end the thread that everybody's reports depend on
                log.exception("What follows a group of stored reports failed.")

    def _group(self, first: Waiting) -> tuple[list[Waiting], bool]:
        group = [first]
        if self._crowd >= self.CROWD:
            time.sleep(self.GATHER_S)
        while len(group) < self.MOST:
            try:
                more = self._queue.get_nowait()
            except Empty:
                break
            if more is None:
                return group, True
            group.append(more)
        return group, False

    def _write(self, group: list[Waiting]) -> None:
        try:
            outcomes = self._add([sending for sending, _ in group])
        except StoreError as error:
            # the store, not one report, is at fault: those who wait would only learn the same, one wait later
            self._refuse(group + self._waiting(), error)
        except Exception as error:  # whoever waits is told, whatever it was; the thread goes on
            if len(group) == 1:
                self._refuse(group, error)
                return
            # one report must not take the others with it
            for waiting in group:
                self._write([waiting])
        else:
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, GeoReportsError):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome)

    def _waiting(self) -> list[Waiting]:
        """Everybody who waits, up to the sign to stop."""
        waiting: list[Waiting] = []
        while True:
            try:
                one = self._queue.get_nowait()
            except Empty:
                return waiting
            if one is None:
                self._queue.put(None)
                return waiting
            waiting.append(one)

    def _refuse(self, group: list[Waiting], error: Exception) -> None:
        for _, answer in group:
            answer.set_exception(error)
