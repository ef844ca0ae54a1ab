"""``Writer``: one thread that writes; what many people send at once reaches the disk with one sync."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from geo_reports.errors import GeoReportsError, StoreBusy, StoreError
from geo_reports.store.sending import Outcome, Sending

Waiting = tuple[Sending, "Future[bool]"]


class Writer:
    """Group commit: while one transaction reaches the disk, those who come meanwhile wait together for the next.

    Nobody waits for a timer: alone, a report is written at once. ``add`` writes a group in one transaction and
    returns an outcome for each (``Store.add_all``).
    """

    MOST = 256
    """Reports in one transaction; more would make the first of them wait for the last."""

    def __init__(self, add: Callable[[Sequence[Sending]], list[Outcome]]) -> None:
        self._add = add
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, sending: Sending) -> "Future[bool]":
        """Hand in a report: the future answers when it is on disk, True for new, False for one that came before.

        The future raises ``ReusedKey`` or ``SameReport``, or ``StoreError`` when nothing was stored.
        """
        answer: Future[bool] = Future()
        with self._lock:
            if self._closed:
                raise StoreBusy("The service is stopping; try again in a moment.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
                self._thread.start()
            self._queue.put((sending, answer))
        return answer

    def close(self) -> None:
        """Write what waits, then stop; nothing more is taken in."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._group(first)
            self._write(group)
            if last:
                return

    def _group(self, first: Waiting) -> tuple[list[Waiting], bool]:
        group = [first]
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
            self._refuse(group, error)
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

    def _refuse(self, group: list[Waiting], error: Exception) -> None:
        for _, answer in group:
            answer.set_exception(error)
