"""Voices: people who saw the same and said so instead of reporting it again, and what is shown beside a report."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store import change
from geo_reports.store.rows import insert_rows
from geo_reports.store.schema import photo, report, voice


def add(connection: Connection, public_id: str, identity: bytes, *, at: int) -> bool:
    """Add one voice to a report, with its event; False when a voice of this identity came before.

    ``NotFound`` for an unknown report.
    """
    if known(connection, identity):
        return False
    report_id = change.present(connection, public_id).id
    insert_rows(connection, voice, ["identity", "report_id", "at"], [(identity, report_id, at)])
    change.append_event(connection, report_id, "voice", actor="resident", at=at)
    return True


def known(connection: Connection, identity: bytes) -> bool:
    """Tell whether a voice of this identity came before."""
    return connection.execute(sa.select(voice.c.at).where(voice.c.identity == identity)).first() is not None


def counts(connection: Connection, report_ids: Sequence[int]) -> dict[int, int]:
    """Voices of each report that has some, with those of the reports that were merged into it."""
    found: dict[int, int] = {}
    # two looks, each by an index, where one for "its own or that it was merged into" would read every voice
    for of in (report.c.id, report.c.duplicate_of):
        select = sa.select(of, sa.func.count()).select_from(report.join(voice, voice.c.report_id == report.c.id))
        for part in _parts(report_ids):
            for report_id, n in connection.execute(select.where(of.in_(part)).group_by(of)):
                found[report_id] = found.get(report_id, 0) + n
    return found


def published_photos(connection: Connection, report_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Numbers of the photos of each report that a moderator published."""
    found: dict[int, tuple[int, ...]] = {}
    select = sa.select(photo.c.report_id, photo.c.n).where(photo.c.state == "published").order_by(photo.c.n)
    for part in _parts(report_ids):
        for report_id, n in connection.execute(select.where(photo.c.report_id.in_(part))):
            found[report_id] = (*found.get(report_id, ()), n)
    return found


def merged_into(connection: Connection, public_id: str) -> str | None:
    """public_id of the report that one was merged into, if any."""
    other = report.alias()
    select = sa.select(other.c.public_id).select_from(report.join(other, other.c.id == report.c.duplicate_of))
    found: str | None = connection.execute(select.where(report.c.public_id == public_id)).scalar()
    return found


def answers(connection: Connection, report_ids: Sequence[int]) -> dict[int, str]:
    """Answers of each report that has some, as the text they are kept as."""
    found: dict[int, str] = {}
    select = sa.select(report.c.id, report.c.answers).where(report.c.answers.is_not(None))
    for part in _parts(report_ids):
        found.update({row.id: row.answers for row in connection.execute(select.where(report.c.id.in_(part)))})
    return found


def _parts(report_ids: Sequence[int]) -> list[Sequence[int]]:
    return [report_ids[start : start + 5000] for start in range(0, len(report_ids), 5000)]
