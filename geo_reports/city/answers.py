"""Answers to the city's questions: held against the city folder, and the one text they are kept as."""

import json

from geo_reports.city.folder import City
from geo_reports.city.model import CategorySpec, QuestionSpec
from geo_reports.errors import InputError
from geo_reports.report import Answers


def check_answers(city: City, category: CategorySpec, answers: Answers) -> str | None:
    """Text that answers are kept as, None where nothing was answered.

    ``InputError`` for a question the city does not ask about this category, and for an answer that is none of its
    options. Options stand in the city's order, each once, so that equal answers are equal texts.
    """
    asked = {question.id: question for question in city.questions_of(category)}
    kept: Answers = {}
    for name, given in answers.items():
        if name not in asked:
            known = ", ".join(asked) or "none"
            raise InputError(f"{name[:64]!r} is no question about {category.id}; there are: {known}.", field="answers")
        kept[name] = _answer(asked[name], given)
    given_any = {name: answer for name, answer in kept.items() if answer not in ("", [])}
    return json.dumps(given_any, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if given_any else None


def _answer(question: QuestionSpec, given: str | list[str] | bool) -> str | list[str] | bool:
    options = [option.id for option in question.options]
    if question.kind == "yes_no":
        if isinstance(given, bool):
            return given
        raise InputError(f"{question.id!r} is answered with true or false.", field="answers")
    chosen = [given] if question.kind == "choice" and isinstance(given, str) else given
    if not isinstance(chosen, list) or any(one not in options for one in chosen if one):
        wanted = "one of" if question.kind == "choice" else "a list of some of"
        raise InputError(f"{question.id!r} is answered with {wanted}: {', '.join(options)}.", field="answers")
    if question.kind == "choice":
        return chosen[0]
    return [option for option in options if option in chosen]


def read_answers(text: str | None) -> Answers:
    """Answers of a report from the text they are kept as; none for an empty one."""
    found: Answers = json.loads(text) if text else {}
    return found
