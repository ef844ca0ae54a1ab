"""Follow a neighborhood by e-mail: ask, confirm, leave. A link that a program opens changes nothing; a button does."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.errors import InputError, NotFound, TooManyRequests, retry_after_s
from geo_reports.look import N_
from geo_reports.report import Audience
from geo_reports.web.areas import area_page
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()

NO_ADDRESS = N_("Write one e-mail address, like ana@example.cl.")
TOO_MANY = N_("Many subscriptions were asked for just now. Please try again in an hour.")


@router.post("/barrios/{unit}/suscribir")
def subscribe(
    here: Here,
    unit: str,
    address: Annotated[str, Form(max_length=400)] = "",
    days: Annotated[str, Form(max_length=4)] = "7",
) -> Response:
    """Ask an address; the answer is the same whether or not it is known."""
    if here.house.post is None or not here.house.post.follows:
        raise NotFound("This service sends no news by mail.")
    rhythm = 1 if days == "1" else 7
    try:
        here.house.areas.ask(unit, address, language=here.words.language, days=rhythm, sender=here.sender)
    except InputError:
        return area_page(here, unit, 422, here.words(NO_ADDRESS), address)
    except TooManyRequests as error:
        response = area_page(here, unit, 429, here.words(TOO_MANY), address)
        response.headers["Retry-After"] = str(retry_after_s(error) or 3600)
        return response
    name = here.house.view(Audience.PUBLIC).area_name(unit)
    return here.page("subscription_asked.html", path="/barrios", name=name, unit=unit)


@router.get("/suscripcion/{token}")
def show(here: Here, token: str) -> Response:
    """Show the button that confirms, or that it is confirmed."""
    one = here.house.areas.find(token)
    return _gone(here) if one is None else _page(here, token, one.unit, one.state)


@router.post("/suscripcion/{token}")
def confirm(here: Here, token: str) -> Response:
    """Follow from now on."""
    return _gone(here) if here.house.areas.confirm(token) is None else see_other(f"/suscripcion/{token}")


@router.get("/suscripcion/{token}/baja")
def ask_leave(here: Here, token: str) -> Response:
    """Show the button that ends it."""
    one = here.house.areas.find(token)
    return _left(here) if one is None else _page(here, token, one.unit, LEAVING)


@router.post("/suscripcion/{token}/baja")
def leave(here: Here, token: str) -> Response:
    """End it; mail programs send this by themselves when their own button is pressed (RFC 8058)."""
    here.house.areas.leave(token)
    return _left(here)


LEAVING = "leaving"


def _page(here: Visit, token: str, unit: str, state: str) -> Response:
    name = here.house.view(Audience.PUBLIC).area_name(unit)
    return here.page("subscription.html", path="/barrios", token=token, unit=unit, name=name, state=state)


def _left(here: Visit) -> Response:
    title, advice = N_("You get no more of these mails"), N_("We have deleted your address.")
    return here.page("error.html", path="/barrios", title=here.words(title), advice=here.words(advice))


def _gone(here: Visit) -> Response:
    title = N_("This link is no longer good")
    advice = N_("A link that nobody confirms is good for seven days. Subscribe again on the page of your neighborhood.")
    return here.page("error.html", 404, path="/barrios", title=here.words(title), advice=here.words(advice))
