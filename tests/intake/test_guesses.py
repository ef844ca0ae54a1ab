import pytest

from geo_reports.errors import TooManyRequests
from geo_reports.intake.guesses import EVERYBODY, NETWORK, Allowance, Guesses


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def refused(guesses, address):
    try:
        guesses.wrong(address)
    except TooManyRequests as error:
        return error.retry_after_s
    return 0


def test_one_network_uses_up_its_own_allowance_and_gets_one_back_at_a_time(clock):
    guesses = Guesses(Allowance(3, 60), Allowance(100, 1), clock)
    assert [refused(guesses, f"192.0.2.{n}") for n in range(5)] == [0, 0, 0, 60, 60]
    clock.now += 59
    assert refused(guesses, "192.0.2.9") == 1
    clock.now += 1
    assert [refused(guesses, "192.0.2.9") for _ in range(2)] == [0, 60]
    assert refused(guesses, "198.51.100.1") == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [("192.0.2.1", "192.0.2.200"), ("2001:db8:1::1", "2001:db8:1:ffff::2"), ("", "no address")],
)
def test_addresses_of_one_network_share_its_allowance(clock, first, second):
    guesses = Guesses(Allowance(1, 60), Allowance(100, 1), clock)
    assert refused(guesses, first) == 0
    assert refused(guesses, second) == 60


def test_many_networks_use_up_the_allowance_of_everybody(clock):
    guesses = Guesses(Allowance(5, 60), Allowance(10, 2), clock)
    outcomes = [refused(guesses, f"10.{n}.0.1") for n in range(12)]
    assert outcomes == [0] * 10 + [2, 2]
    clock.now += 4
    assert [refused(guesses, f"10.{n}.1.1") for n in range(100, 103)] == [0, 0, 2]


def test_a_network_that_is_refused_takes_nothing_from_everybody(clock):
    guesses = Guesses(Allowance(2, 60), Allowance(10, 1000), clock)
    for _ in range(500):
        refused(guesses, "192.0.2.1")
    assert [refused(guesses, f"10.{n}.0.1") for n in range(9)] == [0] * 8 + [1000]


def test_a_clock_that_goes_back_gives_nothing(clock):
    guesses = Guesses(Allowance(1, 60), Allowance(10, 1), clock)
    assert refused(guesses, "192.0.2.1") == 0
    clock.now -= 500
    assert refused(guesses, "192.0.2.1") == 60


def tried(guesses, clock, addresses, n, over_s):
    """How many of ``n`` guesses, spread over a time, are counted and not refused."""
    passed = 0
    for i in range(n):
        clock.now = 1000.0 + i * over_s / n
        passed += not refused(guesses, addresses[i % len(addresses)])
    return passed


def test_a_million_guesses_from_many_networks_are_throttled(clock):
    guesses = Guesses(clock=clock)
    addresses = [f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.7" for n in range(100_000)]
    passed = tried(guesses, clock, addresses, 1_000_000, 3600)
    allowed = EVERYBODY.most + 3600 / EVERYBODY.seconds_each
    assert allowed - 2 <= passed <= allowed + 1
    # what is remembered does not grow with the networks that try
    assert len(guesses._networks) <= allowed


def test_a_network_that_tries_all_the_time_is_throttled(clock):
    passed = tried(Guesses(clock=clock), clock, ["2001:db8::1"], 50_000, 3600)
    allowed = NETWORK.most + 3600 / NETWORK.seconds_each
    assert allowed - 2 <= passed <= allowed + 1


def test_networks_that_have_been_quiet_are_forgotten(clock):
    guesses = Guesses(Allowance(1, 10), Allowance(10_000, 0.1), clock)
    for n in range(2500):
        clock.now += 0.05
        refused(guesses, f"{n // 250 + 1}.{n % 250}.0.1")
    assert len(guesses._networks) < 1300
