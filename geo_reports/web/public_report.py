"""The page of one report that everybody may see as a point: its story in plain words, and a way to join."""

import re
from collections.abc import Sequence

from fastapi import APIRouter, Response

from geo_reports.errors import GeoReportsError, NotFound, ProofNeeded, TooManyRequests, http_status, retry_after_s
from geo_reports.look import N_
from geo_reports.privacy.published import NO_SUCH, OneReport, Withdrawn
from geo_reports.report import OPEN, Audience, Family, Status
from geo_reports.web.proof import asked
from geo_reports.web.report_faults import FALLBACK
from geo_reports.web.report_form import ReportForm, carried
from geo_reports.web.review import said
from geo_reports.web.visit import FRESH, SECRET, Here, Visit, see_other

router = APIRouter()

MEANING = {
    Status.RECEIVED: N_("The municipality has the report. Nobody there has read it yet."),
    Status.ACKNOWLEDGED: N_("The municipality has read it and will decide what to do."),
    Status.IN_PROGRESS: N_("Somebody is working on it."),
    Status.CLEANED: N_("The municipality says that the work is done. Nobody has confirmed it yet."),
    Status.VERIFIED: N_("It is solved: somebody went to see and confirmed it."),
    Status.CLOSED_WITHOUT_SOLUTION: N_("It was closed, but the problem is not solved."),
}
"""What each state means for whoever passes by."""
_NAME = re.compile(r"[0-9a-z]{1,16}", re.ASCII)


def require_name(public_id: str) -> None:
    """Raise ``NotFound`` for what cannot be the public name of a report."""
    if not _NAME.fullmatch(public_id):
        raise NotFound(NO_SUCH)


@router.get("/reportes/{public_id}")
def public_page(here: Here, public_id: str, sumado: str = "") -> Response:
    """One report as everybody sees it; of one that is withdrawn only where it went, or that it did."""
    require_name(public_id)
    found = here.house.view(Audience.PUBLIC).public_report(public_id)
    if isinstance(found, Withdrawn):
        return _withdrawn(here, found)
    return _page(here, found, ReportForm(key=here.house.intake.new_key()), joined=bool(sumado))


def refused(here: Visit, public_id: str, form: ReportForm, tickets: list[str], error: GeoReportsError) -> Response:
    """Show the page of a report that a voice could not be added to, with all that the form held."""
    found = here.house.view(Audience.PUBLIC).public_report(public_id)
    if isinstance(found, Withdrawn):
        return _withdrawn(here, found)
    unproven = isinstance(error, ProofNeeded)
    held = carried(form, tickets) if form.category else ()
    response = _page(here, found, form, status=http_status(error), fault=_why(here, error), held=held, told=unproven)
    if wait_s := retry_after_s(error):
        response.headers["Retry-After"] = str(wait_s)
    return response


def _why(here: Visit, error: GeoReportsError) -> str:
    if isinstance(error, ProofNeeded):
        return here.words(N_("Very many people are writing right now. Your voice was not added yet."))
    if isinstance(error, TooManyRequests):
        minutes = -(-error.retry_after_s // 60)
        return here.words(N_("Many reports came from your network. Try again in %(n)s min."), n=minutes)
    if http_status(error) >= 500:
        return here.words(N_("We could not add your voice. Try again in a moment."))
    return here.words(FALLBACK)


def _page(
    here: Visit,
    found: OneReport,
    form: ReportForm,
    *,
    status: int = 200,
    fault: str = "",
    joined: bool = False,
    held: Sequence[tuple[str, str]] = (),
    told: bool = False,
) -> Response:
    row, city = found.row, here.house.city
    category = city.categories[row["category"]]
    origin = (here.house.public_url or str(here.request.base_url)).rstrip("/")
    meaning = here.words(MEANING[Status(row["status"])])
    return here.page(
        "public_report.html",
        status,
        SECRET if fault else FRESH,
        path=f"/reportes/{row['public_id']}",
        report=found,
        row=row,
        category=category,
        meaning=meaning,
        summary=f"{here.words.status(row['status'], row['family'])}. {meaning}",
        answers=said(here, city.questions_of(category), found.answers),
        may_join=row["family"] == Family.DUMP and Status(row["status"]) in OPEN and not joined,
        key=form.key,
        held=held,
        joined=joined,
        fault=fault,
        proof=asked(here, form, told),
        origin=origin,
        share=f"{origin}/reportes/{row['public_id']}",
    )


def _withdrawn(here: Visit, found: Withdrawn) -> Response:
    """Lead on to the report it belongs to now; else say that it is no longer shown, whatever the reason."""
    if found.merged_into:
        return see_other(f"/reportes/{found.merged_into}")
    title, advice = here.words("This report is no longer shown"), here.words("It was withdrawn.")
    return here.page("error.html", 410, title=title, advice=advice)
