"""One report and its history, for its sender or for staff who may open it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geo_reports.city import read_answers
from geo_reports.privacy.points import when
from geo_reports.report import Answers
from geo_reports.store import gallery
from geo_reports.store.followup import Own
from geo_reports.store.waiting import SENDER

TOLD = frozenset({"received", "status", "comment", "photo", "text", "revised", "category", "merged", "parted"})
"""Events that belong to the story; that staff opened a report or wrote each other a note does not."""
OF_ANOTHER = "received"
"""Reason of a ``merged`` or ``parted`` event of the report that another one was put together with."""
WITH_WORDS = frozenset({"status", "comment", "text"})
"""Events whose note is words to read; the others' says which photo, which report, which category."""


@dataclass(frozen=True)
class StoryEvent:
    """One step of the story; ``at`` is local time.

    ``note`` is words of the municipality or, ``by_sender``, of the sender; ``reason`` is why a report ended without a
    solution, what became of a photo (held, published, withheld), or what was corrected (names with commas).
    """

    at: datetime
    kind: str
    status: str | None
    reason: str | None
    note: str | None
    by_sender: bool = False


@dataclass(frozen=True)
class StoryPhoto:
    """A photo of a report by its number; ``state`` is held, published or withheld."""

    n: int
    state: str


@dataclass(frozen=True)
class Followed:
    """The report that one was merged into, as far as the other's sender may know it.

    Only its status, and where everybody sees it the public name of its page.
    """

    status: str
    public_id: str | None


@dataclass(frozen=True)
class Story:
    """A report as its sender or its case worker sees it. Degrees are WGS 84, times local.

    ``n_changes`` counts what its sender did since it was sent; ``n_joined`` others who said that they saw the same.
    """

    public_id: str
    family: str
    category: str
    status: str
    size: str | None
    occurred: str
    received_at: datetime
    unit_name: str
    description: str | None
    public_text: str | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    has_contact: bool
    events: tuple[StoryEvent, ...]
    closed_at: datetime | None
    channel: str
    answers: Answers
    photos: tuple[StoryPhoto, ...]
    n_changes: int
    n_joined: int
    followed: Followed | None = None


def tell(
    row: dict[str, Any],
    own: Own,
    events: list[dict[str, Any]],
    unit_name: str,
    zone: ZoneInfo,
    *,
    placed: bool,
    followed: Followed | None = None,
) -> Story:
    """Story of one row of the store (with text), what belongs to it and its events; the point only where ``placed``."""
    return Story(
        public_id=row["public_id"],
        family=row["family"],
        category=row["category"],
        status=row["status"],
        size=_or_none(row["size"]),
        occurred=when(row["occurred_at"], row["occurred_precision"], zone, coarse=False),
        received_at=_local(row["received_at"], zone),
        unit_name=unit_name,
        description=_or_none(row["description"]),
        public_text=_or_none(row["public_text"]),
        lon=float(row["lon"]) if placed else None,
        lat=float(row["lat"]) if placed else None,
        accuracy_m=_or_none(row["accuracy_m"]) if placed else None,
        has_contact=own.has_contact,
        events=tuple(_event(one, zone) for one in events if _told(one)),
        closed_at=None if own.closed_at is None else _local(own.closed_at, zone),
        channel=own.channel,
        answers=read_answers(own.answers),
        photos=tuple(StoryPhoto(n, state) for n, state in own.photos),
        n_changes=own.n_changes,
        n_joined=own.n_joined,
        followed=followed,
    )


def _told(one: dict[str, Any]) -> bool:
    if one["kind"] in ("merged", "parted") and one["reason"] == OF_ANOTHER:
        return False  # the other report's sender is somebody else
    # a category that staff change has its own event beside the revised one
    return one["kind"] in TOLD and (one["kind"] != "revised" or _is_sender(one)) and not _of_photos(one)


def _of_photos(one: dict[str, Any]) -> bool:
    """Whether a revision only says that there are new photos, which have events of their own."""
    return bool(one["kind"] == "revised" and one["reason"] == "photos")


def _event(one: dict[str, Any], zone: ZoneInfo) -> StoryEvent:
    note = one["note"] if one["kind"] in WITH_WORDS else None
    if one["kind"] == "photo" and one["note"]:
        note = str(gallery.told(one["note"])[0] + 1)
    return StoryEvent(_local(one["at"], zone), one["kind"], one["status"], one["reason"], note, _is_sender(one))


def _is_sender(one: dict[str, Any]) -> bool:
    return bool(one["actor"] == SENDER and one["kind"] != "received")


def _local(seconds: Any, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value
