"""Let the disk fill up or break under the service, call by call, and see who is told what.

The long run: ``python -m tests.crash.disk --faults 300 --reports 3000``.
"""

import argparse
import io
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from geo_reports.store.checkpoint import EXIT_CODE
from tests.crash.kills import Answer, Crowd, Sent, Service, Verdict, ask, compare, post, report, with_photo
from tests.crash.shim import BROKEN, FULL, Shim

PAGES = 40
"""The log is moved into the database about every other report, so that this too meets the failing disk."""


@dataclass(frozen=True)
class Case:
    """One way for the disk to fail: which calls on which files, and how the sender shall be answered."""

    name: str
    calls: tuple[str, ...]
    pattern: str
    error: int
    status: int
    more: dict[str, Any] = field(default_factory=dict)
    photo: bool = True
    large: bool = False


SHORT = {"halve": True}
CASES = (
    Case("photo: no room", ("WRITE",), "photos/*", FULL, 507),
    Case("photo: cut short", ("WRITE",), "photos/*", FULL, 507, SHORT),
    Case("photo: no room for its name", ("CREATE",), "photos/*", FULL, 507),
    Case("photo: no room for its folder", ("MKDIR",), "photos/*", FULL, 507),
    Case("photo: write error", ("WRITE",), "photos/*", BROKEN, 503),
    Case("photo: sync error", ("SYNC",), "photos/*", BROKEN, 503),
    Case("photo: rename error", ("RENAME",), "photos/*", BROKEN, 503),
    Case("photo: its name is not synced", ("SYNC_FOLDER",), "photos/*", BROKEN, 503),
    Case("log: no room", ("WRITE",), "*-wal", FULL, 507),
    Case("log: cut short", ("WRITE",), "*-wal", FULL, 507, SHORT),
    Case("log: write error", ("WRITE",), "*-wal", BROKEN, 503),
    Case("log: write error half way", ("WRITE",), "*-wal", BROKEN, 503, {"after": 5}),
    Case("log: sync error", ("SYNC",), "*-wal", BROKEN, 503),
    Case("log: no room at sync", ("SYNC",), "*-wal", FULL, 503),
    Case("database: no room at a checkpoint", ("WRITE", "TRUNCATE"), "*.sqlite", FULL, 201),
    Case("database: write error at a checkpoint", ("WRITE",), "*.sqlite", BROKEN, 201),
    Case("temporary file: no room", ("WRITE",), "tmp/*", FULL, 507, large=True),
    Case("everything: no room", ("WRITE", "CREATE", "MKDIR"), "*", FULL, 507, photo=False),
    Case("everything: no room, with a photo", ("WRITE", "CREATE", "MKDIR"), "*", FULL, 507),
    Case("log and the service's own log: no room", ("WRITE",), "*[gl]", FULL, 507),
)


class Ground:
    """A service on a disk that can be made to fail, and what its senders were told."""

    def __init__(self, beside: Path) -> None:
        root = beside / "disk"
        (root / "tmp").mkdir(parents=True)
        self.shim = Shim(root, beside)
        self.service = Service(str(root / "r.sqlite"), root)
        self.acknowledged: list[Sent] = []
        self.number = 1
        self.endings = 0

    def start(self) -> None:
        env = {**self.shim.env, "TMPDIR": str(self.shim.root / "tmp")}
        with (self.shim.root / "service.log").open("ab") as log:
            self.service.start("--pages", str(PAGES), "--min-free-mb", "0", env=env, err=log)

    def start_again(self) -> None:
        """Start it again if it ended itself, as a supervisor would: its log could not be synced when it was moved."""
        process = self.service.process
        if process is not None and process.poll() is not None:
            assert process.poll() == EXIT_CODE, process.poll()
            self.endings += 1
            self.start()

    def next(self, photo: bool, large: bool = False) -> Sent:
        """Another report, with a photo or without; a large one passes through a temporary file."""
        while True:
            sent = report(self.number)
            self.number += 1
            if photo == (sent.colour is not None):
                return enlarged(sent) if large else sent

    def send(self, sent: Sent) -> Answer:
        answer = post(self.service.port, sent)
        if answer.status in (200, 201) and not sent.code:
            sent.public_id, sent.code = answer.said["public_id"], answer.said["code"]
            self.acknowledged.append(sent)
        return answer

    def reads(self) -> list[int]:
        """What those are answered who only read: the list, and a report by its code."""
        first = self.acknowledged[0]
        paths = ("/healthz", "/api/v1/reports", f"/api/v1/reports/{first.code}")
        return [ask(self.service.port, "GET", path).status for path in paths]

    def verdict(self) -> Verdict:
        """Kill the service as it stands, and hold what it stored against the receipts."""
        self.service.kill()
        self.shim.heal()
        verdict = Verdict()
        compare(self.service, self.acknowledged, verdict)
        return verdict


def enlarged(sent: Sent) -> Sent:
    """Make its photo one of more than a megabyte: half of it noise, the middle still of its colour."""
    assert sent.colour is not None
    picture = Image.effect_noise((2000, 1500), 200).convert("RGB")
    picture.paste(sent.colour, (600, 450, 1400, 1050))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=95)
    assert written.tell() > 1_100_000
    text = sent.body.partition(b"application/json\r\n\r\n")[2].partition(b"\r\n")[0]
    return with_photo(sent, text, written.getvalue())


def storm(ground: Ground, reports: int, faults: int, seed: int) -> tuple[int, int]:
    """Let the disk fail at random while many people send; returns failed calls and refused reports."""
    draw, hits = random.Random(seed), 0
    crowd = Crowd(ground.service.port, reports, first=ground.number)
    crowd.start()
    for number in range(faults):
        while len(crowd.acknowledged) < reports * number // (faults + 1) and not crowd.done:
            time.sleep(0.002)
        case = draw.choice(CASES)
        more = {"after": draw.randint(0, 20), "halve": draw.random() < 0.5}
        ground.shim.fail(*case.calls, pattern=case.pattern, error=case.error, **more)
        limit = time.monotonic() + draw.uniform(0.02, 0.3)
        while time.monotonic() < limit and not crowd.done:
            time.sleep(0.002)
        hits += ground.shim.hits
        ground.shim.heal()
        ground.start_again()
    while not crowd.done:
        ground.start_again()
        time.sleep(0.01)
    crowd.join()
    ground.number += reports
    ground.acknowledged += crowd.acknowledged
    return hits, crowd.refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        ground = Ground(Path(name))
        ground.start()
        hits, refused = storm(ground, given.reports, given.faults, given.seed)
        verdict = ground.verdict()
    print(
        f"{given.faults} faults, {hits} calls failed, {refused} times a sender was refused, {ground.endings} times the "
        f"service ended itself, {verdict.acknowledged} receipts, "
        f"{verdict.stored} stored in {time.monotonic() - began:.0f} s: "
        f"lost {len(verdict.lost)}, half-written {len(verdict.half_written)}, "
        f"duplicated {len(verdict.duplicated)}, wrong photo {len(verdict.wrong_photo)}"
    )
    sys.exit(0 if verdict.clean else 1)


if __name__ == "__main__":
    main()
