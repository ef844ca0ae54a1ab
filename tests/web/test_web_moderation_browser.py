"""The moderators' desk in a real browser: covering places of a photo, the keyboard, every width, both themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import guard
from tests.web.conftest import DUMP
from tests.web.moderators import MODERATOR, RUT, child, with_photo

__all__ = ["child", "with_photo"]


@pytest.fixture
def signed_in(page_at, served, house):
    """Open a page of a given size as a moderator."""
    token = house.accounts.sign_in("ana", house.accounts.add("ana", MODERATOR))

    def open_page(width, height, js=True, scheme="light"):
        page = page_at(width, height, js=js)
        page.emulate_media(color_scheme=scheme)
        page.context.add_cookies([{"name": "session", "value": token, "url": served}])
        return page

    return open_page


def sides(page):
    return [page.locator(f".rectangle input[name={name}]").first.input_value() for name in "xywh"]


def test_places_are_drawn_moved_and_removed_with_the_pointer_and_the_keyboard(signed_in, served, with_photo):
    report = with_photo("red")
    page = signed_in(1280, 800)
    page.goto(f"{served}/personal/reportes/{report.public_id}")
    layer = page.locator(".places")
    layer.scroll_into_view_if_needed()
    frame = layer.bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * 0.25, frame["y"] + frame["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.5, frame["y"] + frame["height"] * 0.75, steps=3)
    page.mouse.up()
    place = page.locator(".place")
    expect(place).to_be_focused()
    drawn = [float(side) for side in sides(page)]
    assert drawn == pytest.approx([25, 25, 25, 50], abs=1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert [float(side) for side in sides(page)] == pytest.approx([drawn[0] + 1, drawn[1], drawn[2], drawn[3] - 1])
    page.get_by_role("button", name="Tapar un lugar").press("Enter")
    expect(place).to_have_count(2)
    expect(page.get_by_role("button", name="Lugar 2: ")).to_be_focused()
    page.keyboard.press("Delete")
    expect(place).to_have_count(1)
    page.get_by_role("button", name="Ver cómo queda").click()
    expect(page.get_by_text("Todavía no está publicada")).to_be_visible()
    expect(page.locator(".place")).to_have_count(1)
    page.get_by_role("button", name="Quitar el lugar 1").click()
    expect(page.locator(".place")).to_have_count(0)
    assert sides(page) == [""] * 4


def test_without_scripts_places_are_numbers(signed_in, served, with_photo, put):
    report, other = with_photo("red"), put(**DUMP, description="x")
    page = signed_in(390, 844, js=False)
    page.goto(f"{served}/personal/moderacion?tipo=photo")
    page.get_by_role("link", name=report.public_id).click()
    page.get_by_text("Lugares por tapar, en números").click()
    for name, value in {"Desde la izquierda": "0", "Desde arriba": "0", "Ancho": "50", "Alto": "50"}.items():
        page.get_by_label(name).first.fill(value)
    page.get_by_role("button", name="Ver cómo queda").click()
    expect(page.get_by_alt_text("Cómo vería todo el mundo la foto 1")).to_be_visible()
    page.get_by_role("button", name="Publicar la foto").click()
    expect(page.get_by_text("Aquí no espera nada")).to_be_visible()
    page.get_by_role("link", name="Texto por revisar").click()
    expect(page.get_by_role("link", name=other.public_id)).to_be_visible()


def test_a_queue_is_worked_through_with_the_keyboard(signed_in, served, put):
    one, two = (put(**DUMP, description=f"{RUT} {i}") for i in range(2))
    page = signed_in(1280, 800)
    page.goto(f"{served}/personal/moderacion?tipo=text")
    page.get_by_role("link", name=one.public_id).press("Enter")
    expect(page.get_by_label("Lo que cualquiera puede leer")).to_have_value(f"{RUT.replace('12.345.678-5', '[…]')} 0")
    page.get_by_role("button", name="Publicar este texto").press("Enter")
    expect(page.get_by_role("heading", name=f"Reporte {two.public_id}")).to_be_visible()
    expect(page.get_by_text("Este es el siguiente")).to_be_visible()
    page.get_by_role("button", name="Dejarlo privado").press("Enter")
    expect(page.get_by_text("Aquí no espera nada")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_are_accessible_and_fit(signed_in, served, put, child, with_photo, width, scheme):
    report, held = with_photo("red", "blue", description=RUT), child()
    put(**DUMP, size="car")
    page = signed_in(width, 800, scheme=scheme)
    foreign, broken = guard(page.context, served), []
    page.on("pageerror", lambda error: broken.append(str(error)))
    case = f"/personal/reportes/{report.public_id}"
    for path in ("/personal", "/personal/moderacion", case, f"/personal/reportes/{held.public_id}"):
        page.goto(f"{served}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        if path == case:
            page.get_by_role("button", name="Tapar un lugar").first.click()
        found = [(one["id"], [node["html"] for node in one["nodes"]]) for one in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert (path, found, wide) == (path, [], False)
    assert (foreign, broken) == ([], [])
