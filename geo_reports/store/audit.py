"""Signed heads of the event chain, kept where the store is not: they tell a chain that was cut short or made anew.

The links alone show an edit in the middle. Whoever may write the whole store can also cut the end off, or make every
link again; neither can be made to agree with a head that was signed before and lies elsewhere.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection

from geo_reports.errors import InputError, StoreError
from geo_reports.store import chain
from geo_reports.store.keyfile import sync_folder
from geo_reports.store.schema import event


class Signer(Protocol):
    """Signs with a key that is not in the store."""

    public_key: str
    """Ed25519, 32 bytes in hexadecimal digits."""

    def sign(self, message: bytes) -> bytes:
        """Signature of a message."""


@dataclass(frozen=True)
class Head:
    """The last link of a store's chain at a moment (``at``, seconds UTC), signed; bytes are hexadecimal digits."""

    store: str
    seq: int
    hash: str
    at: int
    key: str
    signature: str

    @classmethod
    def signed(cls, store: str, seq: int, hash: bytes, at: int, signer: Signer) -> "Head":
        """Sign a head."""
        signature = signer.sign(_message(store, seq, hash.hex(), at)).hex()
        return cls(store, seq, hash.hex(), at, signer.public_key, signature)

    @classmethod
    def read(cls, line: str) -> "Head":
        """Read a line of a witness file; ``ValueError`` for any other text."""
        given = json.loads(line)
        if not isinstance(given, dict) or set(given) != set(cls.__dataclass_fields__):
            raise ValueError("no head")
        kinds = {"seq": int, "at": int}
        if not all(type(value) is kinds.get(name, str) for name, value in given.items()):
            raise ValueError("no head")
        return cls(**given)

    def line(self) -> str:
        """Write it as one line of JSON."""
        return json.dumps(asdict(self))

    def genuine(self, keys: Iterable[str]) -> bool:
        """Tell whether one of these public keys made the signature."""
        try:
            if self.key not in keys:
                return False
            message = _message(self.store, self.seq, self.hash, self.at)
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(bytes.fromhex(self.signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _message(store: str, seq: int, hash: str, at: int) -> bytes:
    return f"geo_reports head\x1f{store}\x1f{seq}\x1f{hash}\x1f{at}".encode()


@dataclass
class Heads:
    """What a witness file says: one store's heads in the file's order, and the lines that are none."""

    heads: list[Head] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path, store: str) -> "Heads":
        """Read a witness file; heads of other stores are left out. ``InputError`` if it cannot be read."""
        found = cls()
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            try:
                head = Head.read(line)
            except ValueError:
                # a line without its end was being written when the power went
                if line.rstrip().endswith("}"):
                    found.faults.append(f"line {number} of {file} is no head")
                continue
            if head.store == store:
                found.heads.append(head)
        return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise InputError(f"{file}: the witness file cannot be read: {error.strerror}.") from None


def append(head: Head, file: Path) -> None:
    """Add a head at the end of a witness file; when this returns it is on disk. ``StoreError`` if it cannot be."""
    try:
        new = not file.exists()
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (("\n" if torn else "") + head.line() + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(file.parent)
    except OSError as error:
        raise StoreError(f"{file}: the head of the chain cannot be written there: {error.strerror}.") from error


def holds(connection: Connection, head: Head) -> bool:
    """Tell whether the chain still goes through a head; reads one event."""
    if head.seq == 0:
        return True
    kept = connection.execute(sa.select(event.c.hash).where(event.c.seq == head.seq)).scalar()
    return kept is not None and bytes(kept).hex() == head.hash


@dataclass(frozen=True)
class Verdict:
    """What became of an audit: ``problems`` in words, ``broken`` the first position that is not as it was."""

    events: int
    heads: int
    broken: int | None
    problems: list[str]

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify(
    connection: Connection, heads: Heads, keys: Iterable[str], progress: Callable[[float], None] = lambda share: None
) -> Verdict:
    """Walk along the whole chain and hold it against signed heads.

    ``keys`` are the public keys whose heads count; ``progress`` is told the share done, 0 to 1.
    """
    trusted = set(keys)
    genuine = [head for head in heads.heads if head.genuine(trusted)]
    problems = list(heads.faults)
    forged = len(heads.heads) - len(genuine)
    if forged:
        problems.append(f"{forged} heads of this store are not signed with its key or a key that was named")
    walk = chain.verify(_counted(connection, progress), {head.seq for head in genuine})
    broken = walk.broken
    if broken is not None:
        problems.append(f"the chain breaks at event {broken}: {walk.why}")
    else:
        broken, words = against(genuine, walk)
        problems += words
    return Verdict(walk.last, len(genuine), broken, problems)


def against(heads: list[Head], walk: chain.Walk) -> tuple[int | None, list[str]]:
    """First position at which an unbroken chain differs from what was signed, and what happened there."""
    last_good = 0
    for head in sorted(heads, key=lambda one: one.seq):
        signed = f"a head signed on {_day(head.at)}"
        if head.seq > walk.last:
            why = f"the end was cut off: the chain has {walk.last} events, and {signed} says there were {head.seq}"
            return walk.last + 1, [why]
        if head.seq and walk.hashes[head.seq].hex() != head.hash:
            first = last_good + 1
            return first, [f"the chain was made anew between events {first} and {head.seq}: {signed} names another"]
        last_good = head.seq
    return None, []


def _counted(connection: Connection, progress: Callable[[float], None]) -> Iterable[tuple[object, ...]]:
    total = max(1, chain.head(connection)[0])
    for n, row in enumerate(chain.events(connection)):
        if n % 20_000 == 0:
            progress(min(1.0, n / total))
        yield tuple(row)
    progress(1.0)


def _day(at: int) -> str:
    """Time of a head in words; a signed one lies in the range of times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
