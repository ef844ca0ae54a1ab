"""Stores in real SQLite files."""

import pytest

from geo_reports.store import Store
from tests.store.hand import TABLE


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "reports.sqlite")


@pytest.fixture
def store(db):
    """A store that knows the units A and B of the layer barrios."""
    opened = Store(db)
    opened.register_units("barrios", TABLE)
    yield opened
    opened.close()
