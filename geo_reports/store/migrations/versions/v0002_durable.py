"""Second schema: STRICT tables, Morton keys of map tiles, photos, the pyramid, tombstones and the outbox.

A copy as it was then, so that later changes of the program leave this step alone.
"""

from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op
from numpy.typing import NDArray
from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"

metadata = MetaData()

WHOLE: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
REAL64: TypeEngine[Any] = Float(53).with_variant(REAL(), "sqlite")


def word(length: int) -> TypeEngine[Any]:  # noqa: D103
    return String(length).with_variant(Text(), "sqlite")


def kept(*columns: str, name: str) -> Index:  # noqa: D103
    return Index(f"ix_{name}_copy", *columns)


Table(
    "meta",
    metadata,
    Column("key", word(64), primary_key=True),
    Column("value", Text, nullable=False),
    kept("value", "key", name="meta"),
    sqlite_strict=True,
)

Table(
    "unit",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("layer", word(64), nullable=False),
    Column("version", word(10), nullable=False),
    Column("unit", Text, nullable=False),
    UniqueConstraint("layer", "version", "unit"),
    comment="Units of the city folder, numbered. The empty unit of a layer is 'outside'.",
    sqlite_strict=True,
)

Table(
    "batch",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("source", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", word(64), nullable=False),
    Column("started_at", WHOLE, nullable=False),
    Column("finished_at", WHOLE),
    Column("state", word(16), nullable=False),
    Column("n_read", WHOLE, nullable=False, default=0),
    Column("n_new", WHOLE, nullable=False, default=0),
    Column("n_existing", WHOLE, nullable=False, default=0),
    Column("n_rejected", WHOLE, nullable=False, default=0),
    kept(
        *"source file_name file_sha256 started_at finished_at state n_read n_new n_existing n_rejected".split(),  # noqa: SIM905
        name="batch",
    ),
    sqlite_strict=True,
)

report = Table(
    "report",
    metadata,
    Column("id", WHOLE, primary_key=True, autoincrement=False),
    Column("public_id", word(12), nullable=False, unique=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True, comment="digest of source and source_id"),
    Column("family", word(16), nullable=False),
    Column("category", word(64), nullable=False),
    Column("lon", REAL64, nullable=False),
    Column("lat", REAL64, nullable=False),
    Column("accuracy_m", REAL64),
    Column("morton", WHOLE, nullable=False, index=True),
    Column("outside", WHOLE, nullable=False),
    Column("occurred_at", WHOLE),
    Column("occurred_precision", word(8), nullable=False),
    Column("month", WHOLE, nullable=False, comment="local yyyymm, 0 unknown"),
    Column("received_at", WHOLE, nullable=False),
    Column("sent_at", WHOLE, comment="what the sender's clock said; kept, never trusted"),
    Column("source", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("channel", word(8), nullable=False),
    Column("size", word(16)),
    Column("status", word(32), nullable=False),
    Column("status_at", WHOLE, nullable=False),
    Column("closed_at", WHOLE),
    Column("salt", LargeBinary(16), nullable=False),
    Column("batch_id", ForeignKey("batch.id")),
    sqlite_strict=True,
)
DUMPS = report.c.family == literal_column("'dump'")
# only dumps are shown one by one; security reports are read as counts, or whole
Index("ix_report_dump_status", report.c.status, sqlite_where=DUMPS, postgresql_where=DUMPS)

Table(
    "report_unit",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Index("ix_report_unit_unit_id", "unit_id", "report_id"),
    sqlite_with_rowid=False,
    comment="Derived: one row per report and layer, 'outside' included.",
    sqlite_strict=True,
)

Table(
    "report_text",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("description", Text, nullable=False, comment="as sent; never public"),
    Column("public_text", Text, comment="what a moderator published"),
    sqlite_strict=True,
)

Table(
    "contact",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted with the server key"),
    kept("sealed", name="contact"),
    sqlite_strict=True,
)

Table(
    "receipt",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("made_at", WHOLE, nullable=False),
    Index("ix_receipt_made_at", "made_at", "body_hash", "report_id"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

Table(
    "photo",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("n", WHOLE, primary_key=True, comment="0 is the first"),
    Column("sha256", LargeBinary(32), nullable=False, comment="names the file in the folder of photos"),
    Column("n_bytes", WHOLE, nullable=False),
    Column("width", WHOLE, nullable=False),
    Column("height", WHOLE, nullable=False),
    Column("state", word(16), nullable=False, comment="held, published or withheld"),
    Index("ix_photo_sha256", "sha256", "state", "n_bytes", "width", "height"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

Table(
    "event",
    metadata,
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("at", WHOLE, nullable=False),
    Column("report_id", WHOLE, index=True, comment="no foreign key: the link outlives the report"),
    Column("kind", word(16), nullable=False),
    Column("status", word(32)),
    Column("reason", word(32)),
    Column("actor", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, comment="salted digest of what the event is about"),
    Column("hash", LargeBinary(32), nullable=False, comment="chained to the event before"),
    sqlite_strict=True,
)

Table(
    "event_note",
    metadata,
    Column("seq", ForeignKey("event.seq"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)

Table(
    "counter",
    metadata,
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Column("category", word(64), primary_key=True),
    Column("status", word(32), primary_key=True),
    Column("month", WHOLE, primary_key=True),
    Column("n", WHOLE, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

Table(
    "pyramid",
    metadata,
    Column("z", WHOLE, primary_key=True),
    Column("tile", WHOLE, primary_key=True, comment="the first 2 z bits of the Morton key: a quadkey as a number"),
    Column("category", word(64), primary_key=True),
    Column("status", word(32), primary_key=True),
    Column("month", WHOLE, primary_key=True),
    Column("n", WHOLE, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
    comment="reports per tile of the zooms in ``pyramid.ZOOMS``, kept in the same transaction as the counters",
)

Table(
    "tombstone",
    metadata,
    Column("first_id", WHOLE, primary_key=True, autoincrement=False),
    Column("last_id", WHOLE, nullable=False),
    Column("seq", ForeignKey("event.seq"), nullable=False, comment="the event that says why they went"),
    kept("last_id", "seq", name="tombstone"),
    sqlite_strict=True,
    comment="ids of reports that were here and are gone",
)

Table(
    "outbox",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("dedup_id", word(64), nullable=False, unique=True, comment="tells a second delivery from a second message"),
    Column("sink", word(64), nullable=False, comment="where it goes, by its name in the settings"),
    Column("kind", word(64), nullable=False),
    Column("payload", Text, nullable=False, comment="JSON, nothing that its receiver may not see"),
    Column("made_at", WHOLE, nullable=False),
    Column("state", word(16), nullable=False, comment="waiting, sent or dead"),
    Column("attempts", WHOLE, nullable=False),
    Column("next_at", WHOLE, nullable=False),
    Column("last_error", Text),
    Index("ix_outbox_state_next_at", "state", "next_at"),
    # PostgreSQL guards its rows by itself, and a payload may be too long for its indexes
    kept(
        "dedup_id",
        "sink",
        "kind",
        "payload",
        "made_at",
        "state",
        "attempts",
        "next_at",
        "last_error",
        name="outbox",
    ).ddl_if(dialect="sqlite"),
    sqlite_strict=True,
)

Table(
    "account",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("login", word(64), nullable=False, unique=True),
    Column("role", word(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", WHOLE, nullable=False),
    Column("disabled_at", WHOLE),
    kept("login", "role", "password_hash", "created_at", "disabled_at", name="account"),
    sqlite_strict=True,
)

Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", WHOLE, nullable=False),
    Column("expires_at", WHOLE, nullable=False),
    kept("token_hash", "account_id", "created_at", "expires_at", name="session"),
    sqlite_strict=True,
)


PYRAMID_ZOOMS = (5, 7, 9, 11, 13)
ADDED = {"receipt": {"made_at": "(SELECT received_at FROM report WHERE report.id = receipt.report_id)"}}
"""Columns that the first schema lacked and that must have a value."""


def upgrade() -> None:
    """Bring the first schema up to the second; every row stays."""
    connection = op.get_bind()
    old = sa.MetaData()
    old.reflect(connection)
    if connection.dialect.name == "sqlite":
        _rebuild(connection, old)
    else:
        _alter(connection, old)
    _rekey(connection)
    _fill_pyramid(connection)
    _bury(connection)


def _rekey(connection: sa.Connection) -> None:
    """Give every report the key of its place in map tiles; keys of the first schema were of plain degrees."""
    report, after = metadata.tables["report"], 0
    select = sa.select(report.c.id, report.c.lon, report.c.lat).order_by(report.c.id).limit(20_000)
    change = sa.update(report).where(report.c.id == sa.bindparam("of")).values(morton=sa.bindparam("key"))
    while rows := connection.execute(select.where(report.c.id > after)).fetchall():
        keys = _keys(np.array([row.lon for row in rows]), np.array([row.lat for row in rows]))
        connection.execute(change, [{"of": row.id, "key": key} for row, key in zip(rows, keys.tolist(), strict=True)])
        after = rows[-1].id


def _keys(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    y = 0.5 - np.arcsinh(np.tan(np.radians(np.clip(lat, -89.9, 89.9)))) / (2 * np.pi)
    key = np.zeros(len(lon), np.uint64)
    for place, axis in enumerate(((lon + 180.0) / 360.0, y)):
        steps = np.clip(np.floor(axis * 2.0**31), 0, 2**31 - 1).astype(np.uint64)
        for bit in range(31):
            key |= (steps >> np.uint64(bit) & np.uint64(1)) << np.uint64(2 * bit + place)
    return key.astype(np.int64)


def _rebuild(connection: sa.Connection, old: sa.MetaData) -> None:
    """Make every table anew: SQLite cannot turn a table STRICT."""
    for index in [index for table in old.tables.values() for index in table.indexes]:
        connection.execute(sa.schema.DropIndex(index))
    known = [table for table in metadata.sorted_tables if table.name in old.tables]
    # a rename would otherwise also rewrite the foreign keys of tables still to come
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    for table in known:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO old_{table.name}")
    metadata.create_all(connection)
    for table in known:
        columns = [column.name for column in table.columns if column.name in old.tables[table.name].columns]
        added = ADDED.get(table.name, {})
        into, values = ", ".join([*columns, *added]), ", ".join([*columns, *added.values()])
        source = f"old_{table.name} AS {table.name}"
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({into}) SELECT {values} FROM {source}")  # noqa: S608
    for table in reversed(known):
        connection.exec_driver_sql(f"DROP TABLE old_{table.name}")
    connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")


def _alter(connection: sa.Connection, old: sa.MetaData) -> None:
    """Add what is new; whole numbers become 64 bits wide everywhere."""
    for table in metadata.sorted_tables:
        if table.name not in old.tables:
            continue
        before = old.tables[table.name]
        for column in table.columns:
            if column.name not in before.columns:
                op.add_column(table.name, sa.Column(column.name, column.type, comment=column.comment))
                for name, value in ADDED.get(table.name, {}).items():
                    connection.exec_driver_sql(f"UPDATE {table.name} SET {name} = {value}")  # noqa: S608
                    op.alter_column(table.name, name, nullable=False)
            elif isinstance(before.columns[column.name].type, Integer) and isinstance(column.type, BigInteger):
                op.alter_column(table.name, column.name, type_=BigInteger())
        for index in table.indexes - {new for new in table.indexes if new.name in {i.name for i in before.indexes}}:
            index.create(connection)
    metadata.create_all(connection)


def _fill_pyramid(connection: sa.Connection) -> None:
    """Count the reports that are here: 26 bits of the Morton key are zoom 13."""
    for z in PYRAMID_ZOOMS:
        connection.exec_driver_sql(
            f"INSERT INTO pyramid (z, tile, category, status, month, n) "  # noqa: S608 only numbers
            f"SELECT {z}, morton >> {62 - 2 * z}, category, status, month, count(*) FROM report "
            f"GROUP BY morton >> {62 - 2 * z}, category, status, month"
        )


def _bury(connection: sa.Connection) -> None:
    """Make tombstones for what undone imports took away; the event of each says how many reports went."""
    event, report, tombstone = (metadata.tables[name] for name in ("event", "report", "tombstone"))
    received = sa.select(event.c.report_id, event.c.seq).where(event.c.kind == "received")
    gone = received.where(event.c.report_id.not_in(sa.select(report.c.id))).order_by(event.c.report_id)
    left = [(report_id, seq) for report_id, seq in connection.execute(gone)]
    undone = sa.select(event.c.seq, event.c.reason).where(event.c.kind == "undone").order_by(event.c.seq)
    for seq, reason in connection.execute(undone).fetchall():
        n = int(str(reason).rpartition(": ")[2])
        mine = [report_id for report_id, came in left if came < seq][:n]
        taken = set(mine)
        left = [one for one in left if one[0] not in taken]
        breaks = [i for i in range(1, len(mine)) if mine[i] != mine[i - 1] + 1]
        runs = zip([0, *breaks], [*breaks, len(mine)], strict=True)
        rows = [{"first_id": mine[a], "last_id": mine[b - 1], "seq": seq} for a, b in runs if b > a]
        if rows:
            connection.execute(sa.insert(tombstone), rows)
