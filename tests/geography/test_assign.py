import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports import city
from geo_reports.errors import InputError
from geo_reports.geography import AssignmentIndex

corner = st.integers(0, 12)
# where a layer lies and how large its numbers are: a plane, degrees, metres far from the origin, tiny cells there
PLACES = [(1.0, 0.0, 0.0), (0.01, -70.7, -33.5), (500.0, 330_000.0, 6_290_000.0), (1e-6, 330_000.0, 6_290_000.0)]
place = st.sampled_from(PLACES)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def polygons(draw):
    """A rectangle on whole numbers, perhaps with a hole, a slanted side or a second part: many touch and overlap."""
    x, y, w, h = draw(corner), draw(corner), draw(st.integers(2, 6)), draw(st.integers(2, 6))
    kind = draw(st.sampled_from(["plain", "hole", "triangle", "two", "sliver"]))
    if kind == "hole":
        inner = [(x + 0.5, y + 0.5), (x + 1.5, y + 0.5), (x + 1.5, y + 1.5), (x + 0.5, y + 1.5)]
        return shapely.Polygon(shapely.box(x, y, x + w, y + h).exterior, [inner])
    if kind == "triangle":
        return shapely.Polygon([(x, y), (x + w, y), (x, y + h)])
    if kind == "two":
        return shapely.MultiPolygon([shapely.box(x, y, x + w, y + h), shapely.box(x + 8, y + 8, x + 9, y + 9)])
    if kind == "sliver":
        return shapely.Polygon([(x, y), (x + w, y + h), (x + w, y + h + draw(st.sampled_from([1e-9, 1e-5, 0.01])))])
    return shapely.box(x, y, x + w, y + h)


@st.composite
def stars(draw):
    """A polygon with corners anywhere around a middle, perhaps with a hole of the same form."""
    random = np.random.default_rng(draw(seeds))
    n = draw(st.integers(3, 40))
    angle = np.sort(random.uniform(0, 2 * np.pi, n))
    ring = (random.uniform(1, 4, n) * np.array([np.cos(angle), np.sin(angle)])).T
    middle = random.uniform(0, 12, 2)
    star = shapely.Polygon(middle + ring, [middle + 0.4 * ring] if draw(st.booleans()) else [])
    return shapely.make_valid(star, method="structure", keep_collapsed=False)


@st.composite
def tessellations(draw):
    """Units that share every border, with corners anywhere."""
    points = np.random.default_rng(draw(seeds)).uniform(0, 12, (draw(st.integers(2, 20)), 2))
    return list(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points))))


layers = st.one_of(
    st.lists(polygons(), min_size=1, max_size=8),
    st.lists(st.one_of(stars(), polygons()), min_size=1, max_size=8),
    tessellations(),
)


def moved(shapes, where):
    scale, dx, dy = where
    shapes = shapely.transform(np.array(shapes), lambda xy: xy * scale + [dx, dy])
    return np.where(shapely.is_valid(shapes), shapes, shapely.Polygon())


def brute(shapes, x, y):
    """First polygon that holds each point, by testing all of them."""
    held = shapely.intersects(np.array(shapes)[:, None], shapely.points(x, y)[None, :])
    return np.where(held.any(axis=0), held.argmax(axis=0), -1)


def index_of(shapes):
    return AssignmentIndex(gpd.GeoDataFrame(geometry=list(shapes), crs=32719))


def trial_points(shapes, seed, n):
    """Vertices, points on edges and a rounding error beside them, anywhere, far away and not-a-number."""
    random = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(shapes)
    share = random.uniform(0, 1, (len(vertices), 1))
    on_edges = vertices + share * (np.roll(vertices, 1, axis=0) - vertices)
    middles = (vertices + np.roll(vertices, 1, axis=0)) / 2
    beside = np.nextafter(np.concatenate([vertices, on_edges]), random.choice([-np.inf, np.inf], 2))
    pairs = (vertices + vertices[random.permutation(len(vertices))]) / 2
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    anywhere = random.uniform(low - (high - low) / 10, high + (high - low) / 10, (n, 2))
    odd = np.array([[np.nan, 1], [1, np.nan], [np.inf, 1], [1, -np.inf], [1e9, -1e9], [1e308, 1e308]])
    return np.concatenate([vertices, on_edges, middles, beside, pairs, anywhere, odd]).T


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=150)
@given(shapes=layers, where=place, seed=seeds)
def test_many_points_equal_brute_force(compiled, shapes, where, seed):
    shapes = moved(shapes, where)
    if not shapely.is_empty(shapes).all():
        x, y = trial_points(shapes, seed, 200)
        assert index_of(shapes).assign(x, y, compiled=compiled).tolist() == brute(shapes, x, y).tolist()


@settings(max_examples=60)
@given(shapes=layers, where=place, seed=seeds)
def test_single_points_equal_brute_force(shapes, where, seed):
    shapes = moved(shapes, where)
    if not shapely.is_empty(shapes).all():
        x, y = trial_points(shapes, seed, 40)
        one = index_of(shapes).assign_one
        assert [one(*at) for at in zip(x.tolist(), y.tolist(), strict=True)] == brute(shapes, x, y).tolist()


@pytest.mark.parametrize("compiled", [False, True])
def test_a_unit_that_covers_a_border_cell_without_an_edge_in_it(compiled):
    # the second covers everything; the first crosses its middle
    shapes = [shapely.box(40, 40, 60, 60), shapely.box(0, 0, 100, 100)]
    x, y = np.random.default_rng(1).uniform(39, 61, (2, 20_000))
    found = index_of(shapes).assign(x, y, compiled=compiled)
    assert found.tolist() == brute(shapes, x, y).tolist()
    assert set(found) == {0, 1}


@pytest.mark.parametrize("compiled", [False, True])
def test_signs_that_floating_point_gets_wrong(compiled):
    # on the long side: plain arithmetic puts 310 of these 6,000 on the wrong side of it
    a, b = (12.1, 7.3), (-11.7, -9.9)
    shapes = [shapely.Polygon([a, b, (12, -11)])]
    x = np.tile(0.5 + np.arange(2_000) * 2.0**-48, 3)
    on = a[1] + (x - a[0]) / (b[0] - a[0]) * (b[1] - a[1])
    y = np.where(np.arange(6_000) < 2_000, on, np.nextafter(on, np.where(np.arange(6_000) < 4_000, 9, -9)))
    expected = brute(shapes, x, y)
    assert set(expected) == {-1, 0}
    assert index_of(shapes).assign(x, y, compiled=compiled).tolist() == expected.tolist()


@pytest.mark.parametrize("compiled", [False, True])
def test_crowded_cells_equal_brute_force(compiled):
    # a far unit makes the cells so wide that one holds all of a circle
    shapes = [shapely.Point(0, 0).buffer(1, quad_segs=200), shapely.box(1e6, 1e6, 1e6 + 1, 1e6 + 1)]
    x, y = np.random.default_rng(1).uniform(-1.2, 1.2, (2, 2_000))
    index = index_of(shapes)
    assert index.assign(x, y, compiled=compiled).tolist() == brute(shapes, x, y).tolist()
    assert index.nbytes < 1_000_000


@pytest.mark.parametrize("compiled", [False, True])
def test_a_bow_tie_follows_the_even_odd_rule_of_prepared_polygons(compiled):
    tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    x, y = np.random.default_rng(1).uniform(-0.5, 2.5, (2, 5_000))
    shapely.prepare(tie)
    expected = np.where(shapely.intersects_xy(tie, x, y), 0, -1)
    assert index_of([tie]).assign(x, y, compiled=compiled).tolist() == expected.tolist()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(tiny_city, compiled, threads):
    index = tiny_city.unit_layers[0].versions[0].index
    x, y = (
        part.ravel() for part in np.meshgrid(np.linspace(-70.002, -69.978, 461), np.linspace(-33.002, -32.978, 461))
    )
    found = index.assign(x, y, threads=threads, compiled=compiled)
    assert found.tolist() == brute(tiny_city.unit_layers[0].versions[0].units.geometry.array, x, y).tolist()
    assert set(found) == {-1, 0, 1, 2, 3}


@pytest.mark.parametrize(("x", "y", "unit"), [(1, 0.5, 0), (1.5, 0.5, 1), (0, 0, 0), (2, 1, 1), (3, 0.5, -1)])
def test_a_shared_border_belongs_to_the_first(x, y, unit):
    index = index_of([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    assert index.assign_one(x, y) == unit
    assert index.assign([x], [y]).tolist() == [unit]


def test_no_points_have_no_units():
    found = index_of([shapely.box(0, 0, 1, 1)]).assign([], [])
    assert found.tolist() == []
    assert found.dtype == np.int64


def test_layers_without_units_hold_nothing():
    for shapes in ([], [None, shapely.Polygon()]):
        assert index_of(shapes).assign([0.5], [0.5]).tolist() == [-1]
        assert index_of(shapes).assign_one(0.5, 0.5) == -1


def test_missing_and_empty_units_keep_their_row():
    assert index_of([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)]).assign_one(0.5, 0.5) == 2


def test_columns_of_a_table_will_do():
    table = pd.DataFrame({"lon": [0.5, 9.0], "lat": [0.5, 9.0]})
    index = index_of([shapely.box(0, 0, 1, 1)])
    assert index.assign(table.lon, table.lat).tolist() == [0, -1]
    rows = np.array([[0.5, 0.5], [9, 9]])
    assert index.assign(rows[:, 0], rows[:, 1], compiled=True).tolist() == [0, -1]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (shapely.Point(0, 0), "Unit 1 is a Point"),
        (shapely.LineString([(0, 0), (1, 1)]), "Unit 1 is a LineString"),
        (shapely.from_wkt("POLYGON ((0 0, 1 inf, 1 1, 0 0))"), "Unit 1 has a coordinate that is no number"),
    ],
)
def test_units_that_hold_nothing_are_refused(shape, words):
    with pytest.raises(InputError, match=words):
        index_of([shapely.box(0, 0, 1, 1), shape])


def test_points_must_come_in_pairs():
    with pytest.raises(InputError, match="as many longitudes as latitudes"):
        index_of([shapely.box(0, 0, 1, 1)]).assign([1, 2], [1])


def test_nearest_says_how_many_metres():
    index = index_of([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100)])
    row, distance_m = index.nearest([50, 140, 150, 300, 200, np.nan], [50, 50, 50, 140, -30, 1], "EPSG:32719")
    assert row.tolist() == [0, 0, 0, 1, 1, -1]
    np.testing.assert_allclose(distance_m, [0, 40, 50, 40, 30, np.nan])


def test_nearest_of_degrees_is_measured_in_metres(tiny_city):
    version = tiny_city.unit_layers[0].versions[0]
    row, distance_m = version.index.nearest([-70.01], [-32.995], tiny_city.spec.metric_crs)
    assert version.units.unit.iloc[row[0]] == version.units.unit.iloc[version.index.assign_one(-70.0, -32.995)]
    assert distance_m[0] == pytest.approx(934, abs=2)


def test_nearest_needs_a_crs():
    index = AssignmentIndex(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))
    with pytest.raises(InputError, match="coordinate system"):
        index.nearest([2], [2], "EPSG:32719")


@pytest.mark.parametrize("name", ["toronto", "west_yorkshire"])
def test_real_points_equal_brute_force(real_data, repo, name):
    place = city.load(repo / "tests" / "cities" / name)
    columns = {"toronto": ["Long", "Lat"], "west_yorkshire": ["Longitude", "Latitude"]}[name]
    files = sorted((real_data / name).glob("*.csv.gz"))
    x, y = pd.concat([pd.read_csv(file, usecols=columns)[columns] for file in files]).to_numpy(float).T
    units = place.unit_layers[0].versions[0].units
    point, unit = shapely.STRtree(units.geometry.array).query(shapely.points(x, y), predicate="intersects")
    expected = pd.Series(unit).groupby(point).min().reindex(range(len(x)), fill_value=-1).to_numpy()
    for compiled in (False, True):
        assert np.array_equal(AssignmentIndex(units).assign(x, y, compiled=compiled), expected)
    assert (expected >= 0).mean() > 0.9


def test_index_memory_grows_with_edges_and_stays_small():
    side = np.linspace(0, 1, 200)
    shapes = [shapely.Polygon(np.c_[np.r_[side, side[::-1]] + i, np.r_[0 * side, 0 * side + 1]]) for i in range(30)]
    index = index_of(shapes)
    assert index.nbytes < 8_000_000
    assert index.assign_one(7.5, 0.5) == 7


WITHOUT = """
import sys
sys.modules["numba"] = None  # as if it were not installed
import geopandas as gpd, shapely
from geo_reports.errors import MissingExtra
from geo_reports.geography import AssignmentIndex
index = AssignmentIndex(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))
print(index.assign([0.5, 2] * 100_000, [0.5, 2] * 100_000).sum())
try:
    index.assign([0.5], [0.5], compiled=True)
except MissingExtra as error:
    print(error)
"""


def test_without_numba_the_answers_stay_and_the_extra_is_named(repo):
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "-100000",
        "Compiled assignment needs an optional part: install it with pip install 'geo-reports[fast]'.",
    ]


UNCACHED = """
from numba.core.caching import CacheImpl
CacheImpl._locator_classes = []  # as where nothing can be written
import geopandas as gpd, shapely
from geo_reports.geography import AssignmentIndex
index = AssignmentIndex(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))
print(index.assign([0.5, 2], [0.5, 2], compiled=True).tolist())
"""


def test_compiled_code_works_where_nothing_can_be_written(repo):
    done = subprocess.run([sys.executable, "-c", UNCACHED], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout == "[0, -1]\n"
