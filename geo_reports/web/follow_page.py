"""The page of one report for whoever has its code: receipt, story, and what can be done now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response

from geo_reports.city import QuestionSpec
from geo_reports.errors import NotFound
from geo_reports.fieldwork.followup import (
    LONGEST_COMMENT,
    LONGEST_TEXT,
    LONGEST_WHY,
    MOST_PHOTOS,
    REOPEN_DAYS,
    Act,
    choices,
    may,
)
from geo_reports.intake import Hint
from geo_reports.privacy import Story
from geo_reports.report import Answers, Audience, Family, Size, Status
from geo_reports.web import follow_words
from geo_reports.web.base import base_address
from geo_reports.web.qr import qr_svg
from geo_reports.web.review import HINT_NAMES, said
from geo_reports.web.visit import Visit

MOST_CODE = 40
"""Longest text looked up as a code; codes have 16 letters, and people add spaces and dashes."""


@dataclass(frozen=True)
class Attempt:
    """A form of the page that was sent and must be shown again: which one, its fault, what was typed into it.

    ``hints`` are pieces of the text that may tell who somebody is; sent again it is taken as it is. ``answers`` are
    what was chosen for the city's questions.
    """

    act: Act
    fault: str = ""
    status: int = 422
    typed: Mapping[str, str] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()
    answers: Mapping[str, list[str]] | None = None


def spelled(code: str) -> str:
    """Write a code as its receipt did: capital letters in groups of four."""
    plain = code.upper().translate(str.maketrans("OIL", "011", "- "))
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def no_report(here: Visit) -> Response:
    """Answer any wrong code, in the same words whatever is wrong; ``TooManyRequests`` after too many."""
    here.house.followup.wrong_code(here.sender)
    return here.page("follow.html", 404, wrong=True, path="/seguimiento")


def show(here: Visit, code: str, *, fresh: bool = False, done: str = "", attempt: Attempt | None = None) -> Response:
    """Show a report; every wrong code gets the same answer."""
    try:
        story = here.house.view(Audience.RESIDENT).by_code(code[:MOST_CODE])
    except NotFound:
        return no_report(here)
    plain = spelled(code)
    address = f"{base_address(here.request, here.house)}/seguimiento/{plain}"
    return here.page(
        "story.html",
        attempt.status if attempt else 200,
        path="/seguimiento",
        again=f"/seguimiento/{plain}",
        neutral=story.family == Family.SECURITY,
        story=story,
        code=plain,
        address=address,
        qr=qr_svg(address),
        fresh=fresh,
        done=done if done in set(Act) else "",
        attempt=attempt,
        hint_names={kind: here.words(name) for kind, name in HINT_NAMES.items()},
        acts=_acts(here, story),
        tell=follow_words,
        photos=_photos(here, story),
        limits={"comment": LONGEST_COMMENT, "why": LONGEST_WHY, "text": LONGEST_TEXT, "photos": MOST_PHOTOS},
        reopen_days=REOPEN_DAYS,
        **_facts(here, story, attempt.answers if attempt else None),
    )


def _acts(here: Visit, story: Story) -> set[str]:
    now, status = here.house.clock(), Status(story.status)
    return {str(act) for act in Act if may(act, status, story.closed_at, story.channel, now)}


def _facts(here: Visit, story: Story, given: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """What the page says of the facts and offers to correct."""
    city = here.house.city
    category = city.categories.get(story.category)
    questions = city.questions_of(category) if category else []
    return {
        "category": category,
        "answers": said(here, questions, story.answers),
        "questions": questions,
        "chosen": {
            question.id: _chosen(question, story.answers) if given is None else given.get(question.id, [])
            for question in questions
        },
        "categories": choices(city, story.family, story.category),
        "sizes": list(Size) if story.family == Family.DUMP else [],
    }


def _chosen(question: QuestionSpec, answers: Answers) -> list[str]:
    """Answer to a question as the form's fields have it."""
    answer = answers.get(question.id)
    if answer is None:
        return []
    if isinstance(answer, bool):
        return ["yes" if answer else "no"]
    return answer if isinstance(answer, list) else [answer]


def _photos(here: Visit, story: Story) -> dict[str, object]:
    """How many photos there are in each state, and the numbers of those everybody sees."""
    states = [photo.state for photo in story.photos]
    shown = [photo.n for photo in here.house.view(Audience.PUBLIC).photos(story.public_id)] if states else []
    return {"all": len(states), "held": states.count("held"), "withheld": states.count("withheld"), "shown": shown}
