"""Online geocoders, against a real service on this machine that speaks the three forms."""

import logging
import ssl
import sys
import threading
import time
from datetime import datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from geo_reports.errors import InputError, MissingExtra
from geo_reports.geography import CONFIDENT
from geo_reports.geography.online import KINDS, OnlineGeocoder, Service, join
from geo_reports.geography.online.restraint import Memory, Pace
from tests.geography.geocoding_service import running

AGENT = "Villa Chica reports (gis@example.org)"
HOUSE = {"kind": "house", "street": "Avenida Los Robles", "number": "42", "lon": -69.985, "lat": -32.995}
STREET = {"kind": "street", "street": "Los Robles", "lon": -69.986, "lat": -32.996}
SCHOOL = {"kind": "venue", "name": "Liceo Austral", "lon": -69.992, "lat": -32.992}
SUBURB = {"kind": "area", "name": "Los Robles", "lon": -69.99, "lat": -32.99}


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def service():
    with running() as service:
        yield service


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def online(service, tiny_city, clock):
    """Make an online geocoder of a kind that asks the service, in the time of ``clock``."""

    def make(kind="nominatim", **given):
        box = (-70.0, -33.0, -69.98, -32.98)
        asked = Service(kind, service.url, AGENT, "k3y" if kind == "pelias" else "")
        return OnlineGeocoder(
            asked, box, tiny_city.contains, ["Villa Chica"], clock=clock, sleep=clock.sleep, **{"limit_s": 3.0, **given}
        )

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_found_in_every_form(service, online, kind):
    service.places = [SUBURB, HOUSE, STREET]
    found = online(kind).geocode("Los Robles 42, Villa Chica")
    best = found[0]
    assert (best.lon, best.lat, best.label) == (-69.985, -32.995, "Avenida Los Robles 42")
    assert CONFIDENT <= best.quality <= 0.9
    assert best.accuracy_m >= 30
    assert (best.parts["number"], best.parts["source"]) == ("42", "127.0.0.1")
    assert SUBURB["lon"] not in [candidate.lon for candidate in found]


@pytest.mark.parametrize(
    ("kind", "path", "box"),
    [
        ("nominatim", "/search", {"viewbox": "-70.0,-33.0,-69.98,-32.98", "bounded": "1"}),
        ("photon", "/api", {"bbox": "-70.0,-33.0,-69.98,-32.98"}),
        ("pelias", "/v1/search", {"boundary.rect.min_lon": "-70.0", "api_key": "k3y"}),
    ],
)
def test_it_is_asked_for_places_of_the_city_and_told_who_asks(service, online, kind, path, box):
    online(kind).geocode("Los Robles 42")
    ((asked, query, agent),) = service.asked
    assert (asked, agent) == (path, AGENT)
    assert query.get("q", query.get("text")) == "Los Robles 42"
    assert box.items() <= query.items()


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_is_found_by_its_name(service, online, kind):
    service.places = [SCHOOL]
    (best,) = online(kind).geocode("liceo austral")
    assert (best.lon, best.label, best.quality >= CONFIDENT) == (-69.992, "Liceo Austral", True)


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ([STREET], "Los Robles"),
        ([STREET], "Los Robles 42"),
        ([HOUSE], "Los Robles"),
        ([HOUSE], "Los Nogales 42"),
        ([HOUSE], "Los Robles Norte 42"),
        ([HOUSE], "Los Robles 4242"),
        ([HOUSE, {**HOUSE, "lon": -69.995}], "Los Robles 42"),
        ([SUBURB], "Los Robles"),
        ([{**HOUSE, "lon": -71.0}], "Los Robles 42"),
    ],
    ids=["street", "no number", "no number asked", "other", "north", "far number", "two", "area", "outside"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_offline_would_be_uncertain_is_uncertain(service, online, kind, places, text):
    service.places = places
    assert [c for c in online(kind).geocode(text) if c.quality >= CONFIDENT] == []


@pytest.mark.parametrize("doubt", [{"match": "fallback"}, {"confidence": 0.6}])
def test_a_service_that_doubts_is_not_trusted(service, online, doubt):
    service.places = [{**HOUSE, **doubt}]
    (only,) = online("pelias").geocode("Los Robles 42")
    assert only.quality < CONFIDENT


@pytest.mark.parametrize("kind", ["nominatim", "pelias"])
def test_an_estimate_is_less_exact(service, online, kind):
    service.places = [{**HOUSE, "kind": "interpolated"}]
    assert online(kind).geocode("Los Robles 42")[0].accuracy_m >= 100


@pytest.mark.parametrize("kind", KINDS)
def test_an_uncertain_label_can_be_sent_back(service, online, kind):
    service.places = [STREET, {**SCHOOL, "name": "Los Robles"}]
    geocoder = online(kind)
    offered = geocoder.geocode("Los Robles")
    assert {candidate.label for candidate in offered} == {
        "Los Robles (sin número), según 127.0.0.1",
        "Los Robles (lugar), según 127.0.0.1",
    }
    for candidate in offered:
        assert candidate.quality < CONFIDENT
        again = geocoder.geocode(candidate.label)[0]
        assert (again.lon, again.lat, again.quality >= CONFIDENT) == (candidate.lon, candidate.lat, True)
    assert service.texts == ["Los Robles"]  # what the labels add was not sent


MOODS = ["error", "busy", "garbage", "deep", "shapeless", "wrong", "huge", "redirect"]


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_it_answers_nothing_breaks_and_nothing_is_told(service, online, caplog, kind, mood):
    caplog.set_level(logging.DEBUG)
    service.places, service.mood = [HOUSE], mood
    assert online(kind).geocode("Los Robles 42") == []
    assert len(service.asked) == 1  # a redirect was not followed
    assert any(record.levelno == logging.WARNING for record in caplog.records)
    told = " ".join([caplog.text, *(str(record.__dict__) for record in caplog.records)])
    assert [word for word in ("Robles", "k3y", AGENT) if word in told] == []


@pytest.mark.parametrize("mood", ["slow", "drip"])
def test_it_may_take_only_so_long(service, online, mood):
    service.mood = mood
    begun = time.monotonic()
    assert online(limit_s=0.3).geocode("Los Robles 42") == []
    assert time.monotonic() - begun < 2
    deadline = time.monotonic() + 2
    while any(thread.name == "online geocoder" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the abandoned request goes on"
        time.sleep(0.01)


def self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1), datetime(2100, 1, 1))
    signed = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    ).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(signed.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path


@pytest.mark.parametrize("trusted", [False, True])
def test_a_certificate_that_nobody_vouches_for_learns_nothing(tmp_path, monkeypatch, tiny_city, trusted):
    certificate = self_signed(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with running(tls) as service:
        service.places = [HOUSE]
        box = (-70.0, -33.0, -69.98, -32.98)
        geocoder = OnlineGeocoder(Service("photon", service.url, AGENT), box, tiny_city.contains, [])
        assert bool(geocoder.geocode("Los Robles 42")) is trusted
        assert len(service.asked) == trusted


def test_nobody_listens(tiny_city, clock):
    with running() as gone:
        url = gone.url
    geocoder = OnlineGeocoder(
        Service("photon", url, AGENT), (-70, -33, -69.98, -32.98), tiny_city.contains, [], clock=clock
    )
    assert geocoder.geocode("Los Robles 42") == []


def test_the_same_question_is_asked_once(service, online, clock):
    service.places = [HOUSE]
    geocoder = online()
    first = geocoder.geocode("Los Robles 42")
    assert geocoder.geocode(" los ROBLES   42 ") == first
    assert len(service.asked) == 1
    clock.now += 25 * 3600
    geocoder.geocode("Los Robles 42")
    assert len(service.asked) == 2


def test_questions_are_spaced_and_a_crowd_is_turned_away(service, online, clock):
    geocoder = online()
    for number in range(3):
        geocoder.geocode(f"Los Robles {number}")
    assert clock.slept == [1.0, 1.0]
    clock.sleep = None
    pace = Pace(1.0, 2.0, lambda: 0.0, lambda _: None)
    assert [pace.wait() for _ in range(5)] == [True, True, True, False, False]


def test_after_a_failure_it_is_left_alone_for_a_while(service, online, clock):
    service.places, service.mood = [HOUSE], "error"
    geocoder = online()
    geocoder.geocode("Los Robles 42")
    service.mood = ""
    assert geocoder.geocode("Los Robles 42") == []
    assert len(service.asked) == 1
    clock.now += 31
    assert geocoder.geocode("Los Robles 42") != []


def test_memory_is_bounded_and_holds_no_text(clock):
    memory = Memory(2, 10.0, clock)
    for text in ("uno", "dos", "tres"):
        memory.put(text, text.upper())
    assert (len(memory), memory.get("uno"), memory.get("tres")) == (2, None, "TRES")
    assert not any("tres" in repr(key) for key in memory._kept)
    clock.now += 10
    assert memory.get("tres") is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("google", "https://g.example.org", AGENT), "geocoder"),
        (("photon", "", AGENT), "geocoder_url"),
        (("photon", "http://geocoder.example.org", AGENT), "geocoder_url"),
        (("photon", "http://127.0.0.1.example.org", AGENT), "geocoder_url"),
        (("photon", "https://me:secret@geocoder.example.org", AGENT), "geocoder_url"),
        (("photon", "https://geocoder.example.org/?q=", AGENT), "geocoder_url"),
        (("photon", "https://geocoder.example.org:x", AGENT), "geocoder_url"),
        (("photon", "file:///etc/passwd", AGENT), "geocoder_url"),
        (("photon", "https://geocoder.example.org", ""), "geocoder_user_agent"),
        (("photon", "https://geocoder.example.org", "a\r\nHost: b"), "geocoder_user_agent"),
    ],
)
def test_settings_that_cannot_be_are_named(given, field):
    with pytest.raises(InputError) as caught:
        Service(*given)
    assert caught.value.field == field


def test_base_of_a_service():
    service = Service("pelias", "https://geocoder.example.org:8443/pelias/", AGENT)
    assert (service.scheme, service.base, service.host) == (
        "https",
        "geocoder.example.org:8443/pelias",
        "geocoder.example.org",
    )


def test_the_missing_library_is_named(monkeypatch, tiny_city):
    monkeypatch.setitem(sys.modules, "geopy", None)
    with pytest.raises(MissingExtra, match=r"geo-reports\[geocoders\]"):
        OnlineGeocoder(Service("photon", "https://g.example.org", AGENT), (0, 0, 1, 1), tiny_city.contains, [])


def test_an_answer_that_contradicts_a_good_offline_one_is_only_offered(service, online, tiny_city):
    service.places = [{**HOUSE, "street": "Los Aromos", "number": "150"}]
    (theirs,) = online().geocode("Los Aromos 150")
    assert theirs.quality >= CONFIDENT
    mine = tiny_city.gazetteer.geocode("Los Aromos 150")
    assert mine[0].quality >= CONFIDENT
    ranked = join(mine, [theirs], "127.0.0.1")
    assert ranked[0] == mine[0]
    assert ranked[-1].quality < CONFIDENT
    assert ranked[-1].label == "Los Aromos 150, según 127.0.0.1"
