"""Follow a report with its tracking code."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.web import follow_acts, follow_keep
from geo_reports.web.follow_page import MOST_CODE, show
from geo_reports.web.visit import FRESH, Here, see_other

router = APIRouter()


@router.get("/seguimiento")
def ask_code(here: Here) -> Response:
    """Show the form for a tracking code."""
    return here.page("follow.html", cache=FRESH, wrong=False)


@router.post("/seguimiento")
def find_code(here: Here, code: Annotated[str, Form()] = "") -> Response:
    """Go to the report of a code; a code is letters, figures and dashes, whatever else was typed.

    Nothing is looked up here: a right code and a wrong one get the same answer.
    """
    plain = "".join(letter for letter in code if letter.isascii() and (letter.isalnum() or letter == "-"))
    return see_other(f"/seguimiento/{plain[:MOST_CODE]}" if plain else "/seguimiento")


@router.get("/seguimiento/{code}")
def story(here: Here, code: str, nuevo: str = "", hecho: str = "") -> Response:
    """Tell what has happened to a report; every wrong code gets the same answer."""
    return show(here, code, fresh=bool(nuevo), done=hecho)


router.include_router(follow_acts.router)
router.include_router(follow_keep.router)
