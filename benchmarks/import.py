"""Import of 240,992 real reports beside the least anyone needs: read the file and join it to polygons.

``python benchmarks/import.py`` runs both alternately, each in a process of its own, and prints a table. The import
locates, counts and chains every report and has it on disk; the peer, ``pandas.read_csv`` and one ``geopandas.sjoin``,
keeps nothing. Start-up (imports, loading the city) is left out of the times on both sides and is part of the memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
CITY = ROOT / "tests" / "cities" / "toronto"
FILE = CITY / "layers" / "data" / "incidents.csv.gz"
UNITS = CITY / "layers" / "data" / "neighbourhoods.geojson"


def prepare_peer(_: Path) -> Callable[[], int]:
    """Read the polygons; the returned call reads the file and joins it."""
    import geopandas as gpd
    import pandas as pd

    units = gpd.read_file(UNITS)[["AREA_NAME", "geometry"]]

    def run() -> int:
        rows = pd.read_csv(FILE)
        points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows.Long, rows.Lat), crs=4326)
        return len(gpd.sjoin(points, units, predicate="within"))

    return run


def prepare_import(folder: Path) -> Callable[[], int]:
    """Open the city and an empty store; the returned call imports the file."""
    from geo_reports import city
    from geo_reports.intake import Locator, open_key
    from geo_reports.intake.archive import Archive
    from geo_reports.store import Store

    place = city.load(CITY)
    store = Store(str(folder / "store.sqlite"))
    key = open_key(folder / "keys", store)
    archive = Archive(place, store, key, Locator(place, store), lambda: datetime.now(UTC))
    return lambda: archive.run(FILE, rejects=folder / "rejects.csv").new


CASES = {"peer": prepare_peer, "import": prepare_import}


def measure(name: str, folder: Path) -> dict[str, float]:
    """Run one case in this process: seconds of wall clock and of processor, rows."""
    run = CASES[name](folder)
    wall, cpu = time.perf_counter(), time.process_time()
    rows = run()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "rows": rows}


def in_a_process(name: str) -> dict[str, float]:
    """Run one case in a fresh process; its peak memory includes everything it loads."""
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        command = [sys.executable, __file__, "--case", name, "--folder", folder]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(out)
    return found


def main() -> int:
    """Print one line per run and the median of the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.case:
        sys.path.insert(0, str(ROOT))
        found = measure(given.case, given.folder)
        found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps(found))
        return 0
    if not FILE.exists():
        print("Skipped: Toronto's data are not here; link them with python tests/cities/link_data.py FOLDER.")
        return 0
    ratios: dict[str, list[float]] = {"wall_s": [], "cpu_s": []}
    print("| round | case | rows | wall s | CPU s | peak MB |\n|---|---|---|---|---|---|")
    for number in range(1, given.rounds + 1):
        runs = {name: in_a_process(name) for name in CASES}
        for name, run in runs.items():
            cells = f"{run['rows']:.0f} | {run['wall_s']:.2f} | {run['cpu_s']:.2f} | {run['rss_mb']:.0f}"
            print(f"| {number} | {name} | {cells} |", flush=True)
        for unit, kept in ratios.items():
            kept.append(runs["import"][unit] / runs["peer"][unit])
    print(f"\nimport / peer, median of {given.rounds}: wall {median(ratios['wall_s']):.1f}, ", end="")
    print(f"CPU {median(ratios['cpu_s']):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
