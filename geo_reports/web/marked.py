"""A text with what may tell who somebody is marked in it, or taken out."""

from dataclasses import dataclass

from geo_reports.intake.hints import HintKind, find_hints
from geo_reports.look import N_

TAKEN_OUT = "[…]"
"""What stands where something was taken out."""
SAID = {
    HintKind.RUT: N_("RUT"),
    HintKind.PHONE: N_("Telephone"),
    HintKind.EMAIL: N_("E-mail"),
    HintKind.PLATE: N_("Number plate"),
    HintKind.ADDRESS: N_("Somebody's home"),
}


@dataclass(frozen=True)
class Piece:
    """A piece of a text; ``kind`` where it may tell who somebody is."""

    text: str
    kind: HintKind | None = None


def marked(text: str) -> list[Piece]:
    """Pieces of a text, in order; together they are the text."""
    pieces, at = [], 0
    for hint in find_hints(text):
        pieces += [Piece(text[at : hint.start]), Piece(text[hint.start : hint.end], hint.kind)]
        at = hint.end
    return [piece for piece in (*pieces, Piece(text[at:])) if piece.text]


def redacted(text: str) -> str:
    """Return the text without the pieces that may tell who somebody is."""
    return "".join(TAKEN_OUT if piece.kind else piece.text for piece in marked(text))
