"""Send a report: type, look at it, send it. No account, no script needed.

Each step posts the whole form to the same address and answers with the next page: what ``step`` asks for, unless there
is something to correct first. Nothing is stored before "send".
"""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from geo_reports.errors import (
    GeoReportsError,
    InputError,
    ProofNeeded,
    SameReport,
    StoreError,
    TooManyRequests,
    http_status,
    retry_after_s,
)
from geo_reports.intake import MOST_PHOTOS, Accepted, HeldPhoto, originals
from geo_reports.report import Channel, Family, NewReport, Size
from geo_reports.web import nearby, review
from geo_reports.web.accepting import accept_report
from geo_reports.web.proof import asked, proof_of
from geo_reports.web.report_form import EDIT, HOURS, LONGEST, SEND, Fault, ReportForm, explain, read
from geo_reports.web.sent_form import Held, SentForm, hold
from geo_reports.web.spot import ASKED, Spot, spot_of
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()


@router.get("/reportar")
def empty_form(here: Here, family: str = "") -> Response:
    """Show the form, with a key that makes one report of it however often it is sent."""
    return _form(here, ReportForm(family=family, key=here.house.intake.new_key()))


@router.post("/reportar")
def send_form(here: Here, sent: SentForm) -> Response:
    """Take the form one step further, or show it again with what to correct."""
    if sent.form.again == review.SAME:
        title, advice = here.words("We already have your report"), here.words("Its code was shown when you sent it.")
        return here.page("error.html", title=title, advice=advice)
    form = sent.form if sent.form.key else sent.form.model_copy(update={"key": here.house.intake.new_key()})
    held = Held()
    try:
        new, faults = read(form, here.house.city)
        to_send = form.step == SEND or form.again == review.ANOTHER
        if to_send and new and sent.files and (known := here.house.intake.known(new, form.key, originals(sent.files))):
            return _receipt(known)
        hold(here, sent, held)
        if form.step == EDIT:
            return _form(here, form, held.faults, photos=held.photos)
        if new is None or held.faults:
            return _incomplete(here, form, faults + held.faults, held.photos)
        if to_send:
            again, proof = form.again == review.ANOTHER, proof_of(form)
            return _receipt(accept_report(here, new, form.key, held.photos, Channel.WEB, again=again, proof=proof))
        return _look(here, form, new, held.photos)
    except (InputError, TooManyRequests, StoreError) as error:
        return _refused(here, form, error, held.photos)


def _receipt(accepted: Accepted) -> Response:
    return see_other(f"/seguimiento/{accepted.code}?nuevo=1")


def _look(here: Visit, form: ReportForm, new: NewReport, photos: Sequence[HeldPhoto]) -> Response:
    """Show the next page before sending: what was reported close by, then the report as it will be."""
    if new.lon is None and here.actor is None:
        here.house.lookups.check(here.sender)
    place = here.house.intake.examine(new)
    if form.candidate:
        form = form.model_copy(update={"address": form.candidate, "candidate": ""})
    draft = review.Draft(form, new, place, photos)
    if near := nearby.reported_before(here, draft):
        return nearby.show(here, draft, near)
    return review.show(here, draft)


def _incomplete(here: Visit, form: ReportForm, faults: list[Fault], photos: Sequence[HeldPhoto]) -> Response:
    spot = spot_of(here, form, photos)
    if spot is not None and not form.spot:
        faults = [ASKED if fault.field == "address" else fault for fault in faults]
    return _form(here, form, faults, 422, photos, spot=spot)


def _refused(here: Visit, form: ReportForm, error: GeoReportsError, photos: Sequence[HeldPhoto]) -> Response:
    """Show what to correct; where there is nothing to correct but to wait, the page the report was sent from."""
    fault, status, unproven = explain(error, form, here.house.city), http_status(error), isinstance(error, ProofNeeded)
    if isinstance(error, InputError) and fault.field == "":
        form = form.model_copy(update={"key": here.house.intake.new_key()})
    if form.candidate:
        form = form.model_copy(update={"address": form.candidate, "candidate": ""})
    new, _ = read(form, here.house.city)
    if new is not None and new.lon is not None and isinstance(error, (TooManyRequests, StoreError, SameReport)):
        draft = review.Draft(form, new, here.house.intake.examine(new), photos)
        response = review.show(here, draft, fault, status, unproven)
    else:
        response = _form(here, form, [fault], status, photos, unproven=unproven)
    if wait_s := retry_after_s(error):
        response.headers["Retry-After"] = str(wait_s)
    return response


_FOLDED = {"day", "hour", "contact"}
"""Fields in the part of the form that is folded away."""


def _form(
    here: Visit,
    form: ReportForm,
    faults: list[Fault] | None = None,
    status: int = 200,
    photos: Sequence[HeldPhoto] = (),
    unproven: bool = False,
    spot: Spot | None = None,
) -> Response:
    city = here.house.city
    at_fault = {fault.field: here.words(fault.message, **fault.values) for fault in faults or []}
    families = {family: city.categories_of(family) for family in Family if city.categories_of(family)}
    asked_of = {family: [one for one in city.spec.questions if one.family is family] for family in families}
    used = any(getattr(form, name) for name in _FOLDED) or bool(form.answers)
    return here.page(
        "report.html",
        status,
        form=form,
        faults=faults or [],
        at_fault=at_fault,
        choices=[choice for fault in faults or [] for choice in fault.choices],
        details_open=used or any(name in _FOLDED or name.startswith("answer.") for name in at_fault),
        families=families,
        questions={family: asked for family, asked in asked_of.items() if asked},
        sizes=list(Size),
        hours=HOURS,
        longest=LONGEST,
        today=here.house.clock().astimezone(city.zone).date(),
        held=[here.house.intake.photos.ticket(photo, form.key) for photo in photos],
        most_photos=MOST_PHOTOS,
        proof=asked(here, form, unproven),
        same=review.SAME_OR_NOT,
        spot=spot,
        mails=here.house.post is not None and here.house.post.mails,
    )
