import time

import pytest

from geo_reports.wire import TOO_SLOW, Answer, Question, anywhere, ask, loopback, public
from tests.certificates import contexts
from tests.post.receiver import receiving

HOST = "hooks.example.org"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return contexts(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


def names(*addresses):
    """A name service that knows these addresses, one after the other when it is asked again."""
    left = list(addresses)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


def go(url, body=b"{}", **given):
    return ask(Question(url, {}, body), **{"limit_s": 30.0, "most_bytes": 1000, **given})


def test_one_request_goes_out(receiver):
    assert go(receiver.url + "?a=1") == Answer(204)
    ((path, headers, body),) = receiver.got
    assert (path, headers["Host"], body) == ("/hook?a=1", f"127.0.0.1:{receiver.port}", b"{}")


def test_the_address_that_was_judged_is_the_one_that_is_talked_to(tls):
    """A name server that answers with another address the second time is not asked a second time."""
    server, client = tls
    asked = []
    with receiving(server) as receiver:

        def resolve(host, port):
            asked.append((host, port))
            return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

        url = f"https://{HOST}:{receiver.port}/hook"
        assert go(url, permit=loopback, resolve=resolve, trust=client).status == 204
    assert asked == [(HOST, receiver.port)]
    assert receiver.got[0][1]["Host"] == f"{HOST}:{receiver.port}"


def test_the_certificate_must_be_that_of_the_name(tls):
    server, client = tls
    with receiving(server) as receiver:
        given = {"permit": anywhere, "resolve": names(["127.0.0.1"])}
        assert go(f"https://other.example.org:{receiver.port}/", trust=client, **given).failed == (
            "SSLCertVerificationError"
        )
        assert go(f"https://{HOST}:{receiver.port}/", **given).failed == "SSLCertVerificationError"
    assert receiver.got == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["1.1.1.1", "127.0.0.1"], []],
)
def test_nothing_is_sent_to_a_forbidden_address(receiver, addresses):
    url = f"http://{HOST}:{receiver.port}/hook"
    assert go(url, permit=public, resolve=names(addresses)) == Answer(failed="ForbiddenAddress")
    assert receiver.got == []


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "localhost", "0.0.0.0", "[::1]"])
def test_this_machine_is_known_by_all_its_names(receiver, host):
    """What the system's resolver makes of them is judged, not how they are written."""
    answer = go(f"http://{host}:{receiver.port}/hook", permit=public)
    assert answer.failed in ("ForbiddenAddress", "gaierror")
    assert receiver.got == []


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    receiver.mood = "redirect"
    assert go(receiver.url).status == 307
    assert len(receiver.got) == 1


def test_a_long_answer_is_read_to_its_limit_only(receiver):
    receiver.mood = "huge"
    assert len(go(receiver.url, most_bytes=1000).body) == 1001


@pytest.mark.parametrize("mood", ["slow", "endless"])
def test_the_limit_bounds_the_whole_errand(receiver, mood):
    receiver.mood = mood
    begun = time.monotonic()
    assert go(receiver.url, limit_s=0.3).failed == TOO_SLOW
    assert time.monotonic() - begun < 20


def test_a_slow_name_service_is_not_waited_for_and_nothing_is_sent_later(receiver):
    def resolve(host, port):
        time.sleep(0.4)
        return ["127.0.0.1"]

    assert go(f"http://{HOST}:{receiver.port}/", limit_s=0.1, resolve=resolve).failed == TOO_SLOW
    time.sleep(0.6)
    assert receiver.got == []


def test_what_cannot_be_reached_has_a_kind(receiver):
    assert go("http://127.0.0.1:1/").failed == "ConnectionRefusedError"
    assert go(receiver.url, resolve=names(["no address"])).failed == "ValueError"
    # the second address of a host is tried when the first does not answer
    assert go(receiver.url, resolve=names(["127.0.0.9", "127.0.0.1"])).status == 204
