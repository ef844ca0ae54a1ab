"""The moderators' queue, and what they decide about one report or several."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.errors import InputError, NotFound, http_status
from geo_reports.fieldwork import MAY_MODERATE, MAY_PUBLISH
from geo_reports.look import N_
from geo_reports.report import REASONS, CloseReason, Status
from geo_reports.web.case import NEWEST, SentForm, Shown, Text, decide, one_of, show
from geo_reports.web.marked import SAID, redacted
from geo_reports.web.staff import units_of
from geo_reports.web.trail import QUEUE, Trail
from geo_reports.web.visit import Here, Visit, see_other

router = APIRouter()

COVER, AS_SENT, PRIVATE = "tapar", "tal-cual", "privado"
"""What may be done with a text besides publishing what was written in the form."""
Several = Annotated[list[str], Form()]
KIND_WORDS = {
    "child": N_("Child's report to approve"),
    "photo": N_("Photos to judge"),
    "text": N_("Text to judge"),
    "correction": N_("Corrected text"),
    "comment": N_("Comment to read"),
}


@router.get("/personal/moderacion")
def queue(
    here: Here,
    tipo: str = "",
    barrio: str = "",
    orden: str = "",
    marca: str = "",
    hecho: str = "",
    hechos: str = "",
    fallos: str = "",
) -> Response:
    """Show what waits: of one kind and one unit where they are chosen, the oldest or the newest first."""
    here.require(*MAY_MODERATE)
    given = {"tipo": tipo, "barrio": barrio, "orden": NEWEST if orden == NEWEST else ""}
    trail = Trail(QUEUE, {name: value for name, value in given.items() if value})
    told = {"done": bool(hecho), "n_done": _number(hechos), "n_failed": _number(fallos)}
    return _queue(here, trail, marca, told=told)


def _queue(
    here: Visit,
    trail: Trail,
    mark: str = "",
    error: InputError | None = None,
    typed: Mapping[str, object] | None = None,
    told: Mapping[str, object] | None = None,
) -> Response:
    actor, filters = here.require(*MAY_MODERATE), trail.filters
    page = here.house.view(actor.role).awaiting(
        filters.get("tipo"), unit=filters.get("barrio"), newest=filters.get("orden") == NEWEST, after=mark or None
    )
    return here.page(
        "moderation.html",
        http_status(error) if error else 200,
        page=page,
        trail=trail,
        chosen={"tipo": "", "barrio": "", "orden": "", **filters},
        narrowed=bool(filters.get("tipo") or filters.get("barrio")),
        units=units_of(here),
        kinds=KIND_WORDS,
        said=SAID,
        first=trail.back if mark else "",
        following=trail.back_with(marca=page.next) if page.next else "",
        reasons=REASONS[Status.REJECTED],
        error=error.field if error else None,
        path="/personal",
        typed={"chosen": (), "reason": "", "target": "", "note": "", **(typed or {})},
        told={"done": False, "n_done": 0, "n_failed": 0, **(told or {})},
    )


@router.post("/personal/moderacion")
def several(
    here: Here,
    csrf: Text = "",
    desde: Text = "",
    accion: Text = "",
    reason: Text = "",
    target: Text = "",
    note: Text = "",
    chosen: Several = [],  # noqa: B006 FastAPI copies it
) -> Response:
    """Approve, reject or merge the chosen reports, each by itself."""
    actor = here.check_form(csrf, *MAY_MODERATE)
    desk, trail = here.house.moderation, Trail.read(desde)
    trail = Trail(QUEUE, trail.filters if trail.place == QUEUE else {})

    def decide_one(public_id: str) -> None:
        if accion == "aprobar":
            desk.approve(public_id, actor=actor)
        elif accion == "repetidos":
            desk.merge(public_id, target, note=note, actor=actor)
        else:
            desk.reject(public_id, one_of(CloseReason, reason, "reason"), note=note, actor=actor)

    try:
        if accion == "rechazar" and reason not in REASONS[Status.REJECTED]:
            raise InputError("Choose why they are not accepted.", field="reason")
        if accion == "repetidos":
            _require_report(here, target)
        elif accion not in ("aprobar", "rechazar"):
            raise InputError("Choose what to do with them.", field="action")
        came = desk.each(chosen, decide_one)
    except InputError as error:
        typed = {"reason": reason, "target": target, "note": note, "chosen": chosen}
        return _queue(here, trail, error=error, typed=typed)
    return see_other(trail.back_with(hechos=str(len(came.done)), fallos=str(len(came.failed))))


def _require_report(here: Visit, target: str) -> None:
    actor = here.require(*MAY_MODERATE)
    try:
        here.house.view(actor.role).case_file(target.strip(), actor=actor)
    except NotFound:
        raise InputError("There is no report with that number.", field="target") from None


@router.post("/personal/reportes/{public_id}/texto")
def judge_text(here: Here, sent: SentForm, text: Text = "", accion: Text = "") -> Response:
    """Publish a text that a moderator has read, as it is or changed, or keep it private."""
    actor = here.check_form(sent.csrf, *MAY_PUBLISH)
    if accion in (COVER, AS_SENT):
        story = here.house.view(actor.role).open_one(sent.public_id, reason=sent.opened_for, actor=actor)
        text = redacted(story.description or "") if accion == COVER else story.description or ""
    if accion == COVER:
        return show(here, sent.public_id, sent.opened_for, sent.trail, Shown(typed={"text": text}))
    words = None if accion == PRIVATE else text.strip() or None

    def step() -> None:
        here.house.moderation.publish_text(sent.public_id, words, actor=actor)

    return decide(here, sent, step, text=text)


@router.post("/personal/reportes/{public_id}/aprobar")
def approve(here: Here, sent: SentForm) -> Response:
    """Let a child's report in."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)
    return decide(here, sent, lambda: here.house.moderation.approve(sent.public_id, actor=actor))


@router.post("/personal/reportes/{public_id}/rechazar")
def reject(here: Here, sent: SentForm, why: Text = "", words: Text = "") -> Response:
    """Do not accept a report, for a reason that its sender reads."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)

    def step() -> None:
        reason = one_of(CloseReason, why, "why")
        if reason not in REASONS[Status.REJECTED]:
            raise InputError("Choose why it is not accepted.", field="why")
        here.house.moderation.reject(sent.public_id, reason, note=words, actor=actor)

    return decide(here, sent, step, why=why, words=words)


@router.post("/personal/reportes/{public_id}/unir")
def merge(here: Here, sent: SentForm, target: Text = "", other: Text = "") -> Response:
    """Make a report a duplicate of another: of one that was offered, or of the one whose number was written."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)
    into = other.strip() or target
    return decide(
        here, sent, lambda: here.house.moderation.merge(sent.public_id, into, actor=actor), target=target, other=other
    )


@router.post("/personal/reportes/{public_id}/separar")
def part(here: Here, sent: SentForm) -> Response:
    """Make a duplicate a report of its own again."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)
    return decide(here, sent, lambda: here.house.moderation.part(sent.public_id, actor=actor), stay=True)


@router.post("/personal/reportes/{public_id}/categoria")
def recategorise(here: Here, sent: SentForm, category: Text = "") -> Response:
    """Give a report another category."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)

    def step() -> None:
        here.house.moderation.recategorise(sent.public_id, category, actor=actor)

    return decide(here, sent, step, stay=True, category=category)


@router.post("/personal/reportes/{public_id}/nota")
def remark(here: Here, sent: SentForm, internal: Text = "") -> Response:
    """Keep a note that only staff read."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)

    def step() -> None:
        here.house.moderation.remark(sent.public_id, internal, actor=actor)

    return decide(here, sent, step, stay=True, internal=internal)


@router.post("/personal/reportes/{public_id}/leido")
def mark_read(here: Here, sent: SentForm) -> Response:
    """Record that the sender's comments were read."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)
    return decide(here, sent, lambda: here.house.moderation.mark_read(sent.public_id, actor=actor))


@router.post("/personal/reportes/{public_id}/deshacer")
def take_back(here: Here, sent: SentForm) -> Response:
    """Take the last step back."""
    actor = here.check_form(sent.csrf, *MAY_MODERATE)
    return decide(here, sent, lambda: here.house.moderation.take_back(sent.public_id, actor=actor), stay=True)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
