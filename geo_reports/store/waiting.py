"""What waits for a moderator: derived from a report and its events, kept in the transaction that changes them.

Texts and photos of an archive do not wait: nobody who sent them is there to be answered, and an archive of a million
texts would bury those of yesterday. They are published from the report's own page.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.report import WITHDRAWN, Channel, Status
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import event, photo, report, report_text, waiting

if TYPE_CHECKING:
    from geo_reports.store.insert import Arrivals

CHILD, PHOTO, TEXT, CORRECTION, COMMENT = KINDS = ("child", "photo", "text", "correction", "comment")
"""In the order of the queue: a child's report before anything else."""
COLUMNS = ["report_id", "kind", "since"]
SENDER = "resident"
"""Actor of what senders do."""
TEXTS = ("text", "description")
"""What a correction that concerns the text says it changed."""
Row = tuple[int, str, int]


def arrived(connection: Connection, ids: range, new: "Arrivals") -> None:
    """Enter what waits of reports that were just inserted."""
    if new.channel == Channel.IMPORT:
        return
    rows: list[Row] = []
    for i, (report_id, status) in enumerate(zip(ids, new.status, strict=True)):
        photos = new.photos is not None and bool(new.photos[i])
        kinds = _unjudged(status, text=bool(new.description[i]), photos=photos)
        rows += [(report_id, kind, new.received_at) for kind in kinds]
    insert_rows(connection, waiting, COLUMNS, rows)


def refresh(connection: Connection, report_id: int) -> None:
    """Enter what waits of one report as it is now, in place of what was entered before."""
    connection.execute(sa.delete(waiting).where(waiting.c.report_id == report_id))
    insert_rows(connection, waiting, COLUMNS, _of(connection, report_id))


def _unjudged(status: str, *, text: bool, photos: bool) -> list[str]:
    if status == Status.HELD:
        return [CHILD]  # the rest is judged on the same page, and waits by itself once the report is approved
    if status in WITHDRAWN:
        return []
    return [*([PHOTO] if photos else []), *([TEXT] if text else [])]


class Known(NamedTuple):
    """What is known of a report beside its events: ``text`` and ``photos`` tell whether there is one to judge."""

    status: str
    status_at: int
    channel: str
    public_text: str | None
    text: bool
    photos: bool


def due(known: Known, events: Sequence[Any]) -> dict[str, int]:
    """What waits of a report, and since when (seconds UTC), by its events in their order (at, kind, reason, actor)."""
    imported = known.channel == Channel.IMPORT
    if imported and len(events) == 1:  # as most reports of an archive are
        return {}
    history = _History(events)
    kinds = [] if imported else _unjudged(known.status, text=known.text, photos=known.photos)
    since: dict[str, int | None] = {COMMENT: history.unread}
    if CHILD in kinds:
        since[CHILD] = known.status_at
    if PHOTO in kinds:
        since[PHOTO] = history.sent_photo
    if TEXT in kinds and (known.public_text is None or history.corrected):
        since[CORRECTION if history.corrected else TEXT] = history.unjudged_text
    return {kind: at for kind, at in since.items() if at is not None}


def _of(connection: Connection, report_id: int) -> list[Row]:
    held = sa.exists().where(photo.c.report_id == report.c.id, photo.c.state == "held")
    select = (
        sa.select(report.c.status, report.c.status_at, report.c.channel, report_text.c.public_text)
        .add_columns(report_text.c.description.is_not(None).label("text"), held.label("photos"))
        .select_from(report.outerjoin(report_text))
        .where(report.c.id == report_id)
    )
    row = connection.execute(select).first()
    if row is None:
        return []
    columns = (event.c.at, event.c.kind, event.c.reason, event.c.actor)
    history = sa.select(*columns).where(event.c.report_id == report_id).order_by(event.c.seq)
    found = due(Known(*row), connection.execute(history).fetchall())
    return [(report_id, kind, at) for kind, at in found.items()]


class _History:
    """What a report's events say of what was judged; times are None where nothing is left to judge."""

    def __init__(self, events: Sequence[Any]) -> None:
        sent = _last(events, lambda one: one.kind == "received")
        corrected = _last(events, _corrects_text)
        judged = _last(events, lambda one: one.kind == "text" and one.actor != SENDER)
        comment = _last(events, lambda one: one.kind == "comment")
        read = _last(events, lambda one: one.kind == "read")
        photo_sent = _last(events, lambda one: one.kind == "photo" and one.reason == "held")
        self.corrected = corrected > judged
        self.unjudged_text = events[max(sent, corrected)].at if max(sent, corrected) > judged else None
        self.unread = events[comment].at if comment > read else None
        self.sent_photo = events[max(sent, photo_sent)].at if max(sent, photo_sent) >= 0 else None


def _corrects_text(one: Any) -> bool:
    return one.kind == "revised" and one.actor == SENDER and any(word in (one.reason or "") for word in TEXTS)


def _last(events: Sequence[Any], meets: Callable[[Any], bool]) -> int:
    """Position of the last event that meets a condition, -1 where none does."""
    return next((i for i in range(len(events) - 1, -1, -1) if meets(events[i])), -1)
