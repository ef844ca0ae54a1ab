"""Cut the power at many moments of a recorded run: whoever held a receipt by then finds the report on what is left.

The long run: ``python -m tests.crash.power --cuts 200 --reports 300``.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from geo_reports.errors import GeoReportsError
from geo_reports.intake import open_key
from geo_reports.store import Doctor, PhotoFolder, Store, Surroundings
from tests.crash.kills import Crowd, Sent, Service, _same_colour
from tests.crash.model import HOWS, Disk
from tests.crash.shim import BROKEN, Entry, Shim

PAGES = 200
"""The log is moved into the database, and begun anew, every few reports: so that cuts meet that too."""
STORE = "deep/in/r.sqlite"
"""In folders that the program makes, as their names must be durable too."""


@dataclass
class Loss:
    """What was found at all cuts."""

    cuts: int = 0
    receipts: int = 0
    faults: list[str] = field(default_factory=list)


def record(beside: Path, reports: int, faults: int = 0, seed: int = 1) -> tuple[Shim, list[Sent]]:
    """Run a service until so many receipts were given, and write down all that reaches its disk.

    ``faults`` syncs fail meanwhile; the service is then killed, so that nothing is tidied up.
    """
    root, draw = beside / "disk", random.Random(seed)
    root.mkdir()
    shim = Shim(root, beside, record=True)
    service = Service(str(root / STORE), root)

    def keep_running() -> None:
        """Start it, and again where it ended itself because a sync of the database failed."""
        if service.process is None or service.process.poll() is not None:
            with (beside / "service.log").open("ab") as log:
                service.start("--pages", str(PAGES), env=shim.env, err=log)

    keep_running()
    crowd = Crowd(service.port, reports, lambda sent: shim.mark(sent.public_id))
    crowd.start()
    for number in range(faults):
        while len(crowd.acknowledged) < reports * number // faults and not crowd.done:
            keep_running()
            time.sleep(0.002)
        shim.fail("SYNC", pattern=draw.choice(["*-wal", "*.sqlite", "photos/*"]), error=BROKEN, times=1)
        time.sleep(0.05)
    while not crowd.done:
        keep_running()
        time.sleep(0.01)
    crowd.join()
    service.kill()
    return shim, crowd.acknowledged


def moments(entries: list[Entry], cuts: int, draw: random.Random) -> list[int]:
    """After how many entries the power fails: half of them right after somebody got a receipt, half anywhere."""
    marks = [at + 1 for at, entry in enumerate(entries) if entry.call == "MARK"]
    after = draw.sample(marks, min(len(marks), cuts // 2))
    return sorted(after + draw.sample(range(len(entries) + 1), cuts - len(after)))


def cut(shim: Shim, told: list[Sent], cuts: int, seed: int, deaf: str = "") -> Loss:
    """Rebuild the disk at each moment and examine it."""
    draw, loss = random.Random(seed), Loss()
    entries = list(shim.entries())
    by_name = {sent.public_id: sent for sent in told}
    disk, feed, done = Disk(shim.root, draw, deaf), iter(entries), 0
    held: list[Sent] = []
    for number, moment in enumerate(moments(entries, cuts, draw)):
        part = list(islice(feed, moment - done))
        done = moment
        disk.follow(part)
        held += [by_name[entry.path] for entry in part if entry.call == "MARK"]
        how = HOWS[number % len(HOWS)]
        with tempfile.TemporaryDirectory() as name:
            disk.rebuild(Path(name), how)
            loss.faults += [f"cut {number} after {moment} of {len(entries)}, {how}: {f}" for f in examine(name, held)]
        loss.cuts += 1
        loss.receipts += len(held)
    return loss


def examine(left: str, held: list[Sent]) -> Iterator[str]:
    """All that is wrong with what the power left, for those who hold a receipt."""
    folder = Path(left)
    photos = PhotoFolder(folder / "photos")
    try:
        store = Store(str(folder / STORE))
    except GeoReportsError as error:
        yield f"the store does not open: {error}"
        return
    try:
        key = open_key(folder / "keys", store)
        with store.reading() as connection:
            select = (
                "SELECT c.code_hash, r.public_id, t.description, p.sha256 FROM receipt c "
                "JOIN report r ON r.id = c.report_id JOIN report_text t ON t.report_id = r.id "
                "LEFT JOIN photo p ON p.report_id = r.id"
            )
            rows = {bytes(row[0]): row[1:] for row in connection.exec_driver_sql(select)}
        for sent in held:
            public_id, text, sha256 = rows.get(key.code_hash(sent.code), ("", "", None))
            if (public_id, text) != (sent.public_id, f"reporte {sent.number}"):
                yield f"report {sent.number} is lost"
            elif sent.colour and not (sha256 and _same_colour(photos.read(bytes(sha256)), sent.colour)):
                yield f"the photo of report {sent.number} is another"
    except GeoReportsError as error:
        yield str(error)
    finally:
        store.close()
    doctor = Doctor(str(folder / STORE), lambda: Surroundings(photos=photos))
    yield from (str(finding) for finding in doctor.examine() if not finding.well)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--reports", type=int, default=300)
    parser.add_argument("--faults", type=int, default=0, help="so many syncs fail meanwhile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="record into this new folder, and leave it there")
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        beside = given.keep or Path(name)
        beside.mkdir(exist_ok=True, parents=True)
        shim, told = record(beside, given.reports, given.faults, given.seed)
        loss = cut(shim, told, given.cuts, given.seed)
        liar = cut(shim, told, 20, given.seed, deaf="*")
    print(*loss.faults[:20], sep="\n")
    print(
        f"{loss.cuts} cuts of the power in a run of {given.reports} reports, {given.faults} syncs failed, "
        f"{loss.receipts} receipts looked up, in {time.monotonic() - began:.0f} s: {len(loss.faults)} faults. "
        f"On a disk that only says it syncs: {len(liar.faults)} faults at {liar.cuts} cuts."
    )
    sys.exit(bool(loss.faults))


if __name__ == "__main__":
    main()
