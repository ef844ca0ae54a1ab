from datetime import UTC, datetime

import numpy as np
import pytest

from geo_reports.errors import AddressNotFound, InputError, NotFound, OutsideCity, ReusedKey, UnknownCategory
from geo_reports.intake import Intake, Locator, ServerKey
from geo_reports.report import Channel, NewReport, Status
from geo_reports.store import Query, Store

NOW = datetime(2026, 9, 30, 15, tzinfo=UTC)
KEY = ServerKey(bytes(range(32)))
RETRY = "a-random-key-of-a-client"
DUMP = {"family": "dump", "category": "rubble", "lon": -69.995, "lat": -32.995}


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "reports.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def intake(tiny_city, store):
    return Intake(tiny_city, store, KEY, Locator(tiny_city, store), lambda: NOW)


def send(intake, key=None, channel=Channel.WEB, **change):
    return intake.accept(NewReport(**{**DUMP, **change}), channel=channel, key=key)


def only(store):
    (row,) = store.find(Query(), text=True).to_dict("records")
    return row


def test_a_report_is_stored_when_its_receipt_is_given(intake, store):
    receipt = send(intake, accuracy_m=8, size="car", description="Escombros", occurred_at="2026-09-29T18:40")
    row = only(store)
    assert (receipt.public_id, receipt.status, receipt.created) == (row["public_id"], Status.RECEIVED, True)
    assert (row["lon"], row["lat"], row["accuracy_m"], row["size"]) == (-69.995, -32.995, 8, "car")
    assert (row["channel"], row["received_at"], row["description"]) == ("web", NOW.timestamp(), "Escombros")
    assert (row["outside"], row["closed_at"], row["public_text"]) == (0, None, None)
    assert store.report_of_code(KEY.code_hash(receipt.code)) == receipt.public_id


def test_it_lies_in_one_unit_of_each_layer(intake, store):
    send(intake)
    assert store.units_of([1], "barrios") == {1: "A"}
    assert len(store.units_of([1], "sectors")) == 1
    assert store.counts("barrios").to_dict("records") == [
        {"unit": "A", "category": "rubble", "status": "received", "month": 0, "n": 1}
    ]


@pytest.mark.parametrize(
    ("text", "at", "precision", "month"),
    [
        ("2026-09", datetime(2026, 9, 1, 4, tzinfo=UTC), "month", 202609),
        ("2026-09-29", datetime(2026, 9, 29, 3, tzinfo=UTC), "day", 202609),
        ("2026-08-31T23:10", datetime(2026, 9, 1, 3, tzinfo=UTC), "hour", 202608),
        (None, None, "unknown", 0),
        ("", None, "unknown", 0),
    ],
)
def test_times_keep_their_precision(intake, store, text, at, precision, month):
    send(intake, occurred_at=text)
    row = only(store)
    assert (row["occurred_precision"], row["month"]) == (precision, month)
    assert row["occurred_at"] == (at.timestamp() if at else None)


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"category": "noise"}, UnknownCategory, "category"),
        ({"family": "security"}, UnknownCategory, "category"),
        ({"lon": -71.0}, OutsideCity, "lon"),
        ({"occurred_at": "2026-09-31"}, InputError, "occurred_at"),
        ({"occurred_at": "2026-10-01"}, InputError, "occurred_at"),
        ({"occurred_at": "2026-09-30T16:00Z"}, None, None),
        ({"occurred_at": "2026-09-30T17:00Z"}, InputError, "occurred_at"),
        ({"key": "short"}, InputError, "Idempotency-Key"),
        ({"lon": None, "lat": None, "address": "Nowhere 1"}, AddressNotFound, "address"),
    ],
)
def test_refusals_store_nothing(intake, store, change, error, field):
    if error is None:
        send(intake, **change)
        return
    with pytest.raises(error) as caught:
        send(intake, **change)
    assert caught.value.field == field
    assert store.size() == {"reports": 0, "receipts": 0}


def test_a_refusal_names_the_categories(intake):
    with pytest.raises(UnknownCategory, match="household, rubble"):
        send(intake, category="noise")


def test_an_address_becomes_a_place(intake, store):
    send(intake, lon=None, lat=None, address="Los Aromos 200")
    row = only(store)
    assert (row["lon"], row["lat"], row["accuracy_m"]) == (-69.998, -32.995, 20.0)


def test_a_point_is_better_than_an_address(intake, store):
    send(intake, address="Los Aromos 200")
    assert only(store)["lon"] == -69.995


def test_a_doubtful_address_offers_others(intake):
    with pytest.raises(AddressNotFound, match="Los Aromos") as caught:
        send(intake, lon=None, lat=None, address="Los Aromos")
    assert caught.value.candidates == ["Los Aromos (sin número)"]
    with pytest.raises(AddressNotFound) as caught:
        send(intake, lon=None, lat=None, address="Escuela C")
    assert {"Escuela A", "Escuela D"} <= set(caught.value.candidates)


def test_an_offered_address_is_accepted_as_it_was_offered(intake, store):
    with pytest.raises(AddressNotFound) as caught:
        send(intake, lon=None, lat=None, address="Los Cipreses 10")
    send(intake, lon=None, lat=None, address=caught.value.candidates[0])
    row = only(store)
    assert (row["lon"], row["lat"]) == (-69.985, -32.985)
    assert row["accuracy_m"] >= 300  # the street is known, its number is not


def test_a_retry_gets_the_same_receipt(intake, store):
    first = send(intake, RETRY, description="uno")
    again = send(intake, RETRY, description="uno")
    by_another_door = send(intake, RETRY, channel=Channel.API, description="uno")
    assert first.created
    for later in (again, by_another_door):
        assert (later.code, later.public_id, later.created) == (first.code, first.public_id, False)
    assert store.size() == {"reports": 1, "receipts": 1}


@pytest.mark.parametrize("change", [{"description": "dos"}, {"lon": -69.9951}, {"contact": "a@b.cl"}])
def test_a_key_is_for_one_body(intake, store, change):
    send(intake, RETRY)
    with pytest.raises(ReusedKey):
        send(intake, RETRY, **change)
    assert store.size()["reports"] == 1


def test_without_a_key_each_sending_is_a_report(intake, store):
    one, two = send(intake), send(intake)
    assert one.code != two.code
    assert one.public_id != two.public_id
    assert store.size()["reports"] == 2


def test_nothing_secret_is_in_the_files(intake, store, tmp_path):
    key = "the-idempotency-key-of-a-phone"
    receipt = send(intake, key, contact="vecina@example.org", description="Mi texto")
    store.set_status(receipt.public_id, Status.CLEANED, reason=None, note=None, actor="ana", at=1)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Mi texto" in stored  # the search would find what is there
    plain = receipt.code.replace("-", "")
    for secret in (receipt.code, plain, plain.lower(), key, "vecina@example.org"):
        assert secret.encode() not in stored
    store.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert plain.encode() not in stored
    again = Store(str(tmp_path / "reports.sqlite"))
    assert KEY.unseal(again.sealed_contact(receipt.public_id)) == "vecina@example.org"
    again.close()


def test_a_wrong_code_opens_nothing(intake, store):
    send(intake)
    with pytest.raises(NotFound):
        store.report_of_code(KEY.code_hash("0000-0000-0000-0000"))


def test_places_outside_have_the_outside_unit(tiny_city, store):
    locator = Locator(tiny_city, store)
    outside, units = locator.place([-69.995, -71.0], [-32.995, -33.0], np.array(["2026-09-30", "NaT"], "datetime64[D]"))
    assert outside.tolist() == [False, True]
    assert units.shape == (2, len(tiny_city.unit_layers))
    assert set(units[0]).isdisjoint(units[1])
