"""What an account may do with a report: move it through the workflow, or open one and say why."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from geo_reports.api.answers import WITH_BODY, errors
from geo_reports.api.given import HouseDep, JsonRoute, Staff
from geo_reports.api.models import Contact, Opening, StatusChange, StatusNow, Story
from geo_reports.api.reports import told

router = APIRouter(tags=["staff"], route_class=JsonRoute)

PublicId = Annotated[str, Path(description="Public name of the report.", examples=["8jd2k0qv7mzn"])]


@router.patch(
    "/reports/{public_id}/status",
    summary="Change a report's status",
    responses=errors(*WITH_BODY, 401, 403, 404, 409),
)
def change_status(
    public_id: PublicId, change: StatusChange, house: HouseDep, actor: Staff, response: Response
) -> StatusNow:
    """Move a report to another status; its sender sees the step and its reason."""
    house.fieldwork.set_status(public_id, change.status, reason=change.reason, note=change.note, actor=actor)
    response.headers["Cache-Control"] = "no-store"
    return StatusNow(public_id=public_id, status=change.status)


@router.post(
    "/staff/reports/{public_id}/open",
    summary="Open one report",
    responses=errors(*WITH_BODY, 401, 403, 404),
)
def open_one(public_id: PublicId, opening: Opening, house: HouseDep, actor: Staff, response: Response) -> Story:
    """Show one report whole. A security report opens to moderators and administrators only, and that is logged."""
    story = house.view(actor.role).open_one(public_id, reason=opening.reason, actor=actor)
    response.headers["Cache-Control"] = "no-store"
    return told(story)


@router.post(
    "/staff/reports/{public_id}/contact",
    summary="Read the contact of a report's sender",
    responses=errors(*WITH_BODY, 401, 403, 404),
)
def read_contact(public_id: PublicId, opening: Opening, house: HouseDep, actor: Staff, response: Response) -> Contact:
    """Show the telephone or e-mail a sender left, to moderators and administrators; that is logged."""
    text = house.view(actor.role).contact(public_id, reason=opening.reason, actor=actor)
    response.headers["Cache-Control"] = "no-store"
    return Contact(public_id=public_id, contact=text)
