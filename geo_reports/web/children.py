"""Reports by girls, boys and adolescents: pictures and choices only, and each waits for an adult's approval.

Nothing typed is taken, whatever a browser sends. What is about a person is not taken at all: it leads to people who
help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from geo_reports.city import CategorySpec, City
from geo_reports.city.model import ChildrenSpec
from geo_reports.errors import (
    GeoReportsError,
    InputError,
    NotFound,
    ProofNeeded,
    StoreError,
    TooManyRequests,
    http_status,
    retry_after_s,
)
from geo_reports.intake import MOST_PHOTOS, HeldPhoto, originals
from geo_reports.look import N_
from geo_reports.report import Channel, Family, Size, Status
from geo_reports.web.accepting import accept_report
from geo_reports.web.children_places import places_by_unit
from geo_reports.web.proof import asked, proof_of
from geo_reports.web.report_answers import given_answers
from geo_reports.web.report_form import EDIT, SEND, Fault, ReportForm, carried, explain, read
from geo_reports.web.sent_form import Held, Sent, SentForm, hold
from geo_reports.web.visit import FRESH, Here, Visit, see_other

router = APIRouter()

ADDRESS = "/ninas-ninos"
WHAT, WHERE, MORE = "what", "where", "more"
"""The three screens; a button's ``step`` names the one to go to."""
_NEXT = {WHAT: WHERE, WHERE: MORE, MORE: SEND}
"""What follows a screen unless a button says otherwise."""


@dataclass(frozen=True)
class Told:
    """What a child chose so far: a form without any text, its photos, and the screen it was sent from."""

    sent: Sent
    at: str

    @property
    def form(self) -> ReportForm:
        """The form, cleared of everything that is not a choice."""
        return self.sent.form


async def _parts(request: Request, sent: SentForm) -> FormData:
    return await request.form()  # read before, for ``sent``


def _told(here: Visit, sent: Sent, parts: FormData) -> Told:
    """Keep the choices of a form, and nothing else that came with it."""
    city, given = here.house.city, sent.form
    questions = {question.id for question in city.spec.questions if question.children}
    places = {place.value for _, places in places_by_unit(city) for place in places}
    form = ReportForm(
        **given.model_dump(include={"category", "lon", "lat", "accuracy_m", "size", "key", "step", "proof", "ticket"}),
        found=given.found if given.found in places else "",
        answers={name: chosen for name, chosen in given_answers(parts).items() if name in questions},
    )
    if not form.key:
        form = form.model_copy(update={"key": here.house.intake.new_key()})
    at = str(parts.get("at", ""))
    return Told(Sent(form, sent.files, sent.tickets), at if at in _NEXT else WHAT)


@router.get(ADDRESS)
def first_screen(here: Here) -> Response:
    """Ask what was seen."""
    return _screen(here, WHAT, ReportForm(key=here.house.intake.new_key()))


@router.get(f"{ADDRESS}/ayuda")
def people_who_help(here: Here) -> Response:
    """Show whom to call about anything that happens to a person; nothing is asked and nothing kept."""
    return here.page("children_help.html", cache=FRESH, children=_mode(here.house.city), neutral=True)


@router.post(ADDRESS)
def next_screen(here: Here, sent: SentForm, parts: Annotated[FormData, Depends(_parts)]) -> Response:
    """Show the screen that was asked for, or send the report."""
    _mode(here.house.city)
    told = _told(here, sent, parts)
    step = told.form.step or _NEXT[told.at]
    if step == SEND:
        return _send(here, told)
    held = Held()
    hold(here, told.sent, held)
    wanted = told.at if step == EDIT or held.faults else step
    faults = held.faults or _missing(here.house.city, told.form, wanted)
    at = faults[0].field if not held.faults and faults else wanted
    return _screen(here, at if at in _NEXT else WHAT, told.form, faults, 422 if faults else 200, held.photos)


def _send(here: Visit, told: Told) -> Response:
    form, held, city = told.form, Held(), here.house.city
    if missing := _missing(city, form, MORE):
        return _screen(here, missing[0].field, form, missing, 422)
    try:
        new, faults = read(form, city)
        if new and told.sent.files and (known := here.house.intake.known(new, form.key, originals(told.sent.files))):
            return see_other(f"/seguimiento/{known.code}?nuevo=1")
        hold(here, told.sent, held)
        if new is None or held.faults:
            return _screen(here, MORE, form, faults + held.faults, 422, held.photos)
        given, proof = (here, new, form.key, held.photos, Channel.CHILDREN), proof_of(form)
        accepted = accept_report(*given, status=Status.HELD, proof=proof)
    except (InputError, TooManyRequests, StoreError) as error:
        return _refused(here, form, error, held.photos)
    return see_other(f"/seguimiento/{accepted.code}?nuevo=1")


def _refused(here: Visit, form: ReportForm, error: GeoReportsError, photos: Sequence[HeldPhoto]) -> Response:
    fault = explain(error, form, here.house.city)
    if fault.field == "address":  # the position of the phone, as there is nothing else that can be wrong with a place
        fault, form = _PLACE, form.model_copy(update={"lon": "", "lat": "", "accuracy_m": "", "found": ""})
    elif isinstance(error, InputError):
        form = form.model_copy(update={"key": here.house.intake.new_key()})
    at = WHERE if fault is _PLACE else MORE
    response = _screen(here, at, form, [fault], http_status(error), photos, unproven=isinstance(error, ProofNeeded))
    if wait_s := retry_after_s(error):
        response.headers["Retry-After"] = str(wait_s)
    return response


_PLACE = Fault(WHERE, N_("Choose a place near what you saw."))


def _missing(city: City, form: ReportForm, wanted: str) -> list[Fault]:
    """Fault of the first screen that must be filled in before the one that is wanted."""
    if wanted in (WHERE, MORE) and _category(city, form) is None:
        return [Fault(WHAT, N_("Choose what you saw."))]
    return [_PLACE] if wanted == MORE and form.place is None else []


def _category(city: City, form: ReportForm) -> CategorySpec | None:
    return city.categories[form.category] if form.category in _mode(city).categories else None


def _mode(city: City) -> ChildrenSpec:
    if city.spec.children is None:
        raise NotFound("This city has no mode for girls, boys and adolescents.")
    return city.spec.children


def _screen(
    here: Visit,
    at: str,
    form: ReportForm,
    faults: Sequence[Fault] = (),
    status: int = 200,
    photos: Sequence[HeldPhoto] = (),
    unproven: bool = False,
) -> Response:
    city = here.house.city
    category = _category(city, form)
    questions = [question for question in city.questions_of(category) if question.children] if category else []
    tickets = [here.house.intake.photos.ticket(photo, form.key) for photo in photos]
    return here.page(
        f"children_{at}.html",
        status,
        form=form,
        at=at,
        category=category,
        categories=[city.categories[name] for name in _mode(city).categories],
        carried=_carried(at, form, tickets),
        faults=[here.words(fault.message, **fault.values) for fault in faults],
        units=places_by_unit(city) if at == WHERE else (),
        kinds={spec.kind: here.words.say(spec.name) for spec in city.spec.places},
        sizes=list(Size) if category and category.family is Family.DUMP else [],
        questions=questions,
        tickets=tickets,
        most_photos=MOST_PHOTOS,
        proof=asked(here, form, unproven) if at == MORE else None,
        neutral=category is not None and category.family is Family.SECURITY,
        path=ADDRESS,
    )


_OWN: dict[str, frozenset[str]] = {
    WHAT: frozenset({"category"}),
    WHERE: frozenset({"found", "lon", "lat", "accuracy_m"}),
    MORE: frozenset({"size", "held"}),
}
"""Fields that a screen has itself, and that are therefore not carried along hidden."""


def _carried(at: str, form: ReportForm, tickets: list[str]) -> list[tuple[str, str]]:
    own = _OWN[at]
    fields = [(name, value) for name, value in carried(form, tickets) if name not in own]
    return [pair for pair in fields if at != MORE or not pair[0].startswith("answer.")]
