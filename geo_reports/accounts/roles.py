"""Which role may look through which audience's view: one table, asked by every door."""

from collections.abc import Collection

from geo_reports.accounts.actor import Actor
from geo_reports.errors import NotAllowed, NotSignedIn
from geo_reports.report import Audience

STAFF = (Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN)
"""Roles an account can have. Residents have no account: their code is enough."""

_USERS: dict[Audience, frozenset[Audience]] = {
    Audience.CREW: frozenset({Audience.CREW, Audience.MODERATOR, Audience.ADMIN}),
    Audience.PLANNER: frozenset({Audience.PLANNER, Audience.ADMIN}),
    Audience.MODERATOR: frozenset({Audience.MODERATOR, Audience.ADMIN}),
    Audience.ADMIN: frozenset({Audience.ADMIN}),
    Audience.RESIDENT: frozenset(),  # a resident's view opens with a code, never with an account
}


def may_use(actor: Actor | None, audience: Audience) -> bool:
    """Tell whether someone may look through an audience's view; the public one is everybody's."""
    return audience is Audience.PUBLIC or (actor is not None and actor.role in _USERS[audience])


def check_audience(actor: Actor | None, audience: Audience) -> None:
    """Raise ``NotSignedIn`` or ``NotAllowed`` unless ``may_use``."""
    if audience is not Audience.PUBLIC:
        check_role(actor, _USERS[audience])


def check_role(actor: Actor | None, roles: Collection[Audience]) -> Actor:
    """Return the actor if its role is one of ``roles``; raise ``NotSignedIn`` or ``NotAllowed`` if not."""
    if actor is None:
        raise NotSignedIn("This page needs an account: sign in.")
    if actor.role not in roles:
        raise NotAllowed(f"The role {actor.role} may not see or do this.")
    return actor
