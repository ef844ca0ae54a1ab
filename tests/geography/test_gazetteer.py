import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.errors import InputError
from geo_reports.geography import CONFIDENT, Gazetteer
from geo_reports.geography.gazetteer import PLAUSIBLE, Source, build

STREETS = pd.DataFrame(
    [
        # one degree of longitude is about 92.7 km here: 0.001 is 93 m
        ("AV 5 DE ABRIL", "100", -70.700, -33.50),
        ("AV 5 DE ABRIL", "200", -70.701, -33.50),
        ("AV 5 DE ABRIL", "300", -70.702, -33.50),
        ("AV 5 DE ABRIL", "1100", -70.710, -33.50),
        ("AV 5 DE ABRIL", "", -70.705, -33.50),
        ("MILETO", "", -70.705, -33.50),
        ("PJE LOS AROMOS", "", -70.720, -33.51),
        ("TRES PONIENTE", "50", -70.730, -33.52),
        ("PRESIDENTE JORGE ALESSANDRI", "420", -70.731, -33.525),
        ("ALFREDO SILVA CARVALLO", "750", -70.732, -33.526),
        ("LOS CIPRESES", "20", -70.740, -33.53),
        ("LOS CIPRESES", "20", -70.790, -33.59),
        ("INDUSTRIALES", "10", -70.733, -33.527),
    ],
    columns=["street", "number", "lon", "lat"],
)
PLACES = [("Escuela A", -70.74, -33.53), ("Plaza Ñuñoa", -70.75, -33.54), ("Mileto", -70.76, -33.55)]
GAZETTEER = Gazetteer.of(STREETS, PLACES, context=["Villa Chica"])


def best(text):
    return GAZETTEER.geocode(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "5 de Abril 100",
        "Avenida 5 de Abril 100",
        "av. cinco de abril #100",
        "AVDA 5 DE ABRIL N° 100",
        "5 de Abril Nº100, Villa Chica",
        "Av. 5 de Abril 100 depto. 402 block B",
        "5 de Abril 100, local 3",
        "5 de Abril 100 villa chica",
        "abril 5 100",
        "5 de avril 100, casa 7",
        "  5  de  abríl  100 ",
    ],
)
def test_spellings_of_one_address(text):
    found = best(text)
    assert (found.lon, found.lat, found.parts["number"]) == (-70.7, -33.5, "100")
    assert found.quality >= CONFIDENT


def test_the_parts_understood_are_named():
    assert best("5 de Abril 100 depto 402").parts == {
        "street": "Av 5 de Abril",
        "unit": "depto 402",
        "number": "100",
        "how": "exact",
    }


def test_numbers_lie_between_their_neighbors():
    found = best("5 de Abril 250")
    assert (found.lon, found.lat) == (pytest.approx(-70.7015), -33.5)
    assert found.parts["how"] == "between"
    assert found.quality >= CONFIDENT
    assert 30 <= found.accuracy_m <= 100


def test_a_wide_gap_is_uncertain_by_its_width():
    near, wide = best("5 de Abril 250"), best("5 de Abril 700")
    assert wide.accuracy_m > 2 * near.accuracy_m
    assert wide.lon == pytest.approx(-70.706, abs=0.0003)


def test_far_beyond_the_last_number_nothing_is_certain():
    found = best("5 de Abril 4000")
    assert (found.parts["how"], found.quality < CONFIDENT) == ("beyond", True)
    assert found.accuracy_m > 1000


def test_a_street_without_a_number_is_never_certain():
    found = best("5 de Abril")
    assert found.quality < CONFIDENT
    assert found.accuracy_m > 400
    assert best("Los Aromos 33").quality < CONFIDENT
    assert best("Los Aromos S/N").label == "Pje Los Aromos (sin número)"


@pytest.mark.parametrize("text", ["5 de Abril altura del 200", "Av. 5 de Abril al 200", "5 de abril cuadra 2"])
def test_a_block_is_a_number_less_exactly(text):
    found = best(text)
    assert (found.lon, found.parts["block"], found.quality >= CONFIDENT) == (-70.701, "200", True)
    assert found.accuracy_m == best("5 de Abril 200").accuracy_m + 50


@pytest.mark.parametrize(
    "text",
    ["5 de Abril con Mileto", "mileto esq. 5 de abril", "Mileto/Cinco de Abril", "Mileto y Av 5 de Abril, Villa Chica"],
)
def test_intersections(text):
    found = best(text)
    assert (found.lon, found.lat, found.quality >= CONFIDENT) == (-70.705, -33.5, True)
    assert {found.parts["street"], found.parts["crossing"]} == {"Mileto", "Av 5 de Abril"}


def test_streets_that_do_not_meet_are_offered_singly():
    found = GAZETTEER.geocode("Mileto con Industriales")
    assert found
    assert all(candidate.quality < CONFIDENT and "crossing" not in candidate.parts for candidate in found)


def test_a_stretch_lies_between_two_corners():
    rows = [
        ("Larga", "", -70.0, -33.0),
        ("Uno", "", -70.0, -33.0),
        ("Larga", "", -70.002, -33.0),
        ("Dos", "", -70.002, -33.0),
    ]
    gazetteer = Gazetteer.of(pd.DataFrame(rows, columns=["street", "number", "lon", "lat"]))
    for text in ("Larga entre Uno y Dos", "larga e/ dos y uno", "entre Uno y Dos, Larga"):
        found = gazetteer.geocode(text)[0]
        assert (found.lon, found.lat) == (pytest.approx(-70.001), -33.0)
        assert (found.quality >= CONFIDENT, found.parts["how"]) == (True, "stretch")
        assert 93 <= found.accuracy_m <= 120  # half of 187 m, and what a corner leaves open
        assert gazetteer.geocode(found.label)[0].lon == found.lon
    assert "upto" not in gazetteer.geocode("Larga entre Uno y Tres")[0].parts


def test_near_something_is_less_exact():
    assert best("cerca de la Escuela A").accuracy_m == best("Escuela A").accuracy_m + 150
    assert best("frente a 5 de Abril 100").accuracy_m == best("5 de Abril 100").accuracy_m + 50


def test_places_have_names():
    assert (best("escuela a").label, best("Plaza Nunoa").label) == ("Escuela A", "Plaza Ñuñoa")
    assert best("Plaza Ñuñoa").quality == 1


def test_titles_and_first_names_may_be_left_out():
    assert best("Jorge Alessandri 420").quality >= CONFIDENT
    assert best("Silva Carvallo 750").quality >= CONFIDENT
    assert best("Alfredo 750").quality < CONFIDENT


@pytest.mark.parametrize(
    ("text", "sure"), [("Industrailes 10", True), ("Industriles 10", True), ("Undustriales 10", True)]
)
def test_a_slip_in_a_long_word(text, sure):
    assert (best(text).lon, best(text).quality >= CONFIDENT) == (-70.733, sure)


@pytest.mark.parametrize(
    "text",
    [
        "Escuela B",
        "4 Poniente 50",
        "3 Oriente 50",
        "6 de Abril 100",
        "15 de Abril 100",
        "El Aromo 10",
        "Nueva Tres Poniente 50",
    ],
)
def test_another_number_or_letter_is_another_place(text):
    assert all(candidate.quality < CONFIDENT for candidate in GAZETTEER.geocode(text))


@pytest.mark.parametrize(
    "text", ["", "   ", "!!!", "ñ" * 3, "xyzzy 12", "100", "avenida", "' OR 1=1 --", '"', "x" * 5000]
)
def test_nothing_is_found_for_nothing(text):
    assert all(candidate.quality < CONFIDENT for candidate in GAZETTEER.geocode(text))


def test_a_gazetteer_of_nothing():
    empty = Gazetteer.of(STREETS.head(0))
    assert empty.geocode("5 de Abril 100") == []
    assert empty.reverse(-70.7, -33.5).label == ""


def test_two_streets_of_one_name_are_told_apart():
    found = GAZETTEER.geocode("Los Cipreses 20")
    assert [candidate.quality < CONFIDENT for candidate in found[:2]] == [True, True]
    assert {candidate.lon for candidate in found[:2]} == {-70.74, -70.79}
    assert found[0].label != found[1].label
    assert any(candidate.label == "Los Cipreses 20, cerca de Escuela A" for candidate in found)


ASKED = [
    "Los Cipreses 20",
    "Los Aromos",
    "5 de Abril 700",
    "5 de Abril 4000",
    "Mileto",
    "Escuela C",
    "Tres Pte 9000",
    "mleto 3",
]


@pytest.mark.parametrize("text", ASKED)
def test_a_label_that_was_offered_is_understood_when_sent_back(text):
    offered = GAZETTEER.geocode(text)
    assert offered
    for candidate in offered:
        again = GAZETTEER.geocode(candidate.label)
        assert again[0].quality >= CONFIDENT
        assert (again[0].lon, again[0].lat, again[0].label) == (candidate.lon, candidate.lat, candidate.label)
        assert again[0].accuracy_m == candidate.accuracy_m


@given(st.text(max_size=60))
def test_candidates_are_ranked_and_plausible(text):
    found = GAZETTEER.geocode(text, limit=3)
    quality = [candidate.quality for candidate in found]
    assert quality == sorted(quality, reverse=True)
    assert len(quality) <= 3
    assert all(PLAUSIBLE <= value <= 1 for value in quality)
    assert all(candidate.accuracy_m > 0 for candidate in found)


SOME_WORDS = "5 de Abril 100 Los Cipreses 20 con y esq. / , Mileto Aromos Pje. Av. N° depto 3 Escuela A Poniente S/N"
WORDS = st.sampled_from([*SOME_WORDS.split(), "(sin número)"])


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_whatever_is_offered_can_be_chosen(text):
    for candidate in GAZETTEER.geocode(text):
        again = GAZETTEER.geocode(candidate.label)[0]
        assert again.quality >= CONFIDENT
        assert (again.lon, again.lat) == (candidate.lon, candidate.lat)


def test_what_lies_near_a_point():
    near = GAZETTEER.reverse(-70.7002, -33.5001)
    assert (near.street, near.number, near.label) == ("Av 5 de Abril", "100", "Av 5 de Abril 100")
    assert near.street_m == near.number_m == pytest.approx(21.6, abs=0.5)
    assert near.place == ""  # none within the cells searched
    assert GAZETTEER.reverse(-70.74, -33.5301).place == "Escuela A"


def test_a_file_answers_like_memory(tmp_path):
    path = tmp_path / "gazetteer.sqlite"
    build(Source(STREETS, places=PLACES), path, ["Villa Chica"]).close()
    opened = Gazetteer.open(path)
    for text in ASKED:
        assert opened.geocode(text) == GAZETTEER.geocode(text)
    opened.close()


def test_a_file_that_is_none_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="gazetteer build"):
        Gazetteer.open(tmp_path / "absent.sqlite")
    (tmp_path / "text.sqlite").write_text("This is no database, only text that is long enough to look like a file.")
    with pytest.raises(InputError, match="gazetteer build"):
        Gazetteer.open(tmp_path / "text.sqlite")
