"""Status changes and moderated text, each by a person whose role allows it."""

from collections.abc import Callable
from datetime import datetime

from geo_reports.accounts.actor import Actor
from geo_reports.errors import InputError, NotAllowed, NotFound
from geo_reports.report import Audience, CloseReason, Family, Status
from geo_reports.store import Announce, Message, News, Query, Store, silent
from geo_reports.store.tally import counted_as

MAY_MOVE: dict[Audience, frozenset[Family]] = {
    Audience.CREW: frozenset({Family.DUMP}),
    Audience.MODERATOR: frozenset(Family),
    Audience.ADMIN: frozenset(Family),
}
MAY_CHOOSE: dict[Status, frozenset[Audience]] = {
    Status.RETRACTED: frozenset(),  # only its sender takes a report back
    Status.VERIFIED: frozenset({Audience.MODERATOR, Audience.ADMIN}),
}
"""Roles that may move a report to a status; every role that moves reports, where a status is not named."""
MAY_APPROVE = frozenset({Audience.MODERATOR, Audience.ADMIN})
"""Roles for which held reports exist."""
LONGEST_NOTE, LONGEST_TEXT = 1000, 4000
"""Characters; a published text may be as long as one that is sent."""
MAY_PUBLISH = frozenset({Audience.MODERATOR, Audience.ADMIN})
"""Roles that publish text."""


class Fieldwork:
    """The staff's side of a report. ``NotAllowed`` where the actor's role does not reach.

    ``announce`` says which messages a change makes; they are stored with it.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], announce: Announce = silent) -> None:
        self._store, self._clock, self._announce = store, clock, announce

    def set_status(
        self, public_id: str, status: Status, *, reason: CloseReason | None, note: str | None, actor: Actor
    ) -> None:
        """Move a report through the workflow.

        Raises ``NotFound``, ``IllegalTransition``, or ``InputError`` when a closing lacks its reason.
        """
        allowed = MAY_MOVE.get(actor.role, frozenset())
        family, category = self._kind(public_id, allowed, held=actor.role in MAY_APPROVE)
        if family not in allowed or not may_choose(actor.role, status):
            raise NotAllowed(f"The role {actor.role} cannot move this report to {status}.")
        self._store.set_status(
            public_id,
            status,
            reason=reason,
            note=sound(note, LONGEST_NOTE, "note"),
            actor=actor.login,
            at=self._seconds(),
            messages=self._messages(public_id, family, category),
        )

    def publish_text(self, public_id: str, text: str | None, *, actor: Actor) -> None:
        """Publish a text that a moderator has read, or take it back with None."""
        if actor.role not in MAY_PUBLISH:
            raise NotAllowed("Only a moderator publishes text.")
        self._store.set_public_text(public_id, sound(text, LONGEST_TEXT, "text"), actor=actor.login, at=self._seconds())

    def _messages(self, public_id: str, family: Family, category: str) -> tuple[Message, ...]:
        has_contact = self._store.sealed_contact(public_id) is not None
        return self._announce(News("report.status", public_id, family, category, has_contact))

    def _kind(self, public_id: str, allowed: frozenset[Family], *, held: bool) -> tuple[Family, str]:
        """Family and category of a report; one that waits for approval is there only where ``held``."""
        found = self._store.find(Query(public_id=public_id))
        if found.empty or (counted_as(*found[["channel", "status"]].iloc[0]) == Status.HELD and not held):
            # whose role changes nothing is not told which reports exist
            raise NotFound(f"There is no report {public_id!r}.") if allowed else NotAllowed("This needs another role.")
        return Family(found.family.iloc[0]), str(found.category.iloc[0])

    def _seconds(self) -> int:
        return int(self._clock().timestamp())


def may_choose(role: Audience, status: Status) -> bool:
    """Tell whether a role may move a report to a status, as far as the status is concerned."""
    return role in MAY_CHOOSE.get(status, MAY_MOVE)


def sound(text: str | None, longest: int, field: str) -> str | None:
    """Text without blanks around it, None for an empty one; ``InputError`` for one that cannot be kept."""
    plain = (text or "").strip()
    if len(plain) > longest or "\x00" in plain:
        raise InputError(f"This text is too long or holds a NUL character; keep it to {longest} characters.", field)
    return plain or None
