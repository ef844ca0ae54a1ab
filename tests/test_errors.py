import ast
import inspect
import re

import pytest

from geo_reports import errors
from geo_reports.errors import GeoReportsError, Problem, http_status

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, GeoReportsError)]


def drawn():
    """Parent of each class as the tree in the docstring draws it."""
    parents, path = {}, []
    for line in errors.__doc__.splitlines():
        found = re.match(r"^    ((?:[│ ]   )*)(├── |└── )?(\w+)", line)
        if found:
            depth = len(found[1]) // 4 + bool(found[2])
            path[depth:] = [found[3]]
            parents[found[3]] = path[depth - 1] if depth else None
    return parents


def test_the_tree_is_as_drawn():
    real = {cls.__name__: cls.__base__.__name__ for cls in CLASSES}
    real["GeoReportsError"] = None
    assert drawn() == real


def test_every_class_says_what_it_is():
    assert all(cls.__doc__ for cls in CLASSES)
    tree = ast.parse(inspect.getsource(errors))
    assert {node.name for node in tree.body if isinstance(node, ast.ClassDef)} == {
        "Problem",
        *(c.__name__ for c in CLASSES),
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InputError("no"), 422),
        (errors.UnknownCategory("no"), 422),
        (errors.OutsideCity("no"), 422),
        (errors.AddressNotFound("no", []), 422),
        (errors.TooFewReports("no"), 422),
        (errors.ReusedKey("no"), 422),
        (errors.BadPhoto("no"), 422),
        (errors.PhotoTooLarge("no"), 413),
        (errors.ImportProblem("no"), 422),
        (errors.NotSignedIn("no"), 401),
        (errors.NotAllowed("no"), 403),
        (errors.NotFound("no"), 404),
        (errors.IllegalTransition("no"), 409),
        (errors.TooManyRequests("no", 5), 429),
        (errors.ProofNeeded("no", 5), 429),
        (errors.MissingExtra("parquet", "GeoParquet"), 501),
        (errors.StoreError("no"), 503),
        (errors.StoreBusy("no"), 503),
        (errors.PhotoDamaged("no"), 503),
        (errors.SchemaTooNew("no"), 503),
        (errors.KeyProblem("no"), 503),
        (errors.CityError([]), 500),
        (errors.GeoReportsError("no"), 500),
    ],
)
def test_http_status(error, status):
    assert http_status(error) == status


def test_what_errors_carry():
    assert errors.InputError("no", "lon").field == "lon"
    assert errors.InputError("no").field is None
    unknown = errors.AddressNotFound("no", ["Los Aromos"])
    assert (unknown.field, unknown.candidates) == ("address", ["Los Aromos"])
    assert errors.TooManyRequests("no", 5).retry_after_s == 5
    assert "geo-reports[parquet]" in str(errors.MissingExtra("parquet", "GeoParquet"))
    problems = [Problem("a.toml", "id", "is empty", "write one"), Problem("b.toml", "id", "is empty", "write one")]
    assert str(errors.CityError(problems)) == "a.toml: id: is empty: write one\nb.toml: id: is empty: write one"
