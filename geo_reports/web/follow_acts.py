"""What the sender of a report does with its code: each a form of the page, each harmless when it is sent twice."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.datastructures import FormData, UploadFile

from geo_reports.errors import BadPhoto, IllegalTransition, InputError, NotFound, PhotoTooLarge, UnknownCategory
from geo_reports.fieldwork.followup import MOST_PHOTOS, Act, Correction
from geo_reports.intake import MOST_PHOTOS as MOST_AT_ONCE
from geo_reports.intake import Hint, find_hints
from geo_reports.look import N_
from geo_reports.report import Size
from geo_reports.web.follow_page import MOST_CODE, Attempt, no_report, show, spelled
from geo_reports.web.report_answers import given_answers, read_answers
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter(prefix="/seguimiento/{code}")
MOST_FIELDS = 250
"""Far above what a form has: every question of a city may have many options."""
Text = Annotated[str, Form()]
FAULTS = {
    Act.COMMENT: N_("Write a comment of at most 1,000 characters."),
    Act.REOPEN: N_("Write in at most 1,000 characters why it is not solved."),
    Act.CORRECT: N_("Something cannot be read. Check what you wrote and send it again."),
}
CHANGED = N_("The report has changed meanwhile, and this is no longer possible. Here you see how it is now.")


@router.post("/comentario")
def comment(here: Here, code: str, comment: Text = "", seen: Text = "", hinted: Text = "") -> Response:
    """Keep words for the municipality."""
    attempt = Attempt(Act.COMMENT, typed={"comment": comment}, hints=_hints(comment, hinted))
    house, n = here.house, _number(seen)
    return _do(here, code, attempt, lambda: house.followup.comment(_cut(code), comment, seen=n, sender=_sender(here)))


async def _photos_of(request: Request) -> AsyncIterator[list[BinaryIO]]:
    async with request.form(max_files=2 * MOST_AT_ONCE, max_fields=MOST_FIELDS) as parts:
        yield [part.file for part in parts.getlist("photo") if isinstance(part, UploadFile) and part.size]


@router.post("/foto")
def add_photos(here: Here, code: str, files: Annotated[list[BinaryIO], Depends(_photos_of)]) -> Response:
    """Add photos, which nobody outside the municipality sees before a person there has checked them."""
    house, attempt = here.house, Attempt(Act.PHOTO)
    return _do(here, code, attempt, lambda: house.followup.add_photos(_cut(code), files, sender=_sender(here)))


async def _fields_of(request: Request) -> FormData:
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as parts:
        return parts


@router.post("/corregir")
def correct(here: Here, code: str, parts: Annotated[FormData, Depends(_fields_of)]) -> Response:
    """Change what was told; the place stays."""
    typed = {name: value for name, value in parts.items() if isinstance(value, str)}
    text = typed.get("description", "")
    answered = given_answers(parts)
    attempt = Attempt(Act.CORRECT, typed=typed, hints=_hints(text, typed.get("hinted", "")), answers=answered)

    def do() -> object:
        city = here.house.city
        category = city.categories.get(typed.get("category", ""))
        if category is None:
            raise UnknownCategory("There is no such category.", field="category")
        answers, faults = read_answers(city, category, answered)
        if faults:
            raise InputError("An answer is none of those to choose.", field="answers")
        size = Size(typed["size"]) if typed.get("size") in set(Size) else None
        wanted = Correction(category.id, size, answers, text)
        return here.house.followup.correct(_cut(code), wanted, sender=_sender(here))

    return _do(here, code, attempt, do)


@router.post("/retirar")
def retract(here: Here, code: str, sure: Text = "") -> Response:
    """Take a report back, after asking whether that is meant."""
    house = here.house
    if not sure or _joined(here, code):
        return _ask(here, code, "retract.html", 409 if sure else 200)
    return _do(here, code, Attempt(Act.RETRACT), lambda: house.followup.retract(_cut(code), sender=_sender(here)))


@router.post("/confirmar")
def confirm(here: Here, code: str) -> Response:
    """Say that the problem is gone."""
    house = here.house
    return _do(here, code, Attempt(Act.CONFIRM), lambda: house.followup.confirm(_cut(code), sender=_sender(here)))


@router.post("/reabrir")
def reopen(here: Here, code: str, why: Text = "", seen: Text = "", hinted: Text = "") -> Response:
    """Say that a closed report is not solved, and why."""
    house, n = here.house, _number(seen)
    attempt = Attempt(Act.REOPEN, typed={"why": why}, hints=_hints(why, hinted))
    return _do(here, code, attempt, lambda: house.followup.reopen(_cut(code), why, seen=n, sender=_sender(here)))


@router.post("/borrar")
def erase(here: Here, code: str, again: Annotated[str | None, Form()] = None) -> Response:
    """Erase everything of a report, after its code was typed once more."""
    if again is None:
        return _ask(here, code, "erase.html")
    try:
        here.house.followup.own(_cut(code))
        here.house.followup.erase(_cut(code), again[:MOST_CODE])
    except NotFound:
        return no_report(here)
    except InputError:
        return _ask(here, code, "erase.html", status=422, wrong=True)
    return here.page("erased.html", path="/seguimiento", again="/seguimiento")


def _joined(here: Visit, code: str) -> bool:
    """Whether a report is others' too; False for a wrong code, which is answered later."""
    try:
        return here.house.followup.own(_cut(code)).n_joined > 0
    except NotFound:
        return False


def _ask(here: Visit, code: str, template: str, status: int = 200, wrong: bool = False) -> Response:
    """Ask whether something that cannot be undone is meant."""
    try:
        own = here.house.followup.own(_cut(code))
    except NotFound:
        return no_report(here)
    page = f"/seguimiento/{spelled(code)}"
    joined = own.n_joined
    return here.page(
        template, status, code=spelled(code), joined=joined, wrong=wrong, path="/seguimiento", again=page, neutral=True
    )


def _do(here: Visit, code: str, attempt: Attempt, do: Callable[[], object]) -> Response:
    """Do something and go back to the page, or show the page again with what to correct."""
    try:
        if attempt.hints:
            here.house.followup.own(_cut(code))
            return show(here, code, attempt=attempt)
        do()
    except NotFound:
        return no_report(here)
    except IllegalTransition:
        return show(here, code, attempt=_with(attempt, here.words(CHANGED), 409))
    except BadPhoto as error:
        return show(here, code, attempt=_with(attempt, _about_photo(here, error), 422))
    except InputError:
        return show(here, code, attempt=_with(attempt, here.words(FAULTS[attempt.act]), 422))
    return see_other(f"/seguimiento/{spelled(_cut(code))}?hecho={attempt.act}#hecho")


def _with(attempt: Attempt, fault: str, status: int) -> Attempt:
    return replace(attempt, fault=fault, status=status, hints=())


def _about_photo(here: Visit, error: BadPhoto) -> str:
    if isinstance(error, PhotoTooLarge):
        return here.words(N_("One of the photos is too large. Choose a smaller one."))
    said = N_("Choose up to %(n)s photos at once, and at most %(all)s of one report, in a format we can read.")
    return here.words(said, n=MOST_AT_ONCE, all=MOST_PHOTOS)


def _hints(text: str, hinted: str) -> tuple[Hint, ...]:
    return () if hinted else tuple(find_hints(text))


def _number(text: str) -> int:
    """How many changes a form knew of; one that does not say knew of none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _cut(code: str) -> str:
    return code[:MOST_CODE]


def _sender(here: Visit) -> str | None:
    return None if here.actor else here.sender
