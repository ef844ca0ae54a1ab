"""Who is told of what: the messages that a piece of news makes."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from geo_reports.city import City
from geo_reports.post import mail
from geo_reports.post.sink import STATUS, payload
from geo_reports.post.webhook import Hook
from geo_reports.privacy.notices import announced
from geo_reports.store import Message, News


class Announcer:
    """Turns news into messages: webhooks learn of dumps the public sees, senders of a new status.

    Without webhooks and without mail it makes none. No message holds more than the report's public id.
    """

    def __init__(self, city: City, hooks: Sequence[Hook], mails: bool) -> None:
        self._city, self._hooks, self._mails = city, tuple(hooks), mails

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names of the hosts that are told."""
        return tuple(dict.fromkeys(urlsplit(hook.url).hostname or "" for hook in self._hooks))

    def __call__(self, news: News) -> tuple[Message, ...]:
        """Messages of a piece of news, each with an id of its own."""
        return tuple(
            Message(sink, news.kind, secrets.token_hex(16), payload(news.public_id)) for sink in self._sinks(news)
        )

    def _sinks(self, news: News) -> list[str]:
        category = self._city.categories.get(news.category)
        told = category is not None and announced(category)
        sinks = [hook.sink for hook in self._hooks if told and news.kind in hook.kinds]
        if self._mails and news.kind == STATUS and news.has_contact:
            sinks.append(mail.SINK)
        return sinks
