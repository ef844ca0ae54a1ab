"""Stores in real SQLite files and in real PostgreSQL databases: one contract, both engines."""

import pytest

from geo_reports.store import Store
from tests.store.hand import TABLE


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    """Where a new store is to be, on each engine; modules about one engine alone have a ``db`` of their own."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def store(db):
    """A store that knows the units A and B of the layer barrios."""
    opened = Store(db)
    opened.register_units("barrios", TABLE)
    yield opened
    opened.close()
