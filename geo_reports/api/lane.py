"""A short way for what many send at once: a report as JSON, with a position, from somebody who has not signed in.

It does what the route does, without the framework's dozen layers, and never words an error: what it cannot take goes
on to the route as it came, and an error that refuses a report is raised by the route.
"""

from dataclasses import dataclass, field

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_reports.api.bell import Bell
from geo_reports.api.given import MAX_BODY_BYTES
from geo_reports.api.openapi import PREFIX
from geo_reports.api.receipt import send_receipt
from geo_reports.errors import StoreError, TooManyRequests
from geo_reports.house import House
from geo_reports.intake import Accepted, Pending
from geo_reports.report import Channel, NewReport

PATH = f"{PREFIX}/reports"
REFUSAL = "geo_reports.refusal"
"""Where the route finds the error that it shall raise."""
_ONLY_ROUTE = {b"cookie", b"altcha", b"transfer-encoding"}
"""Headers that only the route reads: who has signed in, a proof of work, a body of unknown length."""
_READ = {b"content-type", b"content-length", b"idempotency-key"}


@dataclass
class Sent:
    """A request that the lane may take: its idempotency key, its sender's address, and what was read of its body."""

    key: str | None
    sender: str
    messages: list[Message] = field(default_factory=list)

    async def report(self, receive: Receive) -> NewReport | None:
        """Read the body; None where the route must say what is wrong, or find an address."""
        n = 0
        while True:
            message = await receive()
            self.messages.append(message)
            n += len(message.get("body", b""))
            if message["type"] != "http.request" or n > MAX_BODY_BYTES:
                return None
            if not message.get("more_body", False):
                break
        try:
            new = NewReport.model_validate_json(b"".join([message.get("body", b"") for message in self.messages]))
        except ValidationError:
            return None
        return None if new.lon is None else new

    def replay(self, receive: Receive) -> Receive:
        """Give what was read once more, then what comes after it."""
        again = iter(self.messages)

        async def replayed() -> Message:
            return next(again, None) or await receive()

        return replayed


def sent(scope: Scope) -> Sent | None:
    """Look at a request before its body is read; None for one that only the route understands."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return None
    if scope["query_string"] or scope.get("root_path"):
        return None
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _ONLY_ROUTE or name in found:
            return None
        if name in _READ:
            found[name] = value
    length = found.get(b"content-length", b"")
    if found.get(b"content-type") != b"application/json" or not length.isdigit() or len(length) > 5:
        return None
    key, client = found.get(b"idempotency-key"), scope.get("client")
    return Sent(None if key is None else key.decode("latin-1"), client[0] if client else "")


class Lane:
    """ASGI layer around the whole app: takes a report, or passes the request on."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._intake, self._bell = app, house.intake, Bell()
        self._intake.after_each_group(self._bell.ring)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a receipt where that is all there is to say."""
        one = sent(scope)
        if one is None:
            await self._app(scope, receive, send)
        elif (accepted := await self._take(one, scope, receive)) is not None:
            await send_receipt(accepted, send)
        else:
            await self._app(scope, one.replay(receive), send)

    async def _take(self, one: Sent, scope: Scope, receive: Receive) -> Accepted | None:
        try:
            with self._intake.claim(one.key):
                new = await one.report(receive)
                if new is None:
                    return None
                again = one.key is not None
                pending = self._submit(new, one, again)
                if pending is None:
                    return None
                return pending.accepted(await self._bell.wait(pending.stored))
        except Exception as error:  # whatever it is, the route raises it
            scope[REFUSAL] = error
            return None

    def _submit(self, new: NewReport, one: Sent, again: bool) -> Pending | None:
        """Hand a report in; None for one that is refused for now: whether it came before is looked up by the route.

        That reads the store, for which the loop and everybody on it would wait.
        """
        try:
            return self._intake.submit(
                new, channel=Channel.API, key=one.key, sender=one.sender, again=again, look=False
            )
        except (TooManyRequests, StoreError):
            return None


def install_lane(app: FastAPI, house: House) -> None:
    """Put the lane around all layers of ``app``, so that a receipt passes none of them."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Lane(build(), house)  # type: ignore[method-assign]
