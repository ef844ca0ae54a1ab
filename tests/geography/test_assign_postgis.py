"""Assignment beside PostGIS, which shares the predicate's code with shapely but neither the index nor the tie-break."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely

from geo_reports import city
from geo_reports.geography import AssignmentIndex

ONE_IN = 10
"""Real points compared here; ``benchmarks/assign.py`` compares all of them."""
QUESTION = """
    SELECT p.i, min(u.unit) FROM points p JOIN units u ON ST_{}(u.geom, p.geom) GROUP BY p.i ORDER BY p.i
"""


@pytest.fixture(scope="module")
def postgis(postgis_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgis_url) as connection:
        yield connection
        connection.rollback()


def first_by_postgis(connection, shapes, x, y, predicate="Intersects"):
    """First of the polygons that holds each point, -1 for none: a unit's number is its place in the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE units (unit int, geom geometry); CREATE TEMP TABLE points (i int, geom geometry)"
        )
        with cursor.copy("COPY units FROM STDIN") as copy:
            for row, text in enumerate(shapely.to_wkb(np.asarray(shapes), hex=True)):
                copy.write_row((row, text))
        with cursor.copy("COPY points FROM STDIN") as copy:
            for row, text in enumerate(shapely.to_wkb(shapely.points(x, y), hex=True)):
                copy.write_row((row, text))
        cursor.execute("CREATE INDEX ON units USING gist (geom); ANALYZE units; ANALYZE points")
        found = np.full(len(x), -1)
        pairs = np.array(cursor.execute(QUESTION.format(predicate)).fetchall(), np.int64).reshape(-1, 2)
        found[pairs[:, 0]] = pairs[:, 1]
        cursor.execute("DROP TABLE units, points")
    return found


def ways(shapes, x, y):
    """Our answers by all three paths: arrays, compiled, and point by point."""
    index = AssignmentIndex(gpd.GeoDataFrame(geometry=list(shapes), crs=4326))
    one = [index.assign_one(*at) for at in zip(x.tolist(), y.tolist(), strict=True)]
    return index.assign(x, y, compiled=False), index.assign(x, y, compiled=True), np.array(one)


@pytest.mark.parametrize(
    ("name", "lon", "lat"), [("toronto", "Long", "Lat"), ("west_yorkshire", "Longitude", "Latitude")]
)
def test_real_points_equal_postgis(postgis, real_data, repo, name, lon, lat):
    files = sorted((real_data / name).glob("*.csv.gz"))
    rows = pd.concat([pd.read_csv(file, usecols=[lon, lat]) for file in files]).dropna()
    x, y = rows[[lon, lat]].to_numpy(float)[::ONE_IN].T
    units = city.load(repo / "tests" / "cities" / name).unit_layers[0].versions[0].units
    expected = first_by_postgis(postgis, units.geometry.array, x, y)
    assert (expected >= 0).mean() > 0.9
    for found in ways(units.geometry, x, y):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("predicate", ["Intersects", "Covers"])
@pytest.mark.parametrize("seed", range(6))
def test_corners_edges_and_overlaps_equal_postgis(postgis, seed, predicate):
    random = np.random.default_rng(seed)
    tiles = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(random.uniform(-71, -70, (30, 2)))))
    over = shapely.box(*(low := random.uniform(-71, -70.5, (8, 2))).T, *(low + random.uniform(0.05, 0.5, (8, 2))).T)
    shapes = random.permutation(np.concatenate([tiles, over, over[:2]]))
    corners = shapely.get_coordinates(shapes)
    pairs = np.roll(corners, 1, axis=0)
    on = corners + random.uniform(0, 1, (len(corners), 1)) * (pairs - corners)
    beside = np.nextafter(np.concatenate([corners, on]), random.choice([-np.inf, np.inf], 2))
    x, y = np.concatenate([corners, on, (corners + pairs) / 2, beside]).T
    expected = first_by_postgis(postgis, shapes, x, y, predicate)
    for found in ways(shapes, x, y):
        np.testing.assert_array_equal(found, expected)


def test_of_units_that_share_a_border_the_first_has_it(postgis):
    shapes = [shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 1)]
    x, y = np.array([1.0, 1.0, 0.5, 1.5, 2.0, 2.5]), np.array([0.5, 1.0, 0.0, 0.5, 1.0, 0.5])
    expected = first_by_postgis(postgis, shapes, x, y)
    assert expected.tolist() == [0, 0, 1, 0, 0, -1]
    for found in ways(shapes, x, y):
        assert found.tolist() == expected.tolist()
