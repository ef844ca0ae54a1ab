"""Mail to those who follow a neighborhood: is it you who asked, and what came of its dumps."""

import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import quote

from geo_reports.city import City
from geo_reports.errors import InputError
from geo_reports.intake.subscriptions import CONFIRM, SINK, Subscriptions
from geo_reports.look import Words, words
from geo_reports.post.mail import Relay, hand_over, write
from geo_reports.post.sink import VOID, Outcome
from geo_reports.privacy.area import AreaNews
from geo_reports.report import Family
from geo_reports.store import Letter
from geo_reports.store.subscriptions import ASKED, CONFIRMED, Subscription

__all__ = ["SINK", "Bulletin"]

MOST_LINES = 30
"""Dumps that one digest names."""
LONGEST_LINE = 998
"""Characters of a line (RFC 5322, 2.1.1)."""
News = Callable[[str, int, int], Sequence[AreaNews]]
"""Public news of a unit from a time to before another, seconds UTC."""


@dataclass(frozen=True)
class Bulletin:
    """A sink that writes to subscribers; everything it tells is read when it is sent.

    Parameters
    ----------
    base : str
        Address of the service as people reach it, without a slash at its end; links begin with it.
    trust
        Certificate authorities; the system's by default.
    """

    relay: Relay
    subscriptions: Subscriptions
    news: News
    city: City
    base: str
    trust: ssl.SSLContext | None = None

    def send(self, letter: Letter, at: int) -> Outcome:
        """Hand a mail to the relay; none for who has left, or where there is nothing to tell.

        A mailbox that refuses for good is counted against its subscription, not given up by a person.
        """
        token_hash, since, until = _subject(letter)
        one = self.subscriptions.named(token_hash)
        if one is None or one.state != (ASKED if letter.kind == CONFIRM else CONFIRMED):
            return VOID
        news = () if letter.kind == CONFIRM else self.news(one.unit, since, until)
        to = self.subscriptions.address(one) if news or letter.kind == CONFIRM else None
        if to is None:
            return VOID
        outcome = hand_over(self.relay, self.compose(letter, one, to, news, at), to, self.trust)
        if outcome.final:
            self.subscriptions.refused(one)
            return VOID
        if outcome.sent:
            self.subscriptions.delivered(one)
        return outcome

    def compose(self, letter: Letter, one: Subscription, to: str, news: Sequence[AreaNews], at: int) -> EmailMessage:
        """Mail in plain text; a second delivery has the same Message-ID. A digest is left with one click (RFC 8058)."""
        _, link = words(one.language), f"{self.base}/suscripcion/{self.subscriptions.token(one)}"
        name = self._name(one.unit)
        if letter.kind == CONFIRM:
            title = _("Do you want news of %(unit)s by e-mail?", unit=name)
            return write(self.relay, self.city.spec.name, to, title, self._question(_, name, link), letter.dedup_id, at)
        title = _.plural(
            "%(unit)s: news of %(n)s micro-dump", "%(unit)s: news of %(n)s micro-dumps", len(news), unit=name
        )
        mail = write(self.relay, self.city.spec.name, to, title, self._digest(_, one, news, link), letter.dedup_id, at)
        mail.policy = mail.policy.clone(max_line_length=LONGEST_LINE)  # else a link that is folded is no link any more
        mail["List-Unsubscribe"] = f"<{link}/baja>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return mail

    def _question(self, _: Words, name: str, link: str) -> str:
        return _paragraphs(
            _(
                "Somebody, we hope it was you, asked to send news of the micro-dumps of %(unit)s to this address.",
                unit=name,
            ),
            _("If you want them, open this page and press the button: %(page)s", page=link),
            _("If not, you need do nothing: we forget your address after seven days."),
            _("This mail was written by a machine."),
        )

    def _digest(self, _: Words, one: Subscription, news: Sequence[AreaNews], link: str) -> str:
        lines = [self._line(_, each) for each in news[:MOST_LINES]]
        if len(news) > MOST_LINES:
            lines.append(_.plural("and %(n)s more.", "and %(n)s more.", len(news) - MOST_LINES))
        return _paragraphs(
            _("This is what is new of the micro-dumps of %(unit)s.", unit=self._name(one.unit)),
            "\n\n".join(lines),
            _("All about the neighborhood: %(page)s", page=f"{self.base}/barrios/{quote(one.unit, safe='')}"),
            _("To get no more of these mails: %(page)s", page=f"{link}/baja"),
        )

    def _line(self, _: Words, each: AreaNews) -> str:
        kind = _.say(self.city.categories[each.category].name)
        what = f"{kind} ({_.size(each.size)})" if each.size else kind
        said = f"- {_.date(each.on)}. {what}: {_.status(each.status, Family.DUMP)}."
        return f"{said}\n  {self.base}/reportes/{each.public_id}"

    def _name(self, unit: str) -> str:
        """Name of a unit on one line: it goes into the subject."""
        frame = self.city.primary.table
        found = frame.name[frame.unit == unit]
        return " ".join(str(found.iloc[-1] if len(found) else unit).split())


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def _subject(letter: Letter) -> tuple[bytes, int, int]:
    """Hash of the link and the period a message is about; ``InputError`` for a payload that is none."""
    try:
        payload = json.loads(letter.payload)
        return bytes.fromhex(payload["subscription"]), int(payload["since"]), int(payload["until"])
    except (ValueError, KeyError, TypeError):
        raise InputError("The payload of this message names no subscription.") from None
