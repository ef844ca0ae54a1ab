import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from geo_reports.errors import (
    AddressNotFound,
    BadPhoto,
    InProgress,
    InputError,
    NotFound,
    OutsideCity,
    ReusedKey,
    SameReport,
    StoreBusy,
    UnknownCategory,
)
from geo_reports.intake import Intake, Locator, Photos, ServerKey, originals
from geo_reports.intake.photos import collect_orphans
from geo_reports.report import Channel, NewReport, Status
from geo_reports.store import PhotoFolder, Query, Store
from tests.intake import photo_corpus

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


def send(intake, key=None, channel=Channel.WEB, again=True, photos=(), **change):
    return intake.accept(NewReport(**{**DUMP, **change}), channel=channel, key=key, again=again, photos=photos)


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


class Later:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def asking(tiny_city, store, later):
    """An intake whose clock can be moved."""
    return Intake(tiny_city, store, KEY, Locator(tiny_city, store), later)


def test_the_same_content_within_ten_minutes_is_asked_about(asking, store, later):
    send(asking, again=False)
    later.now = NOW + timedelta(minutes=10)
    with pytest.raises(SameReport):
        send(asking, again=False)
    send(asking, again=False, description="otro")
    send(asking, again=True)
    assert store.size()["reports"] == 3
    later.now = NOW + timedelta(minutes=20, seconds=1)
    send(asking, again=False)
    assert store.size()["reports"] == 4


def test_a_retry_with_its_key_is_never_asked(intake, store):
    first = send(intake, RETRY, again=False)
    again = send(intake, RETRY, again=False)
    assert (again.code, again.created) == (first.code, False)


THEFT = {"family": "security", "category": "street_robbery"}


def test_nobody_learns_by_asking_that_a_crime_was_reported(intake, store):
    """A report without own words can be guessed; the question would tell the guesser that somebody sent it."""
    send(intake, again=False, **THEFT)
    send(intake, again=False, **THEFT)
    send(intake, again=False, description="Dos hombres en moto", **THEFT)
    with pytest.raises(SameReport):
        send(intake, again=False, description="Dos hombres en moto", **THEFT)
    assert store.size()["reports"] == 3


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-09-30T14:58:03Z", 1790780283),
        ("2026-09-30T11:58:03.250-03:00", 1790780283),
        ("2026-09-30T11:58", 1790780280),  # local time of the city
        ("1970-01-01T00:00:00Z", 0),
        ("2199-12-31T23:59:59Z", 7258118399),
        (None, None),
    ],
)
def test_the_sender_s_clock_is_kept_and_decides_nothing(intake, store, said, kept):
    send(intake, sent_at=said)
    with store.reading() as connection:
        row = connection.exec_driver_sql("SELECT sent_at, received_at FROM report").one()
    assert tuple(row) == (kept, int(NOW.timestamp()))


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01T00:00Z", "2026-09-30", "1790780283", ""])
def test_a_clock_that_cannot_be_read_is_refused(said):
    with pytest.raises(ValidationError):
        NewReport(**DUMP, sent_at=said)


def test_a_retry_may_carry_a_later_clock(intake, store):
    first = send(intake, RETRY, sent_at="2026-09-30T14:58:03Z")
    again = send(intake, RETRY, sent_at="2026-09-30T15:58:03Z")
    assert (again.code, again.created) == (first.code, False)


def test_a_key_is_held_by_one_request_at_a_time(intake):
    with intake.claim(RETRY):
        with pytest.raises(InProgress) as caught, intake.claim(RETRY):
            pass
        assert caught.value.retry_after_s == 1
        with intake.claim("another-random-key"), intake.claim(None), intake.claim(None):
            pass
    with intake.claim(RETRY):
        pass


def test_a_closed_intake_has_stored_what_it_took(intake, store):
    pending = [intake.submit(NewReport(**DUMP), channel=Channel.API) for _ in range(20)]
    assert intake.close()
    assert [one.stored.result(0) for one in pending] == [True] * 20
    assert store.size() == {"reports": 20, "receipts": 20}
    with pytest.raises(StoreBusy):
        send(intake)


def test_the_receipt_names_the_report_whichever_way_it_is_made(intake, store):
    first = send(intake, RETRY)
    assert intake.known(NewReport(**DUMP), RETRY, []) == replace(first, created=False)
    assert intake.known(NewReport(**DUMP), RETRY, [bytes(32)]) is None
    assert intake.known(NewReport(**DUMP), "another-random-key", []) is None
    assert only(store)["public_id"] == first.public_id


# photos ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return PhotoFolder(tmp_path / "photos")


@pytest.fixture
def photos(folder):
    return Photos(folder, KEY)


def file(data):
    return io.BytesIO(data)


def test_a_photo_is_on_disk_before_its_report(intake, photos, folder, store):
    held = photos.hold(file(photo_corpus.jpeg()))
    assert folder.read(held.photo.sha256).startswith(b"\xff\xd8\xff")
    assert photo_corpus.MARK.encode() not in folder.read(held.photo.sha256)
    send(intake, photos=[held])
    assert store.photo_digests() == [held.photo.sha256]
    assert folder.verify(store.photo_digests()) == []
    assert (folder.path(held.photo.sha256).stat().st_mode & 0o077) == 0


def test_a_retry_is_told_by_the_files_as_they_were_sent(intake, photos, store):
    def sent(data):
        return send(intake, RETRY, photos=[photos.hold(file(data))])

    first, again = sent(photo_corpus.jpeg()), sent(photo_corpus.jpeg())
    assert (again.code, again.created) == (first.code, False)
    assert intake.known(NewReport(**DUMP), RETRY, originals([file(photo_corpus.jpeg())])) is not None
    with pytest.raises(ReusedKey):
        sent(photo_corpus.png())
    with pytest.raises(ReusedKey):
        send(intake, RETRY)
    assert len(store.photo_digests()) == 1


def test_a_file_that_is_no_photo_is_refused(photos, tmp_path):
    with pytest.raises(BadPhoto):
        photos.hold(file(b"no photo"))
    assert not (tmp_path / "photos").exists()


def test_a_ticket_brings_a_photo_back_to_its_own_form_only(photos, folder):
    held = photos.hold(file(photo_corpus.jpeg()))
    ticket = photos.ticket(held, "form-one")
    assert photos.redeem(ticket, "form-one") == held
    digest = held.photo.sha256.hex()
    for wrong, form in ((ticket, "form-two"), (ticket.replace(digest, "0" * 64), "form-one"), ("", "form-one")):
        with pytest.raises(BadPhoto):
            photos.redeem(wrong, form)
    folder.path(held.photo.sha256).unlink()
    with pytest.raises(BadPhoto):
        photos.redeem(ticket, "form-one")


def test_photos_without_a_report_are_collected_after_a_day(intake, photos, folder, store):
    sent, left = photos.hold(file(photo_corpus.jpeg())), photos.hold(file(photo_corpus.png()))
    send(intake, photos=[sent])
    assert intake.tidy() == 0
    assert collect_orphans(folder, store, older_than_s=-1) == 1
    assert folder.path(sent.photo.sha256).exists()
    assert not folder.path(left.photo.sha256).exists()


def test_without_a_folder_no_photo_is_taken(intake):
    with pytest.raises(BadPhoto):
        intake.photos  # noqa: B018
