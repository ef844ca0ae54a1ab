"""One report as staff work on it: its page, and where its forms lead."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Form, Response

from geo_reports.errors import InputError, http_status
from geo_reports.fieldwork import MAY_MODERATE, MAY_PUBLISH
from geo_reports.fieldwork.desk import LONGEST_TEXT, may_choose
from geo_reports.privacy import Story
from geo_reports.privacy.rules import DESK
from geo_reports.report import REASONS, TRANSITIONS, Audience, Family, Status
from geo_reports.web.marked import SAID, marked, redacted
from geo_reports.web.trail import QUEUE, Trail
from geo_reports.web.visit import Visit, see_other

Text = Annotated[str, Form()]
Choice = TypeVar("Choice", bound=StrEnum)
TYPED = ("status", "reason", "note", "why", "words", "target", "other", "category", "internal")
"""Fields of a report's page that keep what was typed in them while something is corrected."""
NEWEST = "nuevos"
"""Value of the order that shows the newest first."""
STAY = "quedarse"
"""Value of the button that leaves the report open."""


@dataclass(frozen=True)
class Sent:
    """What every form of a report's page carries."""

    public_id: str
    csrf: str
    trail: Trail
    opened_for: str
    then: str


def sent_form(public_id: str, csrf: Text = "", desde: Text = "", opened_for: Text = "", luego: Text = "") -> Sent:
    """Read what every form of a report's page carries."""
    return Sent(public_id, csrf, Trail.read(desde), opened_for, luego)


SentForm = Annotated[Sent, Depends(sent_form)]


@dataclass(frozen=True)
class Shown:
    """What a report's page shows besides the report: what was typed, what is wrong, what was asked for."""

    error: InputError | None = None
    typed: dict[str, str] = field(default_factory=dict)
    contact: str | None = None
    preview: dict[int, Any] = field(default_factory=dict)
    done: str = ""
    asked: bool = False


def decide(here: Visit, sent: Sent, step: Callable[[], object], *, stay: bool = False, **typed: str) -> Response:
    """Take a step and go on to what comes next, or show the report again with what to correct."""
    try:
        step()
    except InputError as error:
        return show(here, sent.public_id, sent.opened_for, sent.trail, Shown(error=error, typed=typed))
    return onward(here, sent, stay=stay)


def onward(here: Visit, sent: Sent, *, stay: bool = False) -> Response:
    """Lead to the next thing of the list the report was opened from, or back to the list at its end.

    A report stays open where it was asked for, and where more of it waits than what the list was narrowed to.
    """
    actor, trail = here.require(*DESK), sent.trail
    view = here.house.view(actor.role)
    narrowed = bool(trail.filters.get("tipo"))
    more = trail.place == QUEUE and not narrowed and bool(view.case_file(sent.public_id, actor=actor).waits)
    if stay or sent.then == STAY or more:
        if sent.opened_for:  # a second visit would ask for the reason again
            return show(here, sent.public_id, sent.opened_for, trail, Shown(done=sent.public_id))
        return see_other(trail.case(sent.public_id, hecho=sent.public_id))
    if trail.place == QUEUE and trail.mark:
        kind, unit = trail.filters.get("tipo"), trail.filters.get("barrio")
        newest = trail.filters.get("orden") == NEWEST
        try:
            item = view.following(trail.mark, kind=kind, unit=unit, newest=newest, but=sent.public_id)
        except InputError:  # the mark is of a report that is gone
            item = None
        if item is not None:
            return see_other(trail.at(item.mark).case(item.public_id, hecho=sent.public_id))
    return see_other(trail.back_with(hecho="1"))


def show(here: Visit, public_id: str, reason: str, trail: Trail, shown: Shown) -> Response:
    """Page of one report; for a security report, the question why first."""
    actor = here.require(*DESK)
    view = here.house.view(actor.role)
    try:
        story = view.open_one(public_id, reason=reason, actor=actor)
    except InputError as missing:
        status = http_status(missing) if shown.asked else 200
        return here.page("reason.html", status, public_id=public_id, asked=shown.asked, trail=trail)
    category = here.house.city.categories.get(story.category)
    # elsewhere a published text would be shown to nobody, but one that is there can be taken back
    public = category is not None and category.published == "point"
    moderates = actor.role in MAY_MODERATE
    return here.page(
        "case.html",
        http_status(shown.error) if shown.error else 200,
        story=story,
        category=category,
        next_statuses=_next(story, actor.role),
        reasons=REASONS,
        editor=actor.role in MAY_PUBLISH and (public or story.public_text is not None),
        opened_for=reason,
        contact=shown.contact,
        reads_contact=actor.role in MAY_PUBLISH and story.has_contact,
        error=shown.error.field if shown.error else None,
        typed={**dict.fromkeys(TYPED, ""), "text": _prefilled(story), **shown.typed},
        longest_text=LONGEST_TEXT,
        path="/personal",
        trail=trail,
        done=shown.done,
        pieces=marked(story.description or ""),
        said=SAID,
        moderation=_moderation(here, story) if moderates else None,
        photos=here.house.photo_desk.list(public_id) if moderates or story.family == Family.DUMP else [],
        photos_public=public,
        preview=shown.preview,
    )


def _moderation(here: Visit, story: Story) -> dict[str, Any]:
    """What only those who moderate see of a report."""
    actor = here.require(*MAY_MODERATE)
    view = here.house.view(actor.role)
    open_one = Status.DUPLICATE in TRANSITIONS[Status(story.status)]
    return {
        "file": view.case_file(story.public_id, actor=actor),
        "same": view.same(story.public_id) if open_one else (),
        "mergeable": open_one,
        "rejectable": Status.REJECTED in TRANSITIONS[Status(story.status)],
        "reasons": REASONS[Status.REJECTED],
        "categories": here.house.moderation.categories_for(story.family, story.category, actor=actor),
    }


def _prefilled(story: Story) -> str:
    """Text to begin with: the published one, or what was sent without what may tell who somebody is."""
    return redacted(story.description or "") if story.public_text is None else story.public_text


def _next(story: Story, role: Audience) -> list[Status]:
    """Statuses that may follow, in the order of the workflow; moderators have forms of their own for two of them."""
    if story.status == Status.HELD:
        return []
    allowed = set(TRANSITIONS[Status(story.status)])
    if role in MAY_MODERATE:
        allowed -= {Status.REJECTED, Status.DUPLICATE}
    return [status for status in Status if status in allowed and may_choose(role, status)]


def one_of(kind: type[Choice], text: str, field_name: str) -> Choice:
    """Choice that a form names; ``InputError`` for any other text."""
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"{text!r} is not one of the choices.", field=field_name) from None
