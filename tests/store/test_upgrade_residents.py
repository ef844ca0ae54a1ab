"""A store of the second schema comes up to the third: its rows stay, and what waits is what its events say."""

import pytest
import sqlalchemy as sa

from geo_reports.store import Store, ledger
from geo_reports.store.engine import open_engine, writing
from geo_reports.store.revisions import bring_to, make_new
from geo_reports.store.upgrade import upgrade
from tests.store.hand import AT, digest

TEXT = {"description": "Ñandú & co"}
HELD = {"photo": "held"}
REPORTS = {
    "plain": {},
    "text": TEXT,
    "photo": HELD,
    "both": TEXT | HELD,
    "judged": TEXT | {"events": ["text"]},
    "shown": TEXT | {"events": ["text"], "public_text": "Ñandú"},
    "looked at": {"photo": "withheld"},
    "closed": TEXT | {"status": "cleaned"},
    "duplicate": TEXT | HELD | {"status": "duplicate"},
    "rejected": TEXT | HELD | {"status": "rejected"},
    "archive": TEXT | HELD | {"channel": "import"},
}
WAITING = {("text", "text"), ("photo", "photo"), ("both", "photo"), ("both", "text"), ("closed", "text")}


@pytest.fixture(params=["sqlite", "postgres"])
def old(request, tmp_path):
    """URL of a store of the second schema, with a report for each way in which it can wait or not."""
    url = str(tmp_path / "old.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with writing(engine) as connection:
        bring_to(connection, "0002")
        known = sa.MetaData()
        known.reflect(connection)
        for report_id, (name, one) in enumerate(REPORTS.items(), 1):
            for table, row in _rows(report_id, name, one):
                connection.execute(sa.insert(known.tables[table]).values(row))
    engine.dispose()
    return url


def _rows(report_id, name, one):
    status = one.get("status", "received")
    facts = {
        "id": report_id,
        "public_id": name,
        "identity": digest(name)[:16],
        "family": "dump",
        "category": "rubble",
        "lon": -70.0,
        "lat": -33.0,
        "morton": 1,
        "outside": 0,
        "occurred_precision": "day",
        "month": 202609,
        "received_at": AT + report_id,
        "source": "web",
        "source_id": name,
        "channel": one.get("channel", "web"),
        "status": status,
        "status_at": AT + report_id,
        "salt": digest(name)[:16],
    }
    yield "report", facts
    if "description" in one:
        texts = {"report_id": report_id, "description": one["description"], "public_text": one.get("public_text")}
        yield "report_text", texts
    if "photo" in one:
        sizes = {"n_bytes": 5, "width": 4, "height": 3, "state": one["photo"]}
        yield "photo", {"report_id": report_id, "n": 0, "sha256": digest(name), **sizes}
    for number, kind in enumerate(["received", *one.get("events", [])]):
        about = {"seq": 10 * report_id + number, "report_id": report_id, "at": AT + report_id + number, "kind": kind}
        yield "event", about | {"actor": "ana", "digest": digest(kind), "hash": digest(f"{name} {number}")}


def test_what_waits_is_what_the_events_say_and_every_row_stays(old, tmp_path):
    upgrade(old, tmp_path / "copy.sqlite")
    store = Store(old)
    with store.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT public_id, kind, since - received_at FROM waiting JOIN report ON report.id = report_id")
        ).fetchall()
        wrong = ledger.misfiled(connection)
        new = connection.execute(
            sa.text(
                "SELECT answers, duplicate_of, public_sha256, sealed_sha256 FROM report JOIN photo ON report_id = id"
            )
        ).fetchall()
    size = store.size()["reports"]
    store.close()
    assert {(name, kind) for name, kind, _ in rows} == WAITING
    assert {late for _, _, late in rows} == {0}
    assert wrong == []
    assert size == len(REPORTS)
    assert {tuple(row) for row in new} == {(None,) * 4}


def test_a_server_gets_the_same_indexes_keys_and_columns_from_the_migrations(postgres):
    """What the comparison of the models does not look at: conditions of indexes, what foreign keys do, nullability."""
    asked = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
        "'public'::regnamespace",
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable FROM "
        "information_schema.columns WHERE table_schema = 'public'",
    )
    found = []
    for make in (make_new, lambda connection: bring_to(connection, "head")):
        engine = open_engine(postgres.database())
        with writing(engine) as connection:
            make(connection)
        with engine.connect() as connection:
            found.append([{tuple(row) for row in connection.execute(sa.text(sql))} for sql in asked])
        engine.dispose()
    for fresh, migrated in zip(*found, strict=True):
        assert fresh ^ migrated == set()
