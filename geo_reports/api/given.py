"""What a route is given: the house, who asks, and a body that is JSON and not too long."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie
from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from geo_reports.accounts import Actor
from geo_reports.errors import NotSignedIn
from geo_reports.house import House
from geo_reports.privacy import View
from geo_reports.report import Audience

MAX_BODY_BYTES = 64 * 1024
"""Longest body a route reads: some ten times the longest report."""


async def _house(request: Request) -> House:
    house: House = request.state.house
    return house


HouseDep = Annotated[House, Depends(_house)]
"""The collaborators, put there by ``create_api``."""


def session_cookie(house: House) -> str:
    """Name of the cookie that signing in on the pages sets; a test keeps it equal to theirs."""
    return "__Host-session" if house.https else "session"


def _visitor(request: Request, house: HouseDep) -> Actor | None:
    return house.accounts.actor(request.cookies.get(session_cookie(house)))


Visitor = Annotated[Actor | None, Depends(_visitor)]
"""Who has signed in, or None: the route is open to all, and shows more to some."""


def _view(house: HouseDep, visitor: Visitor) -> View:
    return house.view(visitor.role if visitor else Audience.PUBLIC)


ViewDep = Annotated[View, Depends(_view)]
"""What the visitor may see. Only a session widens it; no parameter does."""

_documented = APIKeyCookie(
    name="session",
    scheme_name="session",
    description="Session cookie of a staff account; over HTTPS its name is `__Host-session`.",
    auto_error=False,
)


def _staff(
    request: Request,
    house: HouseDep,
    _token: Annotated[str | None, Security(_documented)],
    csrf: Annotated[str, Header(alias="X-CSRF-Token", description="Token of the session, from any of its forms.")] = "",
) -> Actor:
    token = request.cookies.get(session_cookie(house))
    actor = house.accounts.actor(token)
    if token is None or actor is None:
        raise NotSignedIn("This needs an account: sign in and send the session cookie.")
    # a browser sends the cookie for any site that asks; only our own pages know the token
    house.accounts.check_csrf(token, csrf)
    return actor


Staff = Annotated[Actor, Depends(_staff)]
"""Who has signed in and meant to send this request."""


class JsonRoute(APIRoute):
    """A route whose body must be JSON of at most ``MAX_BODY_BYTES`` (else 415 or 413)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's own handler with the two checks, before anything is read."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            require_json(request)
            return await handle(_Limited(request))

        return checked


def media_type(request: Request) -> str:
    """Media type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_json(request: Request) -> None:
    """Refuse a body that is not JSON (415) or says it is too long (413), before anything is read."""
    if media_type(request) != "application/json":
        raise HTTPException(415, "Send the body as JSON, with the header Content-Type: application/json.")
    if int(_digits(request.headers.get("content-length"))) > MAX_BODY_BYTES:
        raise _too_long()


async def body_of(request: Request) -> bytes:
    """Whole body of a request (413 once it is too long)."""
    return await _Limited(request).body()


async def sender_of(request: Request, house: House) -> str | None:
    """Network address whose reports are counted, None for staff."""
    token = request.cookies.get(session_cookie(house))
    if token and (await run_in_threadpool(house.accounts.actor, token)) is not None:
        return None
    return request.client.host if request.client else ""


class _Limited(Request):
    """A request that stops reading once its body is longer than ``MAX_BODY_BYTES``."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.scope, self._counted)
        self._source = request.receive
        self._left = MAX_BODY_BYTES

    async def _counted(self) -> Message:
        message = await self._source()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _too_long()
        return message


def _too_long() -> HTTPException:
    return HTTPException(413, f"The body is too long: send at most {MAX_BODY_BYTES} bytes.")


def _digits(text: str | None) -> str:
    """A length as it was claimed, "0" where it was not: what comes is counted in any case."""
    return text if text and text.isascii() and text.isdigit() and len(text) < 20 else "0"
