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
THEME_COOKIE = "theme"
THEMES = ("light", "dark")
"""Colours to choose; "system" forgets the choice."""
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
            "again": "" if self.request.method in ("GET", "HEAD") else values.get("path", self.request.url.path),
            "asked": self._asked(),
            "csrf": self.csrf,
            "demo": self.house.demo,
            "nav": self.menu(staff=self.actor is not None),
            "path": self.request.url.path,
            "static": statics.address,
            "theme": self.theme,
        }
        html = render(template, words=self.words, city=self.house.city, nonce=self.nonce, **{**common, **values})
        return self.remember(HTMLResponse(html, status, {"Cache-Control": cache}))

    def _asked(self) -> str:
        """What the address asks besides the language and the colours, which a change of those must keep."""
        if self.request.method not in ("GET", "HEAD"):
            return ""
        chosen = (LANGUAGE_COOKIE, THEME_COOKIE)
        return urlencode([pair for pair in self.request.query_params.multi_items() if pair[0] not in chosen])

    @property
    def theme(self) -> str:
        """Colours that were chosen by ``?theme=`` or before: one of ``THEMES``, empty for those of the system."""
        asked = self.request.query_params.get("theme") or self.request.cookies.get(THEME_COOKIE, "")
        return asked if asked in THEMES else ""

    def menu(self, *, staff: bool) -> tuple[tuple[str, str], ...]:
        """Links of the header: address and text."""
        public = (
            ("/reportar", self.words("Report")),
            ("/seguimiento", self.words("Follow up")),
            ("/barrios", self.words("Neighborhoods")),
        )
        return (*public, ("/personal", self.words("Desk"))) if staff else public

    def remember(self, response: HTMLResponse) -> HTMLResponse:
        """Keep the language and the colours where the address asked for them."""
        asked = self.request.query_params
        if asked.get("lang") in LANGUAGES:
            self._keep(response, LANGUAGE_COOKIE, self.words.language, httponly=True)
        if asked.get("theme") in THEMES:
            self._keep(response, THEME_COOKIE, self.theme, httponly=False)  # look.js changes it too
        elif asked.get("theme") == "system":
            response.delete_cookie(THEME_COOKIE, secure=self.house.https, samesite="lax")
        return response

    def _keep(self, response: HTMLResponse, name: str, value: str, *, httponly: bool) -> None:
        secure = self.house.https
        response.set_cookie(name, value, max_age=YEAR_S, secure=secure, httponly=httponly, samesite="lax")


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


def switched(request: Request) -> bool:
    """Tell whether a request changes the language or the colours: a form that comes along is not meant to be sent."""
    return not {LANGUAGE_COOKIE, THEME_COOKIE}.isdisjoint(request.query_params)


def chosen_words(request: Request, city: City) -> Words:
    """Words in the language of ``?lang=``, of the cookie that remembers it, or of the city."""
    asked = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), city.spec.locale[:2])
    return words(next((language for language in asked if language in LANGUAGES), LANGUAGES[0]))


Here = Annotated[Visit, Depends(visit_of)]
"""The visit, as routes ask for it."""
