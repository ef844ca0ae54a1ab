"""Follow a neighborhood by mail: asked for, confirmed, told, left; on both engines."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from geo_reports.errors import InputError, KeyProblem, NotFound, TooManyRequests
from geo_reports.intake import ServerKey, WriteLimit
from geo_reports.intake.subscriptions import CONFIRM, DIGEST, MOST_REFUSED, PATIENCE_DAYS, Subscriptions
from geo_reports.store import ErasureLog, Message, Outbox, Store
from geo_reports.store.ledger import Expected
from geo_reports.store.subscriptions import Subscriptions as Kept
from geo_reports.store.subscriptions import examine, leave_again
from tests.store.hand import dump

NOW = datetime(2026, 10, 14, 15, tzinfo=UTC)  # a Wednesday, noon in Santiago
KEY = ServerKey(bytes(range(32)))
ANA = "Ana.Soto@example.cl"


class Follow:
    """Subscriptions over a store, at a time that moves when it is told to."""

    def __init__(self, city, db, folder, key=KEY, **given):
        self.now, self.db, self.store = NOW, db, Store(db)
        self.log = ErasureLog.beside(folder / "keys", "store")
        limit = given.pop("limit", WriteLimit(1000))
        self.book = Subscriptions(city, self.store, key, lambda: self.now, self.log, limit=limit, **given)

    def ask(self, unit="A", address=ANA, days=7, sender="203.0.113.7"):
        self.book.ask(unit, address, language="es", days=days, sender=sender)

    def letters(self, kind):
        return [one for one in Outbox(self.store).letters() if one.kind == kind]

    def last(self, kind=CONFIRM):
        return self.book.named(bytes.fromhex(json.loads(self.letters(kind)[-1].payload)["subscription"]))

    def confirmed(self, **given):
        self.ask(**given)
        token = self.book.token(self.last())
        assert self.book.confirm(token).state == "confirmed"
        return token


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def follow_at(tiny_city, tmp_path):
    made = []

    def build(db, **given):
        made.append(Follow(tiny_city, db, tmp_path, **given))
        return made[-1]

    yield build
    for one in made:
        one.store.close()


@pytest.fixture
def follow(follow_at, tmp_path):
    return follow_at(str(tmp_path / "reports.sqlite"))


def test_asked_confirmed_told_and_left(follow_at, db):
    follow = follow_at(db)
    follow.ask(days=1)
    one = follow.last()
    assert (one.state, one.unit, one.language, one.days) == ("asked", "A", "es", 1)
    assert follow.book.address(one) == ANA
    token = follow.book.token(one)
    assert follow.book.find(token) == one
    follow.now += timedelta(hours=1)
    assert follow.book.confirm(token).sent_until == int(follow.now.timestamp())
    assert follow.book.tend() == 0
    follow.now += timedelta(days=1)
    assert follow.book.tend() == 1
    assert len(follow.letters(DIGEST)) == 1
    assert follow.book.leave(token).unit == "A"
    assert (follow.book.find(token), follow.book.leave(token), follow.book.confirm(token)) == (None, None, None)


def test_neither_address_nor_link_is_kept_in_the_clear(follow_at, db):
    follow = follow_at(db)
    token = follow.confirmed()
    kept = dump(db).lower()
    assert [word for word in (ANA.lower(), "soto", token) if word in kept] == []


def test_asking_twice_a_day_writes_once_whatever_the_spelling(follow):
    for address in (ANA, ANA.upper(), "ana.soto+barrio@example.cl"):
        follow.ask(address=address)
        follow.ask("B", address=address)
    assert len(follow.letters(CONFIRM)) == 1
    follow.now += timedelta(days=1, minutes=1)
    follow.ask("B", address=ANA)
    assert [follow.last().unit, len(follow.letters(CONFIRM))] == ["B", 2]


def test_an_unconfirmed_one_can_be_asked_for_again_the_next_day(follow):
    follow.ask()
    old = follow.book.token(follow.last())
    follow.now += timedelta(days=1, minutes=1)
    follow.ask(days=1)
    assert follow.book.find(old) is None
    assert follow.last().days == 1


def test_who_follows_already_gets_no_other_question(follow):
    token = follow.confirmed()
    follow.now += timedelta(days=3)
    follow.ask()
    assert len(follow.letters(CONFIRM)) == 1
    assert follow.book.find(token).state == "confirmed"


def test_confirming_twice_tells_nothing_twice(follow):
    token = follow.confirmed(days=1)
    follow.now += timedelta(days=2)
    follow.book.tend()
    until = follow.book.find(token).sent_until
    assert follow.book.confirm(token).sent_until == until


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@", "a b@example.cl", "ana@example.cl, b@example.cl", "ana@example.cl\nBcc: b@c.cl"]
)
def test_what_is_no_address_is_refused(follow, address):
    with pytest.raises(InputError):
        follow.ask(address=address)


def test_unknown_places_and_rhythms_are_refused(follow):
    with pytest.raises(NotFound):
        follow.ask("nowhere")
    with pytest.raises(InputError):
        follow.ask(days=2)


def test_a_network_may_ask_for_a_few(follow_at, tmp_path):
    follow = follow_at(str(tmp_path / "r.sqlite"), limit=WriteLimit(2))
    for n in range(2):
        follow.ask(address=f"a{n}@example.cl")
    with pytest.raises(TooManyRequests):
        follow.ask(address="a3@example.cl", sender="203.0.113.200")
    follow.ask(address="a3@example.cl", sender="198.51.100.1")
    assert len(follow.letters(CONFIRM)) == 3


def test_all_together_may_ask_for_a_limit_that_says_nothing_of_an_address(follow_at, tmp_path):
    follow = follow_at(str(tmp_path / "r.sqlite"), all_per_hour=2)
    for n in range(2):
        follow.ask(address=f"a{n}@example.cl")
    for address in ("a0@example.cl", "new@example.cl"):
        with pytest.raises(TooManyRequests) as error:
            follow.ask(address=address)
        assert error.value.retry_after_s == 3600
    follow.now += timedelta(hours=1, seconds=1)
    follow.ask(address="new@example.cl")


def test_an_address_that_nobody_confirms_is_deleted(follow):
    follow.ask()
    token = follow.book.token(follow.last())
    kept = follow.confirmed(address="b@example.cl")
    follow.now += timedelta(days=PATIENCE_DAYS)
    assert follow.book.tidy() == 0
    follow.now += timedelta(seconds=1)
    assert follow.book.tidy() == 1
    assert follow.book.find(token) is None
    assert follow.book.find(kept) is not None


@pytest.mark.parametrize(
    ("days", "since_h", "first"),
    [
        (1, 19.9, None),  # 07:54 the next morning: not yet
        (1, 20.1, "2026-10-15T00:00:00-03:00"),
        (7, 5 * 24 - 4.1, None),  # Monday before eight
        (7, 5 * 24 - 3.9, "2026-10-19T00:00:00-03:00"),
    ],
)
def test_digests_are_due_in_the_morning_after_their_period(follow, days, since_h, first):
    follow.confirmed(days=days)
    follow.now += timedelta(hours=since_h)
    follow.book.tend()
    ends = [json.loads(one.payload)["until"] for one in follow.letters(DIGEST)]
    assert ends == ([int(datetime.fromisoformat(first).timestamp())] if first else [])


def test_each_period_is_enqueued_once_and_none_is_left_out(follow):
    follow.confirmed(days=1)
    for hours in (24, 1, 1, 72, 1):
        follow.now += timedelta(hours=hours)
        follow.book.tend()
    periods = [(p["since"], p["until"]) for p in (json.loads(one.payload) for one in follow.letters(DIGEST))]
    assert len(periods) == 2
    assert periods[0][1] == periods[1][0]
    assert len({one.dedup_id for one in follow.letters(DIGEST)}) == 2


def test_a_program_that_dies_between_loses_no_digest_and_doubles_none(follow_at, tmp_path, tiny_city):
    db = str(tmp_path / "r.sqlite")
    follow = follow_at(db)
    for n in range(3):
        follow.confirmed(address=f"a{n}@example.cl", days=1)
    follow.now += timedelta(days=1)

    class Dies(Exception):
        pass

    third = follow.last()

    def dying(one, end):
        if one == third:
            raise Dies
        return Message("subscriptions", DIGEST, one.token_hash.hex()[:32], "{}")

    end = {1: int(datetime.fromisoformat("2026-10-15T00:00:00-03:00").timestamp())}
    with pytest.raises(Dies):
        Kept(follow.store, follow.log).enqueue(end, 0, dying)
    assert follow.letters(DIGEST) == []
    again = follow_at(db)
    again.now = follow.now
    assert (again.book.tend(), again.book.tend()) == (3, 0)


def test_a_mailbox_that_refuses_for_good_is_dropped_after_some_times(follow):
    one = follow.book.find(follow.confirmed())
    for _ in range(MOST_REFUSED - 1):
        assert follow.book.refused(one) is False
    follow.book.delivered(one)
    for _ in range(MOST_REFUSED - 1):
        assert follow.book.refused(one) is False
    assert follow.book.refused(one) is True
    assert follow.book.named(one.token_hash) is None


def test_a_question_that_is_refused_for_good_is_dropped_at_once(follow):
    follow.ask()
    assert follow.book.refused(follow.last()) is True


def test_all_of_an_address_is_erased_and_an_older_backup_does_not_bring_it_back(follow):
    token = follow.confirmed()
    with follow.store.reading() as connection:
        copy = dict(connection.exec_driver_sql("SELECT * FROM subscription").mappings().one())
    follow.now += timedelta(days=2)
    follow.confirmed(unit="B")
    stays = follow.confirmed(address="b@example.cl")
    assert follow.book.forget(" ana.soto@EXAMPLE.cl") == 2
    assert follow.book.forget(ANA) == 0
    assert follow.book.find(token) is None
    with follow.store.writing() as connection:
        names = ", ".join(copy)
        marks = ", ".join(f":{name}" for name in copy)
        connection.execute(sa.text(f"INSERT INTO subscription ({names}) VALUES ({marks})"), copy)
    with follow.store.writing() as connection:
        assert leave_again(connection, follow.log.traces()) == 1
    assert follow.book.find(token) is None
    assert follow.book.find(stays) is not None


def test_no_byte_of_an_erased_address_stays_in_the_file(follow, tmp_path):
    follow.confirmed()
    sealed = follow.last().sealed
    follow.book.forget(ANA)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("reports.sqlite*"))
    assert sealed not in kept


def test_the_doctor_finds_addresses_that_do_not_open(follow):
    follow.confirmed()

    def finding(key):
        with follow.store.reading() as connection:
            return examine(connection, Expected(opens=lambda sealed: _opens(key, sealed)).opens)[0]

    assert (finding(KEY).well, finding(KEY).detail) == (True, "1, all readable")
    assert not finding(ServerKey(bytes(32))).well


def _opens(key, sealed):
    try:
        key.unseal(sealed)
    except KeyProblem:
        return False
    return True


def test_an_address_whose_key_is_lost_for_good_is_deleted(follow_at, tmp_path):
    db = str(tmp_path / "r.sqlite")
    one = follow_at(db).book.find
    first = follow_at(db)
    token = first.confirmed()
    other = follow_at(db, key=ServerKey(bytes(32)))
    assert other.book.address(one(token)) is None
    assert one(token) is None
