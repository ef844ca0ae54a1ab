"""A store of the first schema comes up to the present one, on both engines, with every row."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import sqlalchemy as sa

from geo_reports.errors import SchemaTooOld
from geo_reports.geography import morton
from geo_reports.store import Store
from geo_reports.store.engine import open_engine
from geo_reports.store.upgrade import examine, schema, upgrade
from tests.crash.upgrade import run
from tests.store.hand import AT, TABLE, counted
from tests.store.old_store import make

N = 300


@pytest.fixture(params=["sqlite", "postgres"])
def old(request, tmp_path):
    """URL of a store that the first program left, with ``N`` reports."""
    url = str(tmp_path / "old.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    make(url, N)
    return url


def test_every_row_is_there_and_the_derived_ones_are_right(old, tmp_path):
    copy = upgrade(old, tmp_path / "copy.sqlite")
    assert examine(str(copy)).present == "0001"
    assert upgrade(old) is None
    store = Store(old)
    store.register_units("barrios", TABLE)
    assert store.size() == {"reports": N, "receipts": N}
    assert counted(store)
    with store.reading() as connection:
        rows = connection.execute(sa.text("SELECT lon, lat, morton, received_at FROM report ORDER BY id")).fetchall()
        made = connection.execute(sa.text("SELECT min(made_at), max(made_at) FROM receipt")).one()
        text = connection.execute(sa.text("SELECT description FROM report_text")).scalar()
    assert morton.keys([r.lon for r in rows], [r.lat for r in rows]).tolist() == [r.morton for r in rows]
    assert tuple(made) == (AT + 1, AT + N)
    assert text == "Ñandú & co"
    assert store.integrity() == []
    store.close()


def test_the_old_file_stays_beside_the_new(tmp_path):
    old = str(tmp_path / "old.sqlite")
    make(old, N)
    Store(old).close()
    kept = open_engine(f"{old}.before-0003")
    assert schema(kept).present == "0001"
    with kept.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM report")).scalar() == N
    kept.dispose()


def test_programs_that_start_together_upgrade_one_after_the_other(tmp_path):
    old = str(tmp_path / "old.sqlite")
    make(old, N)
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # as a program does that is in the middle of it
    with ThreadPoolExecutor(2) as threads:
        starts = [threads.submit(lambda: Store(old).close()) for _ in range(2)]
        assert not wait(starts, timeout=0.3).done
        assert sorted(path.name for path in tmp_path.glob("old.sqlite.before*")) == []
        os.close(folder)
        for start in starts:
            start.result(30)
    assert examine(old).current
    assert examine(f"{old}.before-0003").present == "0001"


def test_a_database_is_upgraded_only_when_its_operator_says_so(postgres_url, tmp_path):
    make(postgres_url, N)
    with pytest.raises(SchemaTooOld, match="geo-reports db upgrade"):
        Store(postgres_url)
    assert examine(postgres_url).present == "0001"
    copy = upgrade(postgres_url, tmp_path / "copy.sqlite")
    engine = open_engine(str(copy))
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT count(*), sum(length(identity)) FROM report")).one()
    engine.dispose()
    assert tuple(rows) == (N, 16 * N)


def test_a_killed_upgrade_leaves_the_old_store_or_the_new(tmp_path):
    numbers = iter(range(100))
    tally = run(lambda: (str(tmp_path / f"{next(numbers)}.sqlite"), tmp_path / "copy"), rows=2000, kills=3, seed=4)
    assert tally.old + tally.new == 3


def test_a_killed_upgrade_of_a_database_leaves_the_old_one_or_the_new(postgres, tmp_path):
    numbers = iter(range(100))
    fresh = lambda: (postgres.database(), tmp_path / f"{next(numbers)}.copy")  # noqa: E731
    tally = run(fresh, rows=2000, kills=1, seed=5)
    assert tally.old + tally.new == 1
