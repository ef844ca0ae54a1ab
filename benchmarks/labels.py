"""Our unit of each report beside the one the police wrote, and our counts beside an independent recount.

``python benchmarks/labels.py`` imports the files of Toronto and West Yorkshire into a store that is thrown away.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo_reports import city  # noqa: E402 the checkout, not an installed package
from geo_reports.intake import Locator, open_key  # noqa: E402
from geo_reports.intake.archive import Archive  # noqa: E402
from geo_reports.store import Store  # noqa: E402

NEAR_M = 20


def plain(names: pd.Series) -> pd.Series:
    """Names without the code, spaces and signs in which the two files differ."""
    return names.str.replace(r"\s*\(\d+\)$", "", regex=True).str.replace(r"[^A-Za-z]", "", regex=True).str.lower()


def toronto(data: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows (lon, lat, label) and the unit of each label."""
    rows = pd.read_csv(data / "incidents.csv.gz").rename(columns={"Long": "lon", "Lat": "lat"})
    units = gpd.read_file(data / "neighbourhoods.geojson")
    ids = dict(zip(plain(units.AREA_NAME), units.AREA_LONG_CODE.astype(str), strict=True))
    return rows.assign(label=plain(rows.Neighbourhood)), ids


def west_yorkshire(data: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows (lon, lat, label) and the unit of each label; labels of other counties have none."""
    files = sorted(data.glob("*-street.csv.gz"))
    rows = pd.concat([pd.read_csv(file, low_memory=False) for file in files], ignore_index=True)
    # an id that comes again is the same crime, and is counted once
    again = rows["Crime ID"].notna() & rows["Crime ID"].duplicated()
    rows = rows[~again].rename(columns={"Longitude": "lon", "Latitude": "lat", "LSOA code": "label"})
    ids = gpd.read_file(data / "lsoa_2011.geojson").LSOA11CD
    return rows[rows.lon.notna() & rows.lat.notna()].reset_index(drop=True), dict(zip(ids, ids, strict=True))


def imported(place: city.City, files: list[Path]) -> pd.Series:
    """Reports per unit after an import, from the counters."""
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        store = Store(str(Path(folder) / "store.sqlite"))
        key = open_key(Path(folder) / "keys", store)
        archive = Archive(place, store, key, Locator(place, store), lambda: datetime.now(UTC))
        for file in files:
            archive.run(file, rejects=Path(folder) / "rejects.csv")
        counts = store.counts(place.unit_layers[0].id).groupby("unit").n.sum()
        store.close()
    return counts


def compare(name: str) -> None:
    """Print one row of the table, after holding the counts against the recount."""
    root = ROOT / "tests" / "cities" / name
    data = root / "layers" / "data"
    place = city.load(root)
    rows, unit_of = {"toronto": toronto, "west_yorkshire": west_yorkshire}[name](data)
    units = place.unit_layers[0].versions[0].units[["unit", "geometry"]]
    points = gpd.GeoDataFrame(rows[["label"]], geometry=gpd.points_from_xy(rows.lon, rows.lat), crs=4326)
    joined = gpd.sjoin(points, units, predicate="intersects", how="left")
    ours = joined.groupby(level=0).unit.min().fillna("")  # the smallest id, and empty outside
    counts = imported(place, sorted(data.glob("*.csv.gz")))
    recount = ours.value_counts()
    same_counts = counts[counts > 0].sort_index().to_dict() == recount.sort_index().to_dict()
    assert same_counts, f"{name}: our counts differ from the recount"
    labelled = points.label.map(unit_of)
    known = labelled.notna()
    differ = known & (ours != labelled)
    metric = units.to_crs(place.spec.metric_crs).set_index("unit").geometry
    to = metric.loc[labelled[differ]].to_numpy()
    distance_m = shapely.distance(points[differ].to_crs(place.spec.metric_crs).geometry.to_numpy(), to)
    equal, near = 100 * (1 - differ.sum() / known.sum()), 100 * np.mean(distance_m <= NEAR_M)
    print(f"| {name} | {len(rows)} | {known.sum()} | {equal:.1f} % | {near:.1f} % | {len(recount)} units equal |")


def main() -> int:
    """Print the table for every city whose data are here."""
    print("| city | placed rows | with a known label | unit equals label | of the others within 20 m | counts |")
    print("|---|---|---|---|---|---|")
    for name in ("toronto", "west_yorkshire"):
        if list((ROOT / "tests" / "cities" / name / "layers" / "data").glob("*.csv.gz")):
            compare(name)
        else:
            print(f"\nSkipped {name}: link its data with python tests/cities/link_data.py FOLDER.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
