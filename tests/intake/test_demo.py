"""Demo reports for cities of every kind; what a seed makes is tested through the command line."""

from dataclasses import replace

import pytest

from geo_reports.city import read_answers
from geo_reports.city.model import OptionSpec, QuestionSpec
from geo_reports.intake import Locator, ServerKey
from geo_reports.intake.demo import Demo
from geo_reports.report import Family
from geo_reports.store import Query, Store, voices
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


def test_some_questions_are_answered_with_their_options(tiny_city, tmp_path):
    name = {"es": "x", "en": "x"}
    options = tuple(OptionSpec(id=one, name=name) for one in ("a", "b"))
    kinds = {"one": "choice", "many": "choices", "flag": "yes_no"}
    questions = tuple(
        QuestionSpec(id=one, family="dump", kind=kind, name=name, options=() if kind == "yes_no" else options)
        for one, kind in kinds.items()
    )
    city = replace(tiny_city, spec=tiny_city.spec.model_copy(update={"questions": questions}))
    store = Store(str(tmp_path / "r.sqlite"))
    Demo(city, store, ServerKey(bytes(32)), Locator(city, store), lambda: NOW).seed(dumps=30, security=5)
    found = store.find(Query())
    with store.reading() as connection:
        kept = voices.answers(connection, found.id.tolist())
    given = [read_answers(text) for text in kept.values()]
    assert set(found.family[found.id.isin(list(kept))]) == {"dump"}
    assert {one["one"] for one in given if "one" in one} == {"a", "b"}
    assert {tuple(one["many"]) for one in given if "many" in one} == {("a",), ("b",)}
    assert {one["flag"] for one in given if "flag" in one} == {True, False}
    assert not all("one" in one for one in given)
    store.close()
