"""Was it reported before? Open reports close by, as a step of their own, and "I saw it too" instead of a new one."""

from fastapi import APIRouter, Response

from geo_reports.errors import InputError, StoreError, TooManyRequests
from geo_reports.privacy.nearby import NEAR_M, Near
from geo_reports.report import Audience
from geo_reports.web import public_report
from geo_reports.web.proof import asked, proof_of
from geo_reports.web.review import Draft
from geo_reports.web.sent_form import SentForm
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()


def reported_before(here: Visit, draft: Draft) -> tuple[Near, ...]:
    """Open reports that may be the same; none once their sender has seen them."""
    if draft.form.nearby_seen:
        return ()
    return here.house.view(Audience.PUBLIC).nearby(draft.new.family, draft.place.lon, draft.place.lat)


def show(here: Visit, draft: Draft, near: tuple[Near, ...]) -> Response:
    """Ask whether one of the reports close by is the same."""
    return here.page(
        "nearby.html",
        sends="report",
        path="/reportar",
        faults=[],
        at_fault={},
        carried=draft.fields(here),
        near=near,
        near_m=round(NEAR_M),
        proof=asked(here, draft.form, False),
    )


@router.post("/reportes/{public_id}/me-sumo")
def join(here: Here, public_id: str, sent: SentForm) -> Response:
    """Add a voice to a report, once for each form; whatever else the form holds is let go."""
    public_report.require_name(public_id)
    form = sent.form if sent.form.key else sent.form.model_copy(update={"key": here.house.intake.new_key()})
    sender = None if here.actor else here.sender
    try:
        here.house.voices.join(public_id, key=form.key, sender=sender, proof=proof_of(form))
    except (TooManyRequests, StoreError, InputError) as error:
        return public_report.refused(here, public_id, form, sent.tickets, error)
    return see_other(f"/reportes/{public_id}?sumado=1")
