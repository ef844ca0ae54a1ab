import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports.errors import NotFound, ReusedKey, StoreError
from geo_reports.report import CLOSED, Family, Status
from geo_reports.store import Query, Store
from tests.store.hand import AT, TABLE, arrivals, counted, digest, public_id, receipt

FRAME = [
    *("id", "public_id", "family", "category", "status", "size", "lon", "lat", "accuracy_m", "occurred_at"),
    *("occurred_precision", "month", "received_at", "status_at", "closed_at", "outside", "source", "channel"),
]


def add(store, name, **columns):
    return store.add(arrivals(name, **columns), receipt(name))


def found(store, **wanted):
    return store.find(Query(**wanted)).public_id.tolist()


def test_a_report_comes_back_as_it_was_given(store):
    add(store, "one", lon=-69.99512345, lat=-32.98765432, accuracy_m=12.5, size="car", description="Escombros")
    frame = store.find(Query(), text=True)
    assert list(frame) == [*FRAME, "description", "public_text"]
    row = frame.iloc[0]
    assert (row.public_id, row.family, row.category, row.status) == (public_id("one"), "dump", "rubble", "received")
    assert (row.lon, row.lat, row.accuracy_m, row["size"]) == (-69.99512345, -32.98765432, 12.5, "car")
    assert (row.occurred_at, row.occurred_precision, row.month, row.received_at) == (AT, "day", 202609, AT)
    assert (row.description, row.public_text, row.closed_at) == ("Escombros", None, None)
    assert list(store.find(Query())) == FRAME


def test_an_empty_store_gives_empty_frames(store):
    assert list(store.find(Query(), text=True)) == [*FRAME, "description", "public_text"]
    assert list(store.counts("barrios")) == ["unit", "category", "status", "month", "n"]
    assert list(store.closings("barrios")) == ["unit", "category", "month", "days"]
    assert store.revision() == 0
    assert store.size() == {"reports": 0, "receipts": 0}


def test_filters(store):
    add(store, "dump", category="rubble", occurred_at=AT)
    add(store, "theft", family="security", category="theft", occurred_at=AT + 10, units=(3,))
    add(store, "away", outside=True, occurred_at=None, units=(1,))
    dump, theft, away = (public_id(name) for name in ("dump", "theft", "away"))
    assert found(store) == [away, theft, dump]
    assert found(store, families=("security",)) == [theft]
    assert found(store, categories=("rubble",)) == [away, dump]
    assert found(store, categories=()) == []
    assert found(store, statuses=("cleaned",)) == []
    assert found(store, since=AT + 10) == [theft]
    assert found(store, until=AT + 10) == [dump]
    assert found(store, layer="barrios", units=("B",)) == [theft]
    assert found(store, layer="barrios", units=("",)) == [away]
    assert found(store, outside=False) == [theft, dump]
    assert found(store, public_id=theft) == [theft]
    assert found(store, before_id=2) == [dump]
    assert found(store, limit=1) == [away]
    assert store.units_of([1, 2, 3], "barrios") == {1: "A", 2: "B", 3: ""}


PLACE = st.tuples(st.floats(-70.01, -69.97), st.floats(-33.01, -32.97))
FAR = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@pytest.fixture(scope="module")
def scattered(tmp_path_factory):
    """200 reports around a small town, and some at the world's edges."""
    store = Store(str(tmp_path_factory.mktemp("scattered") / "reports.sqlite"))
    store.register_units("barrios", TABLE)
    rng = np.random.default_rng(1)
    lon = [*rng.uniform(-70.01, -69.97, 200).tolist(), -180.0, 180.0, 0.0]
    lat = [*rng.uniform(-33.01, -32.97, 200).tolist(), -90.0, 90.0, 0.0]
    batch = store.start_batch("test", "x.csv", "0" * 64, AT)
    with store.writing() as connection:
        store.add_batch_chunk(
            connection, batch, arrivals(*(f"r{i}" for i in range(203)), lon=lon, lat=lat), {"n_new": 203}
        )
    yield store
    store.close()


@given(one=st.one_of(PLACE, FAR), other=st.one_of(PLACE, FAR))
@settings(max_examples=150)
def test_a_box_finds_what_brute_force_finds(scattered, one, other):
    west, east = sorted((one[0], other[0]))
    south, north = sorted((one[1], other[1]))
    everything = scattered.find(Query())
    inside = everything.lon.between(west, east) & everything.lat.between(south, north)
    assert found(scattered, bbox=(west, south, east, north)) == everything.public_id[inside].tolist()


def test_a_box_holds_its_edges(scattered):
    assert len(found(scattered, bbox=(-180, -90, 180, 90))) == 203
    assert len(found(scattered, bbox=(0, 0, 0, 0))) == 1


def test_the_same_sending_is_one_report(store):
    assert add(store, "one") is True
    assert add(store, "one") is False
    assert store.size() == {"reports": 1, "receipts": 1}
    assert store.revision() == 1


def test_a_key_is_not_used_for_another_body(store):
    store.add(arrivals("one"), receipt("one", body="first"))
    with pytest.raises(ReusedKey):
        store.add(arrivals("two"), receipt("one", body="second"))
    assert store.size() == {"reports": 1, "receipts": 1}


def test_a_code_leads_to_its_report_only(store):
    store.add(arrivals("one"), receipt("one", contact=b"sealed"))
    add(store, "two")
    assert store.report_of_code(digest("code two")) == public_id("two")
    assert store.sealed_contact(public_id("one")) == b"sealed"
    assert store.sealed_contact(public_id("two")) is None
    with pytest.raises(NotFound):
        store.report_of_code(digest("code three"))


def test_units_keep_their_numbers(store):
    first = store.register_units("barrios", TABLE)
    more = pd.DataFrame({"version": ["2027-01-01", "", ""], "unit": ["A", "B", "A"]})
    second = store.register_units("barrios", more)
    assert second.outside == first.outside
    assert second.rows[1:].tolist() == first.rows[::-1].tolist()
    assert second.rows[0] not in [*first.rows, first.outside]
    assert second.of(np.array([2, -1])).tolist() == [first.rows[0], first.outside]
    assert set(store.register_units("sectors", TABLE).rows).isdisjoint(second.rows)


def test_a_layer_without_units_has_an_outside(store):
    ids = store.register_units("empty", TABLE.head(0))
    assert ids.of(np.array([-1])).tolist() == [ids.outside]


def test_counts_and_closings(store):
    add(store, "open", month=202608)
    add(store, "done", status="cleaned", closed_at=AT + 3 * 86400)
    add(store, "undated", status="cleaned", occurred_at=None, month=0, closed_at=AT)
    add(store, "theft", family="security", category="theft", units=(3,))
    counts = store.counts("barrios")
    assert set(counts.itertuples(index=False, name=None)) == {
        ("A", "rubble", "received", 202608, 1),
        ("A", "rubble", "cleaned", 202609, 1),
        ("A", "rubble", "cleaned", 0, 1),
        ("B", "theft", "received", 202609, 1),
    }
    assert store.counts("barrios", ["theft"]).n.tolist() == [1]
    assert store.counts("barrios", []).empty
    assert store.counts("barrios", None, (202608, 202608)).n.tolist() == [1]
    assert store.counts("sectors").empty
    assert store.closings("barrios").to_dict("records") == [
        {"unit": "A", "category": "rubble", "month": 202609, "days": 3.0}
    ]


def test_a_file_that_is_opened_again_holds_all(store, db):
    add(store, "one", description="texto")
    store.set_status(public_id("one"), Status.CLEANED, reason=None, note="listo", actor="ana", at=AT)
    before = (store.find(Query(), text=True), store.counts("barrios"), store.events_of(1), store.store_id())
    store.close()
    again = Store(db)
    pd.testing.assert_frame_equal(again.find(Query(), text=True), before[0])
    pd.testing.assert_frame_equal(again.counts("barrios"), before[1])
    assert (again.events_of(1), again.store_id()) == before[2:]
    assert again.chain_break() is None
    again.close()


def test_an_error_undoes_the_whole_transaction(store):
    bad = arrivals("one", units=(99,))  # no such unit: the last thing that is written fails
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.add(bad, receipt("one"))
    assert store.size() == {"reports": 0, "receipts": 0}
    assert store.revision() == 0


def test_two_writers_at_once(store):
    def write(prefix):
        try:
            for i in range(25):
                add(store, f"{prefix}{i}")
                store.set_status(
                    public_id(f"{prefix}{i}"), Status.IN_PROGRESS, reason=None, note=None, actor=prefix, at=AT
                )
        except StoreError as error:
            failed.append(error)

    failed = []
    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert store.size() == {"reports": 50, "receipts": 50}
    assert store.revision() == 100
    assert store.chain_break() is None
    assert counted(store)
    assert store.counts("barrios").n.tolist() == [50]


def test_the_same_sending_twice_at_once_is_one_report(store):
    made = []
    threads = [threading.Thread(target=lambda: made.append(add(store, "one"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]
    assert store.size()["reports"] == 1


def test_remembered_values(store):
    assert store.get_meta("demo") is None
    store.set_meta("demo", "yes")
    store.set_meta("demo", "no")
    assert store.get_meta("demo") == "no"
    assert store.store_id() == store.store_id()
    assert store.ready() == {"store": True}


def test_statuses_of_the_store_are_those_of_the_report(store):
    """The store's SQL names closed statuses and families as text."""
    for status in CLOSED:
        add(store, str(status), status=str(status), closed_at=AT)
    assert len(store.closings("barrios")) == len(CLOSED)
    assert {str(family) for family in Family} == {"dump", "security"}
