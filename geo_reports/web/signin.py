"""Sign in and out. A session begins with a new token, never with one the browser brought."""

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.accounts import STAFF
from geo_reports.errors import NotSignedIn, TooManyRequests, http_status
from geo_reports.house import House
from geo_reports.look import N_
from geo_reports.web.visit import Here, Visit, see_other, session_cookie

router = APIRouter()

_OWN_PATH = re.compile(r"/(?:[a-z0-9_-]+(?:/[a-z0-9_-]+)*)?")
"""Where a person may be sent after signing in: a plain path of this service, so no other site."""

_MADE = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
"""What the cookie of the form holds; anything else a browser brings is not sent back to it."""

WRONG = N_("The name or the password is not right. Check both and try again.")
WAIT = N_("There were many attempts. Wait %(n)s minutes and try again.")


@router.get("/entrar")
def ask(here: Here, volver: str = "") -> Response:
    """Show the form to sign in."""
    return _form(here, volver)


@router.post("/entrar")
def sign_in(
    here: Here,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    volver: Annotated[str, Form()] = "",
    entry: Annotated[str, Form()] = "",
) -> Response:
    """Open a session and go where the person wanted to go."""
    accounts = here.house.accounts
    accounts.check_csrf(here.request.cookies.get(_entry_cookie(here.house), ""), entry)
    try:
        token = accounts.sign_in(login, password, sender=here.sender)
    except NotSignedIn as error:
        return _form(here, volver, http_status(error), login, here.words(WRONG))
    except TooManyRequests as error:
        wait = here.words(WAIT, n=-(-error.retry_after_s // 60))
        response = _form(here, volver, http_status(error), login, wait)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    if here.token:
        accounts.sign_out(here.token)
    response = see_other(volver if _OWN_PATH.fullmatch(volver) else "/personal")
    _set(response, here.house, session_cookie(here.house), token, "lax")
    response.delete_cookie(_entry_cookie(here.house), secure=here.house.https, httponly=True, samesite="strict")
    return response


@router.post("/salir")
def sign_out(here: Here, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session, here and on the server."""
    here.check_form(csrf, *STAFF)
    here.house.accounts.sign_out(here.token or "")
    response = see_other("/")
    response.delete_cookie(session_cookie(here.house), secure=here.house.https, httponly=True, samesite="lax")
    return response


def _form(here: Visit, volver: str, status: int = 200, login: str = "", wrong: str = "") -> Response:
    # a page of another site cannot know this token, so it cannot sign a person in to an account of its choice
    name = _entry_cookie(here.house)
    brought = here.request.cookies.get(name, "")
    kept = brought if _MADE.fullmatch(brought) else secrets.token_urlsafe(24)
    entry = here.house.accounts.csrf(kept)
    response = here.page("signin.html", status, volver=volver, login=login, wrong=wrong, entry=entry)
    _set(response, here.house, name, kept, "strict")
    return response


def _entry_cookie(house: House) -> str:
    return "__Host-entry" if house.https else "entry"


def _set(response: Response, house: House, name: str, value: str, samesite: str) -> None:
    response.headers.append(
        "Set-Cookie",
        f"{name}={value}; Path=/; HttpOnly; SameSite={samesite}" + ("; Secure" if house.https else ""),
    )
