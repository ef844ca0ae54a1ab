"""Status, texts, batches and their undoing: whole scenarios, and what must hold after any of them."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from geo_reports.errors import IllegalTransition, InputError, NotFound
from geo_reports.report import OPEN, REASONS, CloseReason, Status, check_transition
from geo_reports.store import Query, Store
from tests.store.hand import AT, TABLE, arrivals, counted, dump, public_id, receipt, tamper


def move(store, name, status, reason=None, note=None, at=AT):
    reason = reason or (CloseReason.TEST if status is Status.REJECTED else None)
    store.set_status(public_id(name), status, reason=reason, note=note, actor="ana", at=at)


def batch_of(store, *names, **columns):
    number = store.start_batch("archive", "a.csv", "0" * 64, AT)
    with store.writing() as connection:
        store.add_batch_chunk(connection, number, arrivals(*names, **columns), {"n_read": len(names)})
    store.end_batch(number, "finished", {"n_new": len(names)}, AT)
    return number


def test_a_dump_is_cleaned_and_found_dirty_again(store):
    store.add(arrivals("one", units=(2,)), receipt("one"))
    steps = [Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.CLEANED, Status.IN_PROGRESS, Status.CLEANED]
    for hour, status in enumerate(steps, 1):
        move(store, "one", status, note=f"paso {hour}", at=AT + 3600 * hour)
        row = store.find(Query()).iloc[0]
        assert (row.status, row.status_at) == (status, AT + 3600 * hour)
        assert (row.closed_at == AT + 3600 * hour) == (status is Status.CLEANED)
        assert store.counts("barrios").to_dict("records") == [
            {"unit": "A", "category": "rubble", "status": status, "month": 202609, "n": 1}
        ]
    history = store.events_of(1)
    assert [event["status"] for event in history] == ["received", *steps]
    assert [event["note"] for event in history] == [None, *(f"paso {hour}" for hour in range(1, 6))]
    assert store.chain_break() is None


def test_a_closing_says_why(store):
    store.add(arrivals("one"), receipt("one"))
    with pytest.raises(InputError):
        move(store, "one", Status.CLOSED_WITHOUT_SOLUTION)
    move(store, "one", Status.CLOSED_WITHOUT_SOLUTION, CloseReason.PRIVATE_LAND)
    assert store.events_of(1)[-1]["reason"] == "private_land"


def test_a_step_that_is_refused_changes_nothing(store):
    store.add(arrivals("one"), receipt("one"))
    move(store, "one", Status.REJECTED)
    with pytest.raises(IllegalTransition):
        move(store, "one", Status.CLEANED)
    with pytest.raises(NotFound):
        move(store, "two", Status.CLEANED)
    assert (store.revision(), store.find(Query()).status.tolist()) == (2, ["rejected"])


def test_a_text_is_published_and_taken_back(store):
    store.add(arrivals("one", description="Mi vecino Juan"), receipt("one"))
    for text in ("Mi vecino", None):
        store.set_public_text(public_id("one"), text, actor="mod", at=AT)
        row = store.find(Query(), text=True).iloc[0]
        assert (row.description, row.public_text) == ("Mi vecino Juan", text)
    assert [event["kind"] for event in store.events_of(1)] == ["received", "text", "text"]
    store.add(arrivals("bare"), receipt("bare"))
    with pytest.raises(NotFound):
        store.set_public_text(public_id("bare"), "texto", actor="mod", at=AT)


def test_an_opening_is_recorded(store):
    store.add(arrivals("one"), receipt("one"))
    store.log_look(public_id("one"), kind="opened", reason="llamó la vecina", actor="mod", at=AT + 5)
    last = store.events_of(1)[-1]
    assert (last["kind"], last["actor"], last["note"], last["at"]) == ("opened", "mod", "llamó la vecina", AT + 5)
    with pytest.raises(NotFound):
        store.log_look("nobody", kind="opened", reason="x", actor="mod", at=AT)


def test_an_import_is_undone_and_its_history_stays(store, db):
    store.add(arrivals("mine"), receipt("mine"))
    number = batch_of(store, "a", "b", description="texto secreto", units=(3,))
    move(store, "a", Status.CLEANED, note="nota secreta")
    assert store.undo_batch(number, actor="import", at=AT + 9) == 2
    assert store.find(Query()).public_id.tolist() == [public_id("mine")]
    assert counted(store)
    assert store.counts("barrios").unit.tolist() == ["A"]
    assert store.chain_break() is None
    assert store.batches()[0]["state"] == "undone"
    revision = store.revision()
    assert store.undo_batch(number, actor="import", at=AT + 10) == 0
    assert store.revision() == revision
    with pytest.raises(NotFound):
        store.undo_batch(99, actor="import", at=AT)
    store.close()
    assert "'mine'" in dump(db)
    assert "secret" not in dump(db)


def test_numbers_of_removed_reports_are_not_used_again(store):
    number = batch_of(store, "a", "b")
    store.undo_batch(number, actor="import", at=AT)
    store.add(arrivals("one"), receipt("one"))
    assert store.find(Query()).id.tolist() == [3]
    assert [event["kind"] for event in store.events_of(3)] == ["received"]


def test_doctor_finds_and_mends_a_wrong_counter(store, db):
    store.add(arrivals("one"), receipt("one"))
    store.add(arrivals("two", units=(3,)), receipt("two"))
    tamper(
        db,
        "UPDATE counter SET n = 7 WHERE unit_id = 2",
        "DELETE FROM counter WHERE unit_id = 3",
        "INSERT INTO counter VALUES (1, 'rubble', 'received', 0, 4)",
    )
    wrong = store.miscounted()["counters"].sort_values("unit_id")
    assert wrong[["unit_id", "n_kept", "n_counted"]].values.tolist() == [[1, 4, 0], [2, 7, 1], [3, 0, 1]]
    store.rebuild_counters()
    assert counted(store)
    assert sorted(store.counts("barrios").unit) == ["A", "B"]


class Life(RuleBasedStateMachine):
    """Any order of arrivals, steps and undoings; the counters, the chain and the sums always hold."""

    reports = Bundle("reports")
    batches = Bundle("batches")

    @initialize()
    def begin(self):
        self.store = Store("sqlite://")
        self.store.register_units("barrios", TABLE)
        self.store.register_units("sectors", TABLE)
        self.kept, self.made = {}, 0

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()

    def _names(self, n, batch):
        names = [f"r{self.made + i}" for i in range(n)]
        self.made += n
        self.kept.update(dict.fromkeys(names, (Status.RECEIVED, batch)))
        return names

    @rule(target=reports, unit=st.sampled_from([1, 2, 3]), month=st.sampled_from([0, 202608, 202609]))
    def arrive(self, unit, month):
        (name,) = self._names(1, None)
        assert self.store.add(arrivals(name, units=(unit, 4), month=month), receipt(name))
        return name

    @rule(name=reports)
    def arrive_again(self, name):
        assert not self.store.add(arrivals(name), receipt(name))

    @rule(target=batches, n=st.integers(1, 3), category=st.sampled_from(["rubble", "household"]))
    def load(self, n, category):
        names = self._names(n, self.made)
        return batch_of(self.store, *names, category=category, units=(3, 5)), names

    @rule(chosen=consumes(batches))
    def unload(self, chosen):
        number, names = chosen
        assert self.store.undo_batch(number, actor="import", at=AT) == len(names)
        for name in names:
            del self.kept[name]

    @rule(pick=st.integers(0, 50), status=st.sampled_from(Status))
    def step(self, pick, status):
        if not self.kept:
            return
        name = sorted(self.kept)[pick % len(self.kept)]
        before, batch = self.kept[name]
        reason = CloseReason.OTHER if status in REASONS else None
        try:
            check_transition(before, status, reason)
        except IllegalTransition:
            with pytest.raises(IllegalTransition):
                move(self.store, name, status, reason)
            return
        move(self.store, name, status, reason)
        self.kept[name] = (status, batch)

    @invariant()
    def conserved(self):
        if not hasattr(self, "store"):
            return
        assert self.store.size()["reports"] == len(self.kept)
        frame = self.store.find(Query())
        assert dict(zip(frame.public_id, frame.status, strict=True)) == {
            public_id(name): status for name, (status, _) in self.kept.items()
        }
        for layer in ("barrios", "sectors"):
            counts = self.store.counts(layer)
            assert counts.n.sum() == len(self.kept)
            assert (counts.n > 0).all()
            still_open = sum(status in OPEN for status, _ in self.kept.values())
            assert counts.n[counts.status.isin(list(OPEN))].sum() == still_open
        assert counted(self.store)
        assert self.store.chain_break() is None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
