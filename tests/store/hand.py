"""Reports written by hand, ready for the store."""

import hashlib

import numpy as np
import pandas as pd
import sqlalchemy as sa

from geo_reports.store import Arrivals, Receipt, identity
from geo_reports.store.engine import open_engine
from geo_reports.store.schema import metadata

AT = 1_790_000_000
TABLE = pd.DataFrame({"version": ["", ""], "unit": ["A", "B"]})
"""A layer of two units; ``register_units`` numbers "outside" 1, A 2 and B 3 in a new store."""


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def receipt(name, body="", contact=None):
    return Receipt(digest(f"code {name}"), digest(body), contact)


def arrivals(*names, units=(2,), **columns):
    """One dump for each name; a keyword gives all of them the same value, or a list one each."""
    n = len(names)
    given = {
        "family": "dump",
        "category": "rubble",
        "lon": -69.995,
        "lat": -32.995,
        "accuracy_m": None,
        "outside": False,
        "occurred_at": AT,
        "precision": "day",
        "month": 202609,
        "size": None,
        "status": "received",
        "closed_at": None,
        "description": None,
        **columns,
    }
    lists = {name: value if isinstance(value, list) else [value] * n for name, value in given.items()}
    for name, kind in (("lon", np.float64), ("lat", np.float64), ("outside", np.bool_), ("month", np.int64)):
        lists[name] = np.array(lists[name], kind)
    return Arrivals(
        source="web",
        channel="web",
        actor="resident",
        received_at=AT,
        source_id=list(names),
        identity=[identity("web", name) for name in names],
        public_id=[digest(name).hex()[:12] for name in names],
        units=np.tile(np.array(units, np.int64), (n, 1)),
        **lists,
    )


def public_id(name):
    return digest(name).hex()[:12]


def counted(store):
    """Whether counters and pyramid equal a recount."""
    return all(wrong.empty for wrong in store.miscounted().values())


def tamper(db, *statements):
    """Change a store behind the program's back."""
    engine = open_engine(db)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def dump(db):
    """Everything a store holds, as text."""
    engine = open_engine(db)
    with engine.begin() as connection:
        rows = [str(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]
    engine.dispose()
    return "\n".join(rows)
