"""Probabilities per unit against closed forms, a fine grid, drawn places and the plain assignment."""

import math
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports import city
from geo_reports.errors import InputError
from geo_reports.geography import AssignmentIndex
from geo_reports.geography.assign.gaussian import edge_terms, sigma_of
from geo_reports.geography.assign.uncertain import without_overlaps

UTM = "EPSG:32719"
AT_95 = math.sqrt(-2 * math.log(0.05))
"""Accuracy at 95 % in standard deviations."""


def normal(z):
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in np.atleast_1d(z)])


def index_of(*shapes):
    return AssignmentIndex(gpd.GeoDataFrame(geometry=list(shapes), crs=UTM))


def ask(index, x, y, accuracy_m, **more):
    """(points, units + 1) probabilities, the last column outside."""
    found = index.probabilities(x, y, accuracy_m, metric_crs=UTM, **more)
    table = np.zeros((len(x), len(index._shapes) + 1))
    table[found.point, found.unit] = found.p
    return table


def test_the_radius_of_a_level_is_that_of_a_rayleigh_distance():
    draws = np.random.default_rng(1).normal(0, sigma_of(20, 0.95), (100_000, 2))
    assert (np.hypot(*draws.T) < 20).mean() == pytest.approx(0.95, abs=0.003)
    assert float(sigma_of(10, 1 - math.exp(-0.5))) == pytest.approx(10)  # 39 %: one standard deviation
    assert sigma_of([10, np.nan], [0.95, 0.8]) == pytest.approx([10 / AT_95, np.nan], nan_ok=True)


def test_a_straight_border_gives_the_normal_distribution():
    index = index_of(shapely.box(0, 0, 10_000, 10_000), shapely.box(10_000, 0, 20_000, 10_000))
    z = np.array([-7, -5.9, -4, -1, -0.1, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.1, 1, 2.5, 5.9, 7])
    x, y = 10_000 - z * 8, np.full(len(z), 5_000.0)
    table = ask(index, x, y, 8 * AT_95)
    assert table[:, 0] == pytest.approx(normal(z), abs=1e-7)
    assert table[:, 1] == pytest.approx(normal(-z), abs=1e-7)


def test_a_corner_gives_the_product_of_two():
    index = index_of(shapely.box(0, 0, 10_000, 10_000))
    z, w = (part.ravel() for part in np.meshgrid([-2, -1, 0, 0.5, 3], [-1.5, 0, 1, 2]))
    table = ask(index, z * 10, w * 10, 10 * AT_95)
    assert table[:, 0] == pytest.approx(normal(z) * normal(w), abs=1e-6)


def test_a_small_disc_is_a_rayleigh_share():
    disc = shapely.Point(500, 500).buffer(10, quad_segs=2_000)
    table = ask(index_of(shapely.box(0, 0, 1, 1), disc), [500.0], [500.0], 10 * AT_95)
    assert table[0, 1] == pytest.approx(1 - math.exp(-0.5), abs=1e-6)  # the disc has corners
    hole = shapely.box(0, 0, 1_000, 1_000).difference(disc)
    assert ask(index_of(hole), [500.0], [500.0], 10 * AT_95)[0] == pytest.approx([math.exp(-0.5), 1 - math.exp(-0.5)])


def grid_sum(shapes, x, y, sigma):
    """Midpoint rule over 201 x 201 places: wrong by some thousandths where borders cut."""
    step = np.linspace(-6, 6, 201)
    u, v = (part.ravel() for part in np.meshgrid(step, step))
    weight = np.exp(-(u**2 + v**2) / 2)
    points = shapely.points(x + sigma * u, y + sigma * v)
    rows = np.full(len(points), len(shapes))
    for row in reversed(range(len(shapes))):
        shapely.prepare(shapes[row])
        rows[shapely.intersects(shapes[row], points)] = row
    return np.bincount(rows, weight / weight.sum(), minlength=len(shapes) + 1)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_stars_that_overlap_equal_a_fine_grid(seed):
    random = np.random.default_rng(seed)
    shapes = []
    for _ in range(4):
        angle = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 12)))
        ring = random.uniform(10, 50, len(angle)) * np.stack([np.cos(angle), np.sin(angle)])
        star = shapely.make_valid(shapely.Polygon(ring.T, [0.4 * ring.T]), method="structure", keep_collapsed=False)
        shapes.append(shapely.affinity.translate(star, *random.uniform(0, 80, 2)))
    shapes = [shape if shape.area else shapely.box(0, 0, 9, 9) for shape in shapes]
    x, y = random.uniform(0, 80, (2, 3))
    table = ask(index_of(*shapes), x, y, 15 * AT_95)
    for row in range(3):
        assert table[row] == pytest.approx(grid_sum(shapes, x[row], y[row], 15), abs=8e-3)


def test_drawn_places_fall_as_often_as_said(tiny_city):
    index, crs = tiny_city.primary.current.index, tiny_city.spec.metric_crs
    found = index.probabilities([-69.9902], [-32.9899], 400, metric_crs=crs).set_index("unit").p
    middle = gpd.GeoSeries([shapely.Point(-69.9902, -32.9899)], crs=4326).to_crs(crs)
    x, y = np.random.default_rng(5).normal(0, 400 / AT_95, (2, 50_000))
    drawn = gpd.GeoSeries(gpd.points_from_xy(middle.x[0] + x, middle.y[0] + y), crs=crs).to_crs(4326)
    share = np.bincount(index.assign(drawn.x, drawn.y), minlength=4) / len(x)
    assert sorted(found.index) == [0, 1, 2, 3]
    assert found.to_numpy() == pytest.approx(share, abs=0.01)  # four and a half standard errors


def test_corners_and_borders_have_their_share():
    squares = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(0, 100, 200, 200)]
    table = ask(index_of(*squares), [100.0, 100.0, 0.0, 50.0], [100.0, 50.0, 0.0, 100.0], 5)
    wanted = [[0.25, 0.25, 0.5, 0], [0.5, 0.5, 0, 0], [0.25, 0, 0, 0.75], [0.5, 0, 0.5, 0]]
    assert table == pytest.approx(np.array(wanted), abs=2e-6)


def test_a_point_beside_a_slanted_border_by_a_rounding_error():
    # far from the origin, where arithmetic often puts such points on the wrong side
    a, b = np.array([330_012.1, 6_290_007.3]), np.array([331_711.7, 6_290_909.9])
    north = np.array([0, 3_000])
    corners = [a, b, b + north, a + north]
    share = np.random.default_rng(2).uniform(0.2, 0.8, 500)
    x, y = (a + share[:, None] * (b - a)).T
    y = np.nextafter(y, np.random.default_rng(3).choice([-np.inf, np.inf], 500))
    table = ask(index_of(shapely.Polygon(corners)), x, y, 30)
    assert table == pytest.approx(np.full((500, 2), 0.5), abs=1e-6)


@pytest.mark.parametrize("accuracy", [0.5, 20, 3_000])
def test_each_point_adds_up_to_one_and_far_ones_are_as_assigned(tiny_city, accuracy):
    random = np.random.default_rng(4)
    lon, lat = random.uniform(-70.005, -69.975, 3_000), random.uniform(-33.005, -32.975, 3_000)
    for layer in tiny_city.layers.values():  # the sectors overlap
        index = layer.current.index
        found = index.probabilities(lon, lat, accuracy, metric_crs=tiny_city.spec.metric_crs)
        assert found.p.between(1e-7, 1).all()
        assert found.groupby("point").p.sum().to_numpy() == pytest.approx(np.ones(3_000), abs=1e-12)
        assert found[["point", "unit"]].equals(found[["point", "unit"]].sort_values(["point", "unit"]))
        sure = found[found.p > 0.9999]
        assert (index.assign(lon, lat)[sure.point] == sure.unit).all()
        assert len(sure) > 2_900 or accuracy > 1


def test_points_far_from_every_border_are_answered_by_the_cells_alone(tiny_city):
    index = tiny_city.primary.current.index
    index.probabilities([-69.995], [-32.995], 10, metric_crs=UTM)
    around = index._uncertain[UTM]._around
    lon, lat = np.random.default_rng(6).uniform(-69.999, -69.991, 500), np.full(500, -32.995)
    # 93 m from a border: inside its circle of 6 standard deviations up to an accuracy of 38 m
    assert around.count(lon, lat, np.full(500, 6 * 30 / AT_95)).sum() == 0
    assert (around.count(lon, lat, np.full(500, 6 * 500 / AT_95)) > 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_border_is_missed_by_the_cells(seed):
    random = np.random.default_rng(seed)
    middles = np.stack([random.uniform(-71, -70.8, 12), random.uniform(-33.6, -33.4, 12)], axis=1)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(middles))
    index = AssignmentIndex(gpd.GeoDataFrame(geometry=list(shapely.get_parts(cells)), crs=4326))
    x, y = random.uniform(-71.1, -70.7, 200), random.uniform(-33.7, -33.3, 200)
    index.probabilities(x[:1], y[:1], 1, metric_crs=UTM)
    places, metres = index._uncertain[UTM], random.uniform(1, 2_000, 200)
    at = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326).to_crs(UTM)
    borders = shapely.union_all(shapely.boundary(places._shapes))
    near = shapely.distance(borders, np.asarray(at.array)) <= metres
    assert (places._around.count(x, y, metres) > 0)[near].all()


def test_what_is_exact_has_the_row_of_assign(tiny_city):
    index = tiny_city.primary.current.index
    lon, lat = [-69.99, -69.995, np.nan, -69.99, -120.0], [-32.99, -32.995, 1.0, -32.99, 80.0]
    found = index.probabilities(lon, lat, [0, np.nan, 50, 1e-4, 100], metric_crs=UTM)
    assert found.unit.tolist() == index.assign(lon, lat).tolist()
    assert found.point.tolist() == [0, 1, 2, 3, 4]
    assert found.p.tolist() == [1] * 5


def test_a_lower_level_spreads_wider():
    index = index_of(shapely.box(0, 0, 1_000, 1_000))
    p = [ask(index, [10.0], [500.0], 20, level=level)[0, 0] for level in (0.95, 0.8, 0.68)]
    wanted = [10 / (20 / math.sqrt(-2 * math.log(1 - level))) for level in (0.95, 0.8, 0.68)]
    assert p == pytest.approx(normal(wanted), abs=1e-7)
    assert p[0] > p[1] > p[2]
    both = ask(index, [10.0, 10.0], [500.0, 500.0], 20, level=[0.95, 0.68])
    assert both[:, 0] == pytest.approx([p[0], p[2]])


@pytest.mark.parametrize(
    ("accuracy", "level", "field"),
    [
        (-1, 0.95, "accuracy_m"),
        (np.inf, 0.95, "accuracy_m"),
        ([1, 2], 0.95, "accuracy_m"),
        (1, 1, "level"),
        (1, 0, "level"),
    ],
)
def test_what_is_no_accuracy_is_refused(accuracy, level, field):
    with pytest.raises(InputError) as error:
        index_of(shapely.box(0, 0, 1, 1)).probabilities([0], [0], accuracy, metric_crs=UTM, level=level)
    assert error.value.field == field


def test_units_without_crs_and_without_area():
    with pytest.raises(InputError, match="CRS"):
        AssignmentIndex(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)])).probabilities([0], [0], 1, metric_crs=UTM)
    nothing = AssignmentIndex(gpd.GeoDataFrame(geometry=[shapely.Polygon()], crs=UTM))
    assert nothing.probabilities([0], [0], 5, metric_crs=UTM).values.tolist() == [[0, -1, 1]]
    assert index_of(shapely.box(0, 0, 1, 1)).probabilities([], [], [], metric_crs=UTM).empty


def test_what_two_units_share_belongs_to_the_first():
    bow = shapely.Polygon([(30, 0), (40, 10), (40, 0), (30, 10)])  # crosses itself: two triangles
    shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 5, 15, 15), shapely.box(6, 6, 9, 9), None, bow])
    apart = without_overlaps(shapes)
    assert [shapely.area(shape) for shape in apart] == pytest.approx([100, 75, 0, np.nan, 50], nan_ok=True)
    assert shapely.union_all(apart).area == pytest.approx(100 + 75 + 50)


def test_edge_terms_of_a_triangle_add_up_to_its_share():
    x, y = np.array([1.0, 5.0, 1.0]), np.array([-1.0, -1.0, 4.0])
    terms = edge_terms(x, y, np.roll(x, -1), np.roll(y, -1))
    shape = shapely.Polygon(np.stack([x, y], 1))
    assert terms.sum() == pytest.approx(grid_sum(np.array([shape]), 0, 0, 1)[0], abs=5e-3)


def test_each_point_is_asked_in_the_edition_of_its_day(repo, tmp_path):
    shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "city")
    toml = tmp_path / "city" / "layers" / "city.toml"
    whole = 'file = "barrios.geojson"\nid_column = "id"\nname_column = "name"\n'
    later = whole.replace("barrios", "sectors") + "valid_from = 2026-01-01\n"
    assert whole in toml.read_text()
    between = 'source = "made up"\nlicence = "CC0-1.0"\n\n[[layers.versions]]\n'
    toml.write_text(toml.read_text().replace(whole, later + between + whole))
    (tmp_path / "city" / "layers" / "plans.toml").write_text("format = 1\n")
    layer = city.load(tmp_path / "city").primary
    days = ["2025-12-31", "2026-01-01"]
    found = layer.probabilities([-69.995] * 2, [-32.995] * 2, [30] * 2, days, UTM)
    assert found.unit.tolist() == layer.assign([-69.995] * 2, [-32.995] * 2, days).tolist()
    assert pd.Series(layer.table.version[found.unit]).tolist() == ["", "2026-01-01"]
