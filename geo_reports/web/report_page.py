"""Send a report: one page, no account, no script needed."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.errors import GeoReportsError, InputError, StoreError, TooManyRequests, http_status, retry_after_s
from geo_reports.report import Channel, Family, Size
from geo_reports.web.report_form import HOURS, LONGEST, Fault, ReportForm, explain, read
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()


@router.get("/reportar")
def empty_form(here: Here, family: str = "") -> Response:
    """Show the form, with a key that makes one report of it however often it is sent."""
    return _form(here, ReportForm(family=family, key=here.house.intake.new_key()))


@router.post("/reportar")
def send_form(here: Here, form: Annotated[ReportForm, Form()]) -> Response:
    """Accept a report and show its receipt, or the form again with what to correct."""
    new, faults = read(form, here.house.city)
    if new is None:
        return _form(here, form, faults, 422)
    try:
        here.house.limit.check(here.sender)
        accepted = here.house.intake.accept(new, channel=Channel.WEB, key=form.key or None)
    except (InputError, TooManyRequests, StoreError) as error:
        return _refused(here, form, error)
    return see_other(f"/seguimiento/{accepted.code}?nuevo=1")


def _refused(here: Visit, form: ReportForm, error: GeoReportsError) -> Response:
    fault = explain(error, form, here.house.city)
    if isinstance(error, InputError) and fault.field == "":
        form = form.model_copy(update={"key": here.house.intake.new_key()})
    if form.candidate:
        form = form.model_copy(update={"address": form.candidate, "candidate": ""})
    response = _form(here, form, [fault], http_status(error))
    if wait_s := retry_after_s(error):
        response.headers["Retry-After"] = str(wait_s)
    return response


def _form(here: Visit, form: ReportForm, faults: list[Fault] | None = None, status: int = 200) -> Response:
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
    )
