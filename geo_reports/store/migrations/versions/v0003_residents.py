"""Third schema: answers, voices, subscriptions, published photos, and what waits for a moderator.

A copy as it was then, so that later changes of the program leave this step alone.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

revision = "0003"
down_revision = "0002"

WHOLE: TypeEngine[Any] = BigInteger().with_variant(Integer(), "sqlite")


def word(length: int) -> TypeEngine[Any]:  # noqa: D103
    return String(length).with_variant(Text(), "sqlite")


metadata = MetaData()
Table("report", metadata, Column("id", WHOLE, primary_key=True))
Table("event", metadata, Column("seq", WHOLE, primary_key=True))

ADDED = {
    "report": (
        Column("answers", Text, comment="to the city's questions, as canonical JSON"),
        Column("duplicate_of", WHOLE, comment="id of the report it was merged into"),
    ),
    "photo": (
        Column("public_sha256", LargeBinary(32), comment="names what is shown of it; only while it is published"),
        Column("public_n_bytes", WHOLE),
        Column("sealed_sha256", LargeBinary(32), comment="names the original, encrypted; only in evidence mode"),
    ),
}
LIVE_DUMPS = "family = 'dump' AND (channel != 'import' OR status_at > received_at)"
INDEXES = (
    ("ix_report_dump_changed", "report", ["status_at"], LIVE_DUMPS),
    ("ix_report_duplicate_of", "report", ["duplicate_of"], "duplicate_of IS NOT NULL"),
    ("ix_photo_shown", "photo", ["public_sha256", "public_n_bytes", "sealed_sha256"], None),
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
    sa.UniqueConstraint("layer", "unit", "address_hash"),
    sqlite_strict=True,
)
Index("ix_subscription_copy", *[column for column in subscription.columns if column.name != "id"])

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
UNJUDGED = "status NOT IN ('duplicate', 'rejected') AND channel <> 'import'"


def upgrade() -> None:
    """Bring the second schema up to the third; every row stays."""
    connection = op.get_bind()
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, Column(column.name, column.type, comment=column.comment))
    for name, table, names, where in INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(name, table, names, sqlite_where=condition, postgresql_where=condition)
    metadata.create_all(connection, [voice, subscription, waiting])
    connection.exec_driver_sql(
        "INSERT INTO waiting (report_id, kind, since) SELECT id, 'text', received_at FROM report "  # noqa: S608
        f"JOIN report_text ON report_text.report_id = report.id WHERE public_text IS NULL AND {UNJUDGED} "
        "AND NOT EXISTS (SELECT 1 FROM event WHERE event.report_id = report.id AND event.kind = 'text')"
    )
    connection.exec_driver_sql(
        "INSERT INTO waiting (report_id, kind, since) SELECT id, 'photo', received_at FROM report "  # noqa: S608
        f"WHERE {UNJUDGED} AND id IN (SELECT report_id FROM photo WHERE state = 'held')"
    )
