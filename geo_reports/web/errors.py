"""Errors as pages, in plain words: what happened and what to do next."""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import Request, Response

from geo_reports.errors import NotSignedIn, retry_after_s
from geo_reports.house import House
from geo_reports.look import N_
from geo_reports.web.visit import SECRET, Visit, chosen_words, see_other

_SAID = {
    401: (N_("You need to sign in"), N_("This page is for the municipality's staff.")),
    403: (
        N_("You cannot open this page"),
        N_("It needs another role, or the form was open for too long. Open it again or sign in with another account."),
    ),
    404: (
        N_("We did not find that page"),
        N_("Check the address. If you have a tracking code, follow your report with it."),
    ),
    405: (N_("This page does not work that way"), N_("Go back and use the buttons of the page.")),
    409: (
        N_("The report has already changed"),
        N_("Somebody moved it in the meantime. Open it again to see how it is now."),
    ),
    413: (N_("That is too long"), N_("Write a shorter text and send it again.")),
    422: (N_("Something is missing or cannot be read"), N_("Go back, check what you wrote and send it again.")),
    429: (N_("Please wait a little"), N_("Too many attempts came from your network. Try again in a few minutes.")),
    501: (N_("This page is not ready yet"), N_("The service lacks a part it needs. Whoever runs it can add it.")),
    503: (N_("We cannot save right now"), N_("Nothing was lost on our side. Try again in a moment.")),
    500: (N_("Something failed here"), N_("It was not your fault. Try again in a moment.")),
}


def html_errors(house: House) -> Callable[[Request, int, Exception], Response]:
    """Make the function that answers an error with a page: request, HTTP status, error."""

    def answer(request: Request, status: int, error: Exception) -> Response:
        if isinstance(error, NotSignedIn) and request.method == "GET":
            return see_other(f"/entrar?volver={quote(request.url.path)}")
        # without a session: finding out who asks could fail in the same way as the page did
        visit = Visit(request, house, chosen_words(request, house.city))
        title, advice = _SAID.get(status, _SAID[500 if status >= 500 else 422])
        told = {"title": visit.words(title), "advice": visit.words(advice)}
        again = {} if request.method in ("GET", "HEAD") else {"path": "/"}  # what was posted to may have no page
        response = visit.page("error.html", status, SECRET, **told, **again)
        if wait_s := retry_after_s(error):
            response.headers["Retry-After"] = str(wait_s)
        return response

    return answer
