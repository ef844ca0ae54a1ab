"""Recast counts beside a true recount: real points, editions drawn for the purpose, in one run.

``python benchmarks/recast.py`` assigns real incidents in an old and in a new edition, recasts the old counts, and says
how far they miss the true new ones, how often the stated interval holds them, and whether population divides better
than area. ``--seeds`` draws that many editions of each kind; ``--places`` is what the error assumes. Needs the data
of two example cities.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo_reports import city  # noqa: E402 the checkout, not an installed package
from geo_reports.geography import AssignmentIndex  # noqa: E402
from geo_reports.geography.recast import PLACES, recast, shares  # noqa: E402

CITIES = ROOT / "tests" / "cities"
BORDER_CELLS, FLIPPED = 2500, 0.3
COARSE = 60
SHOWN = ["edition", "points", "by", "counts", "misplaced", "independent", "places", "rms z", "half width", "in bounds"]


def frame(shapes: np.ndarray, units: list[str], crs: str) -> gpd.GeoDataFrame:
    """Edition in degrees, sorted by unit as a city folder is."""
    table = gpd.GeoDataFrame({"unit": units, "name": units}, geometry=shapes, crs=crs).dissolve("unit").reset_index()
    return table.sort_values("unit").reset_index(drop=True).to_crs("EPSG:4326")


def voronoi(outline: shapely.Geometry, n: int, random: np.random.Generator) -> np.ndarray:
    """About ``n`` random cells that fill the outline."""
    west, south, east, north = outline.bounds
    many = random.uniform([west, south], [east, north], size=(10 * n, 2))
    seeds = shapely.points(many[shapely.contains_xy(outline, *many.T)][:n])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=outline))
    return shapely.intersection(cells, outline)


def moved_borders(old: gpd.GeoDataFrame, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Edition in which small cells that a border crosses go to one side of it."""
    shapes = np.asarray(old.geometry.array)
    cells = voronoi(shapely.union_all(shapes).buffer(0), BORDER_CELLS, random)
    cell, unit = shapely.STRtree(shapes).query(cells, predicate="intersects")
    pieces = shapely.intersection(cells[cell], shapes[unit])
    solid = shapely.area(pieces) > 1
    table = pd.DataFrame({"cell": cell[solid], "unit": old.unit.to_numpy()[unit[solid]], "shape": pieces[solid]})
    for _, group in table.groupby("cell"):
        if len(group) > 1 and random.random() < FLIPPED:
            table.loc[group.index, "unit"] = random.choice(group.unit.to_numpy())
    return frame(table["shape"].to_numpy(), table.unit.tolist(), str(old.crs))


def split(old: gpd.GeoDataFrame, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Edition in which a quarter of the units is cut in two."""
    shapes, names = list(old.geometry), old.unit.tolist()
    for row in random.choice(len(shapes), len(shapes) // 4, replace=False):
        middle, angle = shapes[row].centroid, random.uniform(0, np.pi)
        reach = 1e5 * np.array([np.cos(angle), np.sin(angle)])
        side = np.array([-reach[1], reach[0]])
        at = np.array([middle.x, middle.y])
        half = shapely.Polygon([at - reach, at + reach, at + reach + side, at - reach + side])
        shapes.append(shapely.intersection(shapes[row], half))
        names.append(f"{names[row]}-new")
        shapes[row] = shapely.difference(shapes[row], half)
    return frame(np.array(shapes, object), names, str(old.crs))


def redrawn(old: gpd.GeoDataFrame, random: np.random.Generator, n: int | None = None) -> gpd.GeoDataFrame:
    """Edition that has nothing to do with the old one."""
    outline = shapely.union_all(np.asarray(old.geometry.array)).buffer(0)
    cells = voronoi(outline, n or len(old), random)
    return frame(cells, [f"v{number:04d}" for number in range(len(cells))], str(old.crs))


def toronto() -> tuple[city.City, pd.DataFrame]:
    """City and incidents: lon, lat, kind, year."""
    place = city.load(CITIES / "toronto")
    table = pd.read_csv(CITIES / "toronto" / "layers" / "data" / "incidents.csv.gz")
    year = table.occurrencedate.str[:4]
    points = pd.DataFrame({"lon": table.Long, "lat": table.Lat, "kind": table.MCI, "year": year})
    return place, points[points.year.between("2014", "2021")]


def west_yorkshire() -> tuple[city.City, pd.DataFrame]:
    """City and incidents: lon, lat, kind, year."""
    place = city.load(CITIES / "west_yorkshire")
    files = sorted((CITIES / "west_yorkshire" / "layers" / "data").glob("*-street.csv.gz"))
    parts = [pd.read_csv(file) for file in files]
    table = pd.concat(parts, ignore_index=True).dropna(subset=["Longitude"])
    columns = {"lon": table.Longitude, "lat": table.Latitude, "kind": table["Crime type"], "year": table.Month}
    return place, pd.DataFrame(columns)


def units_of(edition: gpd.GeoDataFrame, points: pd.DataFrame) -> np.ndarray:
    """Unit of each point, empty for none."""
    return np.append(edition.unit.to_numpy(object), "")[AssignmentIndex(edition).assign(points.lon, points.lat)]


def judged(points: pd.DataFrame, table: pd.DataFrame, by: str, keys: list[str], places: float) -> pd.DataFrame:
    """Estimate beside truth, for each group of points and each new unit with ground of a divided old one."""
    divided = table[table.old.duplicated(keep=False) & (table.new != "")].new.unique()
    found = []
    for _, group in points.groupby(keys) if keys else [("", points)]:
        counts = group.groupby("old").size()
        guess = recast(counts, table, by=by, places=places).set_index("unit")
        guess["independent"] = recast(counts, table, by=by, places=math.inf).error.to_numpy()
        truth = group.groupby("new").size().reindex(guess.index, fill_value=0)
        found.append(guess.assign(true=truth).loc[divided])
    return pd.concat(found)


def line(judged_: pd.DataFrame, points: str, edition: str, by: str) -> dict[str, object]:
    """One row of the table."""
    miss = (judged_.true - judged_.n).abs()
    z = {name: _z(miss, judged_[name]) for name in ("independent", "error")}
    return {
        "edition": edition,
        "points": points,
        "by": by,
        "counts": len(judged_),
        "misplaced": f"{miss.sum() / 2 / judged_.true.sum():.1%}",
        "independent": f"{(z['independent'] <= 1.96).mean():.0%}",
        "places": f"{(z['error'] <= 1.96).mean():.0%}",
        "rms z": f"{np.sqrt((z['error'] ** 2).mean()):.2f}",
        "half width": f"{1.96 * judged_.error.sum() / judged_.true.sum():.0%}",
        "in bounds": f"{judged_.true.between(judged_.low, judged_.high).mean():.2%}",
    }


def _z(miss: pd.Series, error: pd.Series) -> pd.Series:
    """Misses in standard errors; a count is whole, so that half a report is no error of the method."""
    return ((miss - 0.5).clip(lower=0) / error.where(error > 0)).fillna(0)


def of_toronto(seeds: int, places: float) -> Iterator[dict[str, object]]:
    """Area weighting under three kinds of change, all years together and by year and kind."""
    place, points = toronto()
    crs = place.spec.metric_crs
    old = place.primary.current.units
    points = points.assign(old=units_of(old, points))
    points = points[points.old != ""]
    for draw in (moved_borders, split, redrawn):
        whole, parts = [], []
        for seed in range(seeds):
            new = draw(old.to_crs(crs), np.random.default_rng(seed))
            both = points.assign(new=units_of(new, points))
            table = shares(old, new, crs)
            whole.append(judged(both, table, "area", [], places))
            parts.append(judged(both, table, "area", ["year", "kind"], places))
        name = draw.__name__.replace("_", " ")
        yield line(pd.concat(whole), "all together", name, "area")
        yield line(pd.concat(parts), "by year and kind", name, "area")


def of_west_yorkshire(seeds: int, places: float) -> Iterator[dict[str, object]]:
    """Area beside population weighting: two sets of coarse units that know nothing of each other or the areas."""
    place, points = west_yorkshire()
    crs = place.spec.metric_crs
    finer = place.primary.current.units
    found: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        old, new = redrawn(finer.to_crs(crs), random, COARSE), redrawn(finer.to_crs(crs), random, COARSE)
        both = points.assign(old=units_of(old, points), new=units_of(new, points))
        both = both[both.old != ""]
        table = shares(old, new, crs, population=finer)
        for kind in ("all kinds", "Anti-social behaviour", "Burglary", "Shoplifting", "Vehicle crime"):
            some = both if kind == "all kinds" else both[both.kind == kind]
            for by in ("area", "population"):
                found.setdefault((kind, by), []).append(judged(some, table, by, [], places))
    for (kind, by), several in found.items():
        yield line(pd.concat(several), kind, "redrawn, coarse", by)


def main() -> None:
    """Print both tables as Markdown."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seeds", type=int, default=3)
    given.add_argument("--places", type=float, default=PLACES)
    options = given.parse_args()
    asked = options.seeds, options.places
    for title, rows in (("Toronto", of_toronto(*asked)), ("West Yorkshire", of_west_yorkshire(*asked))):
        print(f"\n### {title}\n")
        print(f"| {' | '.join(SHOWN)} |\n|{'---|' * len(SHOWN)}")
        for row in rows:
            print(f"| {' | '.join(str(row[name]) for name in SHOWN)} |", flush=True)


if __name__ == "__main__":
    main()
