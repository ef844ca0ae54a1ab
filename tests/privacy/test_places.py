"""What a box can find out about a place: the four decimals that are public, and no more."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.privacy import Filters
from geo_reports.privacy.points import around, shown_inside
from geo_reports.report import Audience

TRUE = [(-69.99512340, -32.99508766), (-69.99514999, -32.99505001), (-69.99505, -32.99515), (-69.99512341, -32.99508)]
"""All in one box of 22 m; two share their rounded place, one lies half way between roundings."""


@pytest.fixture
def pinned(town):
    for lon, lat in TRUE:
        town.send(lon=lon, lat=lat)
    return town


def test_public_places_have_four_decimals_and_crews_the_true_place(pinned):
    public = pinned.view(Audience.PUBLIC).reports(Filters()).rows
    assert sorted(public.lon) == sorted(np.round([lon for lon, _ in TRUE], 4))
    assert sorted(public.lat) == sorted(np.round([lat for _, lat in TRUE], 4))
    crew = pinned.view(Audience.CREW).reports(Filters()).rows
    assert sorted(crew.lon) == pytest.approx(sorted(lon for lon, _ in TRUE), abs=1e-7)


def answer(view, box, limit):
    page = view.reports(Filters(bbox=box, limit=limit))
    return page.rows.public_id.tolist(), page.next


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_an_edge_between_two_roundings_changes_nothing(pinned, limit):
    """Moving an edge within a step of the rounding must change no answer, page markers included."""
    view = pinned.view(Audience.PUBLIC)
    for west in (-69.9952, -69.9951, -69.9950):
        answers = {
            repr(answer(view, (west + nudge, -33.0, -69.99, -32.99), limit))
            for nudge in (1e-9, 1e-6, 2.34e-5, 4.9e-5, 5e-5, 5.1e-5, 9.9e-5)
        }
        assert len(answers) == 1


def test_bisection_ends_at_the_rounded_place(pinned):
    view = pinned.view(Audience.PUBLIC)
    for row in view.reports(Filters()).rows.itertuples():
        low, high = row.lon - 0.01, row.lon + 0.01
        for _ in range(40):
            middle = (low + high) / 2
            found, _ = answer(view, (middle, -33.0, -69.98, -32.99), 100)
            low, high = (middle, high) if row.public_id in found else (low, middle)
        assert low == pytest.approx(row.lon, abs=1e-9)


def test_a_box_gives_what_it_shows(pinned):
    view = pinned.view(Audience.PUBLIC)
    everything = view.reports(Filters()).rows
    box = (-69.9951, -32.9951, -69.9951, -32.9951)
    inside = view.reports(Filters(bbox=box, limit=1))
    wanted = everything[(everything.lon == -69.9951) & (everything.lat == -32.9951)].public_id.tolist()
    assert wanted
    assert inside.rows.public_id.tolist() == wanted[:1]
    assert (inside.next is not None) == (len(wanted) > 1)


COORDINATE = st.floats(-1, 1).map(lambda value: round(value, 6))


@given(lon=COORDINATE, lat=COORDINATE, box=st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE))
def test_the_wider_box_misses_nothing_that_is_shown_inside(lon, lat, box):
    found = pd.DataFrame({"lon": [lon], "lat": [lat]})
    if len(shown_inside(found, box, Audience.PUBLIC)):
        west, south, east, north = around(box, Audience.PUBLIC)
        assert west <= lon <= east
        assert south <= lat <= north
