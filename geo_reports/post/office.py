"""``Post``: the post office, as the other rooms see it."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from geo_reports.city import City
from geo_reports.errors import KeyProblem
from geo_reports.intake.subscriptions import Subscriptions
from geo_reports.look import LANGUAGES, words
from geo_reports.post import bulletin, mail
from geo_reports.post.announce import Announcer
from geo_reports.post.bulletin import Bulletin
from geo_reports.post.mail import Mail, Relay, Sender
from geo_reports.post.sink import Sink
from geo_reports.post.webhook import Hook, Webhook
from geo_reports.post.worker import Worker
from geo_reports.privacy import View
from geo_reports.privacy.area import AreaNews
from geo_reports.report import Family, Status
from geo_reports.store import Letter, Outbox, Query, Store


class Post:
    """Everything that leaves by itself: what is announced, what waits, and the worker that delivers it."""

    def __init__(
        self,
        announce: Announcer,
        outbox: Outbox,
        sinks: Mapping[str, Sink],
        clock: Callable[[], datetime],
        rng: random.Random,
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.announce, self._outbox, self._clock = announce, outbox, clock
        self.hosts = announce.hosts
        self.sinks = tuple(sinks)
        self._worker = Worker(outbox, sinks, clock, rng, chores)

    @property
    def mails(self) -> bool:
        """Whether senders are written to."""
        return mail.SINK in self.sinks

    @property
    def follows(self) -> bool:
        """Whether neighborhoods can be followed by mail: there is a mail server, and an address for the links."""
        return bulletin.SINK in self.sinks

    def start(self) -> None:
        """Deliver from now on, where there is anybody to deliver to."""
        if self.sinks:
            self._worker.start()

    def stop(self) -> None:
        """Deliver no more."""
        self._worker.stop()

    @property
    def alive(self) -> bool:
        """False only where the delivery was started and ended by itself."""
        return self._worker.alive

    def send_due(self) -> Counter[str]:
        """Deliver what is due now; how many were sent, void, failed, dead or postponed."""
        return self._worker.send_due()

    def letters(self, states: Collection[str]) -> list[Letter]:
        """Messages in some states, oldest first."""
        return self._outbox.letters(states)

    def retry(self, ids: Collection[int] | None) -> int:
        """Let dead messages wait again: some, or with None all; returns how many."""
        return self._outbox.retry(ids, int(self._clock().timestamp()))


def open_post(
    city: City,
    store: Store,
    view: View,
    unseal: Callable[[bytes], str],
    clock: Callable[[], datetime],
    *,
    hooks: Sequence[Hook] = (),
    relay: Relay | None = None,
    page: str = "",
    rng: random.Random | None = None,
    subscriptions: Subscriptions | None = None,
    base: str = "",
) -> Post:
    """Build the post office; ``view`` is the public's, ``page`` where a tracking code is entered.

    ``base`` is the address of the service as people reach it; without it nobody can subscribe, as no link can be sent.
    """
    sinks: dict[str, Sink] = {hook.sink: Webhook(hook, view.notice) for hook in hooks}
    if relay is not None:
        sinks[mail.SINK] = Mail(relay, senders(store, unseal), words(LANGUAGES[0]), city.spec.name, page)
    chores: list[Callable[[], object]] = []
    if relay is not None and subscriptions is not None and base:
        news = partial(_news, view)
        sinks[bulletin.SINK] = Bulletin(relay, subscriptions, news, city, base.rstrip("/"))
        chores.append(subscriptions.tend)
    chance = rng or random.Random()  # noqa: S311 it spreads attempts and keeps no secret
    return Post(Announcer(city, hooks, relay is not None), Outbox(store), sinks, clock, chance, chores)


def _news(view: View, unit: str, since: int, until: int) -> Sequence[AreaNews]:
    return view.area_news(unit, since=since, until=until)


def senders(store: Store, unseal: Callable[[bytes], str]) -> Callable[[str], Sender | None]:
    """Make the function that finds the sender of a report at the moment of sending."""

    def find(public_id: str) -> Sender | None:
        sealed, found = store.sealed_contact(public_id), store.find(Query(public_id=public_id))
        if sealed is None or found.empty:
            return None
        try:
            contact = unseal(sealed)
        except KeyProblem:  # sealed with a key that was lost for good: nobody can be written to
            return None
        return Sender(contact, Family(found.family.iloc[0]), Status(found.status.iloc[0]))

    return find
