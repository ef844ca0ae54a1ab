"""Who may sign in, for how long, and what ends it."""

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from geo_reports.accounts import STAFF, Accounts, Actor, check_audience, may_use
from geo_reports.accounts.passwords import ALPHABET
from geo_reports.accounts.throttle import FOR_ALL, PER_LOGIN, PER_SENDER, Throttle
from geo_reports.errors import InputError, NotAllowed, NotFound, NotSignedIn, TooManyRequests
from geo_reports.report import Audience
from geo_reports.store import Store

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock):
    store = Store(str(tmp_path / "r.sqlite"))
    yield Accounts(store, clock)
    store.close()


def test_password_signs_in_and_names_the_actor(accounts):
    password = accounts.add("Ana.Rojas ", Audience.CREW)
    token = accounts.sign_in(" ANA.rojas", password)
    assert accounts.actor(token) == Actor("ana.rojas", Audience.CREW)


def test_password_has_four_groups_of_a_readable_alphabet(accounts):
    groups = accounts.add("ana", Audience.CREW).split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set(ALPHABET)
    assert len(ALPHABET) ** 16 > 2**79


@pytest.mark.parametrize("login", ["a", "x" * 33, "ana rojas", "añá", "an\na", "<b>", ""])
def test_login_of_another_form_is_refused(accounts, login):
    with pytest.raises(InputError):
        accounts.add(login, Audience.CREW)


def test_login_is_taken_whatever_its_case(accounts):
    accounts.add("ana", Audience.CREW)
    with pytest.raises(InputError):
        accounts.add("ANA", Audience.ADMIN)
    assert [info.role for info in accounts.list()] == [Audience.CREW]


@pytest.mark.parametrize("role", [Audience.PUBLIC, Audience.RESIDENT])
def test_no_account_for_those_who_need_none(accounts, role):
    with pytest.raises(InputError):
        accounts.add("ana", role)


def test_wrong_password_wrong_login_and_disabled_account_sound_the_same(accounts):
    password = accounts.add("ana", Audience.CREW)
    accounts.add("eva", Audience.CREW)
    accounts.disable("ana")
    said = set()
    for login, given in (("ana", password), ("eva", "wrong"), ("nobody", "wrong"), ("", "")):
        with pytest.raises(NotSignedIn) as error:
            accounts.sign_in(login, given)
        said.add(str(error.value))
    assert len(said) == 1


def test_unknown_login_costs_a_comparison_too(accounts):
    accounts.add("ana", Audience.CREW)

    def cost(login: str) -> float:
        began = time.perf_counter()
        with pytest.raises(NotSignedIn):
            accounts.sign_in(login, "wrong")
        return time.perf_counter() - began

    known = median(cost("ana") for _ in range(3))
    unknown = median(cost("nobody") for _ in range(3))
    assert unknown > known / 4  # without the comparison it would be a hundredth


def test_session_ends_after_twelve_hours_used_or_not(accounts, clock):
    token = accounts.sign_in("ana", accounts.add("ana", Audience.CREW))
    clock.now = NOW + timedelta(hours=12) - timedelta(seconds=1)
    assert accounts.actor(token) is not None
    clock.now = NOW + timedelta(hours=12)
    assert accounts.actor(token) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.disable("ana"),
        lambda accounts: accounts.reset("ana"),
        lambda accounts: accounts.change_role("ana", Audience.PLANNER),
    ],
)
def test_every_change_of_an_account_ends_all_its_sessions_and_no_other(accounts, change):
    password = accounts.add("ana", Audience.CREW)
    tokens = [accounts.sign_in("ana", password), accounts.sign_in("ana", password)]
    other = accounts.sign_in("eva", accounts.add("eva", Audience.CREW))
    change(accounts)
    assert [accounts.actor(token) for token in tokens] == [None, None]
    assert accounts.actor(other) is not None


def test_reset_gives_a_new_password_and_ends_the_old(accounts):
    old = accounts.add("ana", Audience.CREW)
    new = accounts.reset("ana")
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ana", old)
    assert accounts.actor(accounts.sign_in("ana", new)) is not None


def test_enabled_account_signs_in_again_with_the_same_password(accounts):
    password = accounts.add("ana", Audience.CREW)
    accounts.disable("ana")
    assert accounts.list()[0].disabled
    accounts.enable("ana")
    assert accounts.actor(accounts.sign_in("ana", password)) is not None


def test_signing_out_ends_that_session_only(accounts):
    password = accounts.add("ana", Audience.CREW)
    first, second = accounts.sign_in("ana", password), accounts.sign_in("ana", password)
    assert first != second
    accounts.sign_out(first)
    assert accounts.actor(first) is None
    assert accounts.actor(second) is not None


@pytest.mark.parametrize("change", ["disable", "enable", "reset"])
def test_account_that_is_not_there(accounts, change):
    with pytest.raises(NotFound):
        getattr(accounts, change)("nobody")


def test_form_token_belongs_to_one_session_and_does_not_tell_its_token(accounts):
    password = accounts.add("ana", Audience.CREW)
    mine, other = accounts.sign_in("ana", password), accounts.sign_in("ana", password)
    given = accounts.csrf(mine)
    accounts.check_csrf(mine, given)
    assert mine not in given
    for wrong in (accounts.csrf(other), "", "ñ", given[:-1]):
        with pytest.raises(NotAllowed):
            accounts.check_csrf(mine, wrong)


def test_store_keeps_neither_password_nor_token(accounts, tmp_path):
    password = accounts.add("ana", Audience.CREW)
    token = accounts.sign_in("ana", password)
    with sqlite3.connect(tmp_path / "r.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint")
    connection.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("r.sqlite*"))
    assert b"$argon2id$" in kept
    for secret in (password, password.replace("-", ""), token):
        assert secret.encode() not in kept


def test_sessions_that_are_over_are_removed(accounts, clock, tmp_path):
    password = accounts.add("ana", Audience.CREW)
    accounts.sign_in("ana", password)
    clock.now = NOW + timedelta(hours=13)
    accounts.sign_in("ana", password)
    with sqlite3.connect(tmp_path / "r.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM session").fetchone() == (1,)
    connection.close()


def test_guessing_is_slowed_down_and_does_not_shut_out_the_owner(accounts):
    password = accounts.add("ana", Audience.CREW)
    for _ in range(PER_SENDER):
        with pytest.raises(NotSignedIn):
            accounts.sign_in("ana", "wrong", sender="198.51.100.7")
    with pytest.raises(TooManyRequests) as error:
        accounts.sign_in("ana", password, sender="198.51.100.7")
    assert 1 <= error.value.retry_after_s <= 15 * 60
    assert accounts.actor(accounts.sign_in("ana", password, sender="203.0.113.9")) is not None


def test_guessing_one_login_from_everywhere_is_slowed_down():
    throttle = Throttle()
    for number in range(PER_LOGIN):
        throttle.attempt("ana", str(number))
    with pytest.raises(TooManyRequests):
        throttle.attempt("ana", "another")
    throttle.attempt("eva", "another")


def test_success_forgets_the_attempts_before_it():
    throttle = Throttle()
    for _ in range(PER_SENDER):
        throttle.attempt("ana", "here")
    throttle.succeeded("ana", "here")
    throttle.attempt("ana", "here")


def test_who_may_use_which_view():
    seen = {audience: [role for role in STAFF if may_use(Actor("x", role), audience)] for audience in Audience}
    crew, planner, moderator, admin = STAFF
    assert seen == {
        Audience.PUBLIC: [crew, planner, moderator, admin],
        Audience.RESIDENT: [],
        Audience.CREW: [crew, moderator, admin],
        Audience.PLANNER: [planner, admin],
        Audience.MODERATOR: [moderator, admin],
        Audience.ADMIN: [admin],
    }
    assert [audience for audience in Audience if may_use(None, audience)] == [Audience.PUBLIC]


def test_refusal_tells_signing_in_from_another_role():
    with pytest.raises(NotSignedIn):
        check_audience(None, Audience.CREW)
    with pytest.raises(NotAllowed):
        check_audience(Actor("x", Audience.CREW), Audience.PLANNER)
    check_audience(None, Audience.PUBLIC)


def test_one_address_cannot_use_up_what_the_owner_and_the_office_may_try():
    throttle = Throttle()
    for number in range(FOR_ALL):
        with suppress(TooManyRequests):
            throttle.attempt("ana", "here")
        with suppress(TooManyRequests):
            throttle.attempt(f"guess {number}", "here")
    throttle.attempt("ana", "elsewhere")


def test_whoever_has_an_ipv6_network_is_one_sender():
    """A /48 holds more addresses than could ever be counted one by one."""
    throttle = Throttle()
    for number in range(PER_SENDER):
        throttle.attempt("ana", f"2001:db8:1:{number:x}::1")
    with pytest.raises(TooManyRequests):
        throttle.attempt("ana", "2001:db8:1:ffff::1")
    throttle.attempt("ana", "2001:db8:2::1")
    throttle.attempt("ana", "192.0.2.1")
    throttle.succeeded("ana", "2001:db8:1:abcd::1")
    throttle.attempt("ana", "2001:db8:1::1")
