"""Add what people send: many reports with their receipts, photos and messages in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import GeoReportsError, ReusedKey, SameReport
from geo_reports.store.faults import reach
from geo_reports.store.insert import Arrivals, insert
from geo_reports.store.outbox import Message, put
from geo_reports.store.rows import find_rows, insert_rows
from geo_reports.store.schema import contact, receipt, report


@dataclass(frozen=True)
class Receipt:
    """What the sender's code proves: the hashes that are kept, never the code itself.

    ``twin_since``: refuse the report if the same body was accepted since then (seconds UTC) under another code.
    """

    code_hash: bytes
    body_hash: bytes
    sealed_contact: bytes | None = None
    twin_since: int | None = None


@dataclass(frozen=True)
class Sending:
    """One report on its way in, with all that is stored in the same transaction."""

    new: Arrivals
    receipt: Receipt
    messages: tuple[Message, ...] = ()


Outcome = bool | GeoReportsError
"""True for a new report, False for one that came before with the same code, or why it was refused."""


def add(connection: Connection, sendings: Sequence[Sending]) -> list[Outcome]:
    """Add reports in the order they came; an outcome for each."""
    reach("accept.begun")
    known = _known(connection, [one.receipt.code_hash for one in sendings])
    twins = _twins(connection, sendings)
    outcomes: list[Outcome] = []
    fresh: list[Sending] = []
    for one in sendings:
        outcome = _decide(one, known, twins)
        outcomes.append(outcome)
        if outcome is True:
            fresh.append(one)
            known[one.receipt.code_hash] = one.receipt.body_hash
            twins[one.receipt.body_hash] = one.new.received_at
    for _, group in groupby(fresh, key=lambda one: one.new.origin):
        _insert(connection, list(group))
    reach("accept.inserted")
    return outcomes


def _decide(one: Sending, known: dict[bytes, bytes], twins: dict[bytes, int]) -> Outcome:
    given = one.receipt
    before = known.get(given.code_hash)
    if before is not None:
        if before == given.body_hash:
            return False
        return ReusedKey("This idempotency key was used for a different report; send a new key.")
    if given.twin_since is not None and twins.get(given.body_hash, -1) >= given.twin_since:
        return SameReport("The same report was sent a few minutes ago. Is it the same one?")
    return True


def _known(connection: Connection, code_hashes: list[bytes]) -> dict[bytes, bytes]:
    found = find_rows(connection, receipt, ["code_hash", "body_hash"], "code_hash", code_hashes)
    return {bytes(code): bytes(body) for code, body in found}


def _twins(connection: Connection, sendings: Sequence[Sending]) -> dict[bytes, int]:
    """When each body of those that must be no twin was last accepted."""
    wary = [one.receipt for one in sendings if one.receipt.twin_since is not None]
    if not wary:
        return {}
    # by time first: the index then grows at its end, and the last minutes are a short stretch of it
    since = min(given.twin_since for given in wary if given.twin_since is not None)
    select = (
        sa.select(receipt.c.body_hash, sa.func.max(receipt.c.made_at))
        .where(receipt.c.made_at >= since, receipt.c.body_hash.in_([given.body_hash for given in wary]))
        .group_by(receipt.c.body_hash)
    )
    return {bytes(body): made_at for body, made_at in connection.execute(select)}


def _insert(connection: Connection, fresh: list[Sending]) -> None:
    new = Arrivals.joined([one.new for one in fresh])
    ids = insert(connection, new)
    receipts, contacts = [], []
    messages: list[Message] = []
    for report_id, one in zip(ids, fresh, strict=True):
        given = one.receipt
        receipts.append((given.code_hash, report_id, given.body_hash, new.received_at))
        if given.sealed_contact is not None:
            contacts.append((report_id, given.sealed_contact))
        messages += one.messages
    insert_rows(connection, receipt, ["code_hash", "report_id", "body_hash", "made_at"], receipts)
    insert_rows(connection, contact, ["report_id", "sealed"], contacts)
    put(connection, messages, new.received_at)


def report_of(connection: Connection, code_hash: bytes) -> str | None:
    """public_id of the report a code belongs to."""
    select = sa.select(report.c.public_id).join(receipt).where(receipt.c.code_hash == code_hash)
    found: str | None = connection.execute(select).scalar()
    return found
