"""A store of the first schema comes up to the present one, on both engines, with every row."""

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command

from geo_reports.geography import morton
from geo_reports.store import Store
from geo_reports.store.engine import open_engine, writing
from geo_reports.store.upgrade import _scripts, schema
from tests.store.hand import AT, TABLE, counted

N = 300


@pytest.fixture(params=["sqlite", "postgres"])
def old(request, tmp_path):
    """URL of a store that the first program left, with ``N`` reports."""
    url = str(tmp_path / "old.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return made(url)


def made(url):
    engine = open_engine(url)
    with writing(engine) as connection:
        config, _ = _scripts()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        fill(connection)
    engine.dispose()
    return url


def fill(connection):
    known = sa.MetaData()
    known.reflect(connection)
    rng = np.random.default_rng(7)
    put = lambda name, rows: connection.execute(sa.insert(known.tables[name]), rows)  # noqa: E731
    put(
        "unit",
        [{"id": i, "layer": "barrios", "version": "", "unit": unit} for i, unit in ((1, ""), (2, "A"), (3, "B"))],
    )
    reports = [
        {
            "id": i,
            "public_id": f"p{i:011d}",
            "identity": rng.bytes(16),
            "family": "dump",
            "category": ["rubble", "bulky"][i % 2],
            "lon": -70 + i / 1000,
            "lat": -33 + i / 1000,
            "accuracy_m": None if i % 3 else 12.5,
            "morton": i,
            "outside": 0,
            "occurred_at": AT,
            "occurred_precision": "day",
            "month": 202609,
            "received_at": AT + i,
            "source": "web",
            "source_id": str(i),
            "channel": "web",
            "status": "received",
            "status_at": AT,
            "salt": rng.bytes(16),
        }
        for i in range(1, N + 1)
    ]
    put("report", reports)
    put("report_unit", [{"report_id": i, "unit_id": 2 + i % 2} for i in range(1, N + 1)])
    put("report_text", [{"report_id": 1, "description": "Ñandú & co"}])
    put("receipt", [{"code_hash": rng.bytes(32), "report_id": i, "body_hash": rng.bytes(32)} for i in range(1, N + 1)])
    put("contact", [{"report_id": 2, "sealed": b"\x00sealed"}])
    kinds = [(2, "rubble", N // 2), (3, "bulky", N // 2)]
    # unit 2 + i % 2 and category i % 2 go together
    put(
        "counter",
        [{"unit_id": u, "category": c, "status": "received", "month": 202609, "n": n} for u, c, n in kinds],
    )


def test_every_row_is_there_and_the_derived_ones_are_right(old):
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
    old = made(str(tmp_path / "old.sqlite"))
    Store(old).close()
    kept = open_engine(f"{old}.before-0002")
    assert schema(kept).present == "0001"
    with kept.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM report")).scalar() == N
    kept.dispose()
