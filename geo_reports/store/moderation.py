"""What moderators change besides status and text: category, notes, what was read; and the last step taken back."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.errors import InputError
from geo_reports.report import Status
from geo_reports.store import change, gallery, merging
from geo_reports.store.query import events_of
from geo_reports.store.schema import report, report_text
from geo_reports.store.waiting import COMMENT, SENDER
from geo_reports.store.waiting_list import kinds_of

TAKEN_BACK = ("status", "text", "category", "merged", "parted")
"""Steps that can be taken back, while nothing else has happened to the report."""
BESIDES = ("opened", "contact", "evidence", "read", "internal", "voice", "revised", "photo", "comment")
"""Events that do not stand in the way of that: looks, what was said, and what goes with a step."""


@dataclass(frozen=True)
class Recategorised:
    """A report's new category, and what it keeps: its size, its answers (as kept text), what is published of it."""

    family: str
    category: str
    size: str | None
    answers: str | None
    published: bool


@dataclass(frozen=True)
class Facts:
    """What a new category depends on: the old one, the size, the answers as they are kept."""

    family: str
    category: str
    size: str | None
    answers: str | None


def facts_of(connection: Connection, public_id: str) -> Facts:
    """Facts of a report as they are; ``NotFound``."""
    report_id = change.present(connection, public_id).id
    columns = (report.c.family, report.c.category, report.c.size, report.c.answers)
    return Facts(*connection.execute(sa.select(*columns).where(report.c.id == report_id)).one())


def recategorise(connection: Connection, public_id: str, new: Recategorised, *, actor: str, at: int) -> None:
    """Give a report another category; what it may no longer show is taken back. Its events keep the old facts."""
    report_id, old = change.present(connection, public_id).id, facts_of(connection, public_id)
    if old.category == new.category:
        raise InputError("The report has this category already; choose another.", field="category")
    if not new.published:
        _take_back(connection, public_id, report_id, actor, at)
    change.set_category(connection, public_id, new.family, new.category)
    kept = sa.update(report).where(report.c.id == report_id)
    connection.execute(kept.values(size=new.size, answers=new.answers))
    change.revise(connection, report_id, what="category", actor=actor, at=at)
    note = json.dumps({"from": asdict(old), "to": new.category}, ensure_ascii=False)
    change.append_event(connection, report_id, "category", note=note, actor=actor, at=at)


def _take_back(connection: Connection, public_id: str, report_id: int, actor: str, at: int) -> None:
    """Hold again what was published of a report."""
    text = sa.select(report_text.c.public_text).where(report_text.c.report_id == report_id)
    if connection.execute(text).scalar() is not None:
        change.set_public_text(connection, public_id, None, actor=actor, at=at)
    for one in gallery.photos_of(connection, public_id):
        if one.state == gallery.PUBLISHED:
            gallery.unpublish(connection, one, gallery.HELD, why="category", actor=actor, at=at)


def remark(connection: Connection, public_id: str, note: str, *, actor: str, at: int) -> None:
    """Keep a note that only staff read."""
    report_id = change.present(connection, public_id).id
    change.append_event(connection, report_id, "internal", note=note, actor=actor, at=at)


def mark_read(connection: Connection, public_id: str, *, actor: str, at: int) -> None:
    """Record that the sender's comments were read; ``InputError`` where none waits."""
    report_id = change.present(connection, public_id).id
    if COMMENT not in kinds_of(connection, report_id):
        raise InputError("No comment of this report waits to be read.", field="comment")
    change.append_event(connection, report_id, "read", actor=actor, at=at)


def merged_of(connection: Connection, report_id: int) -> list[str]:
    """public_id of the reports that were merged into one."""
    select = sa.select(report.c.public_id).where(report.c.duplicate_of == report_id).order_by(report.c.id)
    return list(connection.execute(select).scalars())


def last_step(history: list[dict[str, Any]]) -> int | None:
    """Position of the step that could be taken back among a report's events, None where none could."""
    for i in range(len(history) - 1, -1, -1):
        kind = history[i]["kind"]
        if kind in TAKEN_BACK and history[i]["reason"] != "received":
            return i if history[i]["actor"] != SENDER else None
        if kind not in BESIDES and not (kind in TAKEN_BACK and history[i]["reason"] == "received"):
            return None
    return None


def take_back(
    connection: Connection, public_id: str, *, only: str | None, points: Collection[str], actor: str, at: int
) -> str:
    """Take the last step back; returns its kind. ``points`` are the categories that may be published one by one.

    ``only`` is who must have made it, None for anybody. ``InputError`` where nothing can be taken back.
    """
    report_id = change.present(connection, public_id).id
    history = events_of(connection, report_id)
    i = last_step(history)
    lost = i is not None and history[i]["kind"] == "parted" and history[i]["note"] is None  # the other was erased
    if i is None or lost or only not in (None, history[i]["actor"]):
        raise InputError("There is no step of yours that could be taken back.", field="undo")
    kind = str(history[i]["kind"])
    before = history[:i]
    if kind == "text":
        published = [one["note"] for one in before if one["kind"] == "text"]
        change.set_public_text(connection, public_id, published[-1] if published else None, actor=actor, at=at)
    elif kind == "category":
        old = json.loads(history[i]["note"])["from"]
        recategorise(
            connection, public_id, Recategorised(**old, published=old["category"] in points), actor=actor, at=at
        )
    elif kind == "parted":
        merging.merge(connection, public_id, str(history[i]["note"]), note=None, actor=actor, at=at)
    elif kind == "merged":
        merging.part(connection, public_id, status=_status(before, skip=1), actor=actor, at=at)
    else:
        change.restore_status(connection, public_id, _status(before), actor=actor, at=at)
    change.append_event(connection, report_id, "undone", reason=kind, actor=actor, at=at)
    return kind


def _status(before: list[dict[str, Any]], skip: int = 0) -> Status:
    """Status a report had before its last ``skip`` steps of status."""
    known = [one["status"] for one in before if one["kind"] in ("received", "status")]
    return Status(known[-1 - skip])
