"""What people meet around an outage: a store that is locked, a crowd that comes back at once, a service that runs long.

The long run, with its figures: ``python -m tests.crash.outage --locked-s 30 --senders 500 --reports 3000``.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.kills import Answer, Crowd, Sent, Service, Verdict, ask, compare, post, report


@contextmanager
def locked(db: str) -> Iterator[None]:
    """Hold the store's write lock, as another program would."""
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@dataclass
class Waiting:
    """How those fared who wrote and who read while the store was locked."""

    answers: list[Answer] = field(default_factory=list)
    write_s: list[float] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    threads: int = 0
    """More threads of the service than before."""


def wait_for_lock(service: Service, senders: list[Sent], hold_s: float) -> Waiting:
    """Send while the store is locked, and read until all are answered and the time is over."""
    found = Waiting()

    def send(sent: Sent) -> None:
        began = time.monotonic()
        found.answers.append(post(service.port, sent))
        found.write_s.append(time.monotonic() - began)

    with locked(service.db):
        before = vital(service).threads
        threads = [threading.Thread(target=send, args=[sent]) for sent in senders]
        end = time.monotonic() + hold_s
        for thread in threads:
            thread.start()
        while time.monotonic() < end or len(found.answers) < len(senders):
            began = time.monotonic()
            found.statuses.add(ask(service.port, "GET", "/api/v1/reports").status)
            found.read_s.append(time.monotonic() - began)
            found.threads = max(found.threads, vital(service).threads - before)
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    return found


@dataclass(frozen=True)
class Vital:
    """What a process holds: memory that is its own (MB), open files, threads; and its store's log (MB)."""

    memory_mb: float
    files: int
    threads: int
    log_mb: float


def vital(service: Service) -> Vital:
    assert service.process is not None
    about = Path("/proc", str(service.process.pid))
    told = dict(line.split(":", 1) for line in (about / "status").read_text().splitlines())
    log = Path(f"{service.db}-wal")
    return Vital(
        memory_mb=int(told["RssAnon"].split()[0]) / 1024,
        files=len(list((about / "fd").iterdir())),
        threads=int(told["Threads"]),
        log_mb=log.stat().st_size / 1e6 if log.exists() else 0.0,
    )


def soak(service: Service, reports: int, looks: int = 10) -> tuple[list[Vital], list[Sent]]:
    """Send many reports, and look at the service now and then."""
    crowd, seen = Crowd(service.port, reports), []
    crowd.start()
    for number in range(1, looks + 1):
        while len(crowd.acknowledged) < reports * number // looks and not crowd.done:
            time.sleep(0.01)
        seen.append(vital(service))
    crowd.join()
    return seen, crowd.acknowledged


@dataclass
class Herd:
    """Senders who were cut off together: their tries, what was answered, and when the last one had a code."""

    told: list[Sent] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    refused: int = 0
    tries: list[int] = field(default_factory=list)
    took_s: float = 0.0


async def _come_back(port: int, sent: Sent, herd: Herd, draw: random.Random) -> None:
    """Send until there is a code; after a failure wait longer each time, and never as long as the others."""
    while True:
        sent.tries += 1
        wait_s = min(8.0, 0.25 * 2**sent.tries)
        try:
            status, said = await _post(port, sent)
        except OSError:
            herd.refused += 1
        else:
            herd.statuses[status] = herd.statuses.get(status, 0) + 1
            if status in (200, 201):
                sent.public_id = said.partition('"public_id":"')[2].partition('"')[0]
                herd.told.append(sent)
                herd.tries.append(sent.tries)
                return
        await asyncio.sleep(draw.uniform(0.5, 1.0) * wait_s)


async def _post(port: int, sent: Sent) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: {sent.kind}\r\n"
        f"Content-Length: {len(sent.body)}\r\nIdempotency-Key: {sent.key}\r\n\r\n"
    )
    try:
        writer.write(head.encode() + sent.body)
        raw = (await reader.read()).decode()
    finally:
        writer.close()
    if not raw:
        raise ConnectionResetError("closed without an answer")
    return int(raw.split()[1]), raw.partition("\r\n\r\n")[2]


def herd_of(service: Service, senders: int, outage_s: float = 1.0) -> Herd:
    """Many people send to a service that is down, and it comes back; none of them has a photo."""
    herd, draw = Herd(), random.Random(1)

    async def all_together() -> None:
        people = [asyncio.create_task(_come_back(service.port, one, herd, draw)) for one in queued]
        await asyncio.sleep(outage_s)
        await asyncio.to_thread(service.start)
        began = time.monotonic()
        await asyncio.wait_for(asyncio.gather(*people), timeout=120)
        herd.took_s = time.monotonic() - began

    queued = [report(3 * number) for number in range(1, senders + 1)]
    asyncio.run(all_together())
    return herd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locked-s", type=float, default=30.0)
    parser.add_argument("--senders", type=int, default=500)
    parser.add_argument("--reports", type=int, default=3000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = Service(str(folder / "r.sqlite"), folder)
        herd = herd_of(service, given.senders)
        print(
            f"{given.senders} senders came back: all had a code {herd.took_s:.1f} s after the service answered again, "
            f"after {max(herd.tries)} tries at most; answers {herd.statuses}, {herd.refused} connections refused"
        )
        waiting = wait_for_lock(service, [report(10**6 + n) for n in range(50)], given.locked_s)
        read_s = sorted(waiting.read_s)
        print(
            f"locked {given.locked_s:.0f} s: 50 senders were answered {sorted({a.status for a in waiting.answers})} "
            f"after {max(waiting.write_s):.1f} s at most; {len(read_s)} reads, "
            f"p99 {1000 * read_s[int(len(read_s) * 0.99)]:.0f} ms, longest {1000 * read_s[-1]:.0f} ms; "
            f"{waiting.threads} more threads"
        )
        service.stop()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = Service(str(folder / "r.sqlite"), folder)
        service.start()
        began = time.monotonic()
        seen, told = soak(service, given.reports)
        print(f"{given.reports} reports in {time.monotonic() - began:.0f} s:", *seen, sep="\n  ")
        service.stop()
        verdict = Verdict()
        compare(service, told, verdict)
        print(f"clean: {verdict.clean}")


if __name__ == "__main__":
    main()
