"""Webhooks: public facts of dumps, signed, to addresses that the whole internet may reach."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, TypeAdapter, ValidationError

from geo_reports.errors import InputError
from geo_reports.post.sink import DELIVERED, RECEIVED, STATUS, VOID, Outcome, subject
from geo_reports.privacy.notices import Notice
from geo_reports.store import Letter
from geo_reports.wire import Question, ask, look_up, loopback, on_this_machine, public
from geo_reports.wire.errand import Resolve

LIMIT_S = 5.0
"""How long one delivery may take, finding the host included."""
MOST_BYTES = 64 * 1024
"""Of the answer; nothing in it is used."""
SHORTEST_SECRET = 16
GONE = 410
BUSY = frozenset({408, 425, 429})
"""Statuses that ask for patience, with everything."""
SINK = "webhook:"
"""Before the name of a webhook, the name of its sink."""


class Hook(BaseModel):
    """A receiver, as the settings name it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    url: str
    secret: Annotated[SecretStr, Field(min_length=SHORTEST_SECRET)]
    kinds: tuple[Literal["report.received", "report.status"], ...] = (RECEIVED, STATUS)

    @property
    def sink(self) -> str:
        """Name under which messages to it wait in the outbox."""
        return SINK + self.name


def read_hooks(text: str, local: bool = False) -> list[Hook]:
    """Read the setting ``webhooks``; "" is none.

    ``InputError`` names what is wrong and never shows a secret. ``local`` lets hooks reach this machine.
    """
    if not text.strip():
        return []
    try:
        hooks = TypeAdapter(list[Hook]).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole text"
        raise InputError(f"GEO_REPORTS_WEBHOOKS: {where}: {first['msg']}.", "webhooks") from None
    for hook in hooks:
        if not allowed(hook.url, local):
            raise InputError(
                f"GEO_REPORTS_WEBHOOKS: {hook.name}: the url is https on port 443, to a name that everybody on the "
                "internet can reach, without a user name or a fragment.",
                "webhooks",
            )
    if len({hook.name for hook in hooks}) < len(hooks):
        raise InputError("GEO_REPORTS_WEBHOOKS: two webhooks have the same name.", "webhooks")
    return hooks


def allowed(url: str, local: bool = False) -> bool:
    """Tell whether a hook may have this URL; where its name leads is asked again before every delivery."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " #@\\"):
        return False
    if on_this_machine(host):
        return local and parts.scheme in ("http", "https")
    # a last label of digits is an IPv4 address in one of its many forms (URL Standard, host parsing)
    named = "." in host and ":" not in host and not host.rstrip(".").rsplit(".", 1)[-1][:1].isdigit()
    return parts.scheme == "https" and port in (None, 443) and named


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of ``timestamp.body``, as it stands in the header."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Webhook:
    """A sink that posts JSON to one receiver.

    Parameters
    ----------
    notice : callable
        Public facts of a report, None where there is nothing to tell.
    resolve, trust
        Name service and certificate authorities; the system's by default.
    """

    hook: Hook
    notice: Callable[[str], Notice | None]
    resolve: Resolve = look_up
    trust: ssl.SSLContext | None = None
    limit_s: float = field(default=LIMIT_S, kw_only=True)

    def send(self, letter: Letter, at: int) -> Outcome:
        """Deliver the facts as they are now; none for a report that was erased meanwhile."""
        facts = self.notice(subject(letter))
        if facts is None:
            return VOID
        told = {"id": letter.dedup_id, "kind": letter.kind, "report": facts.facts()}
        body, timestamp = json.dumps(told, ensure_ascii=False).encode(), str(at)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "geo_reports",
            "Idempotency-Key": letter.dedup_id,
            "X-Geo-Reports-Timestamp": timestamp,
            "X-Geo-Reports-Signature": signature(self.hook.secret.get_secret_value(), timestamp, body),
        }
        permit = loopback if on_this_machine(urlsplit(self.hook.url).hostname) else public
        answer = ask(
            Question(self.hook.url, headers, body),
            limit_s=self.limit_s,
            most_bytes=MOST_BYTES,
            permit=permit,
            resolve=self.resolve,
            trust=self.trust,
            name=self.hook.sink,
        )
        if answer.failed:
            return Outcome(down=True, error=answer.failed)
        return _judge(answer.status)


def _judge(status: int) -> Outcome:
    if 200 <= status < 300:
        return DELIVERED
    # 410 says: never again. Other refusals may be a receiver that is being set up, so they are tried again
    return Outcome(final=status == GONE, down=status >= 500 or status in BUSY, error=f"HTTP {status}")
