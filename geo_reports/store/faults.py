"""Named moments of a transaction, at which a test may interrupt the program; in service they do nothing."""

from collections.abc import Callable

POINTS = (
    "photo.written",
    "photo.synced",
    "photo.renamed",
    "accept.begun",
    "accept.inserted",
    "accept.committed",
)
"""Moments in the order in which an accepted report passes them."""
_hook: Callable[[str], None] | None = None


def arm(hook: Callable[[str], None] | None) -> None:
    """Have ``hook`` called with the name of each moment; None disarms."""
    global _hook
    _hook = hook


def reach(point: str) -> None:
    """Pass a moment."""
    if _hook is not None:
        _hook(point)
