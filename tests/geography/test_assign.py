import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports.geography.assign import FEW, AssignmentIndex

corner = st.integers(0, 12)


@st.composite
def polygons(draw):
    """A rectangle on whole numbers, perhaps with a hole, a slanted side or a second part: many touch and overlap."""
    x, y, w, h = draw(corner), draw(corner), draw(st.integers(2, 6)), draw(st.integers(2, 6))
    kind = draw(st.sampled_from(["plain", "hole", "triangle", "two"]))
    if kind == "hole":
        inner = [(x + 0.5, y + 0.5), (x + 1.5, y + 0.5), (x + 1.5, y + 1.5), (x + 0.5, y + 1.5)]
        return shapely.Polygon(shapely.box(x, y, x + w, y + h).exterior, [inner])
    if kind == "triangle":
        return shapely.Polygon([(x, y), (x + w, y), (x, y + h)])
    if kind == "two":
        return shapely.MultiPolygon([shapely.box(x, y, x + w, y + h), shapely.box(x + 8, y + 8, x + 9, y + 9)])
    return shapely.box(x, y, x + w, y + h)


def brute(shapes, x, y):
    """First polygon that holds each point, by testing all of them."""
    held = shapely.intersects(np.array(shapes)[:, None], shapely.points(x, y)[None, :])
    return np.where(held.any(axis=0), held.argmax(axis=0), -1)


def index_of(shapes):
    return AssignmentIndex(gpd.GeoDataFrame(geometry=list(shapes), crs=32719))


def trial_points(shapes, seed, n):
    """Vertices, points on edges, anywhere, far away and not-a-number."""
    random = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(shapes)
    edges = (vertices + vertices[random.permutation(len(vertices))]) / 2
    grid = random.integers(-2, 48, (n, 2)) / 2
    anywhere = random.uniform(-2, 24, (n, 2))
    odd = np.array([[np.nan, 1], [1, np.nan], [np.inf, 1], [1e9, -1e9]])
    return np.concatenate([vertices, edges, grid, anywhere, odd]).T


@given(st.lists(polygons(), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_few_points_equal_brute_force(shapes, seed):
    x, y = trial_points(shapes, seed, 40)
    assert index_of(shapes).assign(x, y).tolist() == brute(shapes, x, y).tolist()


@settings(max_examples=12)
@given(st.lists(polygons(), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_many_points_equal_brute_force(shapes, seed):
    x, y = trial_points(shapes, seed, FEW)
    assert len(x) > FEW
    assert index_of(shapes).assign(x, y).tolist() == brute(shapes, x, y).tolist()


def test_many_points_on_real_borders_equal_few(tiny_city):
    units = gpd.GeoDataFrame(geometry=list(tiny_city.unit_layers[0].versions[0].units.geometry), crs=4326)
    index = AssignmentIndex(units)
    x, y = (part.ravel() for part in np.meshgrid(np.linspace(-70.002, -69.978, 61), np.linspace(-33.002, -32.978, 61)))
    many = index.assign(x, y)
    few = np.concatenate([index.assign(x[i : i + 1000], y[i : i + 1000]) for i in range(0, len(x), 1000)])
    assert len(x) > FEW
    assert many.tolist() == few.tolist()
    assert set(many) == {-1, 0, 1, 2, 3}


@pytest.mark.parametrize(("x", "y", "unit"), [(1, 0.5, 0), (1.5, 0.5, 1), (0, 0, 0), (2, 1, 1), (3, 0.5, -1)])
def test_a_shared_border_belongs_to_the_first(x, y, unit):
    index = index_of([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    assert index.assign_one(x, y) == unit
    assert index.assign([x], [y]).tolist() == [unit]


def test_no_points_have_no_units():
    assert index_of([shapely.box(0, 0, 1, 1)]).assign([], []).tolist() == []
