"""The report form in a flood: its script proves, or it is sent again after a wait, and nothing typed is lost."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from geo_reports.app import build, create_app
from geo_reports.privacy import Filters
from geo_reports.report import Audience
from geo_reports.settings import Settings
from tests.browser import guard, serve
from tests.intake import photo_corpus
from tests.web.conftest import NOW, client_of, hidden

GIVEN = {
    "category": "rubble",
    "address": "Los Aromos 100",
    "description": "Escombros en la vereda",
    "key": "k" * 24,
    "step": "send",
}
WAIT = "Espera 30 segundos y envíalo otra vez"


@pytest.fixture
def now():
    return [NOW]


@pytest.fixture
def flooded(repo: Path, tmp_path: Path, now):
    """A house that one report floods, and got it."""
    city = repo / "tests" / "cities" / "tiny"
    settings = Settings(city=city, db=str(tmp_path / "r.sqlite"), key_dir=tmp_path / "k", flood_per_minute=1)
    house = build(settings, lambda: now[0]).house
    assert client_of(house).post("/reportar", data=GIVEN | {"key": "f" * 24}).status_code == 303
    return house


def count(house):
    return len(house.view(Audience.CREW).reports(Filters()).rows)


def test_without_a_flood_the_form_asks_for_nothing(reader):
    assert "data-proof" not in reader.get("/reportar").text


def test_a_form_without_scripts_is_sent_again_after_half_a_minute(flooded, now):
    visitor, given = client_of(flooded), GIVEN | {"again": "yes"}
    photo = {"photo": ("a.jpg", photo_corpus.jpeg(), "image/jpeg")}
    refused = visitor.post("/reportar", data=given, files=photo)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert "Están llegando muchísimos reportes" in refused.text
    assert "Escombros en la vereda" in refused.text
    assert not re.search(r"data-proof-says hidden", refused.text)
    assert WAIT in refused.text
    given |= {"held": hidden_ticket(refused.text), "ticket": hidden(refused.text, "ticket")}
    now[0] += timedelta(seconds=29)
    early = visitor.post("/reportar", data=given)
    assert (early.status_code, hidden(early.text, "ticket")) == (429, given["ticket"])
    now[0] += timedelta(seconds=1)
    other = visitor.post("/reportar", data=given | {"key": "o" * 24, "held": ""})
    assert other.status_code == 422
    sent = visitor.post("/reportar", data=given)
    assert sent.status_code == 303
    assert visitor.post("/reportar", data=given).headers["location"] == sent.headers["location"]
    assert visitor.post("/reportar", data=GIVEN | {"key": "o" * 24, "ticket": given["ticket"]}).status_code == 429
    assert count(flooded) == 2


def hidden_ticket(html):
    return re.search(r'name="held" value="([^"]*)"', html)[1]


def test_the_form_of_a_flood_counts_the_wait_from_its_beginning(flooded, now):
    visitor = client_of(flooded)
    form = visitor.get("/reportar").text
    assert "data-proof-says hidden" in form
    now[0] += timedelta(seconds=40)
    given = GIVEN | {"key": hidden(form, "key"), "ticket": hidden(form, "ticket"), "again": "yes"}
    assert visitor.post("/reportar", data=given).status_code == 303


def test_staff_are_not_asked(flooded):
    token = flooded.accounts.sign_in("ana", flooded.accounts.add("ana", Audience.CREW))
    client = client_of(flooded)
    client.cookies.set("session", token)
    assert "data-proof" not in client.get("/reportar").text
    assert client.post("/reportar", data=GIVEN | {"again": "yes"}).status_code == 303


def check(page, text):
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    page.get_by_label("Cuéntanos más").fill(text)
    page.get_by_role("button", name="Revisar y enviar").click()


def send(page, text):
    check(page, text)
    page.get_by_role("button", name="Ninguno: es otro").click()  # than the one that made the flood
    page.get_by_role("button", name="Enviar reporte").click()


def test_a_browser_proves_before_or_after_it_was_asked(page_at, flooded, now):
    with serve(create_app(flooded)) as served:
        page = page_at(390, 844)
        foreign = guard(page.context, served)
        page.goto(f"{served}/reportar")
        expect(page.locator("[data-proof]")).to_have_count(1)
        send(page, "Un sillón")
        expect(page.get_by_text("Gracias, tu reporte quedó guardado")).to_be_visible()
        now[0] += timedelta(minutes=2)
        page.goto(f"{served}/reportar")
        expect(page.locator("[data-proof]")).to_have_count(0)
        assert client_of(flooded).post("/reportar", data=GIVEN | {"key": "g" * 24, "again": "yes"}).status_code == 303
        send(page, "Un colchón")
        expect(page.get_by_text("Gracias, tu reporte quedó guardado")).to_be_visible()
    assert foreign == []
    assert count(flooded) == 4


def test_a_browser_says_what_it_does_meanwhile(page_at, flooded):
    with serve(create_app(flooded)) as served:
        page = page_at(390, 844)
        page.goto(f"{served}/reportar")
        # a challenge that has no solution: the script is never done
        page.route("**/reportar", unsolvable)
        page.reload()
        check(page, "Un sillón")
        expect(page.locator("[data-proof-says]")).to_contain_text("Estamos comprobando que no eres un robot")
        expect(page.get_by_label("Cuéntanos más")).to_have_value("Un sillón")
    assert count(flooded) == 1


def unsolvable(route):
    answer = route.fetch()
    html = re.sub(r"(&#34;challenge&#34;:&#34;)[0-9a-f]{64}", r"\g<1>" + "0" * 64, answer.text())
    html = html.replace("&#34;maxNumber&#34;:50000", "&#34;maxNumber&#34;:50000000")
    assert "0" * 64 in html
    route.fulfill(response=answer, body=html)
