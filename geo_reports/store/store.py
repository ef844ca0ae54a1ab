"""``Store``: the one interface to everything that is kept."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geo_reports.errors import GeoReportsError, NotFound, StoreError
from geo_reports.report import CloseReason, Status
from geo_reports.store import chain, change, derive, gallery, outbox, query, recount, sending
from geo_reports.store.engine import open_engine, reading, writing
from geo_reports.store.faults import reach
from geo_reports.store.insert import Arrivals, insert
from geo_reports.store.outbox import Message
from geo_reports.store.query import Query
from geo_reports.store.remove import remove
from geo_reports.store.schema import batch, contact, counter, meta, receipt, report, unit
from geo_reports.store.seen import Mark, Seen
from geo_reports.store.sending import Outcome, Receipt, Sending
from geo_reports.store.upgrade import open_schema


@dataclass(frozen=True)
class UnitIds:
    """Numbers of one layer's units: ``rows[i]`` for row i of its table, ``outside`` for none."""

    rows: NDArray[np.int64]
    outside: int

    def of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers for (m,) row positions, -1 being outside."""
        return np.append(self.rows, self.outside)[positions]

    def one(self, position: int) -> int:
        """Number for one row position, -1 being outside."""
        return self.outside if position < 0 else int(self.rows[position])


class Store:
    """Reports and all that belongs to them, in SQLite or PostgreSQL.

    Opening makes the schema of a new store and upgrades an older file. ``StoreError`` and its kind are raised when
    the store cannot be used.
    """

    def __init__(self, db: str) -> None:
        self._engine, self._seen = open_engine(db), Seen()
        try:
            open_schema(self._engine)
        except Exception:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Release all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one consistent view; for the rooms inside ``store``."""
        with reading(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one durable transaction; for the rooms inside ``store``."""
        with writing(self._engine) as connection:
            yield connection

    # identity ------------------------------------------------------------------------------------

    def store_id(self) -> str:
        """Name of this store, made once; the server key's file carries it."""
        known = self.get_meta("store_id")
        if known is not None:
            return known
        with self.writing() as connection:
            found = connection.execute(sa.select(meta.c.value).where(meta.c.key == "store_id")).scalar()
            if found is None:
                found = secrets.token_hex(8)
                connection.execute(sa.insert(meta).values(key="store_id", value=found))
            return str(found)

    def get_meta(self, key: str) -> str | None:
        """Read one remembered value."""
        with self.reading() as connection:
            return connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()

    def set_meta(self, key: str, value: str) -> None:
        """Remember one value."""
        with self.writing() as connection:
            connection.execute(sa.delete(meta).where(meta.c.key == key))
            connection.execute(sa.insert(meta).values(key=key, value=value))

    def put_meta(self, connection: Connection, key: str, value: str) -> None:
        """Remember one value in the caller's transaction."""
        connection.execute(sa.delete(meta).where(meta.c.key == key))
        connection.execute(sa.insert(meta).values(key=key, value=value))

    def register_units(self, layer: str, table: pd.DataFrame) -> UnitIds:
        """Number the units of a layer (columns version and unit), keeping the numbers they have."""
        wanted = [("", ""), *zip(table.version, table.unit, strict=True)]
        with self.writing() as connection:
            select = sa.select(unit.c.version, unit.c.unit, unit.c.id).where(unit.c.layer == layer)
            known = {(row.version, row.unit): row.id for row in connection.execute(select)}
            fresh = [{"layer": layer, "version": v, "unit": u} for v, u in dict.fromkeys(wanted) if (v, u) not in known]
            if fresh:
                connection.execute(sa.insert(unit), fresh)
                known = {(row.version, row.unit): row.id for row in connection.execute(select)}
        numbers = np.array([known[key] for key in wanted], np.int64)
        return UnitIds(numbers[1:], int(numbers[0]))

    # in ------------------------------------------------------------------------------------------

    def add(self, new: Arrivals, given: Receipt) -> bool:
        """Add one report with its receipt; False when the same sending came before.

        ``ReusedKey`` when the code belongs to a report with another body, ``SameReport`` for an unwanted twin.
        """
        outcome = self.add_all([Sending(new, given)])[0]
        if isinstance(outcome, GeoReportsError):
            raise outcome
        return outcome

    def add_all(self, sendings: Sequence[Sending]) -> list[Outcome]:
        """Add reports that came together in one durable transaction; an outcome for each."""
        with self.writing() as connection:
            outcomes = sending.add(connection, sendings)
        reach("accept.committed")
        return outcomes

    def known_identities(self, connection: Connection, identities: list[bytes]) -> set[bytes]:
        """Which of these reports the store already holds."""
        known: set[bytes] = set()
        for start in range(0, len(identities), 10_000):
            part = identities[start : start + 10_000]
            known.update(query.known(connection, part))
        return known

    # batches -------------------------------------------------------------------------------------

    def start_batch(self, source: str, file_name: str, file_sha256: str, at: int) -> int:
        """Open an import batch and return its number."""
        with self.writing() as connection:
            made = connection.execute(
                sa.insert(batch).values(
                    source=source, file_name=file_name, file_sha256=file_sha256, started_at=at, state="running"
                )
            )
            key = made.inserted_primary_key
            assert key is not None  # noqa: S101 an insert into a table with a key returns one
            return int(key[0])

    def add_batch_chunk(self, connection: Connection, batch_id: int, new: Arrivals, totals: dict[str, int]) -> None:
        """Insert one chunk of an import in the caller's transaction and update the batch's totals."""
        insert(connection, new, batch_id)
        connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(**totals))

    def end_batch(self, batch_id: int, state: str, totals: dict[str, int], at: int) -> None:
        """Close a batch as finished or interrupted."""
        with self.writing() as connection:
            connection.execute(
                sa.update(batch).where(batch.c.id == batch_id).values(state=state, finished_at=at, **totals)
            )

    def undo_batch(self, batch_id: int, *, actor: str, at: int) -> int:
        """Remove the reports of a batch; returns how many, 0 the second time. ``NotFound`` for an unknown batch."""
        with self.writing() as connection:
            state = connection.execute(sa.select(batch.c.state).where(batch.c.id == batch_id)).scalar()
            if state is None:
                raise NotFound(f"There is no import batch {batch_id}; geo-reports import --batches lists them.")
            if state == "undone":
                return 0
            chosen = report.c.batch_id == batch_id
            removed = remove(connection, chosen, kind="undone", reason=f"batch {batch_id}", actor=actor, at=at)
            connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(state="undone"))
            return removed

    def batches(self) -> list[dict[str, Any]]:
        """Import batches, newest first."""
        with self.reading() as connection:
            return query.batches(connection)

    # out -----------------------------------------------------------------------------------------

    def find(self, wanted: Query, *, text: bool = False) -> pd.DataFrame:
        """Reports frame, newest first; ``text`` adds description and public_text."""
        with self.reading() as connection:
            return query.find(connection, wanted, text)

    def units_of(self, report_ids: list[int], layer: str) -> dict[int, str]:
        """Unit of each report in a layer, empty outside it."""
        with self.reading() as connection:
            return query.units_of(connection, report_ids, layer)

    def counts(
        self, layer: str, categories: list[str] | None = None, months: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Counts frame of a layer, from the counters."""
        with self.reading() as connection:
            return query.counts(connection, layer, categories, months)

    def closings(
        self, layer: str, categories: list[str] | None = None, months: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Closings frame of a layer."""
        with self.reading() as connection:
            return query.closings(connection, layer, categories, months)

    def events_of(self, report_id: int) -> list[dict[str, Any]]:
        """History of a report, oldest first."""
        with self.reading() as connection:
            return query.events_of(connection, report_id)

    def report_of_code(self, code_hash: bytes) -> str:
        """public_id of the report a tracking code belongs to; ``NotFound`` says nothing more."""
        with self.reading() as connection:
            found = sending.report_of(connection, code_hash)
        if found is None:
            raise NotFound("No report belongs to this tracking code. Check each letter and number.")
        return found

    def sealed_contact(self, public_id: str) -> bytes | None:
        """Encrypted contact of a report's sender, if one was left."""
        with self.reading() as connection:
            select = sa.select(contact.c.sealed).join(report).where(report.c.public_id == public_id)
            return connection.execute(select).scalar()

    def photo_digests(self) -> list[bytes]:
        """Digests of all pictures that reports refer to."""
        with self.reading() as connection:
            return gallery.pictures(connection)

    def sealed_digests(self) -> list[bytes]:
        """Digests of all sealed originals that reports refer to."""
        with self.reading() as connection:
            return gallery.originals(connection)

    def body_of_code(self, code_hash: bytes) -> bytes | None:
        """Hash of what was sent under a code, None for a code that nobody has."""
        with self.reading() as connection:
            select = sa.select(receipt.c.body_hash).where(receipt.c.code_hash == code_hash)
            return connection.execute(select).scalar()

    def last_month(self) -> int:
        """Latest month (yyyymm) with a report that is not held, 0 where there is none or no time is known."""
        with self.reading() as connection:
            select = sa.select(sa.func.max(counter.c.month)).where(counter.c.status != Status.HELD)
            return connection.execute(select).scalar() or 0

    def revision(self) -> int:
        """Position of the last event: two equal revisions hold the same reports."""
        with self.reading() as connection:
            return chain.head(connection)[0]

    def seen(self, categories: Sequence[str], statuses: Sequence[str]) -> Mark:
        """Mark that changes with what is shown of reports of these categories and statuses, and with nothing else."""
        with self.reading() as connection:
            return self._seen.mark(connection, categories, statuses)

    def size(self) -> dict[str, int]:
        """Number of reports and of receipts."""
        with self.reading() as connection:
            return {
                "reports": connection.execute(sa.select(sa.func.count()).select_from(report)).scalar_one(),
                "receipts": connection.execute(sa.select(sa.func.count()).select_from(receipt)).scalar_one(),
            }

    def ready(self) -> dict[str, bool]:
        """Tell whether the store answers and its write lock can be had; writes nothing."""
        try:
            with self.writing() as connection:
                connection.execute(sa.select(sa.literal(1)))
        except StoreError:
            return {"store": False}
        return {"store": True}

    # change --------------------------------------------------------------------------------------

    def set_status(
        self,
        public_id: str,
        status: Status,
        *,
        reason: CloseReason | None,
        note: str | None,
        actor: str,
        at: int,
        messages: Sequence[Message] = (),
    ) -> None:
        """Move a report through the workflow, with what shall leave the program because of it."""
        with self.writing() as connection:
            change.set_status(connection, public_id, status, reason=reason, note=note, actor=actor, at=at)
            outbox.put(connection, messages, at)

    def set_public_text(self, public_id: str, text: str | None, *, actor: str, at: int) -> None:
        """Publish a moderated text, or take it back with None."""
        with self.writing() as connection:
            change.set_public_text(connection, public_id, text, actor=actor, at=at)

    def log_look(self, public_id: str, *, kind: str, reason: str, actor: str, at: int) -> None:
        """Record that a person opened a report or read its contact (``kind``), and why."""
        with self.writing() as connection:
            change.log_look(connection, public_id, kind=kind, reason=reason, actor=actor, at=at)

    # derived -------------------------------------------------------------------------------------

    def located(self, connection: Connection, after_id: int, n: int) -> pd.DataFrame:
        """Next reports after an id, with what their units and counters depend on."""
        return derive.located(connection, after_id, n)

    def rewrite_units(
        self, connection: Connection, rows: pd.DataFrame, units: NDArray[np.int64], outside: NDArray[np.bool_]
    ) -> int:
        """Give located reports their (m, layers) units; returns how many moved."""
        return derive.rewrite(connection, rows, units, outside)

    def finish_reassign(self, layers_key: str, digest: str, cursor_key: str, *, moved: int, at: int) -> None:
        """Record that every report is assigned in the layers with this digest."""
        with self.writing() as connection:
            self.put_meta(connection, layers_key, digest)
            connection.execute(sa.delete(meta).where(meta.c.key == cursor_key))
            entry = chain.Entry(at, None, "reassigned", None, f"{moved} moved", "reassign", bytes.fromhex(digest))
            chain.append(connection, [entry])

    # doctor --------------------------------------------------------------------------------------

    def integrity(self) -> list[str]:
        """What the engine's own check finds wrong in the file; empty for a sound one."""
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                return []
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            orphans = [str(tuple(row)) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
        return [line for line in found if line != "ok"] + orphans

    def chain_break(self) -> int | None:
        """First event that does not follow from the one before, or None."""
        with self.reading() as connection:
            return chain.verify(chain.events(connection)).broken

    def miscounted(self) -> dict[str, pd.DataFrame]:
        """Rows of the counters and of the pyramid that differ from a recount: keys, n_kept, n_counted."""
        with self.reading() as connection:
            return recount.differences(connection)

    def rebuild_counters(self) -> None:
        """Write a recount in place of the counters and the pyramid."""
        with self.writing() as connection:
            recount.rebuild(connection)
