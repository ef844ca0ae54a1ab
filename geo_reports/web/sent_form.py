"""What a browser sends with the report form: typed fields, new photos, and photos that wait since an earlier try."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from geo_reports.errors import BadPhoto
from geo_reports.intake import MOST_PHOTOS, HeldPhoto
from geo_reports.look import N_
from geo_reports.web.report_answers import given_answers
from geo_reports.web.report_form import EDIT, Fault, ReportForm, explain
from geo_reports.web.visit import Visit, switched

MOST_FIELDS = 250
"""Far above what the form has: every question of a city may have many options."""


@dataclass(frozen=True)
class Sent:
    """A form as it came: ``files`` are new photos, ``tickets`` name those that were kept when it came before."""

    form: ReportForm
    files: list[BinaryIO]
    tickets: list[str]


async def _sent(request: Request) -> AsyncIterator[Sent]:
    async with request.form(max_files=2 * MOST_PHOTOS, max_fields=MOST_FIELDS) as parts:
        typed = {name: value for name, value in parts.items() if isinstance(value, str)}
        files = [part.file for part in parts.getlist("photo") if isinstance(part, UploadFile) and part.size]
        tickets = [part for part in parts.getlist("held") if isinstance(part, str)]
        if switched(request):  # a form may name its own step after that of the button
            typed |= {"step": EDIT, "again": ""}
        yield Sent(ReportForm.model_validate({**typed, "answers": given_answers(parts)}), files, tickets)


SentForm = Annotated[Sent, Depends(_sent)]
"""The form, as routes ask for it; its files are closed after the answer."""


@dataclass
class Held:
    """Photos of a form that are on disk, and what is wrong with the others."""

    photos: list[HeldPhoto] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def hold(here: Visit, sent: Sent, held: Held | None = None) -> Held:
    """Keep the photos of a form, so that correcting it does not mean choosing them again.

    Raises ``TooManyRequests`` or ``StoreError``, and then ``held`` has those that are kept already; a file that is no
    photo is a fault, and the others are kept.
    """
    held = Held() if held is None else held
    waiting = sent.tickets[:MOST_PHOTOS]
    for ticket in waiting:
        try:
            held.photos.append(here.house.intake.photos.redeem(ticket, sent.form.key))
        except BadPhoto:
            held.faults.append(Fault("photo", N_("We no longer have one of your photos. Choose it again.")))
    if len(sent.files) > MOST_PHOTOS - len(waiting):
        held.faults.append(Fault("photo", N_("At most %(n)s photos fit in one report."), {"n": MOST_PHOTOS}))
        return held
    for file in sent.files:
        if here.actor is None:
            here.house.lookups.check(here.sender)
        try:
            held.photos.append(here.house.intake.photos.hold(file))
        except BadPhoto as error:
            held.faults.append(explain(error, sent.form, here.house.city))
    return held
