"""News are read by way of what changed, and an archive that came in is none."""

from dataclasses import replace

import pytest

from geo_reports.report import Status
from geo_reports.store import news
from geo_reports.store.news import Period
from tests.store.hand import AT, TABLE, arrivals, public_id, receipt

ASKED = {"categories": ["rubble"], "statuses": ["received", "acknowledged"], "layer": "barrios", "units": ["A"]}


def told(store, limit=2):
    with store.reading() as connection:
        found = news.changes(connection, Period(AT, AT + 100), **ASKED, limit=limit)
    return list(zip(found.public_id, found.then, strict=True))


def bring(store, *names):
    batch = store.start_batch("archive", "a.csv", "0" * 64, AT)
    new = replace(arrivals(*names), channel="import", received_at=AT + 50)
    with store.writing() as connection:
        store.add_batch_chunk(connection, batch, new, {"n_new": len(names)})
    store.end_batch(batch, "finished", {}, AT + 50)


def test_an_archive_hides_no_news_however_large(store):
    store.add(arrivals("sent"), receipt("sent"))
    bring(store, *(f"old {number}" for number in range(9)))
    assert told(store) == [(public_id("sent"), "received")]
    store.set_status(public_id("old 3"), Status.ACKNOWLEDGED, reason=None, note=None, actor="ana", at=AT + 60)
    assert told(store) == [(public_id("old 3"), "acknowledged"), (public_id("sent"), "received")]
    assert told(store, limit=1) == [(public_id("old 3"), "acknowledged")]


def test_other_units_and_times_are_not_told(store):
    store.register_units("barrios", TABLE)
    store.add(arrivals("elsewhere", units=(3,)), receipt("elsewhere"))
    store.add(replace(arrivals("early"), received_at=AT - 1), receipt("early"))
    store.add(replace(arrivals("late"), received_at=AT + 100), receipt("late"))
    store.add(arrivals("here"), receipt("here"))
    assert told(store, limit=9) == [(public_id("here"), "received")]


# the plan of a server depends on what it has seen of the tables
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_they_are_found_by_what_changed_and_no_table_is_read_whole(store):
    ran = []
    with store.reading() as connection:
        connection.connection.driver_connection.set_trace_callback(ran.append)
        news.changes(connection, Period(AT, AT + 100), **ASKED, limit=5)
        connection.connection.driver_connection.set_trace_callback(None)
        (sql,) = [one for one in ran if one.startswith("SELECT")]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")]
    assert any("ix_report_dump_changed" in line for line in plan), plan
    assert not any(line.startswith("SCAN") for line in plan), plan
