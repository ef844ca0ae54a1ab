"""The pages in a real browser, on a phone and on a desk, with scripts and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from geo_reports.privacy import Filters
from geo_reports.report import Audience
from tests.browser import guard
from tests.web.conftest import DUMP

PHONE, DESK = (390, 844), (1280, 800)
PAGES = ("/", "/reportar", "/seguimiento", "/seguimiento/ABCD", "/entrar", "/privacidad", "/nada", "{story}")


def test_report_on_a_phone_without_scripts(page_at, served, house):
    page = page_at(*PHONE, js=False)
    foreign = guard(page.context, served)
    page.goto(served)
    page.get_by_role("main").get_by_role("link", name="Reportar").click()
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    page.get_by_label("Cuéntanos más").fill("Escombros en la vereda")
    page.get_by_role("button", name="Revisar y enviar").click()
    expect(page.locator("#address-error")).to_contain_text("Escribe dónde está")
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Escombros en la vereda")
    page.get_by_label("¿Dónde está?").fill("Los Aromitos 100")
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_label("Los Aromos 100").check()
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_role("button", name="Enviar reporte").click()
    code = page.locator(".code").inner_text()
    assert re.fullmatch(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", code)
    page.get_by_role("banner").get_by_role("link", name="Seguimiento").click()
    page.get_by_label("Código de seguimiento").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Ver qué ha pasado").click()
    expect(page.get_by_role("heading", name="Recibido")).to_be_visible()
    assert foreign == []
    assert len(house.view(Audience.CREW).reports(Filters()).rows) == 1


def test_location_is_asked_after_a_tap_and_sent(page_at, served, house):
    page = page_at(*PHONE)
    page.context.grant_permissions(["geolocation"], origin=served)
    page.context.set_geolocation({"latitude": -32.9951, "longitude": -69.9951, "accuracy": 9})
    page.goto(f"{served}/reportar")
    expect(page.locator("input[name=lon]")).to_have_value("")
    page.get_by_label("Microbasurales").check()
    expect(page.locator("#category optgroup")).to_have_count(1)
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    page.get_by_role("button", name="Usar mi ubicación").click()
    page.get_by_text("con un margen de 9 m").wait_for()
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_role("button", name="Enviar reporte").click()
    page.get_by_text("Gracias, tu reporte quedó guardado").wait_for()
    row = house.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat) == (-69.9951, -32.9951)


def test_typing_an_address_forgets_the_location(page_at, served):
    page = page_at(*PHONE)
    page.context.grant_permissions(["geolocation"], origin=served)
    page.context.set_geolocation({"latitude": -32.9951, "longitude": -69.9951})
    page.goto(f"{served}/reportar")
    page.get_by_role("button", name="Usar mi ubicación").click()
    page.get_by_text("Usaremos el lugar").wait_for()
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    expect(page.locator("input[name=lon]")).to_have_value("")


def test_refused_location_says_what_to_do_and_can_be_tried_again(page_at, served):
    page = page_at(*PHONE)
    page.goto(f"{served}/reportar")
    button = page.get_by_role("button", name="Usar mi ubicación")
    button.click()
    page.get_by_text("Tu teléfono no nos da la ubicación").wait_for()
    expect(button).to_be_enabled()
    expect(page.locator("[data-locate-says]")).to_have_attribute("role", "alert")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_are_accessible_fit_the_screen_and_call_nobody(page_at, served, put, size):
    page = page_at(*size)
    foreign = guard(page.context, served)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on(
        "console", lambda message: broken.append(message.text) if "Content Security Policy" in message.text else None
    )
    code = put(**DUMP).code
    for path in PAGES:
        page.goto(served + path.format(story=f"/seguimiento/{code}"))
        violations = [found["id"] for found in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert (path, violations, wide) == (path, [], False)
    assert foreign == []
    assert broken == []


def test_public_map_runs_its_scripts_also_when_it_was_kept(page_at, served, put):
    put(**DUMP)
    page = page_at(*DESK)
    for _ in range(2):  # the second time the service answers 304, and the kept page's nonce must still hold
        page.goto(f"{served}/mapas/residents")
        expect(page.locator(".leaflet-container")).to_have_count(1)
        page.goto(served)


def test_staff_work_on_a_report(page_at, served, put, house):
    report = put(**DUMP)
    password = house.accounts.add("ana", Audience.CREW)
    page = page_at(*PHONE)
    page.goto(f"{served}/personal")
    page.get_by_label("Nombre").fill("ana")
    page.get_by_label("Contraseña").fill(password)
    page.get_by_role("button", name="Entrar").click()
    page.get_by_role("link", name="Escombros").click()
    expect(page.get_by_role("heading", name=f"Reporte {report.public_id}")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("En trabajo").check()
    page.get_by_role("button", name="Guardar el estado").click()
    expect(page.get_by_text("El cambio quedó guardado")).to_be_visible()
    expect(page.get_by_role("cell", name="En trabajo")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_role("button", name="Salir")).to_have_count(0)
    page.goto(f"{served}/personal")
    expect(page.get_by_label("Contraseña")).to_be_visible()
