"""Kill the service while many people send reports with photos, and hold every receipt against what is stored.

The long run: ``python -m tests.crash.kills --kills 100 --reports 5000`` (``--postgres`` kills and restarts a server of
PostgreSQL under the service as well).
"""

import argparse
import colorsys
import http.client
import io
import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from PIL import Image

from geo_reports.store import Doctor, PhotoFolder, Store, Surroundings
from geo_reports.store.faults import POINTS
from tests.crash.nursery import ROOT, Nursery, Process
from tests.postgres import Cluster, cluster, programs

SENDERS = 12
PATIENCE_S = 60.0
DURABLE = ("fsync=on", "synchronous_commit=on")


@dataclass
class Sent:
    """A report on its way: what a phone would keep until it sees a code."""

    number: int
    key: str
    body: bytes
    kind: str
    colour: tuple[int, int, int] | None
    public_id: str = ""
    code: str = ""
    tries: int = 0


@dataclass
class Verdict:
    """What the store holds, against what was acknowledged."""

    kills: int = 0
    acknowledged: int = 0
    stored: int = 0
    lost: list[int] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong_photo: list[int] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.half_written or self.duplicated or self.wrong_photo)


class Service:
    """The service in a process of its own, started again and again on one port."""

    def __init__(self, db: str, folder: Path, nursery: Nursery | None = None) -> None:
        self.db, self.folder, self.port = db, folder, _free_port()
        self._nursery, self._order = nursery, folder / "die-at"
        self.process: Process | None = None

    def start(self, *options: str, env: dict[str, str] | None = None, err: BinaryIO | None = None) -> float:
        """Start it and wait until it answers; returns the seconds that took, infinity if it died meanwhile."""
        began = time.monotonic()
        words = [str(self.port), self.db, str(self.folder), "--die-at", str(self._order), *options]
        if self._nursery is not None:
            self.process = self._nursery.start(words)
        else:
            program = [sys.executable, "-m", "tests.crash.service"]
            self.process = subprocess.Popen([*program, *words], cwd=ROOT, env={**os.environ, **(env or {})}, stderr=err)
        while self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.01)
        return float("inf")

    @property
    def dead(self) -> bool:
        """Whether its process has ended."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """Kill it as a power cut of its process would: -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._order.unlink(missing_ok=True)

    def order(self, point: str, n: int) -> None:
        """Have it kill itself when it passes a fault point for the nth time from now on."""
        draft = self._order.with_suffix(".new")
        draft.write_text(f"{point} {n}")
        draft.rename(self._order)

    def stop(self) -> int:
        """Ask it to stop, as an operator would; fails when that takes longer than it may."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def report(number: int) -> Sent:
    """Every report differs: by its text and, for two of three, by the colour of its photo."""
    about = {
        "family": "dump",
        "category": ["rubble", "household"][number % 2],
        "lon": -69.9951,
        "lat": -32.9951,
        "description": f"reporte {number}",
    }
    sent = Sent(number, str(uuid.uuid4()), json.dumps(about).encode(), "application/json", None)
    if number % 3 == 0:
        return sent
    share = (number * 0.6180339887) % 1.0
    parts = colorsys.hsv_to_rgb(share, 0.8, 0.3 + 0.6 * ((number * 7) % 10) / 10)
    sent.colour = (int(255 * parts[0]), int(255 * parts[1]), int(255 * parts[2]))
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), sent.colour).save(picture, "JPEG", quality=95)
    return with_photo(sent, sent.body, picture.getvalue())


def with_photo(sent: Sent, text: bytes, jpeg: bytes) -> Sent:
    """Make it a form with a photo."""
    mark = f"b{uuid.uuid4().hex}".encode()
    parts = [
        (b'name="report"\r\nContent-Type: application/json', text),
        (b'name="photo"; filename="f.jpg"\r\nContent-Type: image/jpeg', jpeg),
    ]
    head = b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
    sent.body = b"".join(head % (mark, about, data) for about, data in parts) + b"--%s--\r\n" % mark
    sent.kind = f"multipart/form-data; boundary={mark.decode()}"
    return sent


class Answer(NamedTuple):
    """What a sender is told."""

    status: int
    said: dict[str, Any]
    retry_after_s: int | None = None


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Ask the service once; ``OSError`` or ``HTTPException`` when it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        wait = answer.headers["Retry-After"]
        return Answer(answer.status, json.loads(answer.read()), int(wait) if wait else None)
    finally:
        connection.close()


def post(port: int, sent: Sent) -> Answer:
    """Send a report once."""
    return ask(port, "POST", "/api/v1/reports", sent.body, Content_Type=sent.kind, Idempotency_Key=sent.key)


class Crowd:
    """People who send until each has a code: after a cut they send again with the same key."""

    def __init__(
        self, port: int, reports: int, told: Callable[[Sent], None] = lambda sent: None, first: int = 1
    ) -> None:
        self.port, self.reports, self._told = port, reports, told
        self.acknowledged: list[Sent] = []
        self.refused = 0
        self._next, self._end, self._lock, self._over = first, first + reports, threading.Lock(), threading.Event()
        self._allowed = self._end
        self.faults: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._send_many, daemon=True) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def allow(self, reports: int) -> None:
        """Let so many be begun, and hold the others back: a fast machine must not be done before the last kill."""
        self._allowed = self._end - self.reports + reports

    @property
    def done(self) -> bool:
        return len(self.acknowledged) >= self.reports or self._over.is_set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
        assert self.faults.empty(), self.faults.get()

    def pause(self) -> None:
        """Send nothing more, and let everybody read the answer that is on its way."""
        self._over.set()
        self.join()

    def _send_many(self) -> None:
        while not self._over.is_set():
            with self._lock:
                if self._next >= self._end:
                    return
                number = self._next if self._next < self._allowed else None
                self._next += number is not None
            if number is None:
                time.sleep(0.002)
                continue
            self._send_until_sure(report(number))

    def _send_until_sure(self, sent: Sent) -> None:
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit and not self._over.is_set():
            sent.tries += 1
            try:
                status, answer, _ = post(self.port, sent)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status in (200, 201):
                sent.public_id, sent.code = answer["public_id"], answer["code"]
                with self._lock:
                    self.acknowledged.append(sent)
                self._told(sent)
                return
            if status in (503, 507):
                self.refused += 1
            elif status != 409:
                self.faults.put(f"report {sent.number}: {status} {answer}")
                self._over.set()
                return
            time.sleep(0.05)
        if not self._over.is_set():
            self.faults.put(f"report {sent.number} got no code in {PATIENCE_S} s")
            self._over.set()


def torment(service: Service, reports: int, kills: int, seed: int, server: Cluster | None = None) -> Verdict:
    """Send reports while the service is killed at each fault point in turn and at random moments.

    With a ``server`` every other kill is one of its own: all its connections are cut, whatever they were doing.
    """
    draw, verdict = random.Random(seed), Verdict()
    crowd = Crowd(service.port, reports)
    service.start()
    crowd.allow(2 * reports // (kills + 1))
    crowd.start()
    moments = cycle([*POINTS, None, None])
    while verdict.kills < kills and not crowd.done:
        # spread over the whole run: the next kill comes when its share of the reports is acknowledged
        if len(crowd.acknowledged) < reports * verdict.kills // (kills + 1):
            time.sleep(0.005)
            continue
        if server is not None and verdict.kills % 2 == 0:
            server.stop("immediate")
            server.start()
        else:
            _kill(service, next(moments), draw, crowd)
            verdict.start_s.append(service.start())
        verdict.kills += 1
        crowd.allow(reports * min(verdict.kills + 2, kills + 1) // (kills + 1))
    crowd.join()
    assert service.stop() in (0, -signal.SIGTERM), "the service did not stop when asked"
    assert len(crowd.acknowledged) == reports
    compare(service, crowd.acknowledged, verdict)
    return verdict


def _kill(service: Service, point: str | None, draw: random.Random, crowd: Crowd) -> None:
    """Kill at a fault point, or at any moment."""
    if point is None:
        time.sleep(draw.uniform(0.0, 0.4))
    else:
        service.order(point, draw.randint(1, 3))
        limit = time.monotonic() + PATIENCE_S
        while not (service.dead or crowd.done or time.monotonic() > limit):
            time.sleep(0.005)
        assert service.dead, f"{point} was not reached"
    service.kill()


def compare(service: Service, acknowledged: list[Sent], verdict: Verdict) -> None:
    """Match every code to its row and its photo, and examine the store."""
    store, photos = Store(service.db), PhotoFolder(service.folder / "photos")
    with store.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT r.public_id, t.description, p.sha256, c.code_hash IS NOT NULL, e.seq IS NOT NULL, "
            "(SELECT count(*) FROM report_unit u WHERE u.report_id = r.id) FROM report r "
            "LEFT JOIN report_text t ON t.report_id = r.id LEFT JOIN photo p ON p.report_id = r.id "
            "LEFT JOIN receipt c ON c.report_id = r.id "
            "LEFT JOIN event e ON e.report_id = r.id AND e.kind = 'received'"
        ).fetchall()
    store.close()
    held = {row[0]: row for row in rows}
    texts = [row[1] for row in rows]
    verdict.acknowledged, verdict.stored = len(acknowledged), len(rows)
    verdict.duplicated = [text for text in set(texts) if texts.count(text) > 1]
    for public_id, text, sha256, receipt, event, units in rows:
        wants_photo = int(str(text).split()[1]) % 3 != 0
        if not (receipt and event and units) or (wants_photo != (sha256 is not None)):
            verdict.half_written.append(public_id)
    for sent in acknowledged:
        row = held.get(sent.public_id)
        if row is None or row[1] != f"reporte {sent.number}":
            verdict.lost.append(sent.number)
        elif sent.colour is not None and not _same_colour(photos.read(bytes(row[2])), sent.colour):
            verdict.wrong_photo.append(sent.number)
    doctor = Doctor(service.db, lambda: Surroundings(photos=photos))
    verdict.half_written += [str(finding) for finding in doctor.examine() if not finding.well]


def _same_colour(jpeg: bytes, colour: tuple[int, int, int]) -> bool:
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    middle = picture.getpixel((picture.width // 2, picture.height // 2))
    return all(abs(a - b) < 8 for a, b in zip(middle, colour, strict=True))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--reports", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="kill the database under the service as well")
    parser.add_argument("--forked", action="store_true", help="fork services from a loaded program: start at once")
    given = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nursery = stack.enter_context(Nursery()) if given.forked else None
        server = None
        if given.postgres:
            found = programs()
            assert found is not None, "there is no PostgreSQL with PostGIS on this machine"
            server = stack.enter_context(cluster(found, DURABLE))
        service = Service(server.database() if server else str(folder / "r.sqlite"), folder, nursery)
        verdict = torment(service, given.reports, given.kills, given.seed, server)
    starts = sorted(s for s in verdict.start_s if s < float("inf"))
    print(
        f"{verdict.kills} kills, {verdict.acknowledged} receipts, {verdict.stored} stored in "
        f"{time.monotonic() - began:.0f} s: lost {len(verdict.lost)}, half-written {len(verdict.half_written)}, "
        f"duplicated {len(verdict.duplicated)}, wrong photo {len(verdict.wrong_photo)}; "
        f"start median {starts[len(starts) // 2]:.1f} s, longest {starts[-1]:.1f} s"
    )
    sys.exit(0 if verdict.clean else 1)


if __name__ == "__main__":
    main()
