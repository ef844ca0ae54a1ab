"""Sign the head of the event chain and write it down outside the store: at start, on a schedule and at the end."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from geo_reports.errors import GeoReportsError, InputError, StoreError
from geo_reports.intake.signer import HeadSigner
from geo_reports.store import Store, audit, chain
from geo_reports.store.audit import Head, Heads, Verdict

log = logging.getLogger(__name__)


class Witness:
    """Writes signed heads of one store's chain into a file, and holds the chain against them."""

    def __init__(
        self,
        store: Store,
        signer: HeadSigner,
        file: Path,
        clock: Callable[[], datetime],
        every_s: float = 3600.0,
    ) -> None:
        self.file = file
        self.public_key = signer.public_key
        self._store, self._signer, self._clock, self._every_s = store, signer, clock, every_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def head(self, like: Head | None = None) -> Head:
        """Sign the chain's present head.

        ``StoreError`` when the chain no longer goes through ``like``, a head signed before: what was signed once is
        not to be replaced by another truth.
        """
        with self._store.reading() as connection:
            if like is not None and not audit.holds(connection, like):
                raise StoreError(
                    f"The event chain no longer holds event {like.seq} as it was signed before, so no new head is "
                    "signed: run geo-reports audit verify."
                )
            seq, last = chain.head(connection)
        return Head.signed(self._store.store_id(), seq, last, int(self._clock().timestamp()), self._signer)

    def write(self, file: Path | None = None, *, again: bool = True) -> Head:
        """Write the present head at the end of a witness file; with ``again`` off, only if events have come since."""
        target = file or self.file
        before = self._last(target)
        head = self.head(before)
        if again or before is None or (before.seq, before.hash) != (head.seq, head.hash):
            audit.append(head, target)
        return head

    def _last(self, file: Path) -> Head | None:
        if not file.exists():
            return None
        known = [head for head in Heads.of(file, self._store.store_id()).heads if head.genuine([self.public_key])]
        return known[-1] if known else None

    def verify(
        self,
        file: Path | None = None,
        keys: Sequence[str] = (),
        progress: Callable[[float], None] = lambda share: None,
    ) -> Verdict:
        """Walk along the chain and hold it against the heads of a file, by default the service's own.

        ``keys`` are public keys to believe besides the store's: those it had before. ``InputError`` when a file that
        was named cannot be read or holds no head of this store.
        """
        heads = Heads()
        if file is not None or self.file.exists():
            source = file or self.file
            heads = Heads.of(source, self._store.store_id())
            if file is not None and not heads.heads:
                raise InputError(f"{file}: holds no head of this store.")
        with self._store.reading() as connection:
            return audit.verify(connection, heads, [self.public_key, *keys], progress)

    # on a schedule -------------------------------------------------------------------------------

    def start(self) -> None:
        """Write a head, then one after each period until ``stop``; a fault is logged and does not end the service."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write the last head and end the schedule."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    @property
    def alive(self) -> bool:
        """False only where the schedule was started and ended by itself: no more heads are signed."""
        return self._thread is None or self._thread.is_alive()

    def _run(self) -> None:
        self._try()
        while not self._stop.wait(self._every_s):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            self.write(again=False)
        except GeoReportsError as error:
            log.error("No head of the event chain was written: %s", error)
