"""The outbox: what shall leave the program, written in the transaction it tells of and delivered at least once.

A message waits until a worker claims it. Claiming counts an attempt and leases the message; a worker that dies
leaves it waiting, and when the lease is over it goes out again under the same ``dedup_id``.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import outbox

WAITING, SENT, DEAD = "waiting", "sent", "dead"
LONGEST_ERROR = 200


@dataclass(frozen=True)
class Message:
    """What shall leave the program once its transaction is on disk: a JSON ``payload`` for a named sink."""

    sink: str
    kind: str
    dedup_id: str
    payload: str


class News(NamedTuple):
    """What happened to a report, for whoever decides which messages that makes."""

    kind: str
    public_id: str
    family: str
    category: str
    has_contact: bool = False


Announce = Callable[[News], tuple[Message, ...]]
"""Which messages a piece of news makes; they are put into the outbox in the transaction of the news."""


def silent(_news: News) -> tuple[Message, ...]:
    """Announce nothing."""
    return ()


@dataclass(frozen=True)
class Letter:
    """A message in the outbox. Times are seconds UTC; ``next_at`` of one that was sent or died is when."""

    id: int
    dedup_id: str
    sink: str
    kind: str
    payload: str
    made_at: int
    state: str
    attempts: int
    next_at: int
    last_error: str | None


def put(connection: Connection, messages: Sequence[Message], at: int) -> None:
    """Put messages into the outbox in the caller's transaction; they are due at once."""
    rows = [(m.dedup_id, m.sink, m.kind, m.payload, at, WAITING, 0, at) for m in messages]
    columns = ["dedup_id", "sink", "kind", "payload", "made_at", "state", "attempts", "next_at"]
    insert_rows(connection, outbox, columns, rows)


class Transactions(Protocol):
    """What is asked of the store."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open one consistent view."""

    def writing(self) -> AbstractContextManager[Connection]:
        """Open one durable transaction."""


class Outbox:
    """The outbox of a store; every method is one transaction. Safe to use from several workers and programs."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def claim(
        self, now: int, *, lease_s: int, most: int, most_attempts: int, resting: Collection[str] = ()
    ) -> list[Letter]:
        """Lease up to ``most`` due messages, oldest first, none of ``resting`` sinks; each has one attempt more.

        A message whose attempts were all used without any answer, as of workers that died over it, is dead.
        """
        due = sa.select(outbox).where(outbox.c.state == WAITING, outbox.c.next_at <= now)
        due = due.where(outbox.c.sink.not_in(list(resting))).order_by(outbox.c.next_at, outbox.c.id).limit(most)
        with self._store.reading() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []  # no write lock for nothing
        with self._store.writing() as connection:
            found = [_letter(row) for row in connection.execute(due)]
            spent = [one.id for one in found if one.attempts >= most_attempts]
            fresh = [one for one in found if one.attempts < most_attempts]
            _change(connection, spent, state=DEAD, next_at=now, last_error="NoAnswer")
            _change(connection, [one.id for one in fresh], attempts=outbox.c.attempts + 1, next_at=now + lease_s)
        return [replace(one, attempts=one.attempts + 1, next_at=now + lease_s) for one in fresh]

    def sent(self, letter: Letter, at: int) -> bool:
        """Mark a claimed message as delivered; False when its lease was over and another worker has it."""
        return self._settle(letter, state=SENT, next_at=at, last_error=None)

    def failed(self, letter: Letter, error: str, next_at: int) -> bool:
        """Let a claimed message wait for another attempt."""
        return self._settle(letter, next_at=next_at, last_error=error[:LONGEST_ERROR])

    def died(self, letter: Letter, error: str, at: int) -> bool:
        """Give a claimed message up: it is listed until somebody lets it try again."""
        return self._settle(letter, state=DEAD, next_at=at, last_error=error[:LONGEST_ERROR])

    def drop(self, letter: Letter) -> None:
        """Delete a claimed message that has nothing to say any more."""
        with self._store.writing() as connection:
            connection.execute(sa.delete(outbox).where(*_claimed(letter)))

    def release(self, letters: Sequence[Letter], next_at: int) -> None:
        """Give claimed messages back untried: the attempt does not count."""
        if letters:
            with self._store.writing() as connection:
                for letter in letters:
                    back = sa.update(outbox).where(*_claimed(letter))
                    connection.execute(back.values(attempts=letter.attempts - 1, next_at=next_at))

    def letters(self, states: Collection[str] = (WAITING, DEAD)) -> list[Letter]:
        """Messages in some states, oldest first."""
        with self._store.reading() as connection:
            select = sa.select(outbox).where(outbox.c.state.in_(list(states))).order_by(outbox.c.id)
            return [_letter(row) for row in connection.execute(select)]

    def retry(self, ids: Collection[int] | None, at: int) -> int:
        """Let dead messages wait again, as if never tried: some, or with None all. Returns how many."""
        again = sa.update(outbox).where(outbox.c.state == DEAD)
        if ids is not None:
            again = again.where(outbox.c.id.in_(list(ids)))
        with self._store.writing() as connection:
            return int(connection.execute(again.values(state=WAITING, attempts=0, next_at=at)).rowcount)

    def prune(self, before: int) -> int:
        """Delete messages that were sent before a time; returns how many."""
        old = (outbox.c.state == SENT, outbox.c.next_at < before)
        with self._store.reading() as connection:
            if connection.execute(sa.select(outbox.c.id).where(*old).limit(1)).first() is None:
                return 0
        with self._store.writing() as connection:
            return int(connection.execute(sa.delete(outbox).where(*old)).rowcount)

    def _settle(self, letter: Letter, **values: Any) -> bool:
        with self._store.writing() as connection:
            return bool(connection.execute(sa.update(outbox).where(*_claimed(letter)).values(**values)).rowcount)


def _claimed(letter: Letter) -> tuple[sa.ColumnElement[bool], ...]:
    """Only while the claim holds: another worker's claim counts one attempt more."""
    return outbox.c.id == letter.id, outbox.c.state == WAITING, outbox.c.attempts == letter.attempts


def _change(connection: Connection, ids: list[int], **values: Any) -> None:
    if ids:
        connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(**values))


def _letter(row: sa.Row[Any]) -> Letter:
    return Letter(**dict(row._mapping))
