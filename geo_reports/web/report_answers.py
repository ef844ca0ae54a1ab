"""Answers to the city's questions as the form sends them: fields ``answer.<question id>``."""

from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData

from geo_reports.city import CategorySpec, City, QuestionSpec, check_answers
from geo_reports.errors import InputError
from geo_reports.look import N_
from geo_reports.report import Answers
from geo_reports.web.report_faults import Fault

PREFIX = "answer."
YES, NO = "yes", "no"

Given = Mapping[str, Sequence[str]]
"""Chosen options by the question's id; what was left open is not in it."""


def given_answers(parts: FormData) -> dict[str, list[str]]:
    """Answers among the fields of a form."""
    found: dict[str, list[str]] = {}
    for name, value in parts.multi_items():
        if name.startswith(PREFIX) and isinstance(value, str) and value:
            found.setdefault(name.removeprefix(PREFIX), []).append(value)
    return found


def read_answers(city: City, category: CategorySpec, given: Given) -> tuple[Answers, list[Fault]]:
    """Return the answers about a category and what is wrong with them.

    Without a script the questions of every category are on the page: what is not asked about this one is left out.
    """
    answers: Answers = {}
    faults = []
    for question in city.questions_of(category):
        if not (chosen := given.get(question.id)):
            continue
        answer = _answer(question, chosen)
        try:
            check_answers(city, category, {question.id: answer})
        except InputError:
            faults.append(Fault(PREFIX + question.id, N_("Choose one of the answers below.")))
            continue
        answers[question.id] = answer
    return answers, faults


def _answer(question: QuestionSpec, chosen: Sequence[str]) -> str | list[str] | bool:
    if question.kind == "yes_no" and chosen[-1] in (YES, NO):
        return chosen[-1] == YES
    return list(chosen) if question.kind == "choices" else chosen[-1]
