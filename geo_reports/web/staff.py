"""The staff desk: what waits, and one report at a time."""

from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Response

from geo_reports.accounts import STAFF, may_use
from geo_reports.errors import InputError, http_status
from geo_reports.fieldwork import MAY_PUBLISH
from geo_reports.privacy import Story
from geo_reports.privacy.rules import DESK
from geo_reports.privacy.singles import QUEUE
from geo_reports.report import TRANSITIONS, CloseReason, Status
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()

Text = Annotated[str, Form()]
Choice = TypeVar("Choice", bound=StrEnum)


@router.get("/personal")
def desk(here: Here, hecho: str = "") -> Response:
    """Show what waits, and the maps of one's role."""
    actor = here.require(*STAFF)
    city = here.house.city
    waiting = here.house.view(actor.role).queue() if actor.role in DESK else None
    return here.page(
        "desk.html",
        waiting=None if waiting is None else waiting.to_dict("records"),
        maps={name: spec for name, spec in city.maps.items() if may_use(actor, spec.audience)},
        most=QUEUE,
        done=bool(hecho),
        path="/personal",
    )


@router.get("/personal/reportes/{public_id}")
def one(here: Here, public_id: str) -> Response:
    """Open one report; for a security report, ask why first."""
    return _open(here, public_id, "")


@router.post("/personal/reportes/{public_id}/abrir")
def open_for_reason(here: Here, public_id: str, csrf: Text = "", reason: Text = "") -> Response:
    """Open one report for a reason, which is recorded."""
    here.check_form(csrf, *DESK)
    return _open(here, public_id, reason, asked=True)


@router.post("/personal/reportes/{public_id}/contacto")
def contact(here: Here, public_id: str, csrf: Text = "", reason: Text = "", opened_for: Text = "") -> Response:
    """Show how to reach the sender, for a reason, which is recorded."""
    actor = here.check_form(csrf, *MAY_PUBLISH)
    try:
        found = here.house.view(actor.role).contact(public_id, reason=reason, actor=actor)
    except InputError as error:
        return _open(here, public_id, opened_for, error=InputError(str(error), field="contact"))
    return _open(here, public_id, opened_for or reason, contact=found)


@router.post("/personal/reportes/{public_id}/estado")
def move(
    here: Here,
    public_id: str,
    csrf: Text = "",
    status: Text = "",
    reason: Text = "",
    note: Text = "",
    opened_for: Text = "",
) -> Response:
    """Move a report through the workflow."""
    actor = here.check_form(csrf, *DESK)
    try:
        here.house.fieldwork.set_status(
            public_id,
            _one_of(Status, status, "status"),
            reason=_one_of(CloseReason, reason, "reason") if reason else None,
            note=note.strip() or None,
            actor=actor,
        )
    except InputError as error:
        typed = {"status": status, "reason": reason, "note": note}
        return _open(here, public_id, opened_for, error=error, typed=typed)
    return see_other("/personal?hecho=1")


@router.post("/personal/reportes/{public_id}/texto")
def publish(here: Here, public_id: str, csrf: Text = "", text: Text = "") -> Response:
    """Publish a text that a moderator has read; an empty one takes it back."""
    actor = here.check_form(csrf, *MAY_PUBLISH)
    here.house.fieldwork.publish_text(public_id, text.strip() or None, actor=actor)
    return see_other("/personal?hecho=1")


def _open(
    here: Visit,
    public_id: str,
    reason: str,
    *,
    asked: bool = False,
    error: InputError | None = None,
    typed: dict[str, str] | None = None,
    contact: str | None = None,
) -> Response:
    actor = here.require(*DESK)
    try:
        story = here.house.view(actor.role).open_one(public_id, reason=reason, actor=actor)
    except InputError as missing:
        return here.page("reason.html", http_status(missing) if asked else 200, public_id=public_id, asked=asked)
    category = here.house.city.categories.get(story.category)
    # elsewhere a published text would be shown to nobody, but one that is there can be taken back
    shown = story.public_text is not None or (category is not None and category.published == "point")
    return here.page(
        "case.html",
        http_status(error) if error else 200,
        story=story,
        category=category,
        next_statuses=_next(story),
        reasons=list(CloseReason),
        editor=actor.role in MAY_PUBLISH and shown,
        opened_for=reason,
        contact=contact,
        reads_contact=actor.role in MAY_PUBLISH and story.has_contact,
        error=error.field if error else None,
        typed=typed or {"status": "", "reason": "", "note": ""},
        path="/personal",
    )


def _next(story: Story) -> list[Status]:
    """Statuses that may follow, in the order of the workflow."""
    allowed = TRANSITIONS[Status(story.status)]
    return [status for status in Status if status in allowed]


def _one_of(kind: type[Choice], text: str, field: str) -> Choice:
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"{text!r} is not one of the choices.", field=field) from None
