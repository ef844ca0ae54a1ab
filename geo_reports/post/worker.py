"""The worker: claims what is due, hands it to its sink, and writes down how that went."""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from geo_reports.errors import GeoReportsError, StoreError
from geo_reports.post.sink import Outcome, Sink
from geo_reports.store import Letter, Outbox

FIRST_S, LONGEST_S = 30, 3 * 3600
"""Pause after the first failure; it doubles up to the longest."""
MOST_ATTEMPTS = 24
"""After so many a message is dead: 46 hours of pauses, 34 with the shortest that chance gives."""
REST_S = 60
"""How long a sink that is down is left alone."""
BATCH, LEASE_S = 20, 900
"""Messages claimed at once, and for how long; what was not tried in that time is left to others."""
POLL_S = 5.0
KEEP_SENT_S, PRUNE_EVERY_S = 30 * 86_400, 3600
CHORES_EVERY_S = 300

log = logging.getLogger(__name__)


def pause_s(attempts: int, rng: random.Random) -> int:
    """Seconds until the next attempt: doubling, with a quarter of chance either way."""
    return round(min(LONGEST_S, FIRST_S << (attempts - 1)) * (0.75 + 0.5 * rng.random()))


class Worker:
    """Delivers what waits in an outbox, at least once.

    Parameters
    ----------
    sinks : mapping
        Sink by the name that messages carry.
    clock : callable
        Tells the time, UTC.
    rng : random.Random
        Spreads the attempts of messages that failed together.
    chores : sequence of callable
        Called every few minutes before messages are claimed: what puts messages into the outbox by the clock.
    """

    def __init__(
        self,
        outbox: Outbox,
        sinks: Mapping[str, Sink],
        clock: Callable[[], datetime],
        rng: random.Random,
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._outbox, self._sinks, self._clock, self._rng = outbox, sinks, clock, rng
        self._chores, self._chores_at = tuple(chores), 0
        self._rest_until: dict[str, int] = {}
        self._prune_at = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver from a thread of its own until ``stop``."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="post", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish the delivery under way, give the others back, and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    @property
    def alive(self) -> bool:
        """False only where the thread ended by itself: nothing leaves any more until the service starts again."""
        return self._thread is None or self._thread.is_alive()

    def send_due(self) -> Counter[str]:
        """Deliver everything that is due; how many were sent, void, failed, dead or postponed."""
        total: Counter[str] = Counter()
        while done := self.round():
            total += done
        return total

    def round(self) -> Counter[str]:
        """Claim one batch and deliver it; what became of it, empty when nothing was due."""
        now = self._now()
        if now >= self._prune_at:
            self._outbox.prune(now - KEEP_SENT_S)
            self._prune_at = now + PRUNE_EVERY_S
        if now >= self._chores_at:
            for chore in self._chores:
                chore()
            self._chores_at = now + CHORES_EVERY_S
        resting = [sink for sink, until in self._rest_until.items() if until > now]
        letters = self._outbox.claim(now, lease_s=LEASE_S, most=BATCH, most_attempts=MOST_ATTEMPTS, resting=resting)
        done: Counter[str] = Counter()
        back: list[Letter] = []
        for letter in letters:
            at = self._now()
            if self._stop.is_set() or at >= letter.next_at or self._rest_until.get(letter.sink, 0) > at:
                back.append(letter)
            else:
                done[self._deliver(letter, at)] += 1
        self._give_back(back)
        done["postponed"] += len(back)
        return +done

    def _deliver(self, letter: Letter, at: int) -> str:
        outcome = self._try(letter, at)
        now = self._now()
        if outcome.sent:
            self._outbox.sent(letter, now)
            return "sent"
        if outcome.void:
            self._outbox.drop(letter)
            return "void"
        if outcome.down:
            self._rest_until[letter.sink] = now + REST_S
            log.warning("%s is down: %s", letter.sink, outcome.error)
        if outcome.final or letter.attempts >= MOST_ATTEMPTS:
            self._outbox.died(letter, outcome.error, now)
            log.error("Message %d to %s was given up: %s", letter.id, letter.sink, outcome.error)
            return "dead"
        self._outbox.failed(letter, outcome.error, now + pause_s(letter.attempts, self._rng))
        return "failed"

    def _try(self, letter: Letter, at: int) -> Outcome:
        sink = self._sinks.get(letter.sink)
        if sink is None:
            return Outcome(error="NoSuchSink")
        try:
            return sink.send(letter, at)
        except StoreError:
            raise  # nothing can be sent, or written down, without the store
        except Exception as error:  # one message must not stop the others; what it says may name a person
            return Outcome(final=isinstance(error, GeoReportsError), error=type(error).__name__)

    def _give_back(self, letters: list[Letter]) -> None:
        """Untried: those of a resting sink wait until it has rested, the others are due at once."""
        now = self._now()
        for sink in dict.fromkeys(letter.sink for letter in letters):
            mine = [letter for letter in letters if letter.sink == sink]
            self._outbox.release(mine, max(now, self._rest_until.get(sink, 0)))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self.round():
                    continue
            except StoreError as error:
                log.warning("The outbox cannot be read: %s", error)
            self._stop.wait(POLL_S)

    def _now(self) -> int:
        return int(self._clock().timestamp())
