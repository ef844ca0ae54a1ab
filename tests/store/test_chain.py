import pytest

from geo_reports.report import Status
from geo_reports.store.chain import GENESIS, Entry, link
from tests.store.hand import AT, arrivals, public_id, receipt, tamper

COLUMNS = "seq, at, report_id, kind, status, reason, actor, digest, hash"


@pytest.fixture
def db(tmp_path):
    """One engine: how a walk judges links does not depend on it; test_audit.py walks on both."""
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def history(store):
    """Six events."""
    for name in ("one", "two", "three"):
        store.add(arrivals(name), receipt(name))
        store.set_status(public_id(name), Status.ACKNOWLEDGED, reason=None, note="ok", actor="ana", at=AT)
    assert store.chain_break() is None
    return store


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "report_id = 3",
        "kind = 'text'",
        "status = 'cleaned'",
        "reason = 'other'",
        "actor = 'eva'",
        "digest = hash",
        "hash = digest",
    ],
)
def test_an_edited_event_is_found(history, db, change):
    tamper(db, f"UPDATE event SET {change} WHERE seq = 4")
    assert history.chain_break() == 4


def test_a_deleted_event_is_found(history, db):
    tamper(db, "DELETE FROM event_note WHERE seq = 4", "DELETE FROM event WHERE seq = 4")
    assert history.chain_break() == 4


def test_a_deleted_event_is_found_even_when_the_others_move_up(history, db):
    moves = [f"UPDATE event SET seq = {seq - 1} WHERE seq = {seq}" for seq in (4, 5, 6)]
    tamper(db, "DELETE FROM event_note", "DELETE FROM event WHERE seq = 3", *moves)
    assert history.chain_break() == 3


def test_reordered_events_are_found(history, db):
    tamper(
        db,
        "DELETE FROM event_note",
        "UPDATE event SET seq = 99 WHERE seq = 2",
        "UPDATE event SET seq = 2 WHERE seq = 4",
        "UPDATE event SET seq = 4 WHERE seq = 99",
    )
    assert history.chain_break() == 2


def test_an_inserted_event_is_found(history, db):
    tamper(
        db,
        f"INSERT INTO event ({COLUMNS}) SELECT 7{COLUMNS[3:]} FROM event WHERE seq = 6",
    )
    assert history.chain_break() == 7


def test_a_link_depends_on_all_it_holds():
    entry = Entry(1, 2, "status", "cleaned", None, "ana", b"d")
    others = [
        link(GENESIS, 2, entry),
        link(bytes([1]) * 32, 1, entry),
        *(
            link(GENESIS, 1, Entry(*values))
            for values in (
                (9, 2, "status", "cleaned", None, "ana", b"d"),
                (1, None, "status", "cleaned", None, "ana", b"d"),
                (1, 2, "text", "cleaned", None, "ana", b"d"),
                (1, 2, "status", None, None, "ana", b"d"),
                (1, 2, "status", "cleaned", "other", "ana", b"d"),
                (1, 2, "status", "cleaned", None, "eva", b"d"),
                (1, 2, "status", "cleaned", None, "ana", b"e"),
            )
        ),
    ]
    assert link(GENESIS, 1, entry) not in others
    assert len(set(others)) == len(others)
