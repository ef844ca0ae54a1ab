import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from geo_reports.errors import StoreError
from geo_reports.report import Status
from geo_reports.store import Doctor, Sending, Store
from geo_reports.store.engine import open_engine
from geo_reports.store.problems import KINDS
from tests.crash.flips import Site, furnish
from tests.store import old_store
from tests.store.hand import AT, arrivals, public_id, receipt, tamper


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("doctor") / "site", sent=40, made=20)


@pytest.fixture
def site(furnished, tmp_path):
    """A store with something in every table, to be damaged."""
    shutil.copytree(furnished.folder, tmp_path / "site", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    return Site(tmp_path / "site")


def bad(doctor):
    return [finding for finding in doctor.examine() if not finding.well]


def ask(site, select):
    engine = open_engine(str(site.db))
    with engine.begin() as connection:
        rows = connection.execute(sa.text(select)).fetchall()
    engine.dispose()
    return rows


DAMAGE = {
    "facts": "UPDATE report SET lat = lat + 1e-9 WHERE id = {id}",
    "unreceived": "DELETE FROM event WHERE report_id = {id} AND kind = 'received'",
    "identity": "UPDATE report SET identity = x'00112233445566778899aabbccddeeff' WHERE id = {id}",
    "received_at": "UPDATE report SET received_at = received_at + 1 WHERE id = {id}",
    "status": "UPDATE report SET status = 'rejected' WHERE id = {id}",
    "public_text": "UPDATE report_text SET public_text = 'other' WHERE report_id = {id}",
    "morton": "UPDATE report SET morton = morton + 1 WHERE id = {id}",
    "month": "UPDATE report SET month = 202501 WHERE id = {id}",
    "outside": "UPDATE report SET outside = 1 WHERE id = {id}",
    "units": "UPDATE report_unit SET unit_id = unit_id + 1 WHERE report_id = {id} AND unit_id = "
    "(SELECT min(unit_id) FROM report_unit WHERE report_id = {id})",
    "receipt": "UPDATE receipt SET made_at = made_at + 1 WHERE report_id = {id}",
    "waiting": "INSERT INTO waiting (report_id, kind, since) VALUES ({id}, 'comment', 5)",
}
"""A change behind the program's back, by the kind of problem it is found as."""


def test_every_change_behind_its_back_is_found_and_names_its_report(site):
    first = ask(site, "SELECT min(report_id) FROM receipt")[0][0]
    ids = {kind: first + 2 * i + 1 for i, kind in enumerate(DAMAGE)}
    names = dict(ask(site, "SELECT id, public_id FROM report"))
    contact = ask(site, "SELECT max(report_id) FROM contact")[0][0]
    closed = ask(site, "SELECT min(id) FROM report WHERE closed_at IS NOT NULL AND batch_id = 1")[0][0]
    gone = ask(site, "SELECT max(id) FROM report")[0][0]
    with_note = f"SELECT e.seq, e.report_id FROM event e JOIN event_note n ON n.seq = e.seq AND e.report_id < {gone}"
    note, noted = ask(site, f"{with_note} ORDER BY e.seq DESC LIMIT 1")[0]
    tamper(
        str(site.db),
        *(sql.format(id=ids[kind]) for kind, sql in DAMAGE.items()),
        f"UPDATE contact SET sealed = zeroblob(60) WHERE report_id = {contact}",
        f"UPDATE report SET closed_at = closed_at + 1 WHERE id = {closed}",
        f"UPDATE event_note SET note = 'another' WHERE seq = {note}",
        f"DELETE FROM report WHERE id = {gone}",
    )
    found = {finding.detail: finding.reports for finding in bad(site.doctor())}
    wanted = {kind: names[report_id] for kind, report_id in ids.items()}
    wanted |= {"contact": names[contact], "closed_at": names[closed], "note": names[noted], "gone": f"number {gone}"}
    for kind, name in wanted.items():
        told = [reports for detail, reports in found.items() if detail.endswith(KINDS[kind].detail)]
        assert told, kind
        assert name in told[0], kind


def test_a_removed_report_is_no_loss_but_one_that_comes_back_is(site):
    engine = open_engine(str(site.db))
    with engine.begin() as connection:
        first, last = connection.execute(sa.text("SELECT first_id, last_id FROM tombstone")).one()
    engine.dispose()
    assert last - first == 19
    assert bad(site.doctor()) == []
    moved = ask(site, "SELECT min(id) FROM report WHERE batch_id = 1")[0][0]
    children = [f"DELETE FROM {table} WHERE report_id = {moved}" for table in ("report_unit", "report_text", "waiting")]
    tamper(str(site.db), *children, f"UPDATE report SET id = {first} WHERE id = {moved}")
    details = [str(finding) for finding in bad(site.doctor())]
    assert any("are here again" in detail for detail in details)


def test_a_forged_tombstone_is_found(site):
    tamper(
        str(site.db),
        "UPDATE tombstone SET last_id = last_id + 1",
    )
    assert "removals" in [finding.what for finding in bad(site.doctor())]


def test_what_can_be_derived_is_repaired_and_told(site):
    before = ask(site, "SELECT * FROM counter ORDER BY 1, 2, 3, 4"), ask(site, "SELECT * FROM pyramid ORDER BY 1, 2, 3")
    tamper(
        str(site.db),
        "UPDATE counter SET n = n + 1 WHERE month = (SELECT max(month) FROM counter)",
        "DELETE FROM pyramid WHERE z = 13",
        "UPDATE report SET morton = 5, month = 199001, outside = 1 WHERE id = 3",
        "UPDATE report_unit SET unit_id = 1 WHERE report_id = 4 AND unit_id = "
        "(SELECT min(unit_id) FROM report_unit WHERE report_id = 4)",
    )
    assert {finding.what for finding in bad(site.doctor())} >= {"places", "counters", "pyramid"}
    done = site.doctor().repair()
    assert len(done) >= 3
    assert bad(site.doctor()) == []
    after = ask(site, "SELECT * FROM counter ORDER BY 1, 2, 3, 4"), ask(site, "SELECT * FROM pyramid ORDER BY 1, 2, 3")
    assert sorted(map(tuple, after[0])) == sorted(map(tuple, before[0]))
    assert sorted(map(tuple, after[1])) == sorted(map(tuple, before[1]))
    assert site.doctor().repair() == []


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM waiting WHERE kind = 'photo'",
        "DELETE FROM waiting WHERE kind = 'text'",
        "UPDATE waiting SET since = since + 1",
        "UPDATE waiting SET kind = 'correction' WHERE kind = 'text'",
        "INSERT INTO waiting (report_id, kind, since) SELECT min(id), 'child', 1 FROM report",
        "INSERT INTO waiting (report_id, kind, since) VALUES (999999, 'text', 1)",
    ],
)
def test_what_waits_is_examined_and_entered_again(site, damage):
    before = ask(site, "SELECT * FROM waiting ORDER BY 1, 2")
    assert before
    with sqlite3.connect(site.db) as file:  # which looks at no foreign keys
        file.execute(damage)
    file.close()
    assert {finding.what for finding in bad(site.doctor())} <= {"queue", "store file"}
    assert bad(site.doctor()) != []
    assert site.doctor().repair() != []
    assert bad(site.doctor()) == []
    assert ask(site, "SELECT * FROM waiting ORDER BY 1, 2") == before
    assert site.doctor().repair() == []


def test_a_damaged_file_is_not_repaired(site):
    ((page,),) = ask(site, "SELECT rootpage FROM sqlite_schema WHERE name = 'report_text'")
    raw = bytearray(site.db.read_bytes())
    raw[(page - 1) * 4096 : (page - 1) * 4096 + 8] = bytes(8)
    site.db.write_bytes(bytes(raw))
    kept = site.db.read_bytes()
    with pytest.raises(StoreError, match=r"damaged"):
        site.doctor().repair()
    assert site.db.read_bytes() == kept


def test_a_missing_and_a_damaged_photo_are_found(site):
    one, two = site.photos[:2]
    one.unlink()
    two.write_bytes(two.read_bytes()[:-1])
    (finding,) = bad(site.doctor())
    assert (finding.what, finding.n) == ("photos", 2)
    assert "missing" in finding.detail
    assert "damaged" in finding.detail


def test_a_batch_that_a_dead_process_left_is_named(site):
    start = "UPDATE batch SET state = 'running', started_at = started_at - {} WHERE id = 1"
    tamper(str(site.db), start.format(600))
    (noted,) = [finding for finding in site.doctor().examine() if finding.what == "batches"]
    assert noted.well
    tamper(str(site.db), start.format(100_000))
    (finding,) = bad(site.doctor())
    assert "batch 1" in finding.detail
    assert "--undo 1" in finding.remedy


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"no store at all" * 1000, None])
def test_what_is_no_store_is_a_finding(tmp_path, content):
    file = tmp_path / "reports.sqlite"
    if content is not None:
        file.write_bytes(content)
    (finding,) = Doctor(str(file)).examine()
    assert (finding.what, finding.well) == ("store file", False)
    assert (file.read_bytes() if file.exists() else None) == content


def test_an_older_store_is_left_as_it_is(tmp_path):
    file = str(tmp_path / "old.sqlite")
    old_store.make(file, 10)
    (finding,) = Doctor(file).examine()
    assert "geo-reports db upgrade" in finding.detail


def test_both_engines_are_examined_alike(store, db):
    names = [f"r{i}" for i in range(8)]
    store.add_all([Sending(arrivals(name, description="ñandú", accuracy_m=3.5), receipt(name)) for name in names])
    store.set_status(public_id("r1"), Status.CLEANED, reason=None, note="ok", actor="ana", at=AT + 5)
    store.set_public_text(public_id("r2"), "published", actor="ana", at=AT + 6)
    assert bad(Doctor(db)) == []
    tamper(
        db,
        f"UPDATE report SET closed_at = closed_at - 1 WHERE public_id = '{public_id('r1')}'",
        f"UPDATE report SET accuracy_m = 3.6 WHERE public_id = '{public_id('r3')}'",
        "DELETE FROM receipt WHERE report_id = 5",
        "DELETE FROM report_text WHERE report_id = 5",
        "DELETE FROM report_unit WHERE report_id = 5",
        "DELETE FROM report WHERE id = 5",
    )
    named = {name for finding in bad(Doctor(db)) for name in finding.reports}
    assert named == {public_id("r1"), public_id("r3"), "number 5"}


def test_imports_undone_by_the_first_program_are_no_loss(tmp_path):
    file = str(tmp_path / "old.sqlite")
    old_store.make(file, 10)
    engine = open_engine(file)
    with engine.begin() as connection:
        for n, (kind, reason, report_id) in enumerate(
            [("received", None, 11), ("received", None, 12), ("undone", "batch 1: 2", None)], 1
        ):
            connection.execute(
                sa.text(
                    "INSERT INTO event (seq, at, report_id, kind, reason, actor, digest, hash)"
                    " VALUES (:n, 1, :report, :kind, :reason, 'import', x'00', x'00')"
                ),
                {"n": n, "report": report_id, "kind": kind, "reason": reason},
            )
    engine.dispose()
    Store(file).close()
    engine = open_engine(file)
    with engine.begin() as connection:
        rows = connection.execute(sa.text("SELECT first_id, last_id, seq FROM tombstone")).fetchall()
    engine.dispose()
    assert [tuple(row) for row in rows] == [(11, 12, 3)]
