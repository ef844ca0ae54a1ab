"""What the tests of crashes share."""

from collections.abc import Iterator

import pytest

from tests.crash.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Services that start at once."""
    with Nursery() as open_:
        yield open_
