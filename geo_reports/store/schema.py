"""Tables of the store. Times are whole seconds since 1970 in UTC; positions are WGS 84 degrees."""

from sqlalchemy import (
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

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

unit = Table(
    "unit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("layer", String(64), nullable=False),
    Column("version", String(10), nullable=False),
    Column("unit", Text, nullable=False),
    UniqueConstraint("layer", "version", "unit"),
    comment="Units of the city folder, numbered. The empty unit of a layer is 'outside'.",
)

batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("state", String(16), nullable=False),
    Column("n_read", Integer, nullable=False, default=0),
    Column("n_new", Integer, nullable=False, default=0),
    Column("n_existing", Integer, nullable=False, default=0),
    Column("n_rejected", Integer, nullable=False, default=0),
)

report = Table(
    "report",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("public_id", String(12), nullable=False, unique=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True, comment="digest of source and source_id"),
    Column("family", String(16), nullable=False),
    Column("category", String(64), nullable=False),
    Column("lon", Float(53), nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("accuracy_m", Float(53)),
    Column("morton", BigInteger, nullable=False, index=True),
    Column("outside", Integer, nullable=False),
    Column("occurred_at", BigInteger),
    Column("occurred_precision", String(8), nullable=False),
    Column("month", Integer, nullable=False, comment="local yyyymm, 0 unknown"),
    Column("received_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("channel", String(8), nullable=False),
    Column("size", String(16)),
    Column("status", String(32), nullable=False),
    Column("status_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("salt", LargeBinary(16), nullable=False),
    Column("batch_id", ForeignKey("batch.id")),
)
DUMPS = report.c.family == literal_column("'dump'")
"""Spelt out, not a parameter: only then can a query use the index of dumps."""
# only dumps are shown one by one; security reports are read as counts, or whole
Index("ix_report_dump_status", report.c.status, sqlite_where=DUMPS, postgresql_where=DUMPS)

report_unit = Table(
    "report_unit",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Index("ix_report_unit_unit_id", "unit_id", "report_id"),
    sqlite_with_rowid=False,
    comment="Derived: one row per report and layer, 'outside' included.",
)

report_text = Table(
    "report_text",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("description", Text, nullable=False, comment="as sent; never public"),
    Column("public_text", Text, comment="what a moderator published"),
)

contact = Table(
    "contact",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted with the server key"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("body_hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("report_id", BigInteger, index=True, comment="no foreign key: the link outlives the report"),
    Column("kind", String(16), nullable=False),
    Column("status", String(32)),
    Column("reason", String(32)),
    Column("actor", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, comment="salted digest of what the event is about"),
    Column("hash", LargeBinary(32), nullable=False, comment="chained to the event before"),
)

event_note = Table(
    "event_note",
    metadata,
    Column("seq", ForeignKey("event.seq"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("note", Text, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Column("category", String(64), primary_key=True),
    Column("status", String(32), primary_key=True),
    Column("month", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
