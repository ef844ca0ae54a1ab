"""Proofs while reports flood in: who needs one, which are good, and that each is used once."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from altcha.v1 import Challenge as Puzzle
from altcha.v1 import Payload, solve_challenge

from geo_reports.errors import OutsideCity, ProofNeeded, SameReport, StoreBusy, TooManyRequests
from geo_reports.intake import Admission, Flood, Intake, Locator, Proof, ServerKey, WriteLimit
from geo_reports.intake.flood import EASIEST, HARDEST
from geo_reports.report import Channel, NewReport
from geo_reports.store import Store

KEY = ServerKey(bytes(32))
DUMP = {"family": "dump", "category": "rubble", "lon": -69.995, "lat": -32.995}
FORM = "k" * 24


class Clock:
    def __init__(self):
        self.now = datetime(2026, 9, 30, 15, tzinfo=UTC)

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def flood(clock):
    """One report a minute is no flood."""
    return Flood(KEY, 1, clock)


def solve(challenge, **change):
    given = challenge.model_dump()
    puzzle = Puzzle(*(given[name] for name in ("algorithm", "challenge", "maxNumber", "salt", "signature")))
    number = solve_challenge(puzzle).number
    payload = Payload(puzzle.algorithm, puzzle.challenge, number, puzzle.salt, puzzle.signature).to_dict()
    return Proof(b64encode(json.dumps({**payload, **change}).encode()).decode())


def test_nobody_is_asked_before_there_is_a_flood_or_after(clock):
    flood = Flood(KEY, 3, clock)
    for _ in range(3):
        assert not flood.needed
        flood.require(Proof())
        flood.enter(Proof())
        clock.wait(10)
    assert flood.needed
    for ask in (flood.require, flood.enter):
        with pytest.raises(ProofNeeded) as caught:
            ask(Proof())
        assert (caught.value.retry_after_s, caught.value.field) == (30, "Altcha")
    clock.wait(29)
    assert flood.needed
    clock.wait(1)
    flood.enter(Proof())
    assert flood.needed


def test_what_was_taken_back_is_not_counted(clock):
    flood = Flood(KEY, 1, clock)
    flood.enter(Proof())()
    assert not flood.needed
    proof = solve(flood.challenge())
    flood.enter(Proof())
    take_back = flood.enter(proof)
    assert not flood.accepts(proof)
    take_back()
    assert flood.accepts(proof)


def test_a_clock_that_is_set_back_ends_the_flood(flood, clock):
    flood.enter(Proof())
    clock.wait(-3600)
    assert not flood.needed


def test_a_solution_is_good_once_and_for_ten_minutes(flood, clock):
    flood.enter(Proof())
    proof, late = solve(flood.challenge()), solve(flood.challenge())
    flood.require(proof)
    flood.enter(proof)
    with pytest.raises(ProofNeeded):
        flood.enter(proof)
    clock.wait(600)
    assert flood.accepts(late)
    clock.wait(1)
    assert not flood.accepts(late)


def test_only_a_right_solution_of_a_challenge_of_ours_is_good(flood, clock):
    challenge = flood.challenge()
    solution = json.loads(b64decode(solve(challenge).solution))
    later = challenge.salt.replace("expires=1", "expires=2")
    changes = [
        {"number": solution["number"] + 1},
        {"number": str(solution["number"])},
        {"number": True},
        {"number": 10**30},
        {"salt": later},
        {"salt": "\ud800"},
        {"salt": None},
        {"signature": "0" * 64},
        {"algorithm": "SHA-1"},
        {"challenge": ["a"]},
    ]
    assert later != challenge.salt
    for change in changes:
        assert not flood.accepts(Proof(b64encode(json.dumps(solution | change).encode()).decode())), change
    for text in ("", "ñ", "no", "e30=", "W10=", "bnVsbA==", "/w=="):
        assert not flood.accepts(Proof(text)), text
    assert flood.accepts(Proof(b64encode(json.dumps(solution | {"took": 8}).encode()).decode()))
    assert not flood.accepts(solve(Flood(ServerKey(bytes(31) + b"1"), 1, clock).challenge()))


def test_the_larger_the_flood_the_harder_the_challenge(flood):
    hard = [flood.challenge().maxNumber]
    for _ in range(3):
        flood.enter(solve(flood.challenge()))
        hard.append(flood.challenge().maxNumber)
    assert hard == [EASIEST, EASIEST, 2 * EASIEST, 3 * EASIEST]


def test_no_challenge_is_harder_than_the_hardest(clock):
    flood = Flood(KEY, 2, clock)
    for _ in range(2):
        flood.enter(Proof())
    tickets = [flood.ticket(f"{n:024}") for n in range(20)]
    clock.wait(30)
    for n, ticket in enumerate(tickets):
        flood.enter(Proof(ticket=ticket, form_key=f"{n:024}"))
    assert flood.challenge().maxNumber == HARDEST


def test_a_form_that_waited_is_let_in_once(flood, clock):
    flood.enter(Proof())
    waited = Proof(ticket=flood.ticket(FORM), form_key=FORM)
    clock.wait(29)
    assert not flood.accepts(waited)
    assert flood.ticket(FORM, waited.ticket) == waited.ticket
    clock.wait(1)
    assert not flood.accepts(Proof(ticket=waited.ticket, form_key="another"))
    assert not flood.accepts(Proof(ticket=f"1{waited.ticket}", form_key=FORM))
    flood.enter(waited)
    with pytest.raises(ProofNeeded):
        flood.enter(waited)
    assert flood.ticket(FORM, waited.ticket) != waited.ticket


def test_a_ticket_is_good_for_an_hour(flood, clock):
    ticket = flood.ticket(FORM)
    clock.wait(3599)
    assert flood.accepts(Proof(ticket=ticket, form_key=FORM))
    clock.wait(1)
    assert not flood.accepts(Proof(ticket=ticket, form_key=FORM))
    for foreign in ("", ".", "x.y", f"{FORM} 5.{'0' * 64}"):
        assert not flood.accepts(Proof(ticket=foreign, form_key=FORM))


def test_used_proofs_are_forgotten_once_they_are_no_longer_good(flood, clock):
    flood.enter(Proof())
    for n in range(2500):
        ticket = flood.ticket(str(n))
        clock.wait(30)
        flood.enter(Proof(ticket=ticket, form_key=str(n)))
    assert len(flood._spent) < 1500


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "reports.sqlite"))
    yield opened
    opened.close()


def test_only_new_public_reports_are_counted_and_asked(tiny_city, store, clock, flood):
    limit = WriteLimit(2)
    admission = Admission(limit, flood=flood)
    intake = Intake(tiny_city, store, KEY, Locator(tiny_city, store), clock, admission)

    def send(sender="192.0.2.1", key=None, proof=None, again=True, **change):
        new = NewReport(**{**DUMP, **change})
        return intake.accept(new, channel=Channel.API, key=key, sender=sender, proof=proof, again=again)

    send(sender=None)
    assert not flood.needed
    with pytest.raises(OutsideCity):
        send(lon=-60)
    assert not flood.needed
    first = send(key="a-random-key-one")
    assert flood.needed
    assert send(key="a-random-key-one").code == first.code
    send(sender=None)
    with pytest.raises(ProofNeeded):
        send()
    proof = solve(flood.challenge())
    with pytest.raises(SameReport):
        send(proof=proof, again=False)
    send(proof=proof, key="a-random-key-two")
    assert send(proof=proof, key="a-random-key-two").created is False
    with pytest.raises(TooManyRequests, match="your network"):
        send(proof=solve(flood.challenge()))
    assert store.size()["reports"] == 4
    intake.close()
    unused = solve(flood.challenge())
    with pytest.raises(StoreBusy):
        send(sender="198.51.100.1", proof=unused)
    assert flood.accepts(unused)
