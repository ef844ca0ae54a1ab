"""Passwords: made by the program, kept as argon2id hashes, compared at the same cost whoever asks."""

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter or digit that is easily read as another (i, l, o, 0, 1)."""

GROUPS, GROUP_LENGTH = 4, 4  # 16 characters of 31: 79 bits
LONGEST = 256
AT_ONCE = 2  # each comparison takes 64 MiB: many at once would take the memory of the service


class Passwords:
    """Makes, hashes and compares passwords; at most two comparisons run at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()  # argon2id with the costs of RFC 9106, section 4, second choice
        self._turns = BoundedSemaphore(AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    @staticmethod
    def make() -> str:
        """Return a random password in four groups, about 79 bits."""
        groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
        return "-".join(groups)

    def hash(self, password: str) -> str:
        """Return the text to keep in place of a password."""
        return self._hasher.hash(password)

    def matches(self, kept: str | None, given: str) -> bool:
        """Compare a given password with a kept hash; None costs the same time and never matches."""
        with self._turns:
            try:
                self._hasher.verify(kept or self._nobody, given.strip()[:LONGEST])
            except (VerifyMismatchError, InvalidHashError):
                return False
        return kept is not None
