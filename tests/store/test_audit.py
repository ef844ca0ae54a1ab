"""Six attacks on the event chain, each at several places, by somebody who may write the whole store."""

import json
import random

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.errors import InputError, StoreError
from geo_reports.intake.signer import HeadSigner
from geo_reports.store import Sending, Store, audit, chain
from geo_reports.store.audit import Head, Heads
from geo_reports.store.chain import COLUMNS, Entry
from geo_reports.store.engine import open_engine
from geo_reports.store.schema import event
from tests.store.hand import AT, arrivals, receipt

SIGNER = HeadSigner(b"k" * 32)
N = 30


@pytest.fixture
def kept(store):
    """A store with ``N`` events."""
    store.add_all([Sending(arrivals(f"r{i}"), receipt(f"r{i}")) for i in range(N)])
    return store


def head_of(store, at=AT):
    with store.reading() as connection:
        return Head.signed(store.store_id(), *chain.head(connection), at, SIGNER)


def verdict(store, *heads, keys=(SIGNER.public_key,)):
    with store.reading() as connection:
        return audit.verify(connection, Heads(list(heads)), keys)


def rewrite(db, rows):
    """Put other events in place of all there are, as an attacker would."""
    engine = open_engine(db)
    with engine.begin() as connection:
        connection.execute(sa.delete(event))
        if rows:
            connection.execute(sa.insert(event), rows)
    engine.dispose()


def relinked(rows):
    """Make every link anew, so that the chain agrees with itself."""
    previous, rows = chain.GENESIS, numbered(rows)
    for seq, row in enumerate(rows, 1):
        previous = chain.link(previous, seq, Entry(*(row[name] for name in COLUMNS[1:-1])))
        row["hash"] = previous
    return rows


def numbered(rows):
    return [row | {"seq": seq} for seq, row in enumerate(rows, 1)]


def edited(rows, i):
    return [row | {"actor": "eva"} if n == i else row for n, row in enumerate(rows)]


def without(rows, i):
    return numbered(rows[:i] + rows[i + 1 :])


def swapped(rows, i):
    return numbered([*rows[:i], rows[i + 1], rows[i], *rows[i + 2 :]])


def with_another(rows, i):
    return numbered([*rows[:i], rows[i] | {"report_id": 99}, *rows[i:]])


PLACES = sorted(random.Random(4).sample(range(1, N - 1), 4))
ATTACKS = [(attack, i) for attack in (edited, without, swapped, with_another) for i in PLACES]


def events_of(db):
    engine = open_engine(db)
    with engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(event).order_by(event.c.seq)).mappings()]
    engine.dispose()
    return rows


def test_an_attack_in_the_middle_is_found_where_it_was_made(kept, db):
    rows = events_of(db)
    assert verdict(kept).well
    for attack, i in ATTACKS:
        rewrite(db, attack(rows, i))
        found = verdict(kept)
        assert (found.broken, found.well) == (i + 1, False), attack.__name__
        assert f"event {i + 1}" in found.problems[0]
    rewrite(db, rows)
    assert verdict(kept).well


def test_a_chain_whose_end_was_cut_off_is_found_by_a_head(kept, db):
    head, rows = head_of(kept), events_of(db)
    assert verdict(kept, head).well
    for left in (0, *PLACES, N - 1):
        rewrite(db, rows[:left])
        assert verdict(kept).well  # the links alone cannot tell
        found = verdict(kept, head)
        assert found.broken == left + 1
        assert "cut off" in found.problems[0]


def test_a_chain_made_anew_is_found_by_a_head(kept, db):
    head, rows = head_of(kept), events_of(db)
    for attack, i in ATTACKS:
        rewrite(db, relinked(attack(rows, i)))
        assert verdict(kept).well, attack.__name__
        found = verdict(kept, head)
        assert not found.well, attack.__name__
        assert ("made anew" in found.problems[0]) != (attack is without)  # one event less is an end cut off


def test_the_place_is_narrowed_down_by_the_last_head_that_agrees(kept, db):
    engine = open_engine(db)
    with engine.begin() as connection:
        kept_hash = bytes(connection.execute(sa.select(event.c.hash).where(event.c.seq == 10)).scalar_one())
    engine.dispose()
    early = Head.signed(kept.store_id(), 10, kept_hash, AT, SIGNER)
    late = head_of(kept)
    rewrite(db, relinked(edited(events_of(db), 20)))
    assert verdict(kept, late, early).broken == 11


def test_a_head_of_another_key_counts_only_when_that_key_is_named(kept):
    other = HeadSigner(b"o" * 32)
    with kept.reading() as connection:
        head = Head.signed(kept.store_id(), *chain.head(connection), AT, other)
    assert not verdict(kept, head).well
    assert verdict(kept, head, keys=[SIGNER.public_key, other.public_key]).heads == 1


@pytest.mark.parametrize("field", ["store", "seq", "hash", "at", "key", "signature"])
def test_every_part_of_a_head_is_signed(kept, field):
    head = head_of(kept)
    given_ = json.loads(head.line())
    given_[field] = given_[field] + 1 if field in ("seq", "at") else given_[field][::-1]
    assert head.genuine([SIGNER.public_key])
    assert not Head.read(json.dumps(given_)).genuine([SIGNER.public_key, given_["key"]])


def test_a_witness_file_keeps_heads_in_order_and_tells_what_is_none(kept, tmp_path):
    file = tmp_path / "heads"
    first, second = head_of(kept, AT), head_of(kept, AT + 60)
    audit.append(first, file)
    with file.open("a") as opened:
        opened.write('{"store": "cut off by a power')  # no end of line
    audit.append(second, file)
    assert Heads.of(file, kept.store_id()) == Heads([first, second], [])
    assert Heads.of(file, "another store").heads == []
    with file.open("a") as opened:
        opened.write('{"store": "x"}\n')
    assert "line 4" in Heads.of(file, kept.store_id()).faults[0]
    assert file.stat().st_mode & 0o077 == 0


def test_a_witness_file_that_cannot_be_had_is_told_in_words(kept, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Heads.of(tmp_path / "none", "x")
    with pytest.raises(StoreError, match="cannot be written"):
        audit.append(head_of(kept), tmp_path / "none" / "heads")


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A SQLite store with events in every column's variety, and heads signed on the way."""
    store = Store(str(tmp_path_factory.mktemp("audit") / "s.sqlite"))
    heads = []
    with store.writing() as connection:
        for i in range(12):
            kinds = [("received", "received", None), ("status", "cleaned", None), ("undone", None, "batch 1")]
            kind, status, reason = kinds[i % 3]
            entry = Entry(AT + i, i if i % 3 else None, kind, status, reason, "ana", bytes([i]) * 32)
            chain.append(connection, [entry])
            if i % 4 == 3:
                heads.append(Head.signed("s", *chain.head(connection), AT + i, SIGNER))
    with store.reading() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(event).order_by(event.c.seq)).mappings()]
    yield rows, heads
    store.close()


@given(data=st.data())
def test_no_change_of_any_kind_agrees_with_the_heads(signed, data):
    rows, heads = [dict(row) for row in signed[0]], signed[1]
    i = data.draw(st.integers(0, len(rows) - 2))
    name = data.draw(st.sampled_from(["edit", "delete", "insert", "swap", "cut"]))
    if name == "edit":
        column = data.draw(st.sampled_from(["at", "report_id", "kind", "actor", "digest"]))
        other = {"at": 7, "report_id": 77, "kind": "text", "actor": "eva", "digest": b"x" * 32}
        rows[i][column] = other[column]
    else:
        moves = {"delete": without, "insert": with_another, "swap": swapped, "cut": lambda them, at: them[:at]}
        rows = moves[name](rows, i)
    if data.draw(st.booleans()):
        rows = relinked(rows)
    walk = chain.verify([tuple(row[name] for name in COLUMNS) for row in rows], {head.seq for head in heads})
    broken = walk.broken if walk.broken is not None else audit.against(heads, walk)[0]
    assert broken is not None
    assert broken <= len(signed[0])
