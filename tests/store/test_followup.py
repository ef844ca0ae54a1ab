"""What a sender does later, in the store: each step in the chain, counted right, and found well by the doctor."""

import pytest

from geo_reports.errors import BadPhoto, NotFound
from geo_reports.report import CloseReason, Status
from geo_reports.store import Doctor, Photo, followup, own_data
from geo_reports.store.followup import Corrected
from tests.store.hand import AT, arrivals, counted, digest, public_id, receipt

CODE = receipt("mine").code_hash
PHOTOS = [Photo(digest(f"photo {n}"), 10 + n, 4, 3) for n in range(3)]
AS_SENT = Corrected("rubble", None, None, "texto", True)


@pytest.fixture
def mine(store):
    """A dump with a text, and one of somebody else."""
    store.add(arrivals("mine", description="texto"), receipt("mine", contact=b"sealed"))
    store.add(arrivals("other"), receipt("other"))
    return store


def act(store, do, **given):
    """Do one thing as the sender, then have the doctor examine everything."""
    with store.writing() as connection:
        done = do(connection, followup.own(connection, CODE), **given, at=AT + 60)
    return done


def own(store):
    with store.reading() as connection:
        return followup.own(connection, CODE)


def well(store, db):
    assert [str(finding) for finding in Doctor(db).examine() if not finding.well] == []
    assert counted(store)
    assert store.chain_break() is None


def kinds(store):
    with store.reading() as connection:
        return [(e["kind"], e["status"], e["reason"], e["actor"]) for e in own_data.kept(connection, CODE).events][1:]


def close(store, status=Status.CLEANED, reason=None):
    store.set_status(public_id("mine"), status, reason=reason, note=None, actor="eva", at=AT + 30)


def test_a_comment_is_kept_and_waits_to_be_read(mine, db):
    act(mine, followup.comment, text="hay vidrios")
    assert kinds(mine) == [("comment", None, None, "resident")]
    assert (own(mine).n_comments, own(mine).n_changes) == (1, 1)
    well(mine, db)


def test_photos_are_added_once_each_and_not_beyond_the_most(mine, db):
    assert act(mine, followup.add_photos, photos=PHOTOS[:2], most=3) == 2
    assert act(mine, followup.add_photos, photos=PHOTOS[:2], most=3) == 0
    assert act(mine, followup.add_photos, photos=[PHOTOS[2]] * 2, most=3) == 1
    assert own(mine).photos == ((0, "held"), (1, "held"), (2, "held"))
    with pytest.raises(BadPhoto, match="room for 0 more"):
        act(mine, followup.add_photos, photos=[Photo(digest("more"), 1, 1, 1)], most=3)
    assert [one[0] for one in kinds(mine)] == ["photo", "photo", "revised", "photo", "revised"]
    well(mine, db)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, ()),
        ({"category": "household"}, ("category",)),
        ({"size": "truck"}, ("size",)),
        ({"answers": '{"hazard":["glass"]}'}, ("answers",)),
        ({"description": "otro texto"}, ("text",)),
        ({"description": None}, ("text",)),
        ({"category": "household", "size": "car", "description": "x"}, ("category", "size", "text")),
    ],
)
def test_a_correction_changes_what_differs(mine, db, change, names):
    wanted = Corrected(**{**vars(AS_SENT), **change})
    assert act(mine, followup.correct, wanted=wanted) == names
    now = own(mine)
    assert (now.category, now.size, now.answers, now.description) == (
        wanted.category,
        wanted.size,
        wanted.answers,
        wanted.description,
    )
    assert kinds(mine) == ([("revised", None, ",".join(names), "resident")] if names else [])
    assert act(mine, followup.correct, wanted=wanted) == ()
    well(mine, db)


def test_a_text_where_there_was_none(mine, db):
    act(mine, followup.correct, wanted=Corrected(**{**vars(AS_SENT), "description": None}))
    act(mine, followup.correct, wanted=AS_SENT)
    assert own(mine).description == "texto"
    well(mine, db)


@pytest.mark.parametrize(("change", "left"), [({"description": "nuevo"}, None), ({"size": "car"}, "público")])
def test_a_corrected_text_is_no_longer_public(mine, db, change, left):
    mine.set_public_text(public_id("mine"), "público", actor="eva", at=AT + 10)
    act(mine, followup.correct, wanted=Corrected(**{**vars(AS_SENT), **change}))
    assert own(mine).public_text == left
    well(mine, db)


def test_in_a_category_that_is_not_shown_nothing_stays_public(mine, db):
    mine.set_public_text(public_id("mine"), "público", actor="eva", at=AT + 10)
    act(mine, followup.correct, wanted=Corrected(**{**vars(AS_SENT), "category": "private", "published": False}))
    assert own(mine).public_text is None
    well(mine, db)


def test_taken_back_confirmed_and_opened_again(mine, db):
    close(mine)
    act(mine, followup.move, new=Status.VERIFIED, note=None)
    act(mine, followup.move, new=Status.ACKNOWLEDGED, note="sigue ahí")
    assert own(mine).closed_at is None
    act(mine, followup.move, new=Status.RETRACTED, note=None)
    assert [one[1] for one in kinds(mine)] == ["cleaned", "verified", "acknowledged", "retracted"]
    well(mine, db)


def test_a_form_sent_twice_is_known_by_what_came_since(mine):
    with mine.writing() as connection:
        followup.comment(connection, followup.own(connection, CODE), "hola", at=AT)
    with mine.reading() as connection:
        one = followup.own(connection, CODE)
        assert followup.came_before(connection, one, 0, "comment", note="hola")
        assert not followup.came_before(connection, one, 1, "comment", note="hola")
        assert not followup.came_before(connection, one, 0, "comment", note="hola!")
        assert not followup.came_before(connection, one, 0, "status", status="acknowledged", note="hola")


def test_what_others_do_is_no_change_of_the_sender(mine):
    close(mine, Status.CLOSED_WITHOUT_SOLUTION, CloseReason.NOT_FOUND)
    mine.log_look(public_id("mine"), kind="opened", reason="x", actor="eva", at=AT)
    assert own(mine).n_changes == 0


def test_all_that_is_kept_of_it_and_of_nothing_else(mine):
    act(mine, followup.add_photos, photos=PHOTOS[:1], most=3)
    with mine.reading() as connection:
        kept = own_data.kept(connection, CODE)
    assert (kept.report["public_id"], kept.text["description"], kept.contact) == (public_id("mine"), "texto", b"sealed")
    assert kept.units == {"barrios": "A"}
    assert [bytes(one["sha256"]) for one in kept.photos] == [PHOTOS[0].sha256]
    assert [one["kind"] for one in kept.events] == ["received", "photo", "revised"]


@pytest.mark.parametrize("read", [followup.own, own_data.kept])
def test_a_code_of_nobody(mine, read):
    with mine.reading() as connection, pytest.raises(NotFound, match="Check each letter"):
        read(connection, bytes(32))
