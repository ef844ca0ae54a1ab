import pytest

from geo_reports.geography.gazetteer import normal
from geo_reports.geography.gazetteer.likeness import likeness
from geo_reports.geography.gazetteer.names import title, words
from geo_reports.geography.gazetteer.parse import House, read
from geo_reports.geography.gazetteer.tidy import tidy


def readings(text):
    return {(" ".join(q.street), q.house.text if q.house else "", " ".join(q.cross)) for q in read(text)}


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("3 Poniente 2400", ("3 poniente", "2400", "")),
        ("Pasaje 5 1234", ("pasaje 5", "1234", "")),
        ("21 de Mayo 45 B", ("21 de mayo", "45b", "")),
        ("Cinco de Abril 0620", ("5 de abril", "0620", "")),
        ("Villa El Sol, Los Olmos 12", ("los olmos", "12", "")),
        ("Los Olmos, 12", ("los olmos", "12", "")),
        ("Los Olmos 12, of. 301", ("los olmos", "12", "")),
        ("Los Olmos 12-14", ("los olmos", "12-14", "")),
        ("12 Los Olmos", ("los olmos", "12", "")),
        ("Los Olmos a la altura del 1500", ("los olmos", "1500", "")),
        ("Los Olmos, cuadra 15", ("los olmos", "1500", "")),
        ("esquina de Los Olmos con 3 Pte", ("los olmos", "", "3 poniente")),
        ("Los Olmos al llegar a Sur", ("los olmos", "", "sur")),
        ("Los Olmos casi esquina Sur", ("los olmos", "", "sur")),
        ("esq. Los Olmos c/ Sur", ("los olmos", "", "sur")),
        ("Esquina Blanca con Sur", ("esquina blanca", "", "sur")),
        ("Esquina Blanca con Sur", ("blanca", "", "sur")),
        ("Los Olmos #1.234", ("los olmos", "1234", "")),
        ("cuadra 15 de Los Olmos", ("los olmos", "1500", "")),
        ("a la altura del 1500 de Los Olmos, Villa Sur", ("los olmos", "1500", "")),
        ("Los Olmos 12 entre Sur y Norte", ("los olmos", "12", "")),
        ("Los Olmos km 12", ("los olmos", "", "")),
        ("al lado de la Escuela A", ("escuela a", "", "")),
        ("5olmos 12OO", ("5 olmos", "1200", "")),
    ],
)
def test_readings_of_an_address(text, reading):
    assert reading in readings(text)


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("Los Olmos entre Sur y 5 de Abril", ("los olmos", "sur", "5 de abril")),
        ("Los Olmos e/ calles Sur y Norte, Villa Chica", ("los olmos", "sur", "norte")),
        ("entre Sur y Norte, Los Olmos", ("los olmos", "sur", "norte")),
        ("Los Olmos entre Ortiz y Rojas y Sur", ("los olmos", "ortiz y rojas", "sur")),
        ("Los Olmos entre Sur y Ortiz y Rojas", ("los olmos", "sur", "ortiz y rojas")),
    ],
)
def test_readings_of_a_stretch(text, stretch):
    assert stretch in {tuple(" ".join(part) for part in (q.street, q.cross, q.upto)) for q in read(text)}


@pytest.mark.parametrize(
    ("text", "open_m"),
    [("cerca del Metro", 150), ("frente a la Escuela A", 50), ("a media cuadra de Sur", 50), ("Sur 1", 0)],
)
def test_beside_leaves_some_metres_open(text, open_m):
    assert {question.beside_m for question in read(text)} == {open_m}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("12.345.678-9", "12.345.678-9"),
        ("Sur 1.234, depto 2", "Sur 1234, depto 2"),
        ("ll 12 O", "ll 12 O"),
        ("Sur\u200b  \n 12", "Sur 12"),
    ],
)
def test_texts_are_tidied(text, clean):
    assert tidy(text) == clean


@pytest.mark.parametrize(
    ("text", "most"), [("c/" * 5000, 40), ("1 " * 5000, 40), ("a," * 5000, 40), ("entre y " * 900, 40)]
)
def test_a_text_has_a_bounded_number_of_readings(text, most):
    assert len(read(text)) <= most


def test_a_leading_zero_is_the_other_side_of_the_origin():
    assert [House.read(text).order for text in ("620", "0620", "0")] == [620, -620, 0]
    assert House.read("S/N") is None


def test_normal_names():
    assert normal("Av. Cinco de Abril") == normal("5 ABRIL") == "5 abril"
    assert normal("La Calle") == "la calle"
    assert normal("1ª Transversal") == normal("Primera Transversal") == "1 transversal"
    assert words("Pte. Kennedy 3 Pte") == ["presidente", "kennedy", "3", "poniente"]
    assert normal("O'Higgins") == "ohiggins"


def test_capitals_are_written_as_people_would():
    assert title("AV 5 DE ABRIL") == "Av 5 de Abril"
    assert title("CAMINO DE LA CRUZ") == "Camino de la Cruz"
    assert title("El Carmen") == "El Carmen"


@pytest.mark.parametrize(
    ("asked", "known", "sure"),
    [
        ("los cipreses", "los cipreses", True),
        ("lso cipreses", "los cipreses", True),
        ("cipreces", "los cipreses", True),
        ("los nobles", "los robles", False),
        ("el aromo", "los aromos", False),
        ("4 poniente", "3 poniente", False),
        ("san martin", "nueva san martin", False),
        ("kennedy", "presidente kennedy", True),
        ("losaromos", "los aromos", True),
        ("gonsales", "gonzalez", True),
        ("j l infante", "jose luis infante", True),
        ("j l", "jose luis infante", False),
        ("x l infante", "jose luis infante", False),
        ("avenida", "avenida sur", False),
        ("de la", "de la cruz", False),
    ],
)
def test_likeness_is_confident_only_for_likely_slips(asked, known, sure):
    assert (likeness(words(asked), words(known)) >= 0.85) is sure
