"""The staff desk: what waits, and one report at a time."""

from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from geo_reports.accounts import STAFF, may_use
from geo_reports.errors import InputError, http_status
from geo_reports.fieldwork import MAY_PUBLISH
from geo_reports.fieldwork.desk import LONGEST_TEXT
from geo_reports.privacy import Story
from geo_reports.privacy.rules import DESK, OPENS_SECURITY
from geo_reports.report import TRANSITIONS, CloseReason, Family, Status
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()

Text = Annotated[str, Form()]
Choice = TypeVar("Choice", bound=StrEnum)


@router.get("/personal")
def desk(here: Here, familia: str = "", barrio: str = "", antes: str = "", hecho: str = "") -> Response:
    """Show what waits, of one family and one unit where they are chosen, and the maps of one's role."""
    actor = here.require(*STAFF)
    city = here.house.city
    page = None
    if actor.role in DESK:
        family = _one_of(Family, familia, "family") if familia else None
        page = here.house.view(actor.role).queue(family=family, unit=barrio or None, before=antes or None)
    units = city.primary.table.drop_duplicates("unit", keep="last").sort_values("name")
    chosen = {"familia": familia, "barrio": barrio}
    narrowed = {name: value for name, value in chosen.items() if value}
    return here.page(
        "desk.html",
        waiting=None if page is None else page.rows.to_dict("records"),
        maps={name: spec for name, spec in city.maps.items() if may_use(actor, spec.audience)},
        families=[family for family in Family if city.categories_of(family)] if actor.role in OPENS_SECURITY else [],
        units=list(zip(units.unit, units.name, strict=True)),
        chosen=chosen,
        narrowed=bool(narrowed),
        newest=f"/personal?{urlencode(narrowed)}" if antes else "",
        older=f"/personal?{urlencode({**narrowed, 'antes': page.next})}" if page and page.next else "",
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
def publish(here: Here, public_id: str, csrf: Text = "", text: Text = "", opened_for: Text = "") -> Response:
    """Publish a text that a moderator has read; an empty one takes it back."""
    actor = here.check_form(csrf, *MAY_PUBLISH)
    try:
        here.house.fieldwork.publish_text(public_id, text.strip() or None, actor=actor)
    except InputError as error:
        return _open(here, public_id, opened_for, error=error, typed={"text": text})
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
        typed={"status": "", "reason": "", "note": "", "text": "", **(typed or {})},
        longest_text=LONGEST_TEXT,
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
