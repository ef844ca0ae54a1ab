import re
from datetime import date

import pytest
from babel.messages.extract import extract_from_dir

from geo_reports.look import LANGUAGES, words
from geo_reports.look.catalogues import catalogue
from geo_reports.privacy.rules import SUPPRESS_BELOW
from geo_reports.report import CloseReason, Family, Size, Status

KEYWORDS = {"_": None, "words": None, "self": None, "N_": None, "plural": (1, 2)}
ROOMS = ("look", "mapping", "post", "web")
PLACE = re.compile(r"%\(\w+\)s")


def messages(repo):
    """Every text the program may say: msgid (a pair for a plural) to where it is written."""
    found = {}
    for room in ROOMS:
        rows = extract_from_dir(
            repo / "geo_reports" / room,
            method_map=[("**.py", "python"), ("**.html", "jinja2")],
            options_map={},
            keywords=KEYWORDS,
        )
        for file, line, text, _, _ in rows:
            if text not in LANGUAGES:
                found.setdefault(text, f"{room}/{file}:{line}")
    return found


def entries(language):
    return [message for message in catalogue(language).messages if message.id]


def both(text):
    """Texts of a message or its translation: one, or one for each plural form."""
    return tuple(text) if isinstance(text, tuple | list) else (text,)


def test_every_text_has_its_spanish(repo):
    said = {both(message.id)[0]: both(message.string) for message in entries("es")}
    found = messages(repo)
    assert len(found) > 100
    lacking = {}
    for text, where in found.items():
        forms = said.get(both(text)[0], ())
        if len(forms) != len(both(text)) or not all(forms):
            lacking[where] = text
    assert lacking == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_the_places_of_the_english(language):
    wrong = [
        message.id
        for message in entries(language)
        for asked, said in zip(both(message.id), both(message.string), strict=True)
        if set(PLACE.findall(said)) != set(PLACE.findall(asked))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_translated_for_nobody(repo, language):
    used = {both(text)[0] for text in messages(repo)}
    assert {both(message.id)[0] for message in entries(language)} - used == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_comes_twice(repo, language):
    file = repo / "geo_reports" / "look" / "locale" / language / "LC_MESSAGES" / "geo_reports.po"
    names = re.findall(r'^msgid "(.+)"$', file.read_text("utf-8"), re.MULTILINE)
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_languages_are_found_by_their_catalogues():
    assert LANGUAGES == ("es", "es_facil", "en")
    assert [words(language).name for language in LANGUAGES] == ["Español", "Lectura fácil", "English"]
    assert [words(language).tag for language in LANGUAGES] == ["es", "es", "en"]


def test_easy_reading_says_its_own_words_and_else_those_of_spanish():
    easy, es = words("es_facil"), words("es")
    (own, *_) = (message for message in entries("es_facil") if isinstance(message.id, str))
    assert easy(own.id) == own.string != es(own.id)
    assert easy("Open") == es("Open") == "Abiertos"
    assert easy.plural("%(n)s report", "%(n)s reports", 3) == "3 reportes"
    assert easy.plural("never said", "never said twice", 1) == "never said"


def test_easy_reading_is_short():
    long = {
        message.id: longest
        for message in entries("es_facil")
        for said in both(message.string)
        if (longest := max(len(sentence.split()) for sentence in re.split(r"[.:;?!] ?", said))) > 15
    }
    assert long == {}


def test_plural_forms_are_those_of_the_language():
    for language in LANGUAGES:
        rule = catalogue(language).plural_form
        assert [rule(n) for n in (0, 1, 2, 5)] == [1, 0, 1, 1]
        assert all(len(both(message.string)) == len(both(message.id)) for message in entries(language))


def test_languages():
    assert words("es")("Open") == "Abiertos"
    assert words("en")("Open") == "Open"
    assert words("xx").language == "es"
    assert words("es")("never said before") == "never said before"
    assert words("en").say({"es": "Barrios", "en": "Neighborhoods"}) == "Neighborhoods"
    assert words("es").say({"es": "Barrios", "en": "Neighborhoods"}) == "Barrios"
    assert words("es_facil").say({"es": "Barrios", "en": "Neighborhoods"}) == "Barrios"
    assert words("es_facil").say({"es": "Barrios", "en": "Neighborhoods", "es_facil": "Mi barrio"}) == "Mi barrio"


def test_plurals_and_values():
    es = words("es")
    assert es.plural("%(n)s report", "%(n)s reports", 1) == "1 reporte"
    assert es.plural("%(n)s report", "%(n)s reports", 1234) == "1.234 reportes"
    assert words("en").plural("%(n)s report", "%(n)s reports", 0) == "0 reports"
    assert es("Made on %(when)s.", when="100 %") == "Hecho el 100 %."


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1, "hoy"), (0, "hoy"), (1, "ayer"), (3, "hace 3 días"), (61, "hace 2 meses"), (800, "hace 2 años")],
)
def test_ago(days, said):
    assert words("es").ago(days) == said


def test_dates():
    es, en = words("es"), words("en")
    assert es.date(date(2026, 9, 30)) == "30-09-2026"
    assert es.month(202609) == "septiembre de 2026"
    assert en.month(202609) == "September 2026"
    assert es.month(0) == es.when("") == "fecha desconocida"
    assert es.when("2026-09") == "septiembre de 2026"
    assert es.when("2026-09-30") == "30-09-2026"
    assert es.when("2026-09-30 14:00") == "30-09-2026 14:00"


def test_numbers():
    es = words("es")
    assert es.number(1234.56, 1) == "1.234,6"
    assert es.number(12) == "12"
    assert es.number(float("nan")) == "–"
    assert es.between(12, 12) == "12"
    assert es.between(0, SUPPRESS_BELOW - 1) == f"menos de {SUPPRESS_BELOW}"
    assert es.between(0, SUPPRESS_BELOW) == f"entre 0 y {SUPPRESS_BELOW}"
    assert es.between(1, 4) == "entre 1 y 4"
    assert es.between(12, 20) == "entre 12 y 20"
    assert words("en").between(0, 1) == "fewer than 2"


def test_every_state_size_and_reason_has_a_name():
    es, en = words("es"), words("en")
    for family in Family:
        assert all(es.status(status, family) != en.status(status, family) for status in Status)
    assert es.status("cleaned", "security") == "Atendido"
    assert all(es.size(size) != en.size(size) for size in Size)
    assert es.size(None) == ""
    assert all(es.reason(reason) != en.reason(reason) for reason in CloseReason)
