import re
from datetime import date

import pytest
from babel.messages.extract import extract_from_dir

from geo_reports.look import words
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
            if text not in ("es", "en"):
                found.setdefault(text, f"{room}/{file}:{line}")
    return found


def test_every_text_has_its_spanish(repo):
    catalog = words("es")._catalog
    found = messages(repo)
    assert len(found) > 100
    missing = {}
    for text, where in found.items():
        entry = catalog.get(text if isinstance(text, str) else text[0])
        said = (
            (entry.string,) if entry is not None and isinstance(entry.string, str) else (entry.string if entry else ())
        )
        if len(said) != (1 if isinstance(text, str) else 2) or not all(said):
            missing[where] = text
    assert missing == {}


def test_spanish_fills_the_places_of_the_english():
    for message in words("es")._catalog:
        if not message.id:
            continue
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = set(PLACE.findall(asked[-1]))
        assert all(set(PLACE.findall(text)) == wanted for text in said[-1:]), message.id


def test_no_text_is_translated_for_nobody(repo):
    used = {text if isinstance(text, str) else text[0] for text in messages(repo)}
    kept = {m.id if isinstance(m.id, str) else m.id[0] for m in words("es")._catalog if m.id}
    assert kept - used == set()


def test_languages():
    assert words("es")("Open") == "Abiertos"
    assert words("en")("Open") == "Open"
    assert words("xx").language == "es"
    assert words("es")("never said before") == "never said before"
    assert words("en").say({"es": "Barrios", "en": "Neighborhoods"}) == "Neighborhoods"
    assert words("es").say({"es": "Barrios", "en": "Neighborhoods"}) == "Barrios"


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
    assert es.between(0, 4) == "menos de 5"
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
