"""A disk that is full or breaks: no code is shown for what was not stored, and what was stored does not suffer."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from geo_reports.store.checkpoint import EXIT_CODE
from tests.crash.disk import CASES, Case, Ground, storm
from tests.crash.kills import Sent
from tests.crash.shim import BROKEN


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One service for all cases: each must leave it fit for the next. In the end everything told is looked for."""
    made = Ground(tmp_path_factory.mktemp("ground"))
    made.start()
    assert made.send(made.next(photo=True)).status == 201
    assert made.send(made.next(photo=True, large=True)).status == 201
    yield made
    verdict = made.verdict()
    assert verdict.clean, verdict
    # a report whose sender was refused is not there, or was told of when it was sent again
    assert verdict.stored == verdict.acknowledged


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_while_the_disk_fails_nobody_is_told_what_is_not_so(ground: Ground, case: Case):
    reports = [ground.next(case.photo, case.large) for _ in range(2)]
    ground.shim.fail(*case.calls, pattern=case.pattern, error=case.error, **case.more)
    answers = [ground.send(sent) for sent in reports]
    reads = ground.reads()
    hits = ground.shim.hits
    ground.shim.heal()
    assert hits > 0, "nothing failed"
    assert [answer.status for answer in answers] == [case.status] * 2
    assert reads == [200, 200, 200]
    for answer in answers:
        assert case.status == 201 or (answer.retry_after_s and "code" not in answer.said)
    again = [ground.send(sent).status for sent in reports]
    assert again == [200 if case.status == 201 else 201] * 2


def test_a_service_killed_after_a_failed_sync_has_all_it_told(ground: Ground):
    told = len(ground.acknowledged)
    refused = [ground.next(photo) for photo in (True, False)]
    ground.shim.fail("SYNC", pattern="*-wal", error=BROKEN)
    assert [ground.send(sent).status for sent in refused] == [503, 503]
    verdict = ground.verdict()
    assert verdict.clean, verdict
    # what was refused may be there, as a sync that failed may have reached the disk all the same
    assert told == verdict.acknowledged <= verdict.stored <= told + 2
    ground.start()
    assert {ground.send(sent).status for sent in refused} <= {200, 201}


def test_a_failed_sync_of_the_database_ends_the_service_before_its_log_is_used_again(ground: Ground):
    ground.shim.fail("SYNC", pattern="*.sqlite", error=BROKEN, times=1)
    process = ground.service.process
    assert process is not None
    unsure = []
    for _ in range(60):
        sent = ground.next(photo=False)
        try:
            assert ground.send(sent).status == 201
        except OSError:
            unsure.append(sent)
            break
    assert process.wait(timeout=10) == EXIT_CODE
    ground.shim.heal()
    ground.start()
    assert [ground.send(sent).status for sent in unsure] in ([200], [201])


def test_nothing_is_lost_in_a_storm_of_faults(ground: Ground):
    before = len(ground.acknowledged)
    hits, _ = storm(ground, reports=120, faults=15, seed=1)
    assert hits > 15
    assert len(ground.acknowledged) == before + 120  # the fixture looks for each of them


def test_a_small_disk_that_is_really_full(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk; the cases above need none")
    ground = Ground(tmp_path)
    try:
        fill_up(ground)
    finally:
        ground.service.kill()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill_up(ground: Ground) -> None:
    ground.start()
    assert ground.send(ground.next(photo=True)).status == 201
    ballast = ground.shim.root / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    refused = [ground.next(photo=True), full_without_photo(ground)]
    answers = [ground.send(sent) for sent in refused]
    assert [(answer.status, bool(answer.retry_after_s)) for answer in answers] == [(507, True)] * 2
    assert ground.reads() == [200] * 3
    ballast.unlink()
    assert [ground.send(sent).status for sent in refused] == [201] * 2
    verdict = ground.verdict()
    assert verdict.clean, verdict
    assert verdict.stored == verdict.acknowledged


def full_without_photo(ground: Ground) -> Sent:
    """Send reports until one finds no room: SQLite's log keeps the room it once had, and that lasts for some."""
    for _ in range(500):
        sent = ground.next(photo=False)
        if ground.send(sent).status != 201:
            return sent
    raise AssertionError("there was room for 500 reports on a full disk")
