"""First schema: a copy as it was then, so that later changes of the program leave this step alone."""

from alembic import op
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

revision = "0001"
down_revision = None

metadata = MetaData()

Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

Table(
    "unit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("layer", String(64), nullable=False),
    Column("version", String(10), nullable=False),
    Column("unit", Text, nullable=False),
    UniqueConstraint("layer", "version", "unit"),
    comment="Units of the city folder, numbered. The empty unit of a layer is 'outside'.",
)

Table(
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
dumps = report.c.family == literal_column("'dump'")
Index("ix_report_dump_status", report.c.status, sqlite_where=dumps, postgresql_where=dumps)

Table(
    "report_unit",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Index("ix_report_unit_unit_id", "unit_id", "report_id"),
    sqlite_with_rowid=False,
    comment="Derived: one row per report and layer, 'outside' included.",
)

Table(
    "report_text",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("description", Text, nullable=False, comment="as sent; never public"),
    Column("public_text", Text, comment="what a moderator published"),
)

Table(
    "contact",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted with the server key"),
)

Table(
    "receipt",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("body_hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

Table(
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

Table(
    "event_note",
    metadata,
    Column("seq", ForeignKey("event.seq"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("note", Text, nullable=False),
)

Table(
    "counter",
    metadata,
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Column("category", String(64), primary_key=True),
    Column("status", String(32), primary_key=True),
    Column("month", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)


def upgrade() -> None:
    """Create every table of the first schema."""
    metadata.create_all(op.get_bind())
