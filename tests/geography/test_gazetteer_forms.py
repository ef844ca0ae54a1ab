"""Ways people write addresses of the reference city, each with a place known from the source or an honest refusal."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_reports import city
from geo_reports.geography import CONFIDENT
from geo_reports.geography.gazetteer.metres import metres

# points of the source's rows, or the middle between two of its corners; within so many metres
KNOWN = {
    "abril409": (-70.762212, -33.510406, 60),
    "tres900": (-70.777896, -33.528469, 60),
    "melipilla11820": (-70.73604, -33.51601, 60),
    "pajaritos5830": (-70.738315, -33.471331, 60),
    "pajaritos2465": (-70.757146, -33.50481, 60),
    "block25": (-70.75715, -33.5044, 150),
    "transversal3025": (-70.75166, -33.49946, 60),
    "ordonez176": (-70.759707, -33.507824, 60),
    "videla2401": (-70.786919, -33.536053, 60),
    "ohiggins511": (-70.762993, -33.501205, 60),
    "abril+llona": (-70.755656, -33.510725, 60),
    "abril+chacabuco": (-70.7575, -33.5097, 250),
    "chacabuco+monumento": (-70.758792, -33.509042, 60),
    "segunda+blanca": (-70.747216, -33.511051, 60),
    "parcelas+pajaritos": (-70.741755, -33.477869, 60),
    "chacabuco:pajaritos:monumento": (-70.758022, -33.509035, 60),
    "abril:pajaritos:llona": (-70.756546, -33.510618, 60),
    "ordonez:pajaritos:monumento": (-70.758103, -33.507807, 60),
    "portales:tres:naciones": (-70.782575, -33.518293, 100),
    "plaza": (-70.757, -33.5102, 60),
    "hospital": (-70.77427, -33.50807, 60),
    "mall": (-70.7509, -33.48258, 60),
    "liceo": (-70.751742, -33.505274, 60),
    "metro": (-70.75731, -33.50993, 60),
}
FORMS = [
    tuple(part.strip() for part in line.split("|", 1))
    for line in (Path(__file__).parent / "address_forms.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def gazetteer(repo):
    return city.load(repo).gazetteer


def holds(gazetteer, expected, text):
    found = gazetteer.geocode(text)
    if expected == "-":
        return not any(candidate.quality >= CONFIDENT for candidate in found)
    name, mark = expected.rstrip("!?"), expected[-1]
    if not found:
        return False
    lon, lat, within_m = KNOWN[name]
    sure = found[0].quality >= CONFIDENT
    near = metres(lon, lat, found[0].lon, found[0].lat) <= within_m
    return near and (sure if mark == "!" else not sure if mark == "?" else True)


@pytest.mark.parametrize(("expected", "text"), FORMS)
def test_what_people_write(gazetteer, expected, text):
    assert holds(gazetteer, expected, text), gazetteer.geocode(text)[:3]


def test_the_list_is_long_enough():
    assert len(FORMS) >= 120
    assert len({text for _, text in FORMS}) == len(FORMS)


WRITTEN_OTHERWISE = {
    "capitals": str.upper,
    "small letters": str.lower,
    "no accents": lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
    "accents apart": lambda text: unicodedata.normalize("NFD", text),
    "wide letters": lambda text: text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789abcdefgABCDEFG"}),
    "doubled spaces": lambda text: "  " + text.replace(" ", "   "),
    "hard spaces": lambda text: text.replace(" ", "\u00a0"),
    "invisible signs": lambda text: "\u200b".join(text),
    "a full stop": lambda text: text + ".",
    "the city after it": lambda text: text + ", Maipú",
}


@pytest.mark.parametrize("how", WRITTEN_OTHERWISE)
def test_the_same_address_written_otherwise(gazetteer, how):
    sure = [(expected, text) for expected, text in FORMS if expected.endswith("!")]
    lost = [text for expected, text in sure if not holds(gazetteer, expected, WRITTEN_OTHERWISE[how](text))]
    assert not lost


@pytest.mark.parametrize(
    "filler", ["x", " ", "1 ", "5 de abril ", "con ", "(", "n° ", "a,", "\u0301", "entre y ", "🏠", "c/"]
)
def test_ten_thousand_signs_are_read_as_far_as_an_address_goes(gazetteer, filler):
    text = filler * (10_000 // len(filler))
    assert gazetteer.geocode(text) == gazetteer.geocode(text[:1000])
    assert holds(gazetteer, "abril409", "5 de Abril 409, " + text)


MEANINGLESS = st.text("qwxkzñj 0123456789.,/#°-()\"'%&\n\t🏠\u0301\u200b", max_size=80)


@settings(max_examples=150)
@given(text=MEANINGLESS)
def test_what_means_nothing_is_never_taken_without_asking(gazetteer, text):
    assert holds(gazetteer, "-", text), gazetteer.geocode(text)[:3]


PIECES = "con entre y esq. c/ e/ al lado de frente a cuadra 15 altura km 12 N° # s/n depto block villa , / ( ) 409 5"


@settings(max_examples=150)
@given(words=st.lists(st.sampled_from(PIECES.split()), max_size=10))
def test_joining_words_without_a_name_are_never_taken_without_asking(gazetteer, words):
    assert holds(gazetteer, "-", " ".join(words)), gazetteer.geocode(" ".join(words))[:3]
