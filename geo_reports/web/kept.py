"""``Kept``: the last public maps that were drawn; drawing one takes a hundred times longer than sending it."""

import secrets
from collections.abc import Callable
from threading import Lock

MOST = 8
"""Pages kept at once."""

Key = tuple[str, ...]


class Kept:
    """Pages by what they are, each as long as its mark stays the same; their nonce is put in anew each time."""

    def __init__(self) -> None:
        # drawn pages carry this in place of a nonce; nobody who writes a report can know it
        self._slot = secrets.token_urlsafe(24)
        self._pages: dict[Key, tuple[str, list[str]]] = {}
        self._drawing = Lock()

    def page(self, key: Key, mark: str, nonce: str, draw: Callable[[str], str]) -> str:
        """Give the page of ``key`` with ``nonce``; ``draw(slot)`` makes it where ``mark`` is not the kept one's."""
        found = self._pages.get(key)
        if found is None or found[0] != mark:
            with self._drawing:  # those who come meanwhile wait for the one drawing instead of each starting another
                found = self._pages.get(key)
                if found is None or found[0] != mark:
                    found = mark, draw(self._slot).split(self._slot)
                    self._keep(key, found)
        return nonce.join(found[1])

    def _keep(self, key: Key, page: tuple[str, list[str]]) -> None:
        self._pages.pop(key, None)
        while len(self._pages) >= MOST:
            self._pages.pop(next(iter(self._pages)))
        self._pages[key] = page
