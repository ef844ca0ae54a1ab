"""Proof of work while reports come in faster than people write them: programs pay for each, people hardly notice."""

import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from altcha.v1 import ChallengeOptions, Payload, create_challenge, extract_params, verify_solution
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geo_reports.errors import ProofNeeded
from geo_reports.intake.keys import ServerKey

WINDOW_S = 60
LIFE_S = 600
"""For so long a challenge can be solved."""
WAIT_S = 30
"""So long a form without a script waits instead."""
TICKET_LIFE_S = 3600
EASIEST, HARDEST = 50_000, 500_000
"""Numbers to try for a challenge, half of them on average: at the edge of a flood, and from ten times that on."""
SWEEP = 1000
"""After so many proofs those that can no longer be used are forgotten."""

Hex = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]


class _Solution(BaseModel):
    """A solved challenge as it is sent; what else programs put into it does not matter."""

    model_config = ConfigDict(strict=True)

    algorithm: Literal["SHA-256"]
    challenge: Hex
    number: int = Field(ge=0, le=HARDEST)
    salt: Annotated[str, StringConstraints(pattern=r"\A[0-9a-z?=&]{1,200}\z")]
    signature: Hex


@dataclass(frozen=True)
class Proof:
    """What a report brings along: a solved challenge (base64 of JSON), or the ticket of a form with this key."""

    solution: str = ""
    ticket: str = ""
    form_key: str = ""


class Challenge(BaseModel):
    """A number from 0 to ``maxNumber`` to find: ``challenge`` is the SHA-256 of ``salt`` and its decimal digits."""

    algorithm: Literal["SHA-256"]
    challenge: str
    maxNumber: int
    salt: str
    signature: str


class Flood:
    """Counts new public reports over a moving minute, and asks for proofs while there are too many.

    Nothing is kept on disk: what was counted and which proofs were used is forgotten with the process.
    """

    def __init__(self, key: ServerKey, per_minute: int, clock: Callable[[], datetime]) -> None:
        self._key, self._per_minute, self._clock = key, per_minute, clock
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}
        self._spent: dict[str, int] = {}
        self._sweep_at = SWEEP

    @property
    def needed(self) -> bool:
        """Whether a new report must bring a proof now."""
        with self._lock:
            return self._rate(self._now()) >= self._per_minute

    def challenge(self) -> Challenge:
        """Make a challenge that can be solved for ``LIFE_S``; the more reports come in, the harder."""
        now = self._now()
        with self._lock:
            hard = EASIEST * self._rate(now) // self._per_minute
        most = min(HARDEST, max(EASIEST, hard))
        expires = datetime.fromtimestamp(now + LIFE_S, UTC)
        options = ChallengeOptions(max_number=most, hmac_key=self._key.challenges, expires=expires)
        return Challenge.model_validate(create_challenge(options).to_dict())

    def ticket(self, form_key: str, earlier: str = "") -> str:
        """Name the time in a form, so that it is accepted ``WAIT_S`` from now; an earlier ticket keeps its time."""
        now = self._now()
        with self._lock:
            usable = self._known_ticket(Proof(ticket=earlier, form_key=form_key), now)
        return earlier if usable else f"{now}.{self._key.sign(_dated(now, form_key))}"

    def accepts(self, proof: Proof) -> bool:
        """Tell whether a proof could be used now."""
        with self._lock:
            return self._worth(proof, self._now()) is not None

    def require(self, proof: Proof) -> None:
        """Raise ``ProofNeeded`` where ``enter`` would; nothing is counted, and the proof is not used."""
        if self.needed and not self.accepts(proof):
            raise _needed()

    def enter(self, proof: Proof) -> Callable[[], None]:
        """Count a report, using up its proof where one is needed; calling what is returned takes both back.

        ``ProofNeeded`` when there is no usable proof, and then nothing was counted.
        """
        now, used = self._now(), None
        with self._lock:
            if self._rate(now) >= self._per_minute:
                used = self._worth(proof, now)
                if used is None:
                    raise _needed()
                self._spend(*used, now)
            self._counts[now] = self._counts.get(now, 0) + 1

        def take_back() -> None:
            with self._lock:
                if self._counts.get(now):
                    self._counts[now] -= 1
                if used is not None:
                    self._spent.pop(used[0], None)

        return take_back

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _rate(self, now: int) -> int:
        """Reports of the last minute; what a clock that was set back says to be of the future is forgotten."""
        self._counts = {second: n for second, n in self._counts.items() if now - WINDOW_S < second <= now}
        return sum(self._counts.values())

    def _worth(self, proof: Proof, now: int) -> tuple[str, int] | None:
        """Name under which a usable proof is remembered and when it can be forgotten; None for one that is not."""
        if (known := self._known_ticket(proof, now)) and now - known >= WAIT_S:
            return proof.ticket, known + TICKET_LIFE_S
        solved = self._solved(proof.solution)
        if solved is None or solved[0] in self._spent or solved[1] < now:
            return None
        return solved

    def _known_ticket(self, proof: Proof, now: int) -> int | None:
        """When an unused ticket was made, None for one that is not ours, another form's, or too old."""
        made, _, signature = proof.ticket.partition(".")
        if not self._key.signed(_dated(made, proof.form_key), signature) or proof.ticket in self._spent:
            return None
        return int(made) if int(made) > now - TICKET_LIFE_S else None

    def _solved(self, solution: str) -> tuple[str, int] | None:
        """Challenge that was solved and when it expires; None for what is no solution of a challenge of ours."""
        try:
            found = _Solution.model_validate_json(b64decode(solution, validate=True))
        except ValueError:
            return None
        payload = Payload(found.algorithm, found.challenge, found.number, found.salt, found.signature)
        # its own look at the expiry is by the machine's clock
        right, _ = verify_solution(payload, self._key.challenges, check_expires=False)
        return (found.challenge, int(extract_params(payload.to_dict())["expires"][0])) if right else None

    def _spend(self, name: str, until: int, now: int) -> None:
        if len(self._spent) >= self._sweep_at:
            self._spent = {kept: end for kept, end in self._spent.items() if end >= now}
            self._sweep_at = len(self._spent) + SWEEP
        self._spent[name] = until


def _needed() -> ProofNeeded:
    return ProofNeeded(
        "Many reports are coming in: solve a challenge of GET /api/v1/challenge and send the report again with it in "
        "the header Altcha. Each challenge is good for one report, for 10 min.",
        retry_after_s=WAIT_S,
    )


def _dated(made: int | str, form_key: str) -> str:
    """Text of a ticket that is signed; the time first, as the key is whatever a form sends."""
    return f"flood ticket {made} {form_key}"
