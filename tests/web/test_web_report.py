"""The report form and the page of a report, as a service answers them."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from geo_reports.accounts import Actor
from geo_reports.privacy import Filters
from geo_reports.report import Audience, CloseReason, NewReport, Status
from tests.web.conftest import DUMP, client_of, hidden

GIVEN = {"category": "rubble", "address": "Los Aromos 100", "key": "k" * 24, "step": "send"}


def count(house):
    return len(house.view(Audience.ADMIN).queue().rows)


def test_report_by_address(visitor, house):
    given = GIVEN | {"family": "dump", "day": "2026-09-30", "hour": "14", "size": "car", "description": " Escombros "}
    answer = visitor.post("/reportar", data=given)
    assert answer.status_code == 303
    receipt = visitor.get(answer.headers["location"])
    assert answer.headers["location"].split("/")[2].split("?")[0] in receipt.text
    assert "Gracias, tu reporte quedó guardado" in receipt.text
    row = house.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat, row["size"], row.occurred) == (-69.999, -32.995, "car", "2026-09-30 14:00")
    assert row.text == "Escombros"


def test_report_by_location_ignores_the_rest(visitor, house):
    given = GIVEN | {"address": "", "lon": "-69.9951", "lat": "-32.9951", "accuracy_m": "12"}
    assert visitor.post("/reportar", data=given).status_code == 303
    row = house.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat) == (-69.9951, -32.9951)


def test_sending_twice_makes_one_report_and_one_code(visitor, house):
    form = visitor.get("/reportar").text
    given = GIVEN | {"key": hidden(form, "key")}
    first, second = visitor.post("/reportar", data=given), visitor.post("/reportar", data=given)
    assert first.headers["location"] == second.headers["location"]
    assert count(house) == 1


def test_same_form_with_other_content_is_sent_with_a_new_key(visitor, house):
    visitor.post("/reportar", data=GIVEN)
    answer = visitor.post("/reportar", data=GIVEN | {"category": "household"})
    assert answer.status_code == 422
    assert "Ya habías enviado este formulario" in answer.text
    again = visitor.post("/reportar", data=GIVEN | {"category": "household", "key": hidden(answer.text, "key")})
    assert again.status_code == 303
    assert count(house) == 2


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"category": ""}, "category", "Elige lo que viste"),
        ({"category": "nothing"}, "category", "Elige lo que viste"),
        ({"family": "security"}, "category", "es del otro tipo de problema"),
        ({"address": " "}, "address", "Escribe dónde está"),
        ({"address": "zzzzzz qqqq 1"}, "address", "No conocemos ese lugar"),
        ({"address": "Los Aromitos 100"}, "address", "No sabemos con seguridad dónde es"),
        ({"address": "los aromos"}, "address", "No sabemos con seguridad dónde es"),
        ({"address": "", "lon": "0", "lat": "0"}, "address", "No pudimos usar tu ubicación"),
        ({"address": "", "lon": "nan", "lat": "-32"}, "address", "No pudimos usar tu ubicación"),
        ({"address": "", "lon": "1e400", "lat": "-32"}, "address", "No pudimos usar tu ubicación"),
        ({"address": "", "lon": "-60", "lat": "-32"}, "address", "queda fuera de Villa Chica"),
        ({"day": "2026-10-17"}, "day", "no puede ser en el futuro"),
        ({"day": "mañana"}, "day", "No pudimos leer el día"),
        ({"hour": "14"}, "day", "elige también el día"),
        ({"day": "2026-09-30", "hour": "99"}, "day", "No pudimos leer el día"),
        ({"description": "x" * 4001}, "description", "hasta 4000 caracteres"),
        ({"contact": "x" * 201}, "contact", "hasta 200 caracteres"),
        ({"address": "x" * 201}, "address", "hasta 200 caracteres"),
        ({"key": "short"}, "", "Hay algo que no pudimos leer"),
    ],
)
def test_what_is_wrong_is_said_above_and_at_the_field(reader, still_house, change, field, said):
    answer = reader.post("/reportar", data=GIVEN | change)
    assert answer.status_code == 422
    assert said in answer.text
    if field:
        assert f'<a href="#{field}">' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert count(still_house) == 0


def test_every_fault_is_named_at_once_and_nothing_typed_is_lost(visitor):
    given = {
        "family": "dump",
        "category": "",
        "address": "",
        "day": "x",
        "hour": "14",
        "size": "car",
        "description": "<b>Escombros & más</b>\nsegunda línea",
        "contact": "yo@example.org",
        "key": "k" * 24,
    }
    html = visitor.post("/reportar", data=given).text
    assert html.count("<li><a href=") == 3
    assert 'value="dump" checked' in html
    assert 'value="car" checked' in html
    assert '<option value="14" selected>' in html
    assert "&lt;b&gt;Escombros &amp; más&lt;/b&gt;\nsegunda línea" in html
    assert 'value="yo@example.org"' in html
    assert hidden(html, "key") == "k" * 24


def test_uncertain_address_offers_places_and_takes_the_chosen_one(visitor, house):
    answer = visitor.post("/reportar", data=GIVEN | {"address": "Los Aromitos 100"})
    assert answer.status_code == 422
    assert 'name="candidate" value="Los Aromos 100"' in answer.text
    chosen = visitor.post("/reportar", data=GIVEN | {"address": "Los Aromitos 100", "candidate": "Los Aromos 100"})
    assert chosen.status_code == 303
    assert count(house) == 1


def test_many_reports_must_wait_and_keep_what_was_typed(house_at):
    house = house_at(writes_per_hour=1)
    client = client_of(house)
    client.post("/reportar", data=GIVEN)
    answer = client.post("/reportar", data=GIVEN | {"key": "l" * 24, "description": "Sillones"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Sillones" in answer.text
    assert count(house) == 1


def test_size_of_a_security_report_is_left_out(visitor, house):
    given = GIVEN | {"category": "street_robbery", "size": "car"}
    assert visitor.post("/reportar", data=given).status_code == 303
    assert house.view(Audience.ADMIN).queue().rows.family.tolist() == ["security"]


@pytest.mark.parametrize(
    "spell", [str, str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")]
)
def test_code_is_taken_however_it_is_written(visitor, put, spell):
    code = put(**DUMP).code
    sent = visitor.post("/seguimiento", data={"code": f" {spell(code)} "})
    assert sent.status_code == 303
    page = visitor.get(sent.headers["location"])
    assert page.status_code == 200
    assert code in page.text


def test_every_wrong_code_gets_the_same_answer(visitor, put):
    code = put(**DUMP).code
    other = ("0" if code[0] != "0" else "1") + code[1:]
    answers = [visitor.get(f"/seguimiento/{wrong}") for wrong in (other, "x", "%00", "a" * 500, "ñandú", "<b>")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_nonce(answer) for answer in answers}) == 1


def _without_nonce(answer):
    nonce = answer.headers["content-security-policy"].split("nonce-")[1].split("'")[0]
    return answer.text.replace(nonce, "")


def test_story_tells_each_step_in_plain_words(visitor, put, house):
    report = put(**DUMP, description="Escombros")
    crew = Actor("eva.soto", Audience.CREW)
    house.fieldwork.set_status(
        report.public_id,
        Status.CLOSED_WITHOUT_SOLUTION,
        reason=CloseReason.PRIVATE_LAND,
        note="Avisamos al dueño.",
        actor=crew,
    )
    html = visitor.get(f"/seguimiento/{report.code}").text
    for words in ("Cerrado sin solución", "el problema no está resuelto", "terreno privado", "Avisamos al dueño."):
        assert words in html
    assert "15-10-2026, 12:00" in html  # local time
    assert "eva.soto" not in html


def test_english_is_asked_for_and_remembered(visitor):
    assert "<h1>Follow your report</h1>" in visitor.get("/seguimiento?lang=en").text
    assert "<h1>Follow your report</h1>" in visitor.get("/seguimiento").text
    assert "<h1>Sigue tu reporte</h1>" in visitor.get("/seguimiento?lang=es").text
    assert "<h1>Sigue tu reporte</h1>" in visitor.get("/seguimiento?lang=xx").text


def test_front_page_counts_open_dumps_and_says_when(visitor, put, house):
    put(**DUMP)
    put(**{**DUMP, "lon": -69.9851})
    html = visitor.get("/").text
    assert '<p class="figure">2</p>' in html
    assert "15-10-2026" in html
    for path in ("/reportar", "/mapas/residents", "/mapas/crews", "/mapas/planners", "tel:133"):
        assert f'href="{path}"' in html


@pytest.mark.parametrize("field", ["description", "address", "contact"])
def test_a_character_that_nobody_types_is_a_fault_and_reaches_no_log(visitor, caplog, field):
    answer = visitor.post("/reportar", data=GIVEN | {"address": "Los Aromos 100", field: "Pedro\x00"})
    assert answer.status_code in (303, 422)
    assert "Pedro" not in caplog.text


def test_what_a_report_was_refused_for_is_not_told_with_its_text():
    with pytest.raises(ValidationError) as refused:
        NewReport(family="dump", category="rubble", address="Los Aromos 100", description="Pedro\x00")
    assert "Pedro" not in str(refused.value)


def hiding_dumps(house):
    spec = house.city.spec
    hidden = tuple(c.model_copy(update={"publish": "never"}) for c in spec.categories)
    city = replace(house.city, spec=spec.model_copy(update={"categories": hidden}))
    return replace(house, city=city, view=lambda audience: _window(house, city, audience))


def _window(house, city, audience):
    view = house.view(audience)
    view.city = city
    return view


def test_front_page_counts_open_dumps(visitor, put):
    assert '<p class="figure">0</p>' in visitor.get("/").text
    put(**DUMP)
    assert '<p class="figure">1</p>' in visitor.get("/").text


def test_front_page_of_a_city_that_publishes_no_dumps(house):
    answer = client_of(hiding_dumps(house)).get("/")
    assert (answer.status_code, 'class="figure"' in answer.text) == (200, False)


def test_pages_speak_the_city_s_language_until_asked_for_another(house):
    spec = house.city.spec.model_copy(update={"locale": "en-CA"})
    client = client_of(replace(house, city=replace(house.city, spec=spec)))
    assert 'lang="en"' in client.get("/reportar").text
    assert 'lang="es"' in client.get("/reportar?lang=es").text
    assert 'lang="es"' in client.get("/reportar").text
