"""Around an outage: clear refusals while the store is locked, one report per sender afterwards, in the right order."""

import json
import socket
import sqlite3
import struct
import time
from pathlib import Path

import pytest

from tests.crash.kills import Service, Verdict, ask, compare, post, report
from tests.crash.nursery import Nursery
from tests.crash.outage import herd_of, soak, wait_for_lock

DAY_S = 86_400


@pytest.fixture
def service(tmp_path: Path, nursery: Nursery) -> Service:
    return Service(str(tmp_path / "r.sqlite"), tmp_path, nursery)


def rows(service: Service, query: str) -> list[tuple]:
    with sqlite3.connect(service.db) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def clean(service: Service, told: list) -> Verdict:
    verdict = Verdict()
    compare(service, told, verdict)
    assert verdict.clean, verdict
    return verdict


def test_while_another_program_holds_the_lock_writers_are_sent_away_and_readers_are_served(service):
    with service:
        senders = [report(number) for number in range(1, 9)]
        found = wait_for_lock(service, senders, hold_s=0.0)
        assert [answer.status for answer in found.answers] == [503] * 8
        assert all(answer.retry_after_s and "code" not in answer.said for answer in found.answers)
        assert max(found.write_s) < 15  # 5 s by the program; the rest is for a busy machine
        # a reader that waited for the lock would have been the only one
        assert found.statuses == {200}
        assert len(found.read_s) > 20
        assert [post(service.port, sent).status for sent in senders] == [201] * 8


@pytest.mark.parametrize("number", [1, 3], ids=["with a photo", "without"])
def test_whoever_lost_the_answer_gets_the_same_code_by_sending_again(service, number):
    sent = report(number)
    with service:
        hang_up(service.port, sent)
        while not rows(service, "SELECT 1 FROM receipt"):
            time.sleep(0.01)
        answers = [post(service.port, sent) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200]
        assert len({answer.said["code"] for answer in answers}) == 1
        assert ask(service.port, "GET", answers[0].said["url"]).status == 200
    assert rows(service, "SELECT count(*) FROM report") == [(1,)]


def hang_up(port: int, sent) -> None:
    """Send a report and cut the connection before the answer."""
    head = (
        f"POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: {sent.kind}\r\n"
        f"Content-Length: {len(sent.body)}\r\nIdempotency-Key: {sent.key}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + sent.body)
        # heard of, but not answered: a reset any earlier would take the request with it
        time.sleep(0.05)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_reports_stay_in_the_order_in_which_they_came_whatever_the_clocks_say(service):
    told = []
    for ahead_s in (0, DAY_S, -DAY_S):
        service.start("--ahead-s", str(ahead_s))
        for phone in ("1999-12-31T23:59:59Z", "2090-01-01T00:00:00Z"):
            sent = report(3 * (len(told) + 1))
            sent.body = json.dumps(json.loads(sent.body) | {"sent_at": phone}).encode()
            answer = post(service.port, sent)
            assert answer.status == 201
            sent.public_id, sent.code = answer.said["public_id"], answer.said["code"]
            told.append(sent)
        listed = [one["id"] for one in ask(service.port, "GET", "/api/v1/reports").said["features"]]
        assert listed == [sent.public_id for sent in reversed(told)]
        service.kill()
    kept = rows(service, "SELECT public_id, received_at, sent_at FROM report ORDER BY id")
    assert [row[0] for row in kept] == [sent.public_id for sent in told]
    assert kept[2][1] - kept[0][1] > DAY_S - 60
    assert kept[4][1] - kept[0][1] < -DAY_S + 60
    assert [row[2] for row in kept] == [946_684_799, 3_786_912_000] * 3
    assert [row[0] for row in rows(service, "SELECT report_id FROM event ORDER BY seq")] == [1, 2, 3, 4, 5, 6]
    clean(service, told)


def test_after_an_outage_everybody_gets_one_code(service):
    herd = herd_of(service, 200)
    service.stop()
    assert set(herd.statuses) <= {200, 201, 429, 503}
    assert herd.statuses[201] == 200
    assert clean(service, herd.told).stored == 200


def test_a_long_run_takes_no_more_memory_files_or_log(service):
    service.start("--pages", "100")
    seen, told = soak(service, reports=240, looks=6)
    service.stop()
    half, last = seen[2], seen[-1]
    assert last.files <= half.files + 5  # connections that are open just then
    assert last.memory_mb <= half.memory_mb + 20
    assert max(vital.log_mb for vital in seen) < 8
    assert clean(service, told).stored == 240
