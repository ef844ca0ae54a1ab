"""What waits, and what moderators do about it: each step is an event, and the store stays as its events say."""

import pytest

from geo_reports.errors import IllegalTransition, InputError, NotFound
from geo_reports.report import CloseReason, Status
from geo_reports.store import Doctor, Photo, Query, change, gallery, merging, moderation, voices, waiting_list
from geo_reports.store.moderation import Recategorised
from geo_reports.store.waiting import CHILD, COMMENT, CORRECTION, PHOTO, TEXT
from geo_reports.store.waiting_list import Asked, Mark
from tests.store.hand import AT, TABLE, arrivals, counted, digest, public_id, receipt, tamper

ALL = {CHILD: None, PHOTO: None, TEXT: None, CORRECTION: None, COMMENT: None}
BY = {"actor": "ana", "at": AT + 60}


def send(store, *names, **columns):
    for name in names:
        store.add(arrivals(name, **columns), receipt(name))


def waits(store, name):
    with store.reading() as connection:
        return waiting_list.kinds_of(connection, change.present(connection, public_id(name)).id)


def do(store, step, name, *given, **also):
    with store.writing() as connection:
        return step(connection, public_id(name), *given, **(BY | also))


def status(store, name):
    return store.find(Query(public_id=public_id(name))).status.item()


@pytest.fixture
def clean(db, store):
    """The doctor finds nothing after the test, and counters and pyramid equal a recount."""
    yield
    assert [str(one) for one in Doctor(db).examine() if not one.well] == []
    assert counted(store)


def picture(name):
    return Photo(digest(name), 10, 4, 3)


def test_texts_and_photos_wait_from_the_start(store, clean):
    send(store, "plain")
    send(store, "text", description="Escombros")
    send(store, "photo", photos=[(picture("p"),)])
    send(store, "both", description="Escombros", photos=[(picture("q"),)])
    assert {name: waits(store, name) for name in ("plain", "text", "photo", "both")} == {
        "plain": [],
        "text": [TEXT],
        "photo": [PHOTO],
        "both": [PHOTO, TEXT],
    }


def test_an_archive_waits_for_nobody(store, clean):
    batch = store.start_batch("archive", "a.csv", "0" * 64, AT)
    new = arrivals("old", description="Escombros")
    with store.writing() as connection:
        store.add_batch_chunk(connection, batch, type(new)(**{**vars(new), "channel": "import"}), {"n_new": 1})
    store.end_batch(batch, "finished", {}, AT)
    assert waits(store, "old") == []
    do(store, moderation.remark, "old", "visto")
    assert waits(store, "old") == []


@pytest.mark.parametrize("text", ["Escombros", None])
def test_a_judged_text_waits_no_more(store, clean, text):
    send(store, "one", description="Escombros")
    store.set_public_text(public_id("one"), text, **BY)
    assert waits(store, "one") == []


def test_a_corrected_text_waits_again(store, clean):
    send(store, "one", description="Escombros")
    store.set_public_text(public_id("one"), "Escombros", **BY)
    with store.writing() as connection:
        one = change.present(connection, public_id("one"))
        change.set_public_text(connection, public_id("one"), None, actor="resident", at=AT + 70)
        change.revise(connection, one.id, what="text", actor="resident", at=AT + 70)
    assert waits(store, "one") == [CORRECTION]
    store.set_public_text(public_id("one"), None, **BY)
    assert waits(store, "one") == []


def test_a_corrected_size_leaves_the_text_judged(store, clean):
    send(store, "one", description="Escombros")
    store.set_public_text(public_id("one"), None, **BY)
    with store.writing() as connection:
        change.revise(connection, 1, what="size", actor="resident", at=AT + 70)
    assert waits(store, "one") == []


def test_comments_wait_until_they_are_read(store, clean):
    send(store, "one")
    with pytest.raises(InputError):
        do(store, moderation.mark_read, "one")
    with store.writing() as connection:
        change.append_event(connection, 1, "comment", note="Sigue ahí", actor="resident", at=AT + 5)
    assert waits(store, "one") == [COMMENT]
    do(store, moderation.mark_read, "one")
    assert waits(store, "one") == []


def test_a_childs_report_waits_as_a_whole_until_it_is_approved(store, clean):
    send(store, "child", status="held", description="x", photos=[(picture("p"),)])
    assert waits(store, "child") == [CHILD]
    do(store, change.set_status, "child", Status.RECEIVED, reason=None, note=None)
    assert waits(store, "child") == [PHOTO, TEXT]


def test_what_is_rejected_waits_no_more(store, clean):
    send(store, "one", description="x", photos=[(picture("p"),)])
    do(store, change.set_status, "one", Status.REJECTED, reason=CloseReason.TEST, note=None)
    assert waits(store, "one") == []


def test_a_photo_that_is_judged_waits_no_more(store, clean):
    send(store, "one", photos=[(picture("p"), picture("q"))])
    with store.writing() as connection:
        first, second = gallery.photos_of(connection, public_id("one"))
        gallery.publish(connection, first, digest("shown"), 5, actor="ana", at=AT + 5)
    assert waits(store, "one") == [PHOTO]
    with store.writing() as connection:
        gallery.unpublish(connection, second, gallery.WITHHELD, why="rostros", actor="ana", at=AT + 6)
    assert waits(store, "one") == []


# the list ------------------------------------------------------------------------------------


def listed(store, **given):
    with store.reading() as connection:
        return waiting_list.page(connection, Asked(**({"kinds": ALL, "layer": "barrios"} | given)), 100)


def test_children_first_then_by_time(store, clean):
    names = {public_id(name): name for name in ("a", "b", "c", "child")}
    for i, name in enumerate(("a", "b", "c")):
        new = arrivals(name, description="x", photos=[(picture(name),) if name == "b" else ()], units=(2 + i % 2,))
        store.add(type(new)(**{**vars(new), "received_at": AT + i}), receipt(name))
    send(store, "child", status="held")
    rows = [(row.kind, names[row.public_id]) for row in listed(store)]
    assert rows == [("child", "child"), ("text", "a"), ("photo", "b"), ("text", "b"), ("text", "c")]
    rows = [(row.kind, names[row.public_id]) for row in listed(store, newest=True)]
    assert rows == [("child", "child"), ("text", "c"), ("photo", "b"), ("text", "b"), ("text", "a")]
    assert [names[row.public_id] for row in listed(store, unit="B")] == ["b", "b"]
    assert [names[row.public_id] for row in listed(store, kinds={"text": ("rubble",)})] == ["a", "b", "c"]
    assert listed(store, kinds={"text": ("furniture",)}) == []


@pytest.mark.parametrize("newest", [False, True])
def test_pages_by_mark_are_the_whole_list(store, clean, newest):
    send(store, *"abcd", description="x", photos=[(picture("p"),)])
    send(store, "e", "f", status="held")
    whole = [(row.kind, row.public_id) for row in listed(store, newest=newest)]
    assert len(whole) == 10
    paged, after = [], None
    while True:
        with store.reading() as connection:
            rows = waiting_list.page(connection, Asked(kinds=ALL, layer="barrios", newest=newest, after=after), 3)
        if not rows:
            break
        paged += [(row.kind, row.public_id) for row in rows]
        after = Mark(rows[-1].kind, rows[-1].since, rows[-1].id)
    assert paged == whole


def test_counts_stop_where_nobody_reads_them(store, clean):
    send(store, *"abc", description="x")
    send(store, "d", status="held")
    asked = Asked(kinds=ALL, layer="barrios")
    with store.reading() as connection:
        assert waiting_list.counts(connection, asked) == {CHILD: 1, PHOTO: 0, TEXT: 3, CORRECTION: 0, COMMENT: 0}
        assert waiting_list.counts(connection, Asked(kinds={TEXT: None}, layer="barrios", unit="A")) == {TEXT: 3}
        assert waiting_list.counts(connection, Asked(kinds={TEXT: None}, layer="barrios", unit="B")) == {TEXT: 0}


# the plan of a server depends on what it has seen of the tables
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_page_is_read_along_its_index(store):
    """No table is read whole, however many reports there are: the plan walks the index of what waits."""
    asked = Asked(kinds=ALL, layer="barrios", unit="A", newest=True, after=Mark(TEXT, AT, 5))
    with store.reading() as connection:
        for kind, categories in ((TEXT, ("rubble",)), (PHOTO, None)):
            select = waiting_list._select(Asked(**{**vars(asked), "kinds": {kind: categories}}), kind).limit(51)
            sql = str(select.compile(connection, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
            assert any("waiting USING" in line and "ix_waiting_kind_since" in line for line in plan), plan
            assert not any(line.startswith("SCAN") or "TEMP B-TREE" in line for line in plan), plan


# merging -------------------------------------------------------------------------------------


def merged_into(store, name):
    with store.reading() as connection:
        return voices.merged_into(connection, public_id(name))


def heard(store, name):
    with store.reading() as connection:
        report_id = change.present(connection, public_id(name)).id
        return voices.counts(connection, [report_id]).get(report_id, 0)


def test_a_merged_report_lends_its_voice(store, clean):
    send(store, "one", "two", "three")
    do(store, merging.merge, "two", public_id("one"), note=None)
    assert (status(store, "two"), merged_into(store, "two"), heard(store, "one")) == ("duplicate", public_id("one"), 1)
    do(store, merging.merge, "one", public_id("three"), note="lo mismo")
    assert (merged_into(store, "two"), heard(store, "three")) == (public_id("three"), 2)
    do(store, merging.part, "one", status=Status.ACKNOWLEDGED)
    assert (status(store, "one"), merged_into(store, "one"), heard(store, "three")) == ("acknowledged", None, 1)
    with pytest.raises(InputError):
        do(store, merging.part, "one", status=Status.ACKNOWLEDGED)


def test_a_step_out_of_duplicate_parts_too(store, clean):
    send(store, "one", "two")
    do(store, merging.merge, "two", public_id("one"), note=None)
    do(store, change.set_status, "two", Status.ACKNOWLEDGED, reason=None, note=None)
    assert (merged_into(store, "two"), heard(store, "one")) == (None, 0)


def test_what_cannot_be_merged(store, clean):
    send(store, "one", "held", status=["received"])
    send(store, "theft", family="security", category="theft")
    send(store, "gone", status="rejected")
    send(store, "child", status="held")
    for source, target, error in (
        ("one", "one", InputError),
        ("one", "theft", InputError),
        ("one", "gone", InputError),
        ("one", "child", InputError),
        ("one", "nobody", NotFound),
        ("child", "one", IllegalTransition),
    ):
        with pytest.raises(error):
            do(store, merging.merge, source, public_id(target), note=None)
    assert status(store, "one") == "received"


# categories ----------------------------------------------------------------------------------


def row(store, name):
    found = store.find(Query(public_id=public_id(name)), text=True).iloc[0]
    return found.family, found.category, found["size"], found.public_text


def test_a_stricter_category_takes_back_what_was_published(store, clean):
    send(store, "one", size="car", description="x", photos=[(picture("p"),)])
    store.set_public_text(public_id("one"), "x", **BY)
    with store.writing() as connection:
        gallery.publish(connection, gallery.photo_of(connection, public_id("one"), 0), digest("s"), 5, **BY)
    do(store, moderation.recategorise, "one", Recategorised("security", "theft", None, None, published=False))
    assert row(store, "one") == ("security", "theft", None, None)
    with store.reading() as connection:
        assert [one.state for one in gallery.photos_of(connection, public_id("one"))] == ["held"]


def test_a_category_within_its_family_keeps_what_was_published(store, clean):
    send(store, "one", size="car", description="x")
    store.set_public_text(public_id("one"), "x", **BY)
    do(store, moderation.recategorise, "one", Recategorised("dump", "furniture", "car", None, published=True))
    assert row(store, "one") == ("dump", "furniture", "car", "x")
    with pytest.raises(InputError):
        do(store, moderation.recategorise, "one", Recategorised("dump", "furniture", "car", None, published=True))


# taking back ---------------------------------------------------------------------------------


def back(store, name, only="ana"):
    return do(store, moderation.take_back, name, only=only, points=("rubble", "furniture"))


def test_the_last_step_is_taken_back(store, clean):
    send(store, "one", "two", size="car", description="x")
    moves = (
        lambda: do(store, change.set_status, "one", Status.CLEANED, reason=None, note=None),
        lambda: do(store, merging.merge, "one", public_id("two"), note=None),
        lambda: do(store, moderation.recategorise, "one", Recategorised("dump", "furniture", None, None, True)),
        lambda: store.set_public_text(public_id("one"), "y", **BY),
    )
    before = (status(store, "one"), row(store, "one"), merged_into(store, "one"), heard(store, "two"))
    for move, kind in zip(moves, ("status", "merged", "category", "text"), strict=True):
        move()
        assert back(store, "one") == kind
        assert (status(store, "one"), row(store, "one"), merged_into(store, "one"), heard(store, "two")) == before
        with pytest.raises(InputError):
            back(store, "one")


def test_parting_is_taken_back(store, clean):
    send(store, "one", "two")
    do(store, merging.merge, "one", public_id("two"), note=None)
    do(store, merging.part, "one", status=Status.ACKNOWLEDGED)
    assert back(store, "one") == "parted"
    assert (status(store, "one"), merged_into(store, "one"), heard(store, "two")) == ("duplicate", public_id("two"), 1)


def test_only_ones_own_step_and_only_the_last(store, clean):
    send(store, "one")
    with pytest.raises(InputError):
        back(store, "one")
    do(store, change.set_status, "one", Status.CLEANED, reason=None, note=None)
    with pytest.raises(InputError):
        back(store, "one", only="eva")
    do(store, change.set_status, "one", Status.VERIFIED, reason=None, note=None, actor="resident")
    with pytest.raises(InputError):
        back(store, "one", only=None)


def test_what_was_approved_waits_again_when_taken_back(store, clean):
    send(store, "child", status="held")
    do(store, change.set_status, "child", Status.RECEIVED, reason=None, note=None)
    back(store, "child")
    assert (status(store, "child"), waits(store, "child")) == ("held", [CHILD])


def test_an_erased_report_waits_no_more(db, store):
    send(store, "one", description="x")
    tamper(db, "DELETE FROM report_unit", "DELETE FROM report_text", "DELETE FROM receipt", "DELETE FROM report")
    assert listed(store) == []
    assert len(TABLE) == 2


def test_the_closing_time_of_a_revised_report_is_still_held_against_its_events(db, store):
    send(store, "one", status="cleaned", closed_at=AT - 60)
    do(store, moderation.recategorise, "one", Recategorised("dump", "bulky", None, None, True))
    assert [str(one) for one in Doctor(db).examine() if not one.well] == []
    tamper(db, "UPDATE report SET closed_at = closed_at - 1")
    (finding,) = [one for one in Doctor(db).examine() if not one.well]
    assert (finding.what, finding.reports) == ("status", (public_id("one"),))


def test_undoing_an_import_lets_go_of_what_was_merged_into_it(store, clean):
    send(store, "mine")
    batch = store.start_batch("archive", "a.csv", "0" * 64, AT)
    with store.writing() as connection:
        store.add_batch_chunk(connection, batch, arrivals("old", "older"), {"n_new": 2})
    store.end_batch(batch, "finished", {}, AT)
    do(store, merging.merge, "older", public_id("old"), note=None)
    do(store, merging.merge, "mine", public_id("old"), note=None)
    assert store.undo_batch(batch, actor="import", at=AT + 90) == 2
    assert (status(store, "mine"), merged_into(store, "mine"), heard(store, "mine")) == ("acknowledged", None, 0)
    with pytest.raises(InputError, match="no step"):
        do(store, moderation.take_back, "mine", only=None, points=())
