"""Tables of the store. Times are whole seconds since 1970 in UTC; positions are WGS 84 degrees."""

from typing import Any

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
    and_,
    literal_column,
    or_,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()

WHOLE: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")
REAL64: TypeEngine[Any] = Float(53).with_variant(REAL(), "sqlite")


def word(length: int) -> TypeEngine[Any]:
    """Short text; a STRICT table of SQLite knows no lengths."""
    return String(length).with_variant(Text(), "sqlite")


def kept(*columns: str, name: str) -> Index:
    """Index over every column of a small table: a second copy, which SQLite's own check compares with the first."""
    return Index(f"ix_{name}_copy", *columns)


meta = Table(
    "meta",
    metadata,
    Column("key", word(64), primary_key=True),
    Column("value", Text, nullable=False),
    kept("value", "key", name="meta"),
    sqlite_strict=True,
)

unit = Table(
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

batch = Table(
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
        "source",
        "file_name",
        "file_sha256",
        "started_at",
        "finished_at",
        "state",
        "n_read",
        "n_new",
        "n_existing",
        "n_rejected",
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
    Column("answers", Text, comment="to the city's questions, as canonical JSON"),
    Column("duplicate_of", WHOLE, comment="id of the report it was merged into"),
    sqlite_strict=True,
)
DUMPS = report.c.family == literal_column("'dump'")
"""Spelt out, not a parameter: only then can a query use the index of dumps."""
# only dumps are shown one by one; security reports are read as counts, or whole
Index("ix_report_dump_status", report.c.status, sqlite_where=DUMPS, postgresql_where=DUMPS)
LIVE = or_(report.c.channel != literal_column("'import'"), report.c.status_at > report.c.received_at)
"""What somebody sent, or worked on: that an archive arrived is no news of its reports."""
Index("ix_report_dump_changed", report.c.status_at, sqlite_where=and_(DUMPS, LIVE), postgresql_where=and_(DUMPS, LIVE))
MERGED = report.c.duplicate_of.is_not(None)
Index("ix_report_duplicate_of", report.c.duplicate_of, sqlite_where=MERGED, postgresql_where=MERGED)

report_unit = Table(
    "report_unit",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), primary_key=True),
    Index("ix_report_unit_unit_id", "unit_id", "report_id"),
    sqlite_with_rowid=False,
    comment="Derived: one row per report and layer, 'outside' included.",
    sqlite_strict=True,
)

report_text = Table(
    "report_text",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("description", Text, nullable=False, comment="as sent; never public"),
    Column("public_text", Text, comment="what a moderator published"),
    sqlite_strict=True,
)

contact = Table(
    "contact",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted with the server key"),
    kept("sealed", name="contact"),
    sqlite_strict=True,
)

receipt = Table(
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

photo = Table(
    "photo",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("n", WHOLE, primary_key=True, comment="0 is the first"),
    Column("sha256", LargeBinary(32), nullable=False, comment="names the file in the folder of photos"),
    Column("n_bytes", WHOLE, nullable=False),
    Column("width", WHOLE, nullable=False),
    Column("height", WHOLE, nullable=False),
    Column("state", word(16), nullable=False, comment="held, published or withheld"),
    Column("public_sha256", LargeBinary(32), comment="names what is shown of it; only while it is published"),
    Column("public_n_bytes", WHOLE),
    Column("sealed_sha256", LargeBinary(32), comment="names the original, encrypted; only in evidence mode"),
    Index("ix_photo_sha256", "sha256", "state", "n_bytes", "width", "height"),
    Index("ix_photo_shown", "public_sha256", "public_n_bytes", "sealed_sha256"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

voice = Table(
    "voice",
    metadata,
    Column("identity", LargeBinary(16), primary_key=True, comment="digest of the key it came with: once is enough"),
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), nullable=False),
    Column("at", WHOLE, nullable=False),
    Index("ix_voice_report_id", "report_id", "at", "identity"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
    comment="people who saw the same and said so instead of reporting it again",
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("layer", word(64), nullable=False),
    Column("unit", Text, nullable=False),
    Column("address_hash", LargeBinary(32), nullable=False, comment="keyed: tells the same address, never which"),
    Column("sealed", LargeBinary, nullable=False, comment="the address, encrypted with the server key"),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("language", word(16), nullable=False),
    Column("days", WHOLE, nullable=False, comment="between two digests"),
    Column("state", word(16), nullable=False, comment="asked or confirmed"),
    Column("made_at", WHOLE, nullable=False),
    Column("sent_until", WHOLE, nullable=False, comment="what came later is still to be told"),
    Column("failures", WHOLE, nullable=False),
    UniqueConstraint("layer", "unit", "address_hash"),
    kept(
        "layer",
        "unit",
        "address_hash",
        "sealed",
        "token_hash",
        "language",
        "days",
        "state",
        "made_at",
        "sent_until",
        "failures",
        name="subscription",
    ),
    sqlite_strict=True,
)

event = Table(
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

event_note = Table(
    "event_note",
    metadata,
    Column("seq", ForeignKey("event.seq"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)

waiting = Table(
    "waiting",
    metadata,
    Column("report_id", ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", word(16), primary_key=True, comment="child, photo, text, correction or comment"),
    Column("since", WHOLE, nullable=False),
    Index("ix_waiting_kind_since", "kind", "since", "report_id"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
    comment="Derived: what a moderator has not judged yet; kept in the transaction that changes the report.",
)

counter = Table(
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

pyramid = Table(
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

tombstone = Table(
    "tombstone",
    metadata,
    Column("first_id", WHOLE, primary_key=True, autoincrement=False),
    Column("last_id", WHOLE, nullable=False),
    Column("seq", ForeignKey("event.seq"), nullable=False, comment="the event that says why they went"),
    kept("last_id", "seq", name="tombstone"),
    sqlite_strict=True,
    comment="ids of reports that were here and are gone",
)

outbox = Table(
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

account = Table(
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

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", WHOLE, nullable=False),
    Column("expires_at", WHOLE, nullable=False),
    kept("token_hash", "account_id", "created_at", "expires_at", name="session"),
    sqlite_strict=True,
)
