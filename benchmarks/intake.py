"""Accept reports durably: many writers in one commit against one commit for each, in a program and over HTTP.

Needs ``wrk``. Everything runs on this machine, on the same disk; the cases alternate, and ratios are what counts.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
WRITERS = 64
LUA = """
local ids, points, n
local threads = 0
function setup(thread) thread:set("number", threads) threads = threads + 1 end
function init(args)
  points = {}
  for line in io.lines(args[1]) do points[#points + 1] = line end
  ids = io.open(args[2] .. number, "w")
  ids:setvbuf("line")
  math.randomseed(number + 1)
  n = 0
end
function request()
  n = n + 1
  local key = string.format("%s-%d-%012d", wrk.headers["X-Run"], number, n)
  local body = string.format('{"family":"dump","category":"rubble",%s,"accuracy_m":12,"size":"car",' ..
    '"description":"Escombros junto a la plaza %d","occurred_at":"2026-09-30"}', points[math.random(#points)], n)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Idempotency-Key"] = key}, body)
end
function response(status, headers, body)
  local id = status == 201 and body:match('"public_id": ?"(%w+)"')
  ids:write(id or "refused " .. status, "\\n")
end
function done(summary, latency)
  io.write(string.format('{"n": %d, "us": %d, "p50": %d, "p99": %d}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
"""
"""A sender that never sends the same twice and writes down the public id of every receipt."""


class Bench:
    """A city, a store and an intake, for one case."""

    def __init__(self, db: Path) -> None:
        from geo_reports.app import build
        from geo_reports.settings import Settings
        from geo_reports.store import Store

        unlimited = {"writes_per_hour": 10**9, "flood_per_minute": 10**9}
        settings = Settings(city=ROOT, db=str(db), key_dir=db.parent / "keys", **unlimited)
        self.house = build(settings).house
        self.store = Store(str(db))

    def places(self, n: int, seed: int = 1) -> list[tuple[float, float]]:
        """Points in the city."""
        import numpy as np

        random = np.random.default_rng(seed)
        west, south, east, north = self.house.city.boundary.current.units.total_bounds
        found: list[tuple[float, float]] = []
        while len(found) < n:
            lon, lat = random.uniform(west, east, n).round(6), random.uniform(south, north, n).round(6)
            inside = self.house.city.contains(lon, lat)
            found += zip(lon[inside].tolist(), lat[inside].tolist(), strict=True)
        return found[:n]

    def sendings(self, n: int, seed: int) -> list[Any]:
        """Reports that are validated, located and ready to be stored."""
        from geo_reports.report import Channel, NewReport, Status

        made = []
        for number, (lon, lat) in enumerate(self.places(n, seed)):
            new = NewReport(family="dump", category="rubble", lon=lon, lat=lat, description=f"{seed} {number}")
            intake = self.house.intake
            code = intake._key.code(intake.new_key())
            made.append(intake._sending(new, code, Channel.API, [], True, Status.RECEIVED))
        return made


def fill(db: Path, n: int) -> None:
    """Put ``n`` reports into a store, 20,000 at a time."""
    import numpy as np

    from geo_reports.report import Family
    from geo_reports.store import Arrivals, identity
    from geo_reports.store.insert import insert

    bench = Bench(db)
    random = np.random.default_rng(5)
    spots = np.array(bench.places(50_000))
    units = bench.house.intake._locator.place(spots[:, 0], spots[:, 1], np.full(len(spots), "2026-01-01", "M8[D]"))[1]
    for start in range(0, n, 20_000):
        chosen = random.integers(0, len(spots), min(20_000, n - start))
        m = len(chosen)
        names = [identity("bench", str(start + i)) for i in range(m)]
        month = 202001 + random.integers(0, 6, m) * 100 + random.integers(0, 12, m)
        arrivals = Arrivals(
            source="bench",
            channel="import",
            actor="bench",
            received_at=1_780_000_000,
            family=["dump"] * m,
            category=random.choice([c.id for c in bench.house.city.categories_of(Family.DUMP)], m).tolist(),
            lon=spots[chosen, 0],
            lat=spots[chosen, 1],
            accuracy_m=[12.0] * m,
            outside=np.zeros(m, bool),
            occurred_at=[1_770_000_000] * m,
            precision=["day"] * m,
            month=month,
            source_id=[name.hex() for name in names],
            identity=names,
            public_id=bench.house.intake._key.public_ids(names),
            size=[None] * m,
            status=["received"] * m,
            closed_at=[None] * m,
            description=[None] * m,
            units=units[chosen],
        )
        with bench.store.writing() as connection:
            insert(connection, arrivals)


# in a program ------------------------------------------------------------------------------------


def together(bench: Bench, seconds: float, seed: int) -> float:
    """Reports a second, stored by the group-committing writer for 64 threads that wait for each of theirs."""
    from geo_reports.store import Writer

    writer, made = Writer(bench.store.add_all), bench.sendings(int(seconds * 6000), seed)
    deadline = time.monotonic() + seconds

    def write(mine: list[Any]) -> int:
        n = 0
        for one in mine:
            if time.monotonic() > deadline:
                break
            assert writer.submit(one).result() is True
            n += 1
        return n

    with ThreadPoolExecutor(WRITERS) as pool:
        n = sum(pool.map(write, [made[i::WRITERS] for i in range(WRITERS)]))
    took = time.monotonic() - deadline + seconds
    writer.close()
    return n / took


def apart(bench: Bench, seconds: float, seed: int) -> float:
    """Reports a second, each in the same whole transaction of its own, one after the other."""
    made = bench.sendings(int(seconds * 2500), seed)
    began, n = time.monotonic(), 0
    for one in made:
        if time.monotonic() - began > seconds:
            break
        assert bench.store.add(one.new, one.receipt)
        n += 1
    return n / (time.monotonic() - began)


# over HTTP ---------------------------------------------------------------------------------------


def plain_app(bench: Bench) -> Any:
    """What one would write first: a route that validates, locates and commits its own transaction."""
    from typing import Annotated

    from fastapi import FastAPI, Header

    from geo_reports.api.models import Receipt
    from geo_reports.report import Channel, NewReport, Status

    app = FastAPI()
    intake = bench.house.intake

    @app.post("/api/v1/reports", status_code=201)
    def send(new: NewReport, idempotency_key: Annotated[str, Header()]) -> Receipt:
        code = intake._key.code(idempotency_key)
        one = intake._sending(new, code, Channel.API, [], True, Status.RECEIVED)
        bench.store.add(one.new, one.receipt)
        return Receipt(code=code, public_id=one.new.public_id[0], url=f"/api/v1/reports/{code}", status="received")

    return app


def serve(case: str, db: Path, port: int) -> None:
    """Run one of the two services until it is stopped."""
    import uvicorn

    from geo_reports.app import create_app

    bench = Bench(db)
    app = plain_app(bench) if case == "plain" else create_app(bench.house)
    uvicorn.run(app, port=port, access_log=False, log_level="warning", server_header=False)


def cpu_s(pid: int) -> float:
    """Processor time a process has used, which other work on the machine changes little."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(case: str, db: Path) -> Iterator[tuple[str, int]]:
    """URL and process id of a service in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--serve", case, "--db", str(db), "--port", str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url + "/openapi.json", timeout=1).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def over_http(case: str, db: Path, seconds: float, points: Path, run: str) -> dict[str, float]:
    """Requests a second and latency in ms from 64 connections; every receipt is looked up in the store."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "send.lua"
        script.write_text(LUA, encoding="utf-8")
        with running(case, db) as (url, pid):
            before = cpu_s(pid)
            command = ["wrk", "-t1", f"-c{WRITERS}", f"-d{seconds:.0f}s", "-s", str(script), "-H", f"X-Run: {run}"]
            command += [f"{url}/api/v1/reports", "--", str(points), f"{folder}/ids"]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            used = cpu_s(pid) - before
        said = json.loads(out.strip().splitlines()[-1])
        ids = [line for path in Path(folder).glob("ids*") for line in path.read_text().splitlines()]
    refused = [line for line in ids if line.startswith("refused")]
    stored = public_ids(db)
    receipts = [name for name in ids if not name.startswith("refused")]
    lost = set(receipts) - stored
    assert case == "plain" or not refused, refused[:3]  # threads that fight for one lock may wait in vain
    assert not lost, f"{len(lost)} receipts without a report"
    assert len(set(receipts)) == len(receipts)
    latency = {"p50_ms": said["p50"] / 1e3, "p99_ms": said["p99"] / 1e3}
    return {"per_s": said["n"] / said["us"] * 1e6, **latency, "cpu_ms": used / said["n"] * 1e3}


def public_ids(db: Path) -> set[str]:
    """Public ids of all reports that came by the API."""
    import sqlite3

    connection = sqlite3.connect(db)
    try:
        return {name for (name,) in connection.execute("SELECT public_id FROM report WHERE channel = 'api'")}
    finally:
        connection.close()


# all of it ---------------------------------------------------------------------------------------

Figures = dict[tuple[int, str], list[dict[str, float]]]


def one_round(number: int, sizes: dict[int, Path], seconds: float, points: Path, figures: Figures) -> None:
    """Run every case once on every store."""
    for size, db in sizes.items():
        bench = Bench(db)
        cases: dict[str, Callable[[], dict[str, float]]] = {
            "one by one": lambda bench=bench: {"per_s": apart(bench, seconds, 2 * number)},  # type: ignore[misc]
            "together": lambda bench=bench: {"per_s": together(bench, seconds, 2 * number + 1)},  # type: ignore[misc]
            "plain": lambda db=db, size=size: over_http("plain", db, seconds, points, f"p{number}-{size}"),  # type: ignore[misc]
            "product": lambda db=db, size=size: over_http("product", db, seconds, points, f"w{number}-{size}"),  # type: ignore[misc]
        }
        for name, case in cases.items():
            found = case()
            figures.setdefault((size, name), []).append(found)
            cells = [f"{found[key]:.0f}" if key in found else "" for key in ("per_s", "p50_ms", "p99_ms")]
            cells.append(f"{found['cpu_ms']:.2f}" if "cpu_ms" in found else "")
            print(f"| {number} | {size} | {name} | {' | '.join(cells)} |", flush=True)
        bench.house.intake.close()
        bench.store.close()


def ratios(figures: Figures, sizes: dict[int, Path]) -> None:
    """Print medians over the rounds of the ratios within each."""

    def ratio(over: tuple[int, str], under: tuple[int, str]) -> float:
        return median(a["per_s"] / b["per_s"] for a, b in zip(figures[over], figures[under], strict=True))

    for size in sizes:
        print(f"\n{size} reports before:")
        print(f"  together / one by one {ratio((size, 'together'), (size, 'one by one')):.1f} (target 3)")
        print(f"  HTTP, product / plain {ratio((size, 'product'), (size, 'plain')):.1f} (target 1.8)")
        p99 = median(found["p99_ms"] for found in figures[size, "product"])
        print(f"  HTTP, product, p99 {p99:.0f} ms (target 25)")
    small, *others = sizes
    for big in others:
        for name in ("together", "product"):
            print(f"{name}: {big} / {small} reports before {ratio((big, name), (small, name)):.2f} (target 0.8)")


def main() -> int:
    """Measure, or serve for a measurement."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument("--existing", type=int, default=1_000_000, help="reports in the store before; 0 leaves it out")
    options.add_argument("--serve", choices=("product", "plain"), help=argparse.SUPPRESS)
    options.add_argument("--db", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.serve:
        serve(given.serve, given.db, given.port)
        return 0
    if shutil.which("wrk") is None:
        print("Skipped: there is no wrk on this machine (Debian: apt-get install wrk).")
        return 0
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        sizes = {0: Path(folder) / "empty" / "r.sqlite"}
        if given.existing:
            sizes[given.existing] = Path(folder) / "full" / "r.sqlite"
            began = time.monotonic()
            fill(sizes[given.existing], given.existing)
            print(f"{given.existing} reports made in {time.monotonic() - began:.0f} s, {datetime.now(UTC):%F}\n")
        points = Path(folder) / "points"
        places = Bench(sizes[0]).places(20_000)
        points.write_text("".join(f'"lon":{lon:.6f},"lat":{lat:.6f}\n' for lon, lat in places))
        figures: Figures = {}
        print("| round | reports before | case | reports/s | p50 ms | p99 ms | CPU ms each |")
        print("|---|---|---|---|---|---|---|")
        for number in range(1, given.rounds + 1):
            one_round(number, sizes, given.seconds, points, figures)
        ratios(figures, sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
