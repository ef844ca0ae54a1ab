"""Who follows a neighborhood by mail: asked, confirmed, told, forgotten. Addresses are sealed; nobody is named."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import TooManyRequests
from geo_reports.store.erasure_log import ErasureLog, trace
from geo_reports.store.outbox import Message, Transactions, put
from geo_reports.store.problems import BACKUP, Finding
from geo_reports.store.remnants import LONGEST_BYTES, settle
from geo_reports.store.schema import subscription as table

ASKED, CONFIRMED = "asked", "confirmed"
HOUR_S, DAY_S = 3600, 86_400
CHUNK = 500
"""Digests put into the outbox in one transaction."""


@dataclass(frozen=True)
class Subscription:
    """One address that follows one unit; times are seconds UTC, ``days`` lie between two digests."""

    layer: str
    unit: str
    address_hash: bytes
    sealed: bytes
    token_hash: bytes
    language: str
    days: int
    state: str
    made_at: int
    sent_until: int
    failures: int = 0


Write = Callable[[Subscription, int], Message]
"""Makes the message of a subscription that tells what came until a time."""


class Subscriptions:
    """The subscriptions of a store; every method is one transaction, or several whose order a crash cannot harm."""

    def __init__(self, store: Transactions, log: ErasureLog) -> None:
        self._store, self._log = store, log

    def ask(self, new: Subscription, message: Message, *, most_per_hour: int) -> bool:
        """Keep a subscription until it is confirmed, and put its message into the outbox.

        False, and nothing is done, where the address follows this unit or was written to within the last day.
        ``TooManyRequests`` where too many were asked for by anybody; that says nothing of this address.
        """
        at = new.made_at
        with self._store.writing() as connection:
            _require_calm(connection, at, most_per_hour)
            mine = table.c.address_hash == new.address_hash
            here = mine & (table.c.layer == new.layer) & (table.c.unit == new.unit)
            known = here & (table.c.state == CONFIRMED)
            if connection.execute(sa.select(table.c.id).where(known | (mine & (table.c.made_at > at - DAY_S)))).first():
                return False
            connection.execute(sa.delete(table).where(here))
            connection.execute(sa.insert(table).values(**asdict(new)))
            put(connection, [message], at)
        return True

    def find(self, token_hash: bytes) -> Subscription | None:
        """Subscription a link belongs to."""
        with self._store.reading() as connection:
            return _find(connection, token_hash)

    def confirm(self, token_hash: bytes, at: int) -> Subscription | None:
        """Confirm a subscription, which from now on is told what comes; one that is confirmed stays as it is."""
        with self._store.writing() as connection:
            asked = (table.c.token_hash == token_hash) & (table.c.state == ASKED)
            connection.execute(sa.update(table).where(asked).values(state=CONFIRMED, sent_until=at))
            return _find(connection, token_hash)

    def leave(self, token_hash: bytes, at: int) -> Subscription | None:
        """Delete a subscription for good; None where there is none any more."""
        with self._store.writing() as connection:
            found = _find(connection, token_hash)
            if found is not None:
                self._delete(connection, [found], at)
        return found

    def forget(self, address_hash: bytes, at: int) -> int:
        """Delete every subscription of an address, from the store's files too; returns how many."""
        with self._store.writing() as connection:
            rows = connection.execute(sa.select(table).where(table.c.address_hash == address_hash))
            found = [_subscription(row) for row in rows]
            self._delete(connection, found, at)
        with self._store.reading() as connection:
            engine = connection.engine
        if found:
            settle(engine, [address_hash, *(one.sealed[:LONGEST_BYTES] for one in found)])
        return len(found)

    def enqueue(self, ends: Mapping[int, int], at: int, write: Write) -> int:
        """Put the digests that are due into the outbox; returns how many.

        ``ends`` gives, for each number of days between two digests, the end of the last whole period. A period is
        marked as told in the transaction that enqueues its digest: each is enqueued once.
        """
        made = 0
        for days, end in ends.items():
            due = sa.select(table).where(table.c.state == CONFIRMED, table.c.days == days, table.c.sent_until < end)
            while self._any(due):
                with self._store.writing() as connection:
                    found = [_subscription(row) for row in connection.execute(due.limit(CHUNK))]
                    put(connection, [write(one, end) for one in found], at)
                    names = [one.token_hash for one in found]
                    told = sa.update(table).where(table.c.token_hash.in_(names)).values(sent_until=end)
                    connection.execute(told)
                made += len(found)
        return made

    def delivered(self, token_hash: bytes) -> None:
        """Forget earlier failures of a mailbox that takes mail again."""
        failed = (table.c.token_hash == token_hash) & (table.c.failures > 0)
        if self._any(sa.select(table.c.id).where(failed)):
            with self._store.writing() as connection:
                connection.execute(sa.update(table).where(failed).values(failures=0))

    def refused(self, token_hash: bytes, at: int, *, most: int) -> bool:
        """Count that a mailbox refused a mail for good; True where the subscription was deleted for it."""
        with self._store.writing() as connection:
            found = _find(connection, token_hash)
            if found is None:
                return False
            if found.state == ASKED or found.failures + 1 >= most:
                self._delete(connection, [found], at)
                return True
            counted = sa.update(table).where(table.c.token_hash == token_hash)
            connection.execute(counted.values(failures=found.failures + 1))
            return False

    def prune(self, before: int) -> int:
        """Delete those asked for before a time and never confirmed; returns how many."""
        old = (table.c.state == ASKED) & (table.c.made_at < before)
        if not self._any(sa.select(table.c.id).where(old)):
            return 0
        with self._store.writing() as connection:
            return int(connection.execute(sa.delete(table).where(old)).rowcount)

    def _delete(self, connection: Connection, found: list[Subscription], at: int) -> None:
        # before the commit: what is gone from the store must never be missing in the log
        self._log.add((trace(one.address_hash, one.token_hash) for one in found), at)
        names = [one.token_hash for one in found]
        connection.execute(sa.delete(table).where(table.c.token_hash.in_(names)))

    def _any(self, select: sa.Select[Any]) -> bool:
        """Look before asking for the write lock."""
        with self._store.reading() as connection:
            return connection.execute(select.limit(1)).first() is not None


def leave_again(connection: Connection, log: set[str]) -> int:
    """Delete from a restored store who had left after its backup (``log``: traces); returns how many."""
    rows = connection.execute(sa.select(table.c.id, table.c.address_hash, table.c.token_hash)).all()
    ids = [row.id for row in rows if trace(bytes(row.address_hash), bytes(row.token_hash)) in log]
    for start in range(0, len(ids), CHUNK):
        connection.execute(sa.delete(table).where(table.c.id.in_(ids[start : start + CHUNK])))
    return len(ids)


def examine(connection: Connection, opens: Callable[[bytes], bool] | None) -> list[Finding]:
    """Whether every sealed address opens and every state is one; ``opens`` None examines no address."""
    rows = connection.execute(sa.select(table.c.id, table.c.sealed, table.c.state)).all()
    shut = [str(row.id) for row in rows if opens is not None and not opens(bytes(row.sealed))]
    odd = [str(row.id) for row in rows if row.state not in (ASKED, CONFIRMED)]
    wrong = [f"{len(shut)} addresses do not open with the server key: {', '.join(shut[:5])}"] if shut else []
    wrong += [f"{len(odd)} are neither asked for nor confirmed: {', '.join(odd[:5])}"] if odd else []
    if wrong:
        return [Finding("subscriptions", False, "; ".join(wrong), remedy=BACKUP)]
    return [Finding("subscriptions", True, f"{len(rows):,}, all readable" if rows else "none")]


def _require_calm(connection: Connection, at: int, most: int) -> None:
    times = sa.select(table.c.made_at).where(table.c.made_at > at - HOUR_S).order_by(table.c.made_at.desc()).limit(most)
    recent = list(connection.execute(times).scalars())
    if len(recent) >= most:
        wait_s = max(1, recent[-1] + HOUR_S - at)
        raise TooManyRequests(f"Many people subscribe just now. Please try again in {-(-wait_s // 60)} min.", wait_s)


def _find(connection: Connection, token_hash: bytes) -> Subscription | None:
    row = connection.execute(sa.select(table).where(table.c.token_hash == token_hash)).first()
    return None if row is None else _subscription(row)


def _subscription(row: sa.Row[Any]) -> Subscription:
    kept = dict(row._mapping)
    kept.pop("id")
    secret = {name: bytes(kept[name]) for name in ("address_hash", "sealed", "token_hash")}
    return Subscription(**{**kept, **secret})
