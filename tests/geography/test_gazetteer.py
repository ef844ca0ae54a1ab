import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.geography import Gazetteer
from geo_reports.geography.gazetteer import CONFIDENT, PLAUSIBLE, normal

STREETS = pd.DataFrame(
    [
        ("AV 5 DE ABRIL", "100", -70.700, -33.50),
        ("AV 5 DE ABRIL", "1100", -70.710, -33.50),
        ("PJE LOS AROMOS", "", -70.720, -33.51),
        ("TRES PONIENTE", "50", -70.730, -33.52),
    ],
    columns=["street", "number", "lon", "lat"],
)
PLACES = [("Escuela A", -70.74, -33.53), ("Plaza Ñuñoa", -70.75, -33.54)]
GAZETTEER = Gazetteer(STREETS, PLACES)


def best(text):
    return GAZETTEER.geocode(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "5 de Abril 100",
        "Avenida 5 de Abril 100",
        "av. cinco de abril #100",
        "AVDA 5 DE ABRIL N° 100",
        "5 de Abril 100, Villa Chica",
        "  5  de  abríl  100 ",
    ],
)
def test_spellings_of_one_address(text):
    found = best(text)
    assert (found.lon, found.lat, found.quality >= CONFIDENT) == (-70.7, -33.5, True)


def test_the_nearest_number_is_taken_and_the_accuracy_says_how_near():
    near, far = best("5 de Abril 180"), best("5 de Abril 600")
    assert (near.lon, near.accuracy_m, near.quality >= CONFIDENT) == (-70.7, 80.0, True)
    assert (far.accuracy_m, far.quality < CONFIDENT) == (500.0, True)
    assert best("5 de Abril 1100").accuracy_m == 30.0


def test_a_street_without_a_number_is_never_certain():
    found = best("5 de Abril")
    assert (found.lon, found.quality < CONFIDENT) == (-70.705, True)
    assert found.accuracy_m > 400
    assert best("Los Aromos 33").quality < CONFIDENT


def test_places_have_names():
    assert (best("escuela a").label, best("Plaza Nunoa").label) == ("Escuela A", "Plaza Ñuñoa")
    assert best("Plaza Ñuñoa").quality == 1


@pytest.mark.parametrize("text", ["Escuela B", "4 Poniente 50", "6 de Abril 100", "15 de Abril 100"])
def test_another_number_or_letter_is_another_place(text):
    assert all(candidate.quality < CONFIDENT for candidate in GAZETTEER.geocode(text))


@pytest.mark.parametrize("text", ["", "   ", "!!!", "ñ" * 3, "xyzzy 12"])
def test_nothing_is_found_for_nothing(text):
    assert all(candidate.quality < CONFIDENT for candidate in GAZETTEER.geocode(text))


def test_a_gazetteer_of_nothing():
    assert Gazetteer(STREETS.head(0)).geocode("5 de Abril 100") == []


@given(st.text(max_size=60))
def test_candidates_are_ranked_and_plausible(text):
    quality = [candidate.quality for candidate in GAZETTEER.geocode(text, limit=3)]
    assert quality == sorted(quality, reverse=True)
    assert len(quality) <= 3
    assert all(PLAUSIBLE <= value <= 1 for value in quality)


def test_normal_names():
    assert normal("Av. Cinco de Abril") == normal("5 ABRIL") == "5 abril"
    assert normal("La Calle") == "la calle"
