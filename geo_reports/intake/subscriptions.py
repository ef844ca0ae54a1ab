"""Follow a neighborhood by mail: ask, confirm, be told, leave. The address is sealed and told to nobody."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, time, timedelta

from geo_reports.city import City
from geo_reports.errors import InputError, KeyProblem, NotFound
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.limits import WriteLimit
from geo_reports.store import ErasureLog, Message, Store, subscriptions
from geo_reports.store.subscriptions import ASKED, DAY_S, Subscription
from geo_reports.wire.mailbox import is_address, plainly

SINK = "subscriptions"
CONFIRM, DIGEST = "subscription.confirm", "subscription.digest"
"""Kinds of messages; their payload names the subscription by the hash of its link."""
RHYTHMS = (1, 7)
"""Days between two digests: daily, weekly."""
HOUR = 8
"""Local hour from which a day's digests go out; weekly ones on Mondays."""
PER_HOUR, ALL_PER_HOUR = 5, 200
"""Confirmations that one network prefix, and everybody together, may ask for in an hour."""
PATIENCE_DAYS = 7
"""Days after which an address that was not confirmed is deleted."""
MOST_REFUSED = 3
"""Mails a mailbox may refuse for good, one after the other, before its subscription is deleted."""
TOKEN_LETTERS = 40
"""Hexadecimal digits of a link: 160 bits."""


class SubscribeLimit(WriteLimit):
    """Counts confirmations asked for."""

    def _said(self, minutes: int) -> str:
        return f"Many subscriptions were asked for from your network. Please try again in {minutes} min."


class Subscriptions:
    """Subscriptions of residents to the units of the primary layer.

    Parameters
    ----------
    log : ErasureLog
        Remembers who left, so that an older backup does not bring them back.
    limit : WriteLimit
        How many confirmations one network prefix may ask for.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        key: ServerKey,
        clock: Callable[[], datetime],
        log: ErasureLog,
        *,
        limit: WriteLimit | None = None,
        all_per_hour: int = ALL_PER_HOUR,
    ) -> None:
        self._city, self._key, self._clock = city, key, clock
        self._kept = subscriptions.Subscriptions(store, log)
        self._limit = limit or SubscribeLimit(PER_HOUR)
        self._all_per_hour = all_per_hour

    def ask(self, unit: str, address: str, *, language: str, days: int, sender: str) -> None:
        """Ask an address whether it wants to follow a unit. Says nothing of whether the address is known.

        Raises ``NotFound`` for an unknown unit, ``InputError`` for what is no address or rhythm, ``TooManyRequests``.
        """
        if unit not in set(self._city.primary.current.units.unit):
            raise NotFound(f"There is no unit {unit!r}.")
        if not is_address(address.strip()):
            raise InputError("Write one e-mail address, like ana@example.cl.", field="address")
        if days not in RHYTHMS:
            raise InputError("A digest comes every day or every 7 days.", field="days")
        self._limit.check(sender)
        new = self._new(unit, address.strip(), language, days)
        self._kept.ask(new, _message(new, CONFIRM, new.made_at), most_per_hour=self._all_per_hour)

    def find(self, token: str) -> Subscription | None:
        """Subscription of a link, None for one that is gone or never was."""
        return self._kept.find(_hash(token))

    def confirm(self, token: str) -> Subscription | None:
        """Follow from now on; None where the link is too old or wrong."""
        return self._kept.confirm(_hash(token), self._now())

    def leave(self, token: str) -> Subscription | None:
        """Delete a subscription; None where there was none any more."""
        return self._kept.leave(_hash(token), self._now())

    def forget(self, address: str) -> int:
        """Delete every subscription of an address; returns how many."""
        return self._kept.forget(self._address_hash(address), self._now())

    # for the post office -------------------------------------------------------------------------

    def named(self, token_hash: bytes) -> Subscription | None:
        """Subscription a message is about."""
        return self._kept.find(token_hash)

    def address(self, one: Subscription) -> str | None:
        """Open the address of a subscription; None, and it is deleted, where its key was lost for good."""
        try:
            return self._key.unseal(one.sealed)
        except KeyProblem:
            self._kept.leave(one.token_hash, self._now())
            return None

    def token(self, one: Subscription) -> str:
        """Derive the link of a subscription again: it is kept nowhere."""
        parts = (one.address_hash.hex(), one.layer, one.unit, str(one.made_at))
        return self._key.sign(f"subscription {' '.join(parts)}")[:TOKEN_LETTERS]

    def refused(self, one: Subscription) -> bool:
        """Count that a mailbox refused a mail for good; True where the subscription was deleted for it."""
        return self._kept.refused(one.token_hash, self._now(), most=MOST_REFUSED)

    def delivered(self, one: Subscription) -> None:
        """Note that a mailbox takes mail."""
        self._kept.delivered(one.token_hash)

    def tend(self) -> int:
        """Delete what was never confirmed and enqueue the digests that are due; returns how many digests."""
        self.tidy()
        return self._kept.enqueue(self._ends(), self._now(), lambda one, end: _message(one, DIGEST, end))

    def tidy(self) -> int:
        """Delete addresses that were never confirmed; returns how many."""
        return self._kept.prune(self._now() - PATIENCE_DAYS * DAY_S)

    def _new(self, unit: str, address: str, language: str, days: int) -> Subscription:
        now, layer = self._now(), self._city.primary.id
        blank = Subscription(
            layer, unit, self._address_hash(address), self._key.seal(address), b"", language, days, ASKED, now, now
        )
        return Subscription(**{**vars(blank), "token_hash": _hash(self.token(blank))})

    def _address_hash(self, address: str) -> bytes:
        return bytes.fromhex(self._key.sign(f"subscriber {plainly(address)}"))

    def _ends(self) -> dict[int, int]:
        """End of the last whole period of each rhythm, once its hour has come: seconds UTC of a local midnight."""
        day = (self._clock().astimezone(self._city.zone) - timedelta(hours=HOUR)).date()
        begins = {1: day, 7: day - timedelta(days=day.weekday())}
        return {days: int(datetime.combine(begins[days], time(), self._city.zone).timestamp()) for days in RHYTHMS}

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _message(one: Subscription, kind: str, end: int) -> Message:
    """Message whose id is that of the subscription and the period: a second delivery is known by it."""
    dedup_id = hashlib.sha256(f"{kind} {one.token_hash.hex()} {end}".encode()).hexdigest()[:32]
    payload = {"subscription": one.token_hash.hex(), "since": one.sent_until, "until": end}
    return Message(SINK, kind, dedup_id, json.dumps(payload))
