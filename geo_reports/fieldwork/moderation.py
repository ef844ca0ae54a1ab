"""What moderators decide: texts, children's reports, duplicates, categories, and the last step taken back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from geo_reports.accounts.actor import Actor
from geo_reports.city import CategorySpec, City, check_answers, read_answers
from geo_reports.errors import GeoReportsError, InputError, NotAllowed, NotFound
from geo_reports.fieldwork.desk import LONGEST_NOTE, LONGEST_TEXT, sound
from geo_reports.report import Audience, CloseReason, Family, Status
from geo_reports.store import Announce, News, Query, Store, change, merging, moderation, outbox, silent
from geo_reports.store.followup import Transaction
from geo_reports.store.query import find

MAY_MODERATE = frozenset({Audience.MODERATOR, Audience.ADMIN})
"""Roles that judge what residents sent."""
MAY_SHOW_MORE = frozenset({Audience.ADMIN})
"""Roles that may give a report a category that shows more of it than the one it has."""
OPENNESS = {"never": 0, "area": 1, "point": 2}
"""How much of a report its category's ``publish`` shows."""
MOST_AT_ONCE = 100
"""Reports that one decision may be about."""


@dataclass(frozen=True)
class Decided:
    """What came of a decision about several reports: names of those it was done to, and of those it was not."""

    done: tuple[str, ...]
    failed: tuple[str, ...]


class Moderation:
    """The moderators' side of a report; every decision is one transaction with its events.

    All methods raise ``NotAllowed`` for other roles and ``NotFound`` for an unknown report.
    """

    def __init__(self, city: City, store: Store, clock: Callable[[], datetime], announce: Announce = silent) -> None:
        self._city, self._store, self._clock, self._announce = city, store, clock, announce

    def publish_text(self, public_id: str, text: str | None, *, actor: Actor) -> None:
        """Publish a text that the actor has read; None keeps it private, and takes back what was published.

        ``InputError`` for a text that is too long, or of a report that is not published one by one.
        """
        words = sound(text, LONGEST_TEXT, "text")
        with self._deciding(public_id, actor) as (connection, at):
            if words is not None and self._category_of(connection, public_id).published != "point":
                raise InputError("Reports of this category are not shown one by one: keep the text private.", "text")
            change.set_public_text(connection, public_id, words, actor=actor.login, at=at)

    def approve(self, public_id: str, *, actor: Actor) -> None:
        """Let a child's report in: from now on it is a report like any other; ``IllegalTransition`` if it is none."""
        with self._deciding(public_id, actor, tell=True) as (connection, at):
            # only a held report can become received
            change.set_status(connection, public_id, Status.RECEIVED, reason=None, note=None, actor=actor.login, at=at)

    def reject(self, public_id: str, reason: CloseReason | None, *, note: str | None = None, actor: Actor) -> None:
        """Do not accept a report, for a reason its sender reads; ``IllegalTransition`` or ``InputError``."""
        words = sound(note, LONGEST_NOTE, "note")
        with self._deciding(public_id, actor, tell=True) as (connection, at):
            given = {"reason": reason, "note": words, "actor": actor.login, "at": at}
            change.set_status(connection, public_id, Status.REJECTED, **given)  # type: ignore[arg-type]

    def merge(self, public_id: str, into: str, *, note: str | None = None, actor: Actor) -> None:
        """Make a report a duplicate of an open one of its family; ``InputError`` with the field "target"."""
        words, target = sound(note, LONGEST_NOTE, "note"), into.strip()
        with self._deciding(public_id, actor, tell=True) as (connection, at):
            if find(connection, Query(public_id=target)).empty:
                raise InputError("There is no report with that number.", field="target")
            merging.merge(connection, public_id, target, note=words, actor=actor.login, at=at)

    def part(self, public_id: str, *, actor: Actor) -> None:
        """Make a duplicate a report of its own again; ``InputError`` for one that is none."""
        with self._deciding(public_id, actor, tell=True) as (connection, at):
            merging.part(connection, public_id, status=Status.ACKNOWLEDGED, actor=actor.login, at=at)

    def recategorise(self, public_id: str, category_id: str, *, actor: Actor) -> None:
        """Give a report another category; answers that do not fit it go, and so does what it may no longer show.

        A category that shows more needs an administrator, and so does every way from security to dumps, which crews
        read. Nothing that was private becomes public by itself: texts and photos are judged anew.
        """
        new = self._city.categories.get(category_id)
        if new is None:
            raise InputError(f"{category_id!r} is no category of this city.", field="category")
        with self._deciding(public_id, actor) as (connection, at):
            old = moderation.facts_of(connection, public_id)
            if self._shows_more(old.family, old.category, new) and actor.role not in MAY_SHOW_MORE:
                raise NotAllowed("A category that shows more of a report is given by an administrator.")
            moderation.recategorise(connection, public_id, self._fitting(old, new), actor=actor.login, at=at)

    def categories_for(self, family: str, category_id: str, *, actor: Actor) -> tuple[CategorySpec, ...]:
        """Categories that the actor may give a report instead of the one it has, in the city's order."""
        return tuple(
            one
            for one in self._city.spec.categories
            if one.id != category_id and (actor.role in MAY_SHOW_MORE or not self._shows_more(family, category_id, one))
        )

    def remark(self, public_id: str, note: str, *, actor: Actor) -> None:
        """Keep a note that only staff read; ``InputError`` for an empty one."""
        words = sound(note, LONGEST_NOTE, "internal")
        if words is None:
            raise InputError("Write the note first.", field="internal")
        with self._deciding(public_id, actor) as (connection, at):
            moderation.remark(connection, public_id, words, actor=actor.login, at=at)

    def mark_read(self, public_id: str, *, actor: Actor) -> None:
        """Record that the sender's comments were read."""
        with self._deciding(public_id, actor) as (connection, at):
            moderation.mark_read(connection, public_id, actor=actor.login, at=at)

    def take_back(self, public_id: str, *, actor: Actor) -> str:
        """Take the last step back: one's own, and an administrator anybody's. Returns its kind; ``InputError``."""
        only = None if actor.role is Audience.ADMIN else actor.login
        points = {one.id for one in self._city.spec.categories if one.published == "point"}
        with self._deciding(public_id, actor, tell=True) as (connection, at):
            return moderation.take_back(connection, public_id, only=only, points=points, actor=actor.login, at=at)

    def each(self, public_ids: Sequence[str], decide: Callable[[str], None]) -> Decided:
        """Decide about several reports, each by itself: what cannot be done to one does not keep it from the others.

        ``InputError`` for none, or for more than ``MOST_AT_ONCE``; ``NotAllowed`` ends it.
        """
        chosen = list(dict.fromkeys(public_ids))
        if not 0 < len(chosen) <= MOST_AT_ONCE:
            raise InputError(f"Choose at least one report, and at most {MOST_AT_ONCE}.", field="chosen")
        failed = []
        for public_id in chosen:
            try:
                decide(public_id)
            except NotAllowed:
                raise
            except GeoReportsError:
                failed.append(public_id)
        return Decided(tuple(one for one in chosen if one not in failed), tuple(failed))

    @contextmanager
    def _deciding(self, public_id: str, actor: Actor, *, tell: bool = False) -> Iterator[tuple[Transaction, int]]:
        """One transaction and its time, seconds UTC; ``tell`` sends out that the status changed."""
        if actor.role not in MAY_MODERATE:
            raise NotAllowed("This is decided by a moderator or an administrator.")
        messages = self._messages(public_id) if tell else ()
        at = int(self._clock().timestamp())
        with self._store.writing() as connection:
            yield connection, at
            outbox.put(connection, messages, at)

    def _messages(self, public_id: str) -> Sequence[outbox.Message]:
        found = self._store.find(Query(public_id=public_id))
        if found.empty:
            raise NotFound(f"There is no report {public_id!r}.")
        row = found.iloc[0]
        has_contact = self._store.sealed_contact(public_id) is not None
        return self._announce(News("report.status", public_id, Family(row.family), str(row.category), has_contact))

    def _category_of(self, connection: Transaction, public_id: str) -> CategorySpec:
        category = self._city.categories.get(moderation.facts_of(connection, public_id).category)
        if category is None:
            raise NotFound(f"The category of report {public_id!r} is none of this city's.")
        return category

    def _shows_more(self, family: str, category_id: str, new: CategorySpec) -> bool:
        old = self._city.categories.get(category_id)
        shown = OPENNESS[old.published] if old is not None else 0
        return OPENNESS[new.published] > shown or (family == Family.SECURITY and new.family is Family.DUMP)

    def _fitting(self, facts: moderation.Facts, new: CategorySpec) -> moderation.Recategorised:
        asked = {question.id for question in self._city.questions_of(new)}
        answers = {name: said for name, said in read_answers(facts.answers).items() if name in asked}
        return moderation.Recategorised(
            family=str(new.family),
            category=new.id,
            size=facts.size if new.family is Family.DUMP else None,
            answers=check_answers(self._city, new, answers),
            published=new.published == "point",
        )
