"""Where it is, told by phone, by map, by the keyboard alone, or by an address as it is typed."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from geo_reports.app import create_app
from tests.browser import guard, serve

WITHOUT_WORKER = "delete Navigator.prototype.serviceWorker"
"""What the worker asks for is neither seen nor stopped by a watch on the page."""
PHONE, SMALL, DESK = (390, 844), (320, 640), (1280, 800)
FIRST_LOAD_BYTES = 150_000


@pytest.fixture(scope="module")
def calm(still_house):
    """Base URL of a service in which these tests change nothing."""
    with serve(create_app(still_house)) as base_url:
        yield base_url


@pytest.mark.parametrize("size", [SMALL, DESK], ids=["small", "desk"])
def test_a_point_is_chosen_on_the_map_with_the_keyboard_alone(page_at, calm, size):
    page = page_at(*size)
    foreign = guard(page.context, calm)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{calm}/reportar")
    button = page.get_by_role("button", name="Elegir en el mapa")
    expect(button).to_be_visible()
    assert [url for url in asked if "leaflet" in url or "fondo" in url] == []
    button.focus()
    page.keyboard.press("Enter")
    chooser = page.get_by_role("application", name="Mapa para elegir el lugar")
    expect(chooser).to_be_focused()
    expect(page.locator(".chooser path")).to_have_count(4)  # the city's four units
    expect(page.locator("input[name=lon]")).to_have_value("")  # opening it chooses nothing
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("input[name=lon]")).to_have_value(re.compile(r"^-69\.98"))
    expect(page.locator("[data-place-says]")).to_contain_text("Usaremos el punto bajo la cruz")
    expect(page.locator("[data-place-says]")).to_contain_text("Barrio D")
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    expect(page.locator("input[name=lon]")).to_have_value("")
    assert foreign == []


def test_a_tap_on_the_map_chooses_the_place(page_at, calm):
    page = page_at(*PHONE)
    page.goto(f"{calm}/reportar")
    page.get_by_role("button", name="Elegir en el mapa").click()
    chooser = page.get_by_role("application", name="Mapa para elegir el lugar")
    box = chooser.bounding_box()
    chooser.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.6})
    expect(page.locator("[data-place-says]")).to_contain_text("Barrio A")
    expect(page.locator("input[name=accuracy_m]")).to_have_value(re.compile(r"^\d+$"))


def test_a_map_without_a_network_says_what_to_do(page_at, calm):
    page = page_at(*PHONE)
    page.add_init_script(WITHOUT_WORKER)
    page.goto(f"{calm}/reportar")
    page.route("**/leaflet.js*", lambda route: route.abort())
    page.get_by_role("button", name="Elegir en el mapa").click()
    expect(page.get_by_role("alert").filter(has_text="No pudimos cargar el mapa")).to_be_visible()
    page.unroute("**/leaflet.js*")
    page.get_by_role("button", name="Elegir en el mapa").click()
    expect(page.get_by_role("application", name="Mapa para elegir el lugar")).to_be_visible()


def test_an_address_is_completed_with_the_keyboard(page_at, calm):
    page = page_at(*PHONE)
    page.goto(f"{calm}/reportar")
    field = page.get_by_role("combobox", name="¿Dónde está?")
    field.press_sequentially("Los Aromitos 100")  # not certain
    options = page.locator("#address-list [role=option]")
    expect(options).to_have_text("Los Aromos 100")
    field.fill("")
    expect(options).to_have_count(0)
    field.press_sequentially("Escuela")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_be_visible()
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    said = options.first.inner_text()
    field.press("Enter")  # chooses, and does not send the form
    expect(field).to_have_value(said)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("heading", name="Reportar")).to_be_visible()


@pytest.mark.parametrize(
    ("code", "said"), [(1, "no nos da la ubicación"), (2, "no sabe dónde está"), (3, "tardó demasiado")]
)
def test_a_phone_that_gives_no_place_says_what_to_do_and_can_be_asked_again(page_at, calm, code, said):
    page = page_at(*PHONE)
    page.add_init_script(f"navigator.geolocation.getCurrentPosition = (found, failed) => failed({{ code: {code} }})")
    page.goto(f"{calm}/reportar")
    button = page.get_by_role("button", name="Usar mi ubicación")
    button.click()
    expect(page.get_by_role("alert").filter(has_text=re.compile(said))).to_be_visible()
    expect(button).to_be_enabled()
    expect(page.locator("input[name=lon]")).to_have_value("")


def test_the_first_load_is_light(page_at, calm):
    page = page_at(*PHONE)
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}))
    page.add_init_script(WITHOUT_WORKER)
    page.goto(f"{calm}/reportar", wait_until="networkidle")
    assert sum(sizes.values()) < FIRST_LOAD_BYTES, sizes
