"""Was it reported before, "I saw it too", and the page of one report that everybody sees."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from geo_reports.accounts import Actor
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from tests.browser import guard
from tests.intake import photo_corpus
from tests.web.conftest import DUMP, client_of, hidden
from tests.web.test_web_report import GIVEN, count
from tests.web.test_web_review import fields

CHECK = GIVEN | {"step": "check", "address": "", "lon": str(DUMP["lon"]), "lat": str(DUMP["lat"])}
CREW = Actor("eva.soto", Audience.CREW)
MODERATOR = Actor("ana", Audience.MODERATOR)


def voices(client, public_id):
    found = client.get("/api/v1/reports").json()["features"]
    return next(one["properties"]["voices"] for one in found if one["id"] == public_id)


def test_open_reports_close_by_are_a_step_of_their_own(visitor, put, house):
    report = put(**DUMP, size="truck", description="secreto")
    put(**DUMP | {"lat": -32.9971})
    asked = visitor.post("/reportar", data=CHECK | {"description": "Sillones"})
    assert asked.status_code == 200
    assert "<h1>¿Ya fue reportado?</h1>" in asked.text
    assert asked.text.count('class="card"') == 1
    for said in ("A menos de 10 m", "hace 15 días", "Necesita un camión", f"/reportes/{report.public_id}/me-sumo"):
        assert said in asked.text
    assert "secreto" not in asked.text
    on = visitor.post("/reportar", data=fields(asked.text) | {"step": "check"})
    assert "<h1>Revisa tu reporte</h1>" in on.text
    assert visitor.post("/reportar", data=fields(on.text) | {"step": "send"}).status_code == 303
    assert count(house) == 3


def test_security_is_never_asked_about(visitor, put):
    put(**DUMP)
    for category in ("street_robbery", "street_light"):
        put(**DUMP | {"family": "security", "category": category})
        assert "<h1>Revisa tu reporte</h1>" in visitor.post("/reportar", data=CHECK | {"category": category}).text


def test_joining_adds_one_voice_and_keeps_nothing_else(visitor, put, house, tmp_path):
    report = put(**DUMP)
    photo = {"photo": ("a.jpg", photo_corpus.jpeg(), "image/jpeg")}
    sent = fields(
        visitor.post("/reportar", data=CHECK | {"description": "Sillones", "contact": "yo@x.cl"}, files=photo).text
    )
    for _ in range(2):
        answer = visitor.post(f"/reportes/{report.public_id}/me-sumo", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/reportes/{report.public_id}?sumado=1")
    page = visitor.get(answer.headers["location"]).text
    assert "Gracias, tu voz quedó sumada" in page
    assert "No guardamos nada más" in page
    assert "1 persona más lo vio." in page
    assert "me-sumo" not in page
    assert "Sillones" not in page
    assert (count(house), voices(visitor, report.public_id)) == (1, 1)


def test_what_is_not_public_is_unknown_in_the_same_words(visitor, put, house):
    robbery = put(**DUMP | {"family": "security", "category": "street_robbery"}).public_id
    never = put(**DUMP | {"family": "security", "category": "threat"}).public_id
    new = NewReport(**DUMP)
    held = house.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD).public_id
    wrong = visitor.get("/reportes/000000000001")
    for name in ("000000000000", "NADA", "%00", robbery, never, held):
        answer = visitor.get(f"/reportes/{name}")
        assert (answer.status_code, plain(answer)) == (404, plain(wrong)), name
        assert visitor.post(f"/reportes/{name}/me-sumo", data={"key": "k" * 24}).status_code == 404


def plain(answer):
    nonce = answer.headers["content-security-policy"].split("nonce-")[1].split("'")[0]
    return answer.text.replace(nonce, "")


def test_the_page_tells_the_story_in_public_words(visitor, put, house):
    report = put(**DUMP, description="Pedro bota aquí")
    name = report.public_id
    house.fieldwork.set_status(name, Status.IN_PROGRESS, reason=None, note="nota interna", actor=CREW)
    page = visitor.get(f"/reportes/{name}").text
    assert "Alguien está trabajando en esto." in page
    assert '<time datetime="2026-10-15">15-10-2026</time>' in page
    for private in ("nota interna", "eva.soto", "Pedro"):
        assert private not in page
    house.fieldwork.publish_text(name, "Botan <b>escombros</b>", actor=MODERATOR)
    closed = CloseReason.PRIVATE_LAND
    house.fieldwork.set_status(name, Status.CLOSED_WITHOUT_SOLUTION, reason=closed, note=None, actor=CREW)
    page = visitor.get(f"/reportes/{name}").text
    assert "Botan &lt;b&gt;escombros&lt;/b&gt;" in page
    assert "no está resuelto" in page
    assert "terreno privado" in page
    assert "me-sumo" not in page


def test_the_page_can_be_shared_and_names_nobody_else(visitor, put):
    name = put(**DUMP).public_id
    page = visitor.get(f"/reportes/{name}").text
    told = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))
    assert told["title"] == "Escombros, Barrio A"
    assert told["url"] == f"http://testserver/reportes/{name}"
    assert "image" not in told
    assert f'value="http://testserver/reportes/{name}" readonly' in page
    assert set(re.findall(r"https?://([\w.]+)", page)) == {"testserver"}


def test_a_withdrawn_report_says_so_and_a_merged_one_leads_on(visitor, put, house, staff):
    first, second, third = (put(**DUMP | {"occurred_at": f"2026-09-{day}"}).public_id for day in (10, 11, 12))
    moderator = house.accounts.actor(staff(Audience.MODERATOR).client.cookies["session"])
    house.moderation.merge(second, first, actor=moderator)
    assert visitor.get(f"/reportes/{second}").headers["location"] == f"/reportes/{first}"
    house.fieldwork.set_status(third, Status.REJECTED, reason=CloseReason.ABUSIVE, note=None, actor=moderator)
    gone = visitor.get(f"/reportes/{third}")
    assert gone.status_code == 410
    assert "ya no se muestra" in gone.text
    assert "Escombros" not in gone.text


def test_joining_from_the_page_waits_its_turn_and_loses_nothing(house_at):
    house = house_at(writes_per_hour=1)
    name = house.intake.accept(NewReport(**DUMP), channel=Channel.WEB).public_id
    client = client_of(house)
    key = hidden(client.get(f"/reportes/{name}").text, "key")
    assert client.post(f"/reportes/{name}/me-sumo", data={"key": key}).status_code == 303
    sent = fields(client.post("/reportar", data=CHECK | {"key": "l" * 24, "description": "Sillones"}).text)
    refused = client.post(f"/reportes/{name}/me-sumo", data=sent)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Llegaron muchos reportes desde tu red" in refused.text
    back = client.post("/reportar", data=fields(refused.text) | {"step": "edit"})
    assert "Sillones</textarea>" in back.text
    assert voices(client, name) == 1


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_report_the_same_dump_in_a_browser(page_at, served, put, house, width, js):
    report = put(**DUMP | {"lon": -69.999, "lat": -32.995}, size="car")
    page = page_at(width, 800, js=js)
    foreign = guard(page.context, served)
    page.goto(f"{served}/reportar")
    page.get_by_label("¿Qué viste?").select_option("rubble")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    page.get_by_label("Cuéntanos más").fill("Sillones")
    page.get_by_role("button", name="Revisar y enviar").click()
    expect(page.get_by_role("heading", name="¿Ya fue reportado?")).to_be_visible()
    checked(page, js)
    page.get_by_role("button", name="Ninguno: es otro").click()
    expect(page.get_by_role("heading", name="Así se verá en público")).to_be_visible()
    checked(page, js)
    page.get_by_role("button", name="Corregir").click()
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Sillones")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    page.get_by_role("button", name="Revisar y enviar").click()
    expect(page.get_by_role("heading", name="Revisa tu reporte")).to_be_visible()
    page.goto(f"{served}/reportes/{report.public_id}")
    checked(page, js)
    page.get_by_role("button", name="Me sumo").click()
    expect(page.get_by_text("Gracias, tu voz quedó sumada")).to_be_visible()
    checked(page, js)
    assert foreign == []
    assert count(house) == 1


def checked(page, js):
    """No fault of access, and nothing wider than the screen; axe needs a script of its own."""
    if js:
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
