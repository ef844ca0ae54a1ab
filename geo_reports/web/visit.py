"""``Visit``: one request for a page: who asks, in which language, and how to answer."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from geo_reports.accounts import Actor, check_role
from geo_reports.city import City
from geo_reports.errors import NotSignedIn
from geo_reports.house import House
from geo_reports.look import LANGUAGES, Words, render, words
from geo_reports.report import Audience
from geo_reports.web import statics

LANGUAGE_COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
FRESH = "private, no-cache"
"""For pages without anything personal: kept, but asked for again each time."""
SECRET = "no-store"  # noqa: S105 a cache directive


@dataclass(frozen=True)
class Visit:
    """What a page needs to know about its request, and ways to answer it."""

    request: Request
    house: House
    words: Words
    token: str | None = None
    actor: Actor | None = None

    @property
    def nonce(self) -> str:
        """Nonce of this answer's scripts."""
        return str(self.request.state.nonce)

    @property
    def sender(self) -> str:
        """Network address the request came from; used to slow down abuse and never kept."""
        return self.request.client.host if self.request.client else ""

    @property
    def csrf(self) -> str:
        """Value of the hidden field in forms of staff, empty for everybody else."""
        return self.house.accounts.csrf(self.token) if self.token else ""

    def require(self, *roles: Audience) -> Actor:
        """Return who asks if the role is among ``roles``; ``NotSignedIn`` or ``NotAllowed`` if not."""
        return check_role(self.actor, roles)

    def check_form(self, csrf: str, *roles: Audience) -> Actor:
        """Return who sends a form of staff; ``NotAllowed`` unless the form was made for this session."""
        actor = self.require(*roles)
        if self.token is None:
            raise NotSignedIn("This page needs an account: sign in.")
        self.house.accounts.check_csrf(self.token, csrf)
        return actor

    def page(self, template: str, status: int = 200, cache: str = SECRET, **values: Any) -> HTMLResponse:
        """Answer with a page; besides ``values`` its template sees the actor, the menu and ``csrf``."""
        common = {
            "actor": self.actor,
            "asked": self._asked(),
            "csrf": self.csrf,
            "demo": self.house.demo,
            "nav": self.menu(staff=self.actor is not None),
            "path": self.request.url.path,
            "static": statics.address,
        }
        html = render(template, words=self.words, city=self.house.city, nonce=self.nonce, **{**common, **values})
        return self.remember_language(HTMLResponse(html, status, {"Cache-Control": cache}))

    def _asked(self) -> str:
        """What the address asks besides the language, which a change of language must keep."""
        return urlencode([(name, value) for name, value in self.request.query_params.multi_items() if name != "lang"])

    def menu(self, *, staff: bool) -> tuple[tuple[str, str], ...]:
        """Links of the header: address and text."""
        public = (("/reportar", self.words("Report")), ("/seguimiento", self.words("Follow up")))
        return (*public, ("/personal", self.words("Desk"))) if staff else public

    def remember_language(self, response: HTMLResponse) -> HTMLResponse:
        """Keep the language where the address asked for one."""
        if self.request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE,
                self.words.language,
                max_age=YEAR_S,
                secure=self.house.https,
                httponly=True,
                samesite="lax",
            )
        return response


def see_other(address: str) -> RedirectResponse:
    """Send the browser on to another page with GET."""
    return RedirectResponse(address, 303, {"Cache-Control": SECRET})


def session_cookie(house: House) -> str:
    """Name of the session's cookie; over HTTPS its prefix makes browsers refuse one set by another host."""
    return "__Host-session" if house.https else "session"


def visit_of(request: Request) -> Visit:
    """Read language and session from a request."""
    house: House = request.state.house
    token = request.cookies.get(session_cookie(house))
    return Visit(request, house, chosen_words(request, house.city), token, house.accounts.actor(token))


def chosen_words(request: Request, city: City) -> Words:
    """Words in the language of ``?lang=``, of the cookie that remembers it, or of the city."""
    asked = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), city.spec.locale[:2])
    return words(next((language for language in asked if language in LANGUAGES), LANGUAGES[0]))


Here = Annotated[Visit, Depends(visit_of)]
"""The visit, as routes ask for it."""
