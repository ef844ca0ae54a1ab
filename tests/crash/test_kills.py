"""Short runs of ``kills``: whoever was shown a code finds the report, its photo and its history."""

import time
from pathlib import Path

import pytest

from geo_reports.store.faults import POINTS
from tests.crash.kills import DURABLE, Crowd, Service, Verdict, compare, torment
from tests.crash.nursery import Nursery
from tests.postgres import Cluster, cluster


def test_no_report_is_lost_when_the_service_is_killed_at_every_point_and_at_random(tmp_path, nursery):
    service = Service(str(tmp_path / "r.sqlite"), tmp_path, nursery)
    verdict = torment(service, reports=150, kills=len(POINTS) + 2, seed=1)
    assert verdict.clean, verdict
    assert (verdict.kills, verdict.acknowledged, verdict.stored) == (8, 150, 150)


def test_no_report_is_lost_or_doubled_when_postgresql_is_cut_off_under_load(
    postgres: Cluster, tmp_path: Path, nursery: Nursery
):
    with cluster(postgres.bin, DURABLE) as server:
        service = Service(server.database(), tmp_path, nursery)
        verdict = torment(service, reports=120, kills=3, seed=1, server=server)
    assert verdict.clean, verdict
    assert (verdict.kills, verdict.acknowledged, verdict.stored) == (3, 120, 120)


def test_whoever_was_let_in_is_answered_before_the_service_stops(tmp_path, nursery):
    service = Service(str(tmp_path / "r.sqlite"), tmp_path, nursery)
    crowd = Crowd(service.port, 200)
    service.start()
    crowd.start()
    while len(crowd.acknowledged) < 40:
        time.sleep(0.005)
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 10
    crowd.pause()
    told = {sent.number for sent in crowd.acknowledged}
    verdict = Verdict()
    compare(service, crowd.acknowledged, verdict)
    assert verdict.clean, verdict
    # no more and no less: a report that is stored and whose sender was not told was dropped half way
    assert 40 <= len(told) == verdict.stored < 200


@pytest.mark.parametrize("fault", ["lost", "half_written", "duplicated", "wrong_photo"])
def test_a_verdict_with_any_fault_is_not_clean(fault):
    assert not Verdict(**{fault: [1]}).clean
