"""What is decided about each report of a group, in the transaction that stores them."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from geo_reports.errors import ReusedKey, SameReport
from geo_reports.store import Message, Photo, Sending
from geo_reports.store.schema import outbox, photo, report
from geo_reports.store.schema import receipt as receipts
from tests.store.hand import AT, arrivals, counted, digest, receipt


def sending(name, body="", *, at=AT, twin_since=None, **columns):
    given = replace(receipt(name, body), twin_since=twin_since)
    return Sending(replace(arrivals(name, **columns), received_at=at), given)


def rows(store, table):
    with store.reading() as connection:
        return connection.execute(sa.select(table)).all()


def test_a_group_is_decided_in_its_order(store):
    outcomes = store.add_all([sending("a", "one"), sending("a", "one"), sending("a", "two"), sending("b", "one")])
    assert outcomes[:2] == [True, False]
    assert isinstance(outcomes[2], ReusedKey)
    assert outcomes[3] is True
    assert store.add_all([sending("a", "one")]) == [False]
    assert store.size() == {"reports": 2, "receipts": 2}
    assert store.chain_break() is None
    assert counted(store)


@pytest.mark.parametrize(("since", "same"), [(AT - 600, True), (AT, True), (AT + 1, False), (None, False)])
def test_a_twin_is_asked_about_only_if_recent(store, since, same):
    store.add_all([sending("a", "body")])
    (outcome,) = store.add_all([sending("b", "body", twin_since=since)])
    assert isinstance(outcome, SameReport) == same
    assert store.size()["reports"] == (1 if same else 2)
    assert store.add_all([sending("c", "another body", twin_since=since)]) == [True]


def test_twins_in_one_group(store):
    outcomes = store.add_all([sending(name, "body", twin_since=AT - 600) for name in "abc"])
    assert outcomes[0] is True
    assert [type(outcome) for outcome in outcomes[1:]] == [SameReport, SameReport]
    assert store.add_all([sending("a", "body", twin_since=AT - 600)]) == [False]


def test_of_several_twins_the_last_counts(store):
    store.add_all([sending("a", "body"), sending("b", "body", at=AT + 500)])
    (outcome,) = store.add_all([sending("c", "body", at=AT + 900, twin_since=AT + 300)])
    assert isinstance(outcome, SameReport)


def test_all_of_a_report_is_stored_with_it(store):
    shown = Photo(digest("jpeg"), 1234, 640, 480)
    messages = (Message("mail", "received", "mail-1", "{}"),)
    given = replace(receipt("a"), sealed_contact=b"sealed")
    new = replace(arrivals("a"), sent_at=[AT - 86_400 * 365 * 30], photos=[(shown, shown)])
    assert store.add_all([Sending(new, given, messages), sending("b")]) == [True, True]
    assert [row.sent_at for row in rows(store, report)] == [AT - 86_400 * 365 * 30, None]
    assert [(row.report_id, row.n, row.sha256, row.state) for row in rows(store, photo)] == [
        (1, 0, digest("jpeg"), "held"),
        (1, 1, digest("jpeg"), "held"),
    ]
    (message,) = rows(store, outbox)
    assert (message.sink, message.dedup_id, message.state, message.attempts) == ("mail", "mail-1", "waiting", 0)
    assert {row.made_at for row in rows(store, receipts)} == {AT}
    assert store.photo_digests() == [digest("jpeg")]
    assert (store.body_of_code(given.code_hash), store.body_of_code(digest("x"))) == (given.body_hash, None)
    assert store.chain_break() is None


def test_reports_of_several_origins_share_a_transaction(store):
    group = [sending("a"), sending("b", at=AT + 1), sending("c"), replace(sending("d"), new=arrivals("d", units=(3,)))]
    assert store.add_all(group) == [True] * 4
    assert [row.received_at for row in rows(store, report)] == [AT, AT + 1, AT, AT]
    assert counted(store)
    assert store.chain_break() is None
