"""The server key and what is derived from it: tracking codes, public ids, sealed contacts.

The key is made when a store is first used, in a file of its own that only its owner can read, outside
the store: a copy of the database alone opens no contact and matches no tracking code.
"""

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Protocol

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from geo_reports.errors import InputError, KeyProblem
from geo_reports.intake.signer import HeadSigner
from geo_reports.store.keyfile import SECRET_BYTES, read_secret, server_key_file, write_secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people mistake."""
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_LETTERS = np.frombuffer(ALPHABET.lower().encode(), "S1")
_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN = re.compile(r"[\s\u2010-\u2015_.-]+")
"""What people and their keyboards put between groups of letters, long dashes included."""
LOST_KEY = "lost_key"
"""Under what name a store remembers that a key was lost: contacts sealed with it do not open."""
CODE_LENGTH = 16
"""Letters of a tracking code: 80 bits."""
PUBLIC_LENGTH = 12
"""Letters of a public id: 60 bits."""


class Remembers(Protocol):
    """What is asked of the store to tell its own key from another."""

    def store_id(self) -> str:
        """Name of the store."""

    def get_meta(self, key: str) -> str | None:
        """Read one remembered value."""

    def set_meta(self, key: str, value: str) -> None:
        """Remember one value."""


class ServerKey:
    """Derives everything secret from 32 random bytes."""

    def __init__(self, secret: bytes) -> None:
        self._code = _derive(secret, b"tracking code")
        self._lookup = _derive(secret, b"tracking code lookup")
        self._names = Cipher(AES(_derive(secret, b"public id")), ECB())  # noqa: S305 no block repeats
        self._body = _derive(secret, b"request body")
        self._sign = _derive(secret, b"signed form")
        self.challenges = _derive(secret, b"proof of work")
        self.signer = HeadSigner(_derive(secret, b"head of the event chain"))
        self._seal = AESGCM(_derive(secret, b"contact"))
        self._photo = AESGCM(_derive(secret, b"original photo"))
        self.check = _derive(secret, b"check").hex()

    def code(self, idempotency_key: str) -> str:
        """Tracking code of a sending: the same key gives the same code, so a retry shows the same receipt."""
        raw = _base32(_digest(self._code, idempotency_key.encode()), CODE_LENGTH)
        return "-".join(raw[i : i + 4] for i in range(0, CODE_LENGTH, 4))

    def code_hash(self, code: str) -> bytes:
        """Hash under which a receipt is kept; spelling of the code (case, dashes, O for 0) does not matter.

        What cannot be a code has a hash too, which no receipt has: looking it up takes as long as for any other.
        """
        plain = _BETWEEN.sub("", code).upper().translate(_MISTAKEN)
        usable = len(plain) == CODE_LENGTH and not set(plain) - set(ALPHABET)
        return _digest(self._lookup, plain.encode() if usable else b"no code")

    def body_hash(self, body: bytes) -> bytes:
        """Keyed digest of a request body, to tell a retry from a different report."""
        return _digest(self._body, body)

    def sign(self, text: str) -> str:
        """Signature that tells a text of ours, sent back with a form, from anybody else's."""
        return _digest(self._sign, text.encode()).hex()

    def signed(self, text: str, signature: str) -> bool:
        """Tell whether a signature is that of the text."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode("utf-8", "replace"))

    def public_ids(self, identities: list[bytes]) -> list[str]:
        """Public names of reports: 60 bits each that say nothing about sender, source or order.

        Each identity is one block of AES, a keyed permutation: one call names a whole archive.
        """
        blocks = self._names.encryptor().update(b"".join(identities))
        tags = np.frombuffer(blocks, ">u8").astype(np.uint64)[::2]
        shifts = np.arange(59, 3, -5, dtype=np.uint64)
        letters = _LETTERS[((tags[:, None] >> shifts) & np.uint64(31)).astype(np.intp)]
        return letters.view(f"S{len(shifts)}").ravel().astype(str).tolist()

    def public_id(self, identity: bytes) -> str:
        """``public_ids`` of one report, without arrays."""
        block = self._names.encryptor().update(identity)
        return _base32(block, PUBLIC_LENGTH).lower()

    def seal(self, text: str) -> bytes:
        """Encrypt a contact (AES-256-GCM)."""
        nonce = os.urandom(12)
        return nonce + self._seal.encrypt(nonce, text.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """Decrypt a contact; ``KeyProblem`` when it was sealed with another key."""
        try:
            return self._seal.decrypt(sealed[:12], sealed[12:], None).decode()
        except InvalidTag:
            raise KeyProblem("This contact was sealed with another server key and cannot be read.") from None

    def seal_photo(self, original: bytes, held: bytes) -> bytes:
        """Encrypt a photo as it was sent (AES-256-GCM), bound to the digest of what is held of it."""
        nonce = os.urandom(12)
        return nonce + self._photo.encrypt(nonce, original, held)

    def open_photo(self, sealed: bytes, held: bytes) -> bytes:
        """Decrypt a photo; ``KeyProblem`` when another key sealed it, or it is not that of this held one."""
        try:
            return self._photo.decrypt(sealed[:12], sealed[12:], held)
        except InvalidTag:
            raise KeyProblem("This original was sealed with another server key, or for another photo.") from None


def new_idempotency_key() -> str:
    """Make a key for one sending (192 bits)."""
    return secrets.token_urlsafe(24)


def check_idempotency_key(key: str) -> str:
    """Return a usable key; ``InputError`` for one that is too short to be unguessable or too long."""
    if not 16 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        raise InputError(
            "An idempotency key is 16 to 200 printable ASCII characters; make a random one, such as a UUID.",
            field="Idempotency-Key",
        )
    return key


def open_key(folder: Path, store: Remembers) -> ServerKey:
    """Key of a store: read, or made when the store has none yet.

    ``KeyProblem`` when the store had a key and its file is gone, unreadable, readable by others, or
    another store's.
    """
    path = server_key_file(folder, store.store_id())
    expected = store.get_meta("key_check")
    if expected is None and not path.exists():
        write_secret(path, secrets.token_bytes(SECRET_BYTES))
    key = ServerKey(_read(path))
    if expected is None:
        store.set_meta("key_check", key.check)
    elif not hmac.compare_digest(expected, key.check):
        raise KeyProblem(f"{path} is not the key this store was made with. Put the right file in its place.")
    return key


def replace_lost_key(folder: Path, store: Remembers) -> None:
    """Make a new key for a store whose key is lost for good.

    Receipts given until now no longer open their report, contacts left until now can no longer be read.
    ``KeyProblem`` while the old key's file is still there.
    """
    path = server_key_file(folder, store.store_id())
    if path.exists():
        raise KeyProblem(f"{path} is still there; move it away first if it must be replaced.")
    write_secret(path, secrets.token_bytes(SECRET_BYTES))
    store.set_meta("key_check", ServerKey(_read(path)).check)
    store.set_meta(LOST_KEY, "yes")


def _read(path: Path) -> bytes:
    if not path.exists():
        raise KeyProblem(
            f"The server key {path} is gone. Without it no tracking code can be checked and no contact read; "
            "the reports themselves are safe. Put the file back from your copy of the keys. "
            "If it is lost for good, geo-reports doctor --accept-lost-key makes a new one: "
            "receipts given until now will then no longer open their report."
        )
    return read_secret(path, "server key")


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return _digest(secret, b"geo_reports " + purpose)


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _base32(raw: bytes, length: int) -> str:
    """First ``length`` letters (even) of the bytes' base 32, two at a time."""
    number = int.from_bytes(raw, "big") >> (8 * len(raw) - 5 * length)
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(5 * length - 10, -1, -10)])
