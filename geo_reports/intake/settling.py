"""``Settling``: one thread that brings erasures to their end on the disk, all that came meanwhile together."""

import logging
import threading
from collections.abc import Callable

from geo_reports.errors import StoreError

AGAIN_S = 60.0
"""After so long it is tried again where a reader kept old pages alive."""

log = logging.getLogger(__name__)


class Settling:
    """Calls ``settle`` with the bytes that must not be left, away from whoever erased them.

    Writing a file of 180 MB anew takes 1.5 s, and nobody else can write meanwhile: many erasures at once are one.
    What is still to be done when the process ends is only what SQLite's unused pages may hold; the report is gone.
    """

    def __init__(self, settle: Callable[[list[bytes]], bool], again_s: float = AGAIN_S) -> None:
        self._settle, self._again_s = settle, again_s
        self._wanted: list[bytes] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def add(self, wanted: list[bytes]) -> None:
        """Have these bytes looked for soon."""
        with self._changed:
            self._wanted += wanted
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="settling", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, timeout_s: float) -> bool:
        """Try once more what is left, then stop; False when that takes longer."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def _run(self) -> None:
        left: list[bytes] = []
        while True:
            with self._changed:
                if not self._wanted and not self._closed:
                    self._changed.wait(self._again_s if left else None)
                left, self._wanted = left + self._wanted, []
                last = self._closed
            if left and self._done(left):
                left = []
            if last:
                return

    def _done(self, wanted: list[bytes]) -> bool:
        try:
            return self._settle(wanted)
        except StoreError as error:  # tried again later; the reports themselves are gone
            log.warning("Bytes of erased reports may still lie in unused parts of the store's file: %s", error)
            return False
