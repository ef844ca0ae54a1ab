"""Point to unit: our index beside what else answers the same question, in one run.

``python benchmarks/assign.py`` makes two cities of 300 and 3,000 units with 200 corners each and 1,000,000 points,
70 % of them in clusters and a tenth outside, lets every case answer in turn, round after round, and prints the shortest
times: whatever else the machine does only adds to a time. Every answer must be ours, point for point. Peers that are
not installed (extra ``bench``, PostgreSQL with PostGIS) are skipped and named. ``--real`` compares all points of the
example cities with PostGIS instead. ``--memory`` adds the peak memory of 10,000,000 points, each case in a process of
its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo_reports import city  # noqa: E402 the checkout, not an installed package
from geo_reports.geography import AssignmentIndex  # noqa: E402

if TYPE_CHECKING:
    from psycopg import Connection

BOX = shapely.box(0, 0, 1, 1)
CORNERS = 200
WEST, SOUTH, WIDE_DEG = -71.0, -33.7, 0.5
OURS, OURS_2, ARRAYS = "index, 1 thread", "index, 2 threads", "index without numba, 1 thread"
LIMIT, LIMIT_2 = "gather limit, 1 thread", "gather limit, 2 threads"
Case = Callable[[], object]


def make_units(n: int) -> gpd.GeoDataFrame:
    """Units of about the same size that share wavy borders corner for corner, in degrees."""
    random = np.random.default_rng(n)
    middles = shapely.points(random.uniform(size=(n, 2)))
    for _ in range(8):  # Lloyd: each middle to the centre of its cell
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(middles), extend_to=BOX))
        middles = shapely.centroid(shapely.intersection(cells, BOX))
    lines = shapely.voronoi_polygons(shapely.multipoints(middles), extend_to=BOX, only_edges=True)
    lines = shapely.union_all([shapely.intersection(lines, BOX), BOX.boundary])
    lines = shapely.segmentize(shapely.get_parts(lines), shapely.length(lines) * 2 / n / (CORNERS - 6))
    shapes = shapely.get_parts(shapely.polygonize(lines))
    waves = 4 * np.sqrt(n) * np.pi

    def place(xy: np.ndarray) -> np.ndarray:
        x, y = xy.T
        wavy = np.stack([x + 0.6 / waves * np.sin(waves * y + 9 * x), y + 0.6 / waves * np.sin(waves * x + 7 * y)], 1)
        return [WEST, SOUTH] + WIDE_DEG * wavy

    units = gpd.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=shapely.transform(shapes, place), crs=4326)
    assert len(units) == n
    assert units.is_valid.all()
    return units


def make_points(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes: 70 % around 40 places, the rest anywhere, some beyond the border."""
    random = np.random.default_rng(n)
    near = random.uniform(size=(40, 2))[random.integers(0, 40, n * 7 // 10)]
    xy = np.concatenate([near + random.normal(0, 0.03, near.shape), random.uniform(-0.08, 1.08, (n - len(near), 2))])
    random.shuffle(xy)
    return WEST + WIDE_DEG * xy[:, 0], SOUTH + WIDE_DEG * xy[:, 1]


def first_of(point: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    """Smallest row of each point, -1 for none: what a join's pairs say."""
    found = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(found, point, row)
    return np.where(found == np.iinfo(np.int64).max, -1, found)


def our_cases(units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> dict[str, Case]:
    """Our index, timed while it is built."""
    built_s = []
    for _ in range(5):
        began = time.perf_counter()
        index = AssignmentIndex(units)
        built_s.append(time.perf_counter() - began)
    size_mb = index.nbytes / 1e6
    print(f"\n{len(units)} units: index built in {min(built_s):.2f} to {max(built_s):.2f} s, {size_mb:.1f} MB")
    cases: dict[str, Case] = {ARRAYS: lambda: index.assign(x, y, compiled=False)}
    if find_spec("numba"):
        cases = {
            OURS: lambda: index.assign(x, y, compiled=True),
            OURS_2: lambda: index.assign(x, y, compiled=True, threads=2),
        } | cases
    return cases


def geopandas_cases(units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> dict[str, Case]:
    """``sjoin`` with its points made beforehand, in its faster form, and shapely's tree both ways round.

    "Within" leaves out points on a border; there are none here. The tree of the points is kept from round to round.
    """
    points = gpd.GeoDataFrame({"i": np.arange(len(x))}, geometry=gpd.points_from_xy(x, y), crs=4326)
    array, shapes = np.asarray(points.geometry.array), np.asarray(units.geometry.array)
    of_points, of_units = shapely.STRtree(array), shapely.STRtree(shapes)
    return {
        "geopandas sjoin, within": lambda: gpd.sjoin(points, units, predicate="within")[["i", "row"]],
        "shapely STRtree of points": lambda: of_points.query(shapes, predicate="contains")[::-1],
        "shapely STRtree of units": lambda: of_units.query(array, predicate="intersects"),
    }


def sedona_case(units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> dict[str, Case]:
    """Both tables in memory; the join's pairs come back as Arrow."""
    import pyarrow as pa
    import sedonadb

    session = sedonadb.connect()
    points = gpd.GeoDataFrame({"i": np.arange(len(x))}, geometry=gpd.points_from_xy(x, y), crs=4326)
    session.create_data_frame(points).to_memtable().to_view("points")
    session.create_data_frame(units).to_memtable().to_view("units")
    join = 'SELECT p.i, u."row" FROM points p JOIN units u ON ST_Intersects(u.geometry, p.geometry)'
    return {"sedonadb, 2 threads": lambda: pa.table(session.sql(join))}


def duckdb_case(units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> dict[str, Case]:
    """Both tables in memory, geometry made; the join's pairs come back as Arrow."""
    import duckdb
    import duckdb_extension_spatial
    import pyarrow as pa

    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    session = duckdb.connect()
    session.load_extension(str(folder / "spatial.duckdb_extension"))
    session.execute("SET threads = 2")
    session.register("raw_points", pa.table({"i": np.arange(len(x)), "x": x, "y": y}))
    session.register("raw_units", pa.table({"row": units.row, "wkb": shapely.to_wkb(units.geometry.array).tolist()}))
    session.execute("CREATE TABLE points AS SELECT i, ST_Point(x, y) AS geom FROM raw_points")
    session.execute('CREATE TABLE units AS SELECT "row", ST_GeomFromWKB(wkb) AS geom FROM raw_units')
    join = 'SELECT p.i, u."row" FROM points p JOIN units u ON ST_Intersects(u.geom, p.geom)'
    return {"duckdb spatial, 2 threads": lambda: session.execute(join).to_arrow_table()}


@contextmanager
def postgis() -> "Iterator[Connection | None]":
    """A server that is thrown away, as the tests use it, where PostgreSQL and PostGIS are installed."""
    from tests.postgres import cluster, programs

    found = programs()
    if found is None or not find_spec("psycopg"):
        print("Skipped PostGIS: it needs PostgreSQL with PostGIS on the machine and pip install '.[postgres]'.")
        yield None
        return
    import psycopg

    with cluster(found) as server, psycopg.connect(server.database(postgis=True), autocommit=True) as connection:
        connection.execute("SET work_mem = '256MB'")
        yield connection


def fill(server: "Connection", units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> None:
    """Write units and points to tables with spatial indexes."""
    server.execute("DROP TABLE IF EXISTS points, units")
    server.execute("CREATE UNLOGGED TABLE units (row int, geom geometry)")
    server.execute("CREATE UNLOGGED TABLE raw (i int, x float8, y float8)")
    with server.cursor().copy("COPY units FROM STDIN") as copy:
        for row, text in enumerate(shapely.to_wkb(units.geometry.array, hex=True)):
            copy.write_row((row, text))
    with server.cursor().copy("COPY raw FROM STDIN") as copy:
        for row in zip(range(len(x)), x.tolist(), y.tolist(), strict=True):
            copy.write_row(row)
    server.execute("CREATE UNLOGGED TABLE points AS SELECT i, ST_Point(x, y) AS geom FROM raw")
    server.execute("DROP TABLE raw")
    for table in ("points", "units"):
        server.execute(f"CREATE INDEX ON {table} USING gist (geom)")
        server.execute(f"VACUUM ANALYZE {table}")


def postgis_case(server: "Connection", units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> dict[str, Case]:
    """Tables and indexes made; the join's pairs stay in the server, as a table, and are read only to be compared."""
    fill(server, units, x, y)
    join = "SELECT p.i, u.row FROM points p JOIN units u ON ST_Intersects(u.geom, p.geom)"

    def answer() -> Callable[[], np.ndarray]:
        server.execute("DROP TABLE IF EXISTS answer")
        server.execute(f"CREATE UNLOGGED TABLE answer AS {join}")
        return lambda: np.array(server.execute("SELECT * FROM answer").fetchall()).T

    version = server.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
    return {f"PostGIS {version[0] if version else ''}": answer}


def real(server: "Connection") -> None:
    """Compare every point of the example cities."""
    columns = {"toronto": ["Long", "Lat"], "west_yorkshire": ["Longitude", "Latitude"]}
    print("| city | points | in a unit | on several units' borders | equal |\n|---|---|---|---|---|")
    for name, lon_lat in columns.items():
        root = ROOT / "tests" / "cities" / name
        files = sorted((root / "layers" / "data").glob("*.csv.gz"))
        rows = pd.concat([pd.read_csv(file, usecols=lon_lat) for file in files])[lon_lat].dropna()
        x, y = rows.to_numpy(float).T
        units = city.load(root).unit_layers[0].versions[0].units
        (case,) = postgis_case(server, units, x, y).values()
        pairs = case()()
        expected, ours = first_of(*pairs, len(x)), AssignmentIndex(units).assign(x, y)
        several = int((np.bincount(pairs[0], minlength=len(x)) > 1).sum())
        print(f"| {name} | {len(x)} | {(expected >= 0).sum()} | {several} | {(ours == expected).mean():.4%} |")
        assert np.array_equal(ours, expected), f"{name}: PostGIS answers otherwise"


def limit_cases(n: int) -> dict[str, Case]:
    """The least any table can cost: read 16 bytes a point, look up 4 MB at random, write 8 bytes."""
    import numba

    @numba.njit(nogil=True)
    def gather(where: np.ndarray, other: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
        for i in range(len(where)):
            out[i] = table[where[i]] + (other[i] > 1e9)

    where, other = np.random.default_rng(1).integers(0, 1 << 20, n), np.zeros(n)
    table, out = np.zeros(1 << 20, np.int32), np.empty(n, np.int64)
    halves = [slice(None, n // 2), slice(n // 2, None)]
    pool = ThreadPoolExecutor(2)
    return {
        LIMIT: lambda: gather(where, other, table, out),
        LIMIT_2: lambda: list(pool.map(lambda h: gather(where[h], other[h], table, out[h]), halves)),
    }


def peers() -> list[Callable[..., dict[str, Case]]]:
    """Those that are installed; the others are named."""
    wanted = {sedona_case: ("sedonadb", "pyarrow"), duckdb_case: ("duckdb", "duckdb_extension_spatial", "pyarrow")}
    for case, modules in wanted.items():
        if missing := [name for name in modules if not find_spec(name)]:
            print(f"Skipped {case.__name__}: {missing[0]} is not installed (pip install '.[bench,parquet]').")
    return [geopandas_cases, *(case for case, names in wanted.items() if all(find_spec(name) for name in names))]


def as_rows(answer: object, n: int) -> np.ndarray:
    """Any case's answer as one row per point."""
    if callable(answer):
        answer = answer()
    if isinstance(answer, np.ndarray) and answer.ndim == 1:
        return answer
    if isinstance(answer, np.ndarray):
        return first_of(*answer, n)
    if isinstance(answer, pd.DataFrame):
        return first_of(answer.i.to_numpy(), answer.row.to_numpy(), n)
    return first_of(answer["i"].to_numpy(), answer["row"].to_numpy(), n)


def measure(cases: dict[str, Case], rounds: int) -> dict[str, float]:
    """Shortest seconds of each case; in every round each has its turn, the short ones three times."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            for _ in range(3 if taken[name] and taken[name][0] < 0.2 else 1):
                began = time.perf_counter()
                case()
                taken[name].append(time.perf_counter() - began)
    return {name: min(times) for name, times in taken.items()}


def compare(n_units: int, n: int, rounds: int, server: "Connection | None") -> None:
    """One table: all cases on the same points."""
    units, (x, y) = make_units(n_units), make_points(n)
    cases = our_cases(units, x, y)
    ours = cases[ARRAYS]()
    for make in peers():
        cases |= make(units, x, y)
    if server:
        cases |= postgis_case(server, units, x, y)
    for name, case in cases.items():  # also the first, slower turn of each
        assert np.array_equal(as_rows(case(), n), ours), f"{name} answers otherwise"
    if OURS in cases:
        cases |= limit_cases(n)
        cases[LIMIT]()
    taken = measure(cases, rounds)
    base = OURS if OURS in cases else ARRAYS
    print("| case | ms | Mpoints/s | times index, 1 thread | times index, 2 threads |\n|---|---|---|---|---|")
    for name, seconds in taken.items():
        ratios = [f"{seconds / taken[of]:.2f}" if of in taken else "" for of in (base, OURS_2)]
        print(f"| {name} | {seconds * 1e3:.1f} | {n / seconds / 1e6:.1f} | {ratios[0]} | {ratios[1]} |")
    one_by_one(units, x, y)


def one_by_one(units: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> None:
    """Microseconds for one point, alone and where a border passes, beside shapely's tree."""
    index, tree = AssignmentIndex(units), shapely.STRtree(units.geometry.array)
    anywhere = list(zip(x[:20_000].tolist(), y[:20_000].tolist(), strict=True))
    corners = [tuple(at) for at in shapely.get_coordinates(units.geometry.array)[:2_000].tolist()]
    cases = {
        "index, one point": (index.assign_one, anywhere),
        "index, one point on a border": (index.assign_one, corners),
        "shapely STRtree, one point": (
            lambda lon, lat: tree.query(shapely.Point(lon, lat), predicate="intersects"),
            anywhere[:2_000],
        ),
    }
    for name, (ask, points) in cases.items():
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            for lon, lat in points:
                ask(lon, lat)
            taken.append((time.perf_counter() - began) / len(points) * 1e6)
        print(f"{name}: {median(taken):.2f} µs")


def kept_mb(name: str) -> float:
    """A line of this process's status (Linux): VmRSS is the memory in use, VmHWM its peak."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) / 1e3


def memory_of(name: str) -> dict[str, float]:
    """In this process: memory with 10,000,000 points as arrays, and its peak while one case answers."""
    units, (x, y) = make_units(300), make_points(10_000_000)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making them
    before = kept_mb("VmRSS")
    if name == "index":
        AssignmentIndex(units).assign(x, y)
    else:
        gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326), units, predicate="within")
    return {"before": before, "peak": kept_mb("VmHWM")}


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--points", type=int, default=1_000_000)
    options.add_argument("--real", action="store_true", help="compare all points of the example cities with PostGIS")
    options.add_argument("--memory", action="store_true", help="also measure the memory of 10,000,000 points")
    options.add_argument("--memory-of", choices=["index", "sjoin"], help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.memory_of:
        print(json.dumps(memory_of(given.memory_of)))
        return
    with postgis() as server:
        if given.real:
            if server:
                real(server)
            return
        for n_units in (300, 3000):
            compare(n_units, given.points, given.rounds, server)
    if given.memory:
        print("\n| 10,000,000 points | MB before | MB at its peak |\n|---|---|---|")
        for name in ("index", "sjoin"):
            command = [sys.executable, __file__, "--memory-of", name]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(f"| {name} | {found['before']:.0f} | {found['peak']:.0f} |")


if __name__ == "__main__":
    main()
