"""A store as the first program left it."""

import numpy as np
import sqlalchemy as sa
from alembic import command

from geo_reports.store.engine import open_engine, writing
from geo_reports.store.upgrade import migrations
from tests.store.hand import AT


def make(url, n):
    """Write a store of the first schema with ``n`` (even) reports."""
    engine = open_engine(url)
    with writing(engine) as connection:
        config, _ = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        _fill(connection, n)
    engine.dispose()


def _fill(connection, n):
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
        for i in range(1, n + 1)
    ]
    put("report", reports)
    put("report_unit", [{"report_id": i, "unit_id": 2 + i % 2} for i in range(1, n + 1)])
    put("report_text", [{"report_id": 1, "description": "Ñandú & co"}])
    put("receipt", [{"code_hash": rng.bytes(32), "report_id": i, "body_hash": rng.bytes(32)} for i in range(1, n + 1)])
    put("contact", [{"report_id": 2, "sealed": b"\x00sealed"}])
    kinds = [(2, "rubble", n // 2), (3, "bulky", n // 2)]
    # unit 2 + i % 2 and category i % 2 go together
    put(
        "counter",
        [{"unit_id": u, "category": c, "status": "received", "month": 202609, "n": n} for u, c, n in kinds],
    )
