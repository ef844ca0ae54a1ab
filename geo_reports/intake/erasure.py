"""Erase a report for good: its sender by the tracking code, the staff by its public name."""

from collections.abc import Callable
from datetime import datetime

from geo_reports.errors import InputError
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.settling import Settling
from geo_reports.store import Erased, Eraser

__all__ = ["Erased", "Erasure"]

SENDER = "sender"
LONGEST_REASON = 32
"""Characters: the reason stays in the chain of events for ever."""


class Erasure:
    """Erases reports; what was erased stays erased when an older backup is restored."""

    def __init__(self, eraser: Eraser, key: ServerKey, clock: Callable[[], datetime]) -> None:
        self._eraser, self._key, self._clock = eraser, key, clock
        self._settling = Settling(eraser.settle)

    def by_code(self, code: str, *, reason: str = "asked for by its sender", actor: str = SENDER) -> Erased:
        """Erase the report a tracking code belongs to; ``NotFound`` says nothing more."""
        code_hash = self._key.code_hash(code)
        return self._eraser.by_code_hash(code_hash, reason=_sound(reason), actor=actor, at=self._seconds())

    def by_code_soon(self, code: str, *, reason: str = "asked for by its sender", actor: str = SENDER) -> None:
        """Erase as ``by_code``, without waiting for the file to be written anew: that is done in the background."""
        code_hash = self._key.code_hash(code)
        begun = self._eraser.begin_by_code_hash(code_hash, reason=_sound(reason), actor=actor, at=self._seconds())
        self._settling.add(begun.wanted)

    def close(self, timeout_s: float) -> bool:
        """Wait for what is done in the background; False when that takes longer."""
        return self._settling.close(timeout_s)

    def by_report(self, public_id: str, *, reason: str, actor: str) -> Erased:
        """Erase a report by its public name; ``NotFound`` where there is none."""
        return self._eraser.by_public_id(public_id, reason=_sound(reason), actor=actor, at=self._seconds())

    def _seconds(self) -> int:
        return int(self._clock().timestamp())


def _sound(reason: str) -> str:
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise InputError(
            f"A reason has 1 to {LONGEST_REASON} characters and names nobody: it can never be erased itself.",
            field="reason",
        )
    return text
