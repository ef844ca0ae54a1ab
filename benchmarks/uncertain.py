"""Probabilities per unit: our integral beside drawing places, and beside plain assignment, in one run.

``python benchmarks/uncertain.py`` makes the cities of ``assign.py`` (300 and 3,000 units with 200 corners each), lets
every case answer in turn, round after round, and prints medians per point. Drawing is what one would do without us:
1,000 places per point and one ``geopandas.sjoin``; also with our index in place of ``sjoin``. It gets fewer points, as
it takes longer. The spread of the drawn shares around ours is printed beside what 1,000 draws must have by chance.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import geopandas as gpd
import numpy as np
from assign import AssignmentIndex, make_points, make_units

from geo_reports.geography.assign.gaussian import sigma_of

METRIC = "EPSG:32719"
DRAWS = 1_000
Case = tuple[Callable[[], object], int]


def drawn(x: np.ndarray, y: np.ndarray, accuracy_m: float, random: np.random.Generator) -> gpd.GeoDataFrame:
    """``DRAWS`` places around each point, in degrees, with the point they were drawn for."""
    at = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326).to_crs(METRIC)
    point = np.repeat(np.arange(len(x)), DRAWS)
    off = random.normal(0, sigma_of(accuracy_m, 0.95), (2, len(point)))
    places = gpd.points_from_xy(at.x.to_numpy()[point] + off[0], at.y.to_numpy()[point] + off[1])
    return gpd.GeoDataFrame({"point": point}, geometry=places, crs=METRIC).to_crs(4326)


def by_sjoin(units: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> object:
    """Share of the places of each point in each unit."""
    joined = gpd.sjoin(places, units[["row", "geometry"]], predicate="within")
    return joined.groupby(["point", "row"]).size() / DRAWS


def by_index(index: AssignmentIndex, places: gpd.GeoDataFrame, n: int, units: int) -> np.ndarray:
    """(n, units + 1) shares, the last column outside."""
    row = index.assign(places.geometry.x, places.geometry.y)
    key = places.point.to_numpy() * (units + 1) + np.where(row < 0, units, row)
    return np.bincount(key, minlength=n * (units + 1)).reshape(n, units + 1) / DRAWS


def check(index: AssignmentIndex, units: int, x: np.ndarray, y: np.ndarray, accuracy_m: float) -> None:
    """Print how far drawn shares lie from ours, and how far they must by chance."""
    found = index.probabilities(x, y, accuracy_m, metric_crs=METRIC)
    vague = np.unique(found.point[(found.p > 0.01) & (found.p < 0.99)])[:1_000]
    x, y = x[vague], y[vague]
    found = index.probabilities(x, y, accuracy_m, metric_crs=METRIC)
    ours = np.zeros((len(x), units + 1))
    ours[found.point, found.unit] = found.p
    shares = by_index(index, drawn(x, y, accuracy_m, np.random.default_rng(9)), len(x), units)
    some = (ours > 0.01) & (ours < 0.99)
    chance = np.sqrt(np.mean(ours[some] * (1 - ours[some]) / DRAWS))
    off = np.sqrt(np.mean((shares - ours)[some] ** 2))
    print(
        f"{some.sum()} probabilities from 1 to 99 %: drawn shares are off by {off:.4f} (r.m.s.), by chance {chance:.4f}"
    )


def compare(n_units: int, accuracy_m: float, points: int, few: int, rounds: int) -> None:
    """One table."""
    units, (x, y) = make_units(n_units), make_points(points)
    index, random = AssignmentIndex(units), np.random.default_rng(1)
    began = time.perf_counter()
    index.probabilities(x[:1], y[:1], accuracy_m, metric_crs=METRIC)
    print(
        f"\n{n_units} units, accuracy {accuracy_m:g} m; borders in metres built in {time.perf_counter() - began:.2f} s"
    )
    check(index, n_units, x, y, accuracy_m)
    a, b = x[:few], y[:few]
    cases: dict[str, Case] = {
        "probabilities": (lambda: index.probabilities(x, y, accuracy_m, metric_crs=METRIC), points),
        "plain assign, without numba": (lambda: index.assign(x, y, compiled=False), points),
        f"{DRAWS} draws, sjoin": (lambda: by_sjoin(units, drawn(a, b, accuracy_m, random)), few),
        f"{DRAWS} draws, our index": (lambda: by_index(index, drawn(a, b, accuracy_m, random), few, n_units), few),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (case, n) in cases.items():
            began = time.perf_counter()
            case()
            taken[name].append((time.perf_counter() - began) / n * 1e6)
    base = median(taken["probabilities"])
    print("| case | points | µs a point | times probabilities |\n|---|---|---|---|")
    for name, times in taken.items():
        print(f"| {name} | {cases[name][1]} | {median(times):.3f} | {median(times) / base:.3g} |")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--points", type=int, default=50_000)
    options.add_argument("--few", type=int, default=200, help="points for which places are drawn")
    given = options.parse_args()
    for n_units in (300, 3000):
        for accuracy_m in (20, 100, 500):
            compare(n_units, accuracy_m, given.points, given.few, given.rounds)


if __name__ == "__main__":
    main()
