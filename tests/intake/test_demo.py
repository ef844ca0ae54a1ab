"""Demo reports for cities of every kind; what a seed makes is tested through the command line."""

from dataclasses import replace

import pytest

from geo_reports.intake import Locator, ServerKey
from geo_reports.intake.demo import Demo
from geo_reports.report import Family
from geo_reports.store import Query, Store
from tests.intake.archive_site import NOW


@pytest.mark.parametrize("family", Family)
def test_a_city_with_one_family_gets_reports_of_that_family(tiny_city, tmp_path, family):
    kept = tuple(category for category in tiny_city.spec.categories if category.family is family)
    city = replace(tiny_city, spec=tiny_city.spec.model_copy(update={"categories": kept}))
    store = Store(str(tmp_path / "r.sqlite"))
    demo = Demo(city, store, ServerKey(bytes(32)), Locator(city, store), lambda: NOW)
    assert demo.seed(dumps=20, security=20) == 20
    assert set(store.find(Query()).family) == {str(family)}
    store.close()
