import pytest

from geo_reports.errors import AddressNotFound
from geo_reports.geography import CONFIDENT
from geo_reports.geography.online import OnlineGeocoder, Service
from geo_reports.intake import Addresses
from tests.geography.geocoding_service import running

BOX = (-70.0, -33.0, -69.98, -32.98)


@pytest.fixture
def service():
    with running() as service:
        yield service


@pytest.fixture
def addresses(service, tiny_city):
    return Addresses(
        tiny_city,
        OnlineGeocoder(Service("nominatim", service.url, "test"), BOX, tiny_city.contains, [], per_second=100),
    )


def house(street, number, lon=-69.985, lat=-32.995):
    return {"kind": "house", "street": street, "number": number, "lon": lon, "lat": lat}


def test_by_default_nobody_is_asked(tiny_city):
    addresses = Addresses(tiny_city)
    assert addresses.asks == ""
    assert addresses.find("Los Aromos 200").lon == -69.998
    with pytest.raises(AddressNotFound):
        addresses.find("Los Robles 42")


def test_what_the_gazetteer_knows_is_not_asked(service, addresses):
    service.places = [house("Los Aromos", "200")]
    assert addresses.find("Los Aromos 200").lon == -69.998
    assert service.asked == []


def test_what_it_does_not_know_is_asked(service, addresses):
    service.places = [house("Los Robles", "42")]
    found = addresses.find("Los Robles 42")
    assert (found.lon, found.parts["source"], addresses.asks) == (-69.985, "127.0.0.1", "127.0.0.1")


def test_the_offline_answer_stands_when_the_service_fails(service, addresses, tiny_city):
    service.mood = "error"
    for text in ("Los Aromos", "Los Robles 42"):
        assert addresses.search(text) == Addresses(tiny_city).search(text)


def test_places_outside_the_city_are_dropped(service, addresses):
    service.places = [house("Los Robles", "42", lon=-71.0)]
    with pytest.raises(AddressNotFound) as caught:
        addresses.find("Los Robles 42")
    assert caught.value.candidates == []


def test_offers_of_both_can_be_sent_back(service, addresses):
    service.places = [{"kind": "venue", "name": "Los Aromos", "lon": -69.983, "lat": -32.983}]
    with pytest.raises(AddressNotFound) as caught:
        addresses.find("Los Aromos")
    theirs, mine = caught.value.candidates
    assert mine == "Los Aromos (sin número)"
    assert theirs.endswith(", según 127.0.0.1")
    assert addresses.find(mine).lon == pytest.approx(-69.9985, abs=0.001)
    assert addresses.find(theirs).lon == -69.983


def test_a_number_found_elsewhere_does_not_overrule_a_fair_estimate(service, addresses):
    assert 0.7 < addresses.search("Los Aromos 800")[0].quality < CONFIDENT
    service.places = [house("Los Aromos", "810", lon=-69.981, lat=-32.981)]
    found = addresses.search("Los Aromos 810")
    assert {candidate.label for candidate in found} == {
        "Los Aromos 810 (aproximado)",
        "Los Aromos 810, según 127.0.0.1",
    }
    assert [candidate for candidate in found if candidate.quality >= CONFIDENT] == []


def test_a_number_found_where_it_was_expected_is_taken(service, addresses):
    near = addresses.search("Los Aromos 800")[0]
    service.places = [house("Los Aromos", "810", lon=near.lon + 0.002, lat=near.lat)]
    assert addresses.find("Los Aromos 810").lon == near.lon + 0.002


def test_a_street_without_the_number_is_no_rival_of_the_number(service, addresses):
    service.places = [house("Los Cipreses", "10", lon=-69.99, lat=-32.988)]
    assert addresses.find("Los Cipreses 10").lon == -69.99
