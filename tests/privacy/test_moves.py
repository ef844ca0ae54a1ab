"""A new edition is a question whoever draws it asks: the answer says no more than the audience may know."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_reports.privacy import Moves
from geo_reports.report import Audience

OLD = gpd.GeoDataFrame(
    {"unit": ["w", "e"]},
    geometry=[shapely.box(-70, -33, -69.99, -32.98), shapely.box(-69.99, -33, -69.98, -32.98)],
    crs=4326,
)
NEW = gpd.GeoDataFrame(
    {"unit": ["w", "n"]},
    geometry=[shapely.box(-70, -33, -69.98, -32.99), shapely.box(-70, -32.99, -69.98, -32.98)],
    crs=4326,
)


def moves(town, audience, new=NEW, candidate=False) -> dict[str, list[object]]:
    frame = Moves(town.city, town.store, audience).count(OLD, new, candidate=candidate)
    return {row.family: [row.reports, row.low, row.high, row.shown] for row in frame.itertuples()}


@pytest.fixture
def filled(town):
    """4 dumps, 2 of which move; 6 robberies and 1 threat that all move; 1 street light that stays."""
    for unit in "AABD":
        town.send("rubble", unit)
    for _ in range(6):
        town.send("street_robbery", "B")
    town.send("threat", "D")
    town.send("street_light", "A")
    return town


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.RESIDENT, Audience.CREW])
@pytest.mark.parametrize("candidate", [True, False])
def test_only_reports_shown_as_points_are_counted(filled, audience, candidate):
    # the only security category shown as points is the street light, which stays
    assert moves(filled, audience, candidate=candidate) == {"dump": [4, 2, 2, "2"], "security": [1, 0, 0, "0"]}


@pytest.mark.parametrize("audience", [Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN])
def test_exact_counts_between_editions_but_not_for_a_drawing(filled, audience):
    assert moves(filled, audience)["security"] == [8, 7, 7, "7"]
    assert moves(filled, audience, candidate=True)["security"] == [1, 0, 0, "0"]


def test_few_moves_are_a_range_and_so_is_none(town):
    for n in range(5):
        assert moves(town, Audience.PLANNER)["security"] == [n, 0, 4, "0-4"]
        town.send("street_robbery", "B")
    assert moves(town, Audience.PLANNER)["security"] == [5, 5, 5, "5"]


def test_a_family_of_which_nothing_may_be_known_has_no_row(filled, tiny_city):
    spec = tiny_city.spec.model_copy(
        update={
            "categories": tuple(
                category.model_copy(update={"publish": None}) if category.id == "street_light" else category
                for category in tiny_city.spec.categories
            )
        }
    )
    city = replace(tiny_city, spec=spec)
    found = Moves(city, filled.store, Audience.PUBLIC).count(OLD, NEW, candidate=False)
    assert found.family.tolist() == ["dump"]


def test_the_public_is_answered_from_places_as_it_sees_them(town):
    town.send("rubble", "A")  # at -69.9951234, which the public sees as -69.9951
    hair = gpd.GeoDataFrame({"unit": ["h"]}, geometry=[shapely.box(-69.99513, -33, -69.99511, -32.98)], crs=4326)
    rest = gpd.GeoDataFrame({"unit": ["w"]}, geometry=[OLD.geometry[0].difference(hair.geometry[0])], crs=4326)
    new = pd.concat([rest, hair], ignore_index=True)
    assert moves(town, Audience.PUBLIC, new, candidate=True)["dump"] == [1, 0, 0, "0"]
    assert moves(town, Audience.CREW, new, candidate=True)["dump"] == [1, 1, 1, "1"]


def test_withdrawn_reports_are_for_staff(town):
    town.move(town.send("rubble", "B").public_id, "rejected")
    assert moves(town, Audience.PUBLIC)["dump"] == [0, 0, 0, "0"]
    assert moves(town, Audience.CREW)["dump"] == [1, 1, 1, "1"]
