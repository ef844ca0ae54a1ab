"""Send a report: one page, no account, no script needed."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from geo_reports.errors import (
    GeoReportsError,
    InputError,
    ProofNeeded,
    StoreError,
    TooManyRequests,
    http_status,
    retry_after_s,
)
from geo_reports.intake import MOST_PHOTOS, Accepted, HeldPhoto, originals
from geo_reports.report import Channel, Family, NewReport, Size
from geo_reports.web.proof import asked, proof_of
from geo_reports.web.report_form import HOURS, LONGEST, Fault, ReportForm, explain, read
from geo_reports.web.sent_form import Held, SentForm, hold
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()

ANOTHER, SAME = "yes", "no"
"""Answers to the question whether a report that came a few minutes ago is the same: send it again?"""


@router.get("/reportar")
def empty_form(here: Here, family: str = "") -> Response:
    """Show the form, with a key that makes one report of it however often it is sent."""
    return _form(here, ReportForm(family=family, key=here.house.intake.new_key()))


@router.post("/reportar")
def send_form(here: Here, sent: SentForm) -> Response:
    """Accept a report and show its receipt, or the form again with what to correct."""
    if sent.form.again == SAME:
        title, advice = here.words("We already have your report"), here.words("Its code was shown when you sent it.")
        return here.page("error.html", title=title, advice=advice)
    form = sent.form if sent.form.key else sent.form.model_copy(update={"key": here.house.intake.new_key()})
    held = Held()
    try:
        new, faults = read(form, here.house.city)
        if new and sent.files and (known := here.house.intake.known(new, form.key, originals(sent.files))):
            return _receipt(known)
        held = hold(here, sent)
        if new is None or held.faults:
            return _form(here, form, faults + held.faults, 422, held.photos)
        accepted = _accept(here, form, new, held.photos)
    except (InputError, TooManyRequests, StoreError) as error:
        return _refused(here, form, error, held.photos)
    return _receipt(accepted)


def _receipt(accepted: Accepted) -> Response:
    return see_other(f"/seguimiento/{accepted.code}?nuevo=1")


def _accept(here: Visit, form: ReportForm, new: NewReport, photos: Sequence[HeldPhoto]) -> Accepted:
    sender = None if here.actor else here.sender
    if new.lon is None and sender is not None:
        here.house.lookups.check(sender)
    return here.house.intake.accept(
        new,
        channel=Channel.WEB,
        key=form.key,
        sender=sender,
        photos=photos,
        again=form.again == ANOTHER,
        proof=proof_of(form),
    )


def _refused(here: Visit, form: ReportForm, error: GeoReportsError, photos: Sequence[HeldPhoto]) -> Response:
    fault = explain(error, form, here.house.city)
    if isinstance(error, InputError) and fault.field == "":
        form = form.model_copy(update={"key": here.house.intake.new_key()})
    if form.candidate:
        form = form.model_copy(update={"address": form.candidate, "candidate": ""})
    response = _form(here, form, [fault], http_status(error), photos, unproven=isinstance(error, ProofNeeded))
    if wait_s := retry_after_s(error):
        response.headers["Retry-After"] = str(wait_s)
    return response


def _form(
    here: Visit,
    form: ReportForm,
    faults: list[Fault] | None = None,
    status: int = 200,
    photos: Sequence[HeldPhoto] = (),
    unproven: bool = False,
) -> Response:
    city = here.house.city
    return here.page(
        "report.html",
        status,
        form=form,
        faults=faults or [],
        at_fault={fault.field: here.words(fault.message, **fault.values) for fault in faults or []},
        choices=[choice for fault in faults or [] for choice in fault.choices],
        families={family: city.categories_of(family) for family in Family if city.categories_of(family)},
        sizes=list(Size),
        hours=HOURS,
        longest=LONGEST,
        today=here.house.clock().astimezone(city.zone).date(),
        held=[here.house.intake.photos.ticket(photo, form.key) for photo in photos],
        most_photos=MOST_PHOTOS,
        proof=asked(here, form, unproven),
        answers={"another": ANOTHER, "same": SAME},
        mails=here.house.post is not None and here.house.post.mails,
    )
