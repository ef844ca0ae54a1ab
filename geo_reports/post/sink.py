"""What a sink is: a place outside that messages go to."""

import json
from dataclasses import dataclass
from typing import Final, Protocol

from geo_reports.errors import InputError
from geo_reports.store import Letter

RECEIVED: Final = "report.received"
STATUS: Final = "report.status"
"""Kinds of news that messages tell of."""


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended. ``error`` is a kind or a code, never a text of the other side: that may name a person.

    Attributes
    ----------
    sent
        The other side has it.
    void
        There is nothing to say any more; the message can go.
    final
        Trying again would change nothing.
    down
        The whole sink is at fault, not this message.
    """

    sent: bool = False
    void: bool = False
    final: bool = False
    down: bool = False
    error: str = ""


DELIVERED, VOID = Outcome(sent=True), Outcome(void=True)


class Sink(Protocol):
    """Delivers messages of one kind of place."""

    def send(self, letter: Letter, at: int) -> Outcome:
        """Deliver a message; ``at`` is the time in seconds UTC. Ends within some minutes at worst."""


def payload(public_id: str) -> str:
    """What the outbox keeps of a message: whom it is about; the facts are read when it is sent."""
    return json.dumps({"public_id": public_id})


def subject(letter: Letter) -> str:
    """public_id of the report a message is about; ``InputError`` for a payload that is none."""
    try:
        public_id = json.loads(letter.payload)["public_id"]
    except (ValueError, KeyError, TypeError):
        public_id = None
    if not isinstance(public_id, str):
        raise InputError("The payload of this message names no report.")
    return public_id
