"""Fixtures of the intake's tests."""

import pytest

from tests.intake.archive_site import Site


@pytest.fixture
def site(tmp_path, tiny_city):
    opened = Site(tmp_path, tiny_city)
    yield opened
    opened.store.close()
