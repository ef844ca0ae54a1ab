"""The page between typing and sending: what the municipality gets, what everybody will see, what to think about."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from geo_reports.city import QuestionSpec
from geo_reports.intake import Examined, HeldPhoto, HintKind, find_hints
from geo_reports.look import N_
from geo_reports.privacy.rules import SECURITY_DELAY_DAYS, SUPPRESS_BELOW
from geo_reports.report import Answers, Audience, NewReport
from geo_reports.web.proof import asked
from geo_reports.web.report_faults import Fault
from geo_reports.web.report_form import ReportForm, carried
from geo_reports.web.spot import label_near
from geo_reports.web.visit import Visit

HINT_NAMES = {
    HintKind.RUT: N_("It looks like a RUT"),
    HintKind.PHONE: N_("It looks like a telephone number"),
    HintKind.EMAIL: N_("It looks like an e-mail address"),
    HintKind.PLATE: N_("It looks like a number plate"),
    HintKind.ADDRESS: N_("It seems to tell where somebody lives"),
}
ANOTHER, SAME = "yes", "no"
"""Answers to the question whether a report that came a few minutes ago is the same: send it again?"""
SAME_OR_NOT = {"another": ANOTHER, "same": SAME}


@dataclass(frozen=True)
class Draft:
    """A report that can be used and is not sent yet, with its form and its photos."""

    form: ReportForm
    new: NewReport
    place: Examined
    photos: Sequence[HeldPhoto]

    def fields(self, here: Visit) -> list[tuple[str, str]]:
        """Hidden fields that carry it to the next page, its place as it was found among them."""
        tickets = [here.house.intake.photos.ticket(photo, self.form.key) for photo in self.photos]
        accuracy = "" if self.place.accuracy_m is None else f"{self.place.accuracy_m:g}"
        form = self.form.model_copy(update={"found": f"{self.place.lon!r} {self.place.lat!r} {accuracy}".strip()})
        if form.spot and not form.address.strip() and not form.lon:  # so that correcting it does not lose the place
            form = form.model_copy(update={"lon": repr(self.place.lon), "lat": repr(self.place.lat)})
        return carried(form, tickets)


def show(here: Visit, draft: Draft, fault: Fault | None = None, status: int = 200, unproven: bool = False) -> Response:
    """Show what will be sent and what of it will be public."""
    house, form, new = here.house, draft.form, draft.new
    category = house.city.categories[new.category]
    preview = house.view(Audience.PUBLIC).preview(new, draft.place.lon, draft.place.lat, draft.place.occurred)
    faults = [fault] if fault else []
    return here.page(
        "review.html",
        status,
        sends="report",
        path="/reportar",
        form=form,
        faults=faults,
        at_fault={one.field: here.words(one.message, **one.values) for one in faults},
        carried=draft.fields(here),
        category=category,
        size=new.size,
        place=label_near(here, draft.place.lon, draft.place.lat),
        when=new.occurred_at.replace("T", " ") if new.occurred_at else "",
        answers=said(here, house.city.questions_of(category), new.answers),
        n_photos=len(draft.photos),
        hints=find_hints(form.description),
        hint_names={kind: here.words(name) for kind, name in HINT_NAMES.items()},
        preview=preview,
        public_answers=said(here, house.city.questions_of(category), preview.answers),
        few=SUPPRESS_BELOW,
        delay_days=SECURITY_DELAY_DAYS,
        proof=asked(here, form, unproven),
        same=SAME_OR_NOT,
    )


def said(here: Visit, questions: Sequence[QuestionSpec], answers: Answers) -> list[tuple[QuestionSpec, str]]:
    """Answers in words, in the city's order."""
    return [(question, _said(here, question, answers[question.id])) for question in questions if question.id in answers]


def _said(here: Visit, question: QuestionSpec, answer: str | list[str] | bool) -> str:
    if isinstance(answer, bool):
        return here.words(N_("Yes") if answer else N_("No"))
    names = {option.id: here.words.say(option.name) for option in question.options}
    chosen: list[str] = answer if isinstance(answer, list) else [answer]
    return ", ".join(names[one] for one in names if one in chosen)
