"""Follow a report with its tracking code."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.errors import NotFound
from geo_reports.look import N_
from geo_reports.report import Audience, Status
from geo_reports.web.visit import FRESH, Here, see_other

router = APIRouter()

MEANING = {
    Status.RECEIVED: N_("Your report is saved. The municipality has not read it yet."),
    Status.ACKNOWLEDGED: N_("The municipality has read it and will decide what to do."),
    Status.IN_PROGRESS: N_("Somebody is working on it."),
    Status.CLEANED: N_("The municipality says that the work is done."),
    Status.CLOSED_WITHOUT_SOLUTION: N_("It was closed, but the problem is not solved."),
    Status.DUPLICATE: N_("Somebody had reported the same before. It is followed under that report."),
    Status.REJECTED: N_("The municipality cannot act on this report."),
}
"""What each state means for the sender."""

MOST_CODE = 40
"""Longest text looked up as a code; codes have 16 letters, and people add spaces and dashes."""


@router.get("/seguimiento")
def ask_code(here: Here) -> Response:
    """Show the form for a tracking code."""
    return here.page("follow.html", cache=FRESH, wrong=False)


@router.post("/seguimiento")
def find_code(here: Here, code: Annotated[str, Form()] = "") -> Response:
    """Go to the report of a code; a code is letters, figures and dashes, whatever else was typed."""
    plain = "".join(letter for letter in code if letter.isascii() and (letter.isalnum() or letter == "-"))
    return see_other(f"/seguimiento/{plain[:MOST_CODE]}" if plain else "/seguimiento")


@router.get("/seguimiento/{code}")
def story(here: Here, code: str, nuevo: str = "") -> Response:
    """Tell what has happened to a report; every wrong code gets the same answer."""
    try:
        told = here.house.view(Audience.RESIDENT).by_code(code[:MOST_CODE])
    except NotFound:
        return here.page("follow.html", 404, wrong=True, path="/seguimiento")
    return here.page(
        "story.html",
        story=told,
        code=spelled(code),
        fresh=bool(nuevo),
        meaning=here.words(MEANING[Status(told.status)]),
        category=here.house.city.categories.get(told.category),
        path="/seguimiento",
    )


def spelled(code: str) -> str:
    """Write a code as its receipt did: capital letters in groups of four."""
    plain = code.upper().translate(str.maketrans("OIL", "011", "- "))
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))
