"""The page of a report in a real browser: what its sender sees and does, with scripts and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from geo_reports.accounts import Actor
from geo_reports.report import Audience, Status
from tests.browser import guard
from tests.web.conftest import DUMP, THEFT

BOSS = Actor("boss", Audience.ADMIN)
SMALL, PHONE, DESK = (320, 640), (390, 844), (1280, 800)


def fold(page, name):
    """Open a fold, as a person does."""
    page.locator("summary", has_text=name).click()


@pytest.mark.parametrize("size", [SMALL, DESK], ids=["small", "desk"])
def test_pages_of_a_report_are_accessible_in_both_themes_and_fit(page_at, served, put, house, size):
    page = page_at(*size)
    foreign = guard(page.context, served)
    report = put(**DUMP, description="Escombros")
    house.followup.comment(report.code, "hola", seen=0, sender=None)
    house.fieldwork.set_status(report.public_id, Status.CLEANED, reason=None, note="Listo", actor=BOSS)
    at = f"{served}/seguimiento/{report.code}"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for path in (f"{at}?nuevo=1", at, f"{served}/seguimiento/{put(**THEFT).code}"):
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            violations = [found["id"] for found in Axe().run(page).response["violations"]]
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert (theme, path, violations, wide) == (theme, path, [], False)
    assert foreign == []


def test_the_code_is_copied_and_sent_where_the_device_can(page_at, served, put):
    report = put(**DUMP)
    page = page_at(*PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served)
    page.add_init_script("navigator.share = (given) => { window.shared = given; return Promise.resolve(); };")
    page.goto(f"{served}/seguimiento/{report.code}?nuevo=1")
    page.get_by_role("button", name="Copiar el código").click()
    expect(page.get_by_text("Copiado.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == report.code
    page.get_by_role("button", name="Enviarme el enlace").click()
    assert page.evaluate("window.shared") == {"url": f"{served}/seguimiento/{report.code}"}
    expect(page.get_by_role("button", name="Imprimir")).to_be_visible()
    expect(page.get_by_role("img", name="Código QR con el enlace a esta página")).to_be_visible()


def test_on_paper_there_are_code_link_and_qr_and_no_buttons(page_at, served, put):
    report = put(**DUMP)
    page = page_at(*PHONE)
    page.goto(f"{served}/seguimiento/{report.code}?nuevo=1")
    page.emulate_media(media="print")
    expect(page.get_by_text(f"{served}/seguimiento/{report.code}", exact=True)).to_be_visible()
    expect(page.locator(".qr")).to_be_visible()
    expect(page.get_by_text("Copiar el código")).to_be_hidden()


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [SMALL, PHONE, DESK], ids=["small", "phone", "desk"])
def test_from_clean_to_opened_again_to_erased(page_at, served, put, house, size, js):
    report = put(**DUMP)
    house.fieldwork.set_status(report.public_id, Status.CLEANED, reason=None, note=None, actor=BOSS)
    page = page_at(*size, js=js)
    page.goto(f"{served}/seguimiento/{report.code}")
    page.get_by_role("button", name="Sí, quedó limpio").click()
    expect(page.get_by_role("heading", name="Confirmado limpio")).to_be_visible()
    if js:
        page.get_by_role("link", name="Reabrirlo").click()  # opens the fold it leads to
    else:
        fold(page, "No está resuelto")
    page.get_by_label("¿Qué sigue ahí?").fill("Volvió la basura")
    page.get_by_role("button", name="Reabrirlo").click()
    expect(page.get_by_text("Volvió la basura")).to_be_visible()
    fold(page, "Escribirle a la municipalidad")
    page.get_by_label("Comentario").fill("Mi correo es ana@example.cl")
    page.get_by_role("button", name="Enviar el comentario").click()
    expect(page.get_by_text("Tu texto puede decir quién es alguien")).to_be_visible()
    page.get_by_label("Comentario").fill("Son colchones")
    page.get_by_role("button", name="Enviar el comentario").click()
    expect(page.get_by_text("Son colchones")).to_be_visible()
    fold(page, "Pedir o borrar todo")
    page.get_by_role("button", name="Borrar todo…").click()
    page.get_by_label("Escribe otra vez el código del reporte").fill(report.code)
    page.get_by_role("button", name="Borrar todo", exact=True).click()
    expect(page.get_by_role("heading", name="Se borró todo")).to_be_visible()


def test_the_keyboard_reaches_everything_in_order(page_at, served, put):
    report = put(**DUMP)
    page = page_at(*DESK)
    page.goto(f"{served}/seguimiento/{report.code}")
    page.locator("summary").first.focus()
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert seen == [
        "Escribirle a la municipalidad",
        "Agregar fotos",
        "Corregir lo que nos contaste",
        "Retirar el reporte",
        "Pedir o borrar todo",
    ]
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Pedir una copia de todo")).to_be_visible()
