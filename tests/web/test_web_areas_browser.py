"""Neighborhoods, framed maps and shared links in a real browser."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from geo_reports.app import create_app
from tests.browser import guard, serve
from tests.post.mailbox import open_mailbox
from tests.web.test_web_areas import ANA, Town, link

PHONE, DESK = (320, 640), (1280, 800)
SNIPPET = "textarea.snippet"


@pytest.fixture
def town(repo, tmp_path):
    with open_mailbox() as mailbox:
        given = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
        town = Town(repo, tmp_path, **given, mail_from="a@city.example", public_url="https://city.example")
        town.mailbox = mailbox
        for n in range(3):
            town.put(occurred_at=f"2026-0{7 + n}-10", size="car")
        town.now += timedelta(days=1)
        with serve(create_app(town.house)) as town.url:
            yield town


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), ((390, 844), "light"), (DESK, "dark")])
def test_pages_fit_and_axe_finds_nothing(page_at, town, size, scheme):
    page = page_at(*size)
    page.emulate_media(color_scheme=scheme)
    foreign = guard(page.context, town.url)
    said = []
    page.on("console", lambda message: said.append(message.text))
    for path in ("/barrios", "/barrios/A", "/mapas/residents/incrustar?barrio=A"):
        page.goto(town.url + path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], path
        assert [one["id"] for one in Axe().run(page).response["violations"]] == [], path
    assert (foreign, said) == ([], [])


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_follow_a_neighborhood(page_at, town, width, js):
    page = page_at(width, 844, js=js)
    page.goto(f"{town.url}/barrios")
    page.get_by_role("link", name="Barrio A").click()
    expect(page.get_by_role("heading", level=1, name="Barrio A")).to_be_visible()
    expect(page.get_by_role("img", name="Microbasurales por el mes")).to_be_visible()
    page.get_by_label("Tu dirección de correo").fill(ANA)
    page.get_by_label("Cada día que haya novedades").check()
    page.get_by_role("button", name="Inscribirme").click()
    expect(page.get_by_role("heading", name="Revisa tu correo")).to_be_visible()
    way = town.url + link(town)
    page.goto(way)
    page.get_by_role("button", name="Sí, quiero las novedades").click()
    expect(page.get_by_role("heading", name="Recibes las novedades de Barrio A")).to_be_visible()
    page.get_by_role("button", name="Salirme y borrar mi dirección").click()
    expect(page.get_by_role("heading", name="Ya no recibirás más estos correos")).to_be_visible()


def test_the_snippet_shows_the_map_on_another_site_and_leads_back(page_at, town):
    page = page_at(*DESK)
    page.goto(f"{town.url}/barrios/A")
    page.get_by_text("Poner este mapa en tu página").click()
    text = page.locator(SNIPPET).input_value()
    assert text.startswith(
        '<iframe src="https://city.example/mapas/residents/incrustar?barrio=A" title="Mapa: Barrio A"'
    )
    said = []
    page.on("console", lambda message: said.append(message.text))
    with serve(_page(f"<main><h1>Otra página</h1>{text.replace('https://city.example', town.url)}</main>")) as other:
        page.goto(other.replace("127.0.0.1", "localhost"))
        _use_framed_map(page)
    assert (page.context.cookies(), said) == ([], [])


def _page(text):
    """A site of its own, with one page."""

    async def answer(scope, receive, send):
        if scope["type"] == "http":
            headers = [(b"content-type", b"text/html; charset=utf-8")]
            text_ = text if scope["path"] == "/" else ""
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": text_.encode()})

    return answer


def _use_framed_map(page):
    frame = page.frame_locator("iframe")
    expect(frame.locator(".leaflet-container")).to_be_visible()
    expect(frame.locator("use.sign")).to_have_count(3)
    frame.locator("use.sign").last.press("Enter")
    expect(frame.locator(".leaflet-popup-content")).to_contain_text("Escombros")
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name=re.compile("El mapa completo")).click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Mapa para vecinas y vecinos")


def test_no_other_page_can_be_framed(page_at, town):
    page = page_at(*DESK)
    said = []
    page.on("console", lambda message: said.append(message.text))
    with serve(_page(f'<iframe src="{town.url}/barrios/A"></iframe>')) as other:
        page.goto(other)
        expect(page.frame_locator("iframe").get_by_role("heading", name="Barrio A")).to_have_count(0)
    assert [text for text in said if "frame" in text.lower()] != []


def test_a_shared_link_shows_what_its_sender_saw(page_at, town):
    page = page_at(*DESK)
    page.goto(f"{town.url}/mapas/residents")
    boxes = page.locator("input[data-layer]")
    expect(boxes.first).to_be_checked()
    shared = page.locator("a[data-here]")
    expect(shared).to_have_attribute("href", "https://city.example/mapas/residents")
    page.get_by_role("button", name="Acercar").click()
    expect(shared).to_have_attribute("href", re.compile(r"#map=1\d(\.5)?/-3\d\.\d{5}/-\d\d\.\d{5}/1\d+$"))
    boxes.first.uncheck()
    expect(shared).to_have_attribute("href", re.compile(r"/0\d+$"))
    sent = shared.get_attribute("href").replace("https://city.example", town.url)
    other = page.context.new_page()
    other.goto(sent)
    expect(other.locator("input[data-layer]").first).not_to_be_checked()
    expect(other.locator(".leaflet-control-scale-line")).to_have_text(
        page.locator(".leaflet-control-scale-line").inner_text()
    )
    assert other.evaluate("location.hash") == sent[sent.index("#") :]


@pytest.mark.parametrize("state", ["#map=<script>", "#map=99999/0.0/0.0/1", "#map=13/NaN/0.0/1", "#numbers"])
def test_a_state_that_is_none_leaves_the_map_whole(page_at, town, state):
    page = page_at(*DESK)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{town.url}/mapas/residents{state}")
    expect(page.locator(".leaflet-container")).to_be_visible()
    assert faults == []
