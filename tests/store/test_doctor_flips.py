"""Random bits of a store's files are flipped; the long run is ``python -m tests.crash.flips``."""

import shutil

import pytest

from tests.crash.flips import Site, flip, furnish, logical, run


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("flips") / "site", sent=40, made=40)


def test_no_flipped_bit_of_a_store_is_missed(site):
    tally = run(site, site.db, flips=25, seed=3)
    assert tally.missed == []
    assert tally.found.total() >= 5


def test_no_flipped_bit_of_a_photo_is_missed(site):
    tally = run(site, site.photos[0], flips=2, seed=3)
    assert (tally.found.total(), tally.harmless) == (2, 0)


def test_flips_of_the_header_that_sqlite_overlooks_are_found(site, tmp_path):
    for number, at in enumerate((63, 71, 80)):  # user version, application id, expansion space
        copy = Site(tmp_path / str(number))
        shutil.copytree(site.folder, copy.folder, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
        flip(copy.db, at, 3)
        (finding,) = [finding for finding in copy.doctor().examine() if not finding.well]
        assert "header" in finding.detail


def test_the_measure_of_harm_sees_every_change(site, tmp_path):
    file = tmp_path / "copy.sqlite"
    shutil.copy(site.db, file)
    whole = logical(file)
    assert whole is not None
    raw = file.read_bytes()
    at = raw.index("Escombros número".encode())
    flip(file, at, 0)
    assert logical(file) not in (None, whole)
