"""The staff desk: what is open, and what crews and moderators do with one report."""

from fastapi import APIRouter, Response

from geo_reports.accounts import STAFF, may_use
from geo_reports.errors import InputError
from geo_reports.fieldwork import MAY_MODERATE, MAY_PUBLISH
from geo_reports.privacy.rules import DESK, OPENS_SECURITY
from geo_reports.report import CloseReason, Family, Status
from geo_reports.web.case import SentForm, Shown, Text, decide, one_of, show
from geo_reports.web.trail import Trail
from geo_reports.web.visit import Here, Visit

router = APIRouter()


@router.get("/personal")
def desk(here: Here, familia: str = "", barrio: str = "", antes: str = "", hecho: str = "") -> Response:
    """Show what is open, of one family and one unit where they are chosen, and the maps of one's role."""
    actor = here.require(*STAFF)
    city = here.house.city
    page = None
    if actor.role in DESK:
        family = one_of(Family, familia, "family") if familia else None
        page = here.house.view(actor.role).queue(family=family, unit=barrio or None, before=antes or None)
    given = {"familia": familia, "barrio": barrio, "antes": antes}
    trail = Trail(filters={name: value for name, value in given.items() if value})
    narrowed = Trail(filters={name: value for name, value in trail.filters.items() if name != "antes"})
    return here.page(
        "desk.html",
        waiting=None if page is None else page.rows.to_dict("records"),
        maps={name: spec for name, spec in city.maps.items() if may_use(actor, spec.audience)},
        families=[family for family in Family if city.categories_of(family)] if actor.role in OPENS_SECURITY else [],
        units=units_of(here),
        chosen=given,
        narrowed=bool(narrowed.filters),
        trail=trail,
        newest=narrowed.back if antes else "",
        older=narrowed.back_with(antes=page.next) if page and page.next else "",
        done=bool(hecho),
        to_moderate=_to_moderate(here) if actor.role in MAY_MODERATE else None,
        path="/personal",
    )


def units_of(here: Visit) -> list[tuple[str, str]]:
    """Id and name of every unit of the primary layer, by name."""
    units = here.house.city.primary.table.drop_duplicates("unit", keep="last").sort_values("name")
    return list(zip(units.unit, units.name, strict=True))


def _to_moderate(here: Visit) -> int:
    actor = here.require(*MAY_MODERATE)
    return sum(here.house.view(actor.role).awaiting(limit=1).counts.values())


@router.get("/personal/reportes/{public_id}")
def one(here: Here, public_id: str, desde: str = "", hecho: str = "") -> Response:
    """Open one report; for a security report, ask why first."""
    return show(here, public_id, "", Trail.read(desde), Shown(done=hecho))


@router.post("/personal/reportes/{public_id}/abrir")
def open_for_reason(here: Here, sent: SentForm, reason: Text = "") -> Response:
    """Open one report for a reason, which is recorded."""
    here.check_form(sent.csrf, *DESK)
    return show(here, sent.public_id, reason, sent.trail, Shown(asked=True))


@router.post("/personal/reportes/{public_id}/contacto")
def contact(here: Here, sent: SentForm, reason: Text = "") -> Response:
    """Show how to reach the sender, for a reason, which is recorded."""
    actor = here.check_form(sent.csrf, *MAY_PUBLISH)
    try:
        found = here.house.view(actor.role).contact(sent.public_id, reason=reason, actor=actor)
    except InputError as error:
        wrong = Shown(error=InputError(str(error), field="contact"))
        return show(here, sent.public_id, sent.opened_for, sent.trail, wrong)
    return show(here, sent.public_id, sent.opened_for or reason, sent.trail, Shown(contact=found))


@router.post("/personal/reportes/{public_id}/estado")
def move(here: Here, sent: SentForm, status: Text = "", reason: Text = "", note: Text = "") -> Response:
    """Move a report through the workflow."""
    actor = here.check_form(sent.csrf, *DESK)

    def step() -> None:
        here.house.fieldwork.set_status(
            sent.public_id,
            one_of(Status, status, "status"),
            reason=one_of(CloseReason, reason, "reason") if reason else None,
            note=note.strip() or None,
            actor=actor,
        )

    return decide(here, sent, step, status=status, reason=reason, note=note)
