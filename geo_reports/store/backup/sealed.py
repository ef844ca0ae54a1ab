"""An encrypted stream: any edit, cut, swap or addition is found when it is read, and only the key's owner reads it.

The first line names the format, the key and a salt; AES-256-GCM pieces of 256 KiB follow, each under the number of
its place and whether it is the last (the STREAM construction: Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The key
of a file is derived (HKDF, RFC 5869) from the backup key, the salt and the first line.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Callable
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from geo_reports.errors import KeyProblem, StoreError

FORMAT = 1
PIECE_BYTES = 256 * 1024
TAG_BYTES = 16
SALT_BYTES = 32
LONGEST_LINE = 200
FIRST_LINE = re.compile(rb"geo_reports backup (\d{1,9}) key ([0-9a-f]{16}) salt ([0-9a-f]{64})\n")
SOME_FORMAT = re.compile(rb"geo_reports backup (\d{1,9}) .*\n")
DAMAGED = "is damaged, cut short or edited: nothing of it was used. Take another backup."


def key_id(key: bytes) -> str:
    """Name of a backup key, which says nothing of the key: it stands at the head of each backup."""
    return hmac.new(key, b"geo_reports backup key id", hashlib.sha256).hexdigest()[:16]


def _cipher(key: bytes, salt: bytes, line: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, line).derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter:
    """Encrypts what is written to it; ``close`` seals the end, without which nobody takes the file for whole."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        line = f"geo_reports backup {FORMAT} key {key_id(key)} salt {salt.hex()}\n".encode()
        file.write(line)
        self._file, self._cipher = file, _cipher(key, salt, line)
        self._waiting, self._number = bytearray(), 0

    def write(self, data: bytes) -> int:
        """Take bytes; whole pieces go to the file."""
        self._waiting += data
        # the last piece is known only at the end, so one whole piece may wait
        while len(self._waiting) > PIECE_BYTES:
            self._put(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._waiting), last=True)

    def _put(self, piece: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, None))
        self._number += 1


class SealedReader:
    """Decrypts a stream piece by piece; no byte is handed out before its piece was found genuine.

    ``key_of`` gives the key for an id, or raises. ``StoreError`` for what is no backup, for a newer one, and when a
    piece is not the one that was written there.
    """

    def __init__(self, file: BinaryIO, name: str, key_of: Callable[[str], bytes]) -> None:
        self._file, self._name = file, name
        line = file.readline(LONGEST_LINE)
        head = FIRST_LINE.fullmatch(line)
        newer = SOME_FORMAT.fullmatch(line)
        if newer and int(newer[1]) > FORMAT:
            raise StoreError(
                f"{name} was written by a newer geo_reports (format {int(newer[1])}). Install the newer program."
            )
        if head is None or int(head[1]) != FORMAT:
            raise StoreError(f"{name} is no backup of geo_reports, or its beginning is damaged.")
        self._cipher = _cipher(key_of(head[2].decode()), bytes.fromhex(head[3].decode()), line)
        self._next = file.read(PIECE_BYTES + TAG_BYTES)
        self._ready, self._number, self._ended = b"", 0, False

    def read(self, n: int) -> bytes:
        """Return ``n`` bytes, fewer only at the end."""
        parts, missing = [], n
        while missing and (self._ready or not self._ended):
            if not self._ready:
                self._ready = self._piece()
            part, self._ready = self._ready[:missing], self._ready[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def finish(self) -> None:
        """Read to the end, so that a missing end is found."""
        while not self._ended:
            self._ready = self._piece()

    def _piece(self) -> bytes:
        sealed, self._next = self._next, self._file.read(PIECE_BYTES + TAG_BYTES)
        self._ended = not self._next
        try:
            piece = self._cipher.decrypt(_nonce(self._number, self._ended), sealed, None)
        except (InvalidTag, ValueError):
            raise StoreError(f"{self._name} {DAMAGED}") from None
        self._number += 1
        return piece


def key_finder(key: bytes, where: str, name: str) -> Callable[[str], bytes]:
    """Hand out a key where its id is asked for; ``KeyProblem`` names the one that is needed."""

    def find(wanted: str) -> bytes:
        if not hmac.compare_digest(wanted, key_id(key)):
            raise KeyProblem(
                f"{name} needs the backup key {wanted}; {where} is the key {key_id(key)}. "
                "Name the file of the right key with --key-file."
            )
        return key

    return find
