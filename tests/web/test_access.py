"""Every page for everybody: axe in both themes, narrow and wide, no sideways scrolling, a way past the menu.

The routes are those of the service: a page without a case fails. One browser walks through all of them.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import expect

from geo_reports.accounts import Actor
from geo_reports.app import create_app
from geo_reports.errors import TooManyRequests
from geo_reports.look.catalogues import catalogue
from geo_reports.report import Audience, Channel, NewReport, Status
from tests.browser import serve
from tests.web.routes import pages

ADMIN = Actor("admin", Audience.ADMIN)
PLACE = {"lon": -70.7577, "lat": -33.5107}
DUMP = {"family": "dump", "category": "rubble", "size": "car", "occurred_at": "2026-09-30", **PLACE}
THEFT = {"family": "security", "category": "street_robbery", "description": "Cerca de la esquina", **PLACE}
TYPED = {
    "family": "dump",
    "category": "rubble",
    "lon": str(PLACE["lon"] + 0.01),
    "lat": str(PLACE["lat"]),
    "description": "Llamar a Juan, 12.345.678-5, patente AB CD 12",
    "key": "k" * 24,
}

NO_PAGE = {
    "/barrios/avisos.atom",
    "/barrios/{unit}/avisos.atom",
    "/fotos/{public_id}/{n}.jpg",
    "/icono-{size}.png",
    "/manifest.webmanifest",
    "/personal/reportes/{public_id}/fotos/{n}.jpg",
    "/reportar/fondo.json",
    "/seguimiento/{code}/datos.json",
    "/seguimiento/{code}/qr.svg",
    "/static/{name:path}",
    "/sw.js",
}
"""Routes that answer with something else than a page."""
MOVES_ON = {
    "/personal/moderacion",
    "/personal/reportes/{public_id}/aprobar",
    "/personal/reportes/{public_id}/deshacer",
    "/personal/reportes/{public_id}/foto/{n}",
    "/personal/reportes/{public_id}/fotos/{n}/original",
    "/personal/reportes/{public_id}/leido",
    "/personal/reportes/{public_id}/nota",
    "/personal/reportes/{public_id}/separar",
    "/salir",
    "/seguimiento",
    "/seguimiento/{code}/confirmar",
    "/seguimiento/{code}/foto",
    "/reportes/{public_id}/me-sumo",
    "/suscripcion/{token}",
    "/suscripcion/{token}/baja",
}
"""Routes of forms that lead to a page which has a case of its own."""


@dataclass(frozen=True)
class Case:
    """A page: the route it is, its address, what is posted to it, and whether staff see it."""

    route: str
    address: str = ""
    sent: dict[str, str] = field(default_factory=dict)
    staff: bool = False
    status: int = 200


def cases(known):
    """Every page with what a reader may find on it; addresses with the ids of what is stored."""
    case, staff = "/personal/reportes/{public_id}", {"staff": True}
    dump, code = known["dump"], known["code"]
    return [
        Case("/"),
        Case("/privacidad"),
        Case("/ninas-ninos"),
        Case("/ninas-ninos/ayuda"),
        Case("/ninas-ninos", sent={"at": "what", "category": "rubble"}),
        Case("/ninas-ninos", sent={"at": "where", "category": "rubble"}, status=422),
        Case("/ninas-ninos", sent={"at": "where", "category": "rubble", "lon": "-70.7577", "lat": "-33.5107"}),
        Case("/reportar"),
        Case("/reportar", sent={"step": "check", "key": "e" * 24}, status=422),
        Case("/reportar", sent=TYPED | {"step": "check"}),
        Case("/reportar", sent=TYPED | {"category": "street_robbery", "family": "security", "step": "check"}),
        Case("/reportar", sent=TYPED | {"lon": str(PLACE["lon"]), "step": "check"}),
        Case("/reportes/{public_id}", f"/reportes/{dump}"),
        Case("/seguimiento"),
        Case("/seguimiento/{code}", f"/seguimiento/{code}?nuevo=1"),
        Case("/seguimiento/{code}", f"/seguimiento/{code}"),
        Case("/seguimiento/{code}", f"/seguimiento/{known['held_code']}?nuevo=1"),
        Case("/seguimiento/{code}", f"/seguimiento/{known['theft_code']}"),
        Case("/seguimiento/{code}", f"/seguimiento/{known['closed_code']}"),
        Case("/seguimiento/{code}", "/seguimiento/XXXX-XXXX-XXXX-XXXX", status=404),
        Case("/seguimiento/{code}/comentario", f"/seguimiento/{code}/comentario", {"text": ""}, status=422),
        Case("/seguimiento/{code}/corregir", f"/seguimiento/{code}/corregir", {"category": "none"}, status=422),
        Case("/seguimiento/{code}/retirar", f"/seguimiento/{code}/retirar", {"x": ""}),
        Case("/seguimiento/{code}/reabrir", f"/seguimiento/{known['closed_code']}/reabrir", {"why": ""}, status=422),
        Case("/seguimiento/{code}/borrar", f"/seguimiento/{code}/borrar", {"again": ""}),
        Case("/mapas/{name}", "/mapas/residents"),
        Case("/mapas/{name}", "/mapas/crews", **staff),
        Case("/mapas/{name}", "/mapas/planners", **staff),
        Case("/mapas/{name}/incrustar", "/mapas/residents/incrustar"),
        Case("/barrios"),
        Case("/barrios/{unit}", f"/barrios/{known['unit']}"),
        Case("/barrios/{unit}/suscribir", f"/barrios/{known['unit']}/suscribir", {"address": "x"}, status=404),
        Case("/suscripcion/{token}", "/suscripcion/none", status=404),
        Case("/suscripcion/{token}/baja", "/suscripcion/none/baja"),
        Case("/borradores"),
        Case("/entrar"),
        Case("/entrar", sent={"login": "x"}, status=403),
        Case("/personal", **staff),
        Case("/personal/moderacion", **staff),
        Case(case, f"/personal/reportes/{dump}", **staff),
        Case(case, f"/personal/reportes/{known['held']}", **staff),
        Case(case, f"/personal/reportes/{known['theft']}", **staff),
        Case(f"{case}/abrir", f"/personal/reportes/{known['theft']}/abrir", {"reason": "Lo pide la fiscalía"}, **staff),
        Case(f"{case}/contacto", f"/personal/reportes/{dump}/contacto", {"reason": ""}, status=422, **staff),
        Case(f"{case}/estado", f"/personal/reportes/{dump}/estado", {"status": ""}, status=422, **staff),
        Case(f"{case}/texto", f"/personal/reportes/{dump}/texto", {"text": "x" * 9000}, status=422, **staff),
        Case(f"{case}/rechazar", f"/personal/reportes/{dump}/rechazar", {"reason": ""}, status=422, **staff),
        Case(f"{case}/unir", f"/personal/reportes/{dump}/unir", {"into": "none"}, status=422, **staff),
        Case(f"{case}/categoria", f"/personal/reportes/{dump}/categoria", {"category": "none"}, status=422, **staff),
    ]


@pytest.fixture(scope="module")
def house(house_at, repo):
    return house_at(city=repo)


@pytest.fixture(scope="module")
def known(house):
    """A store with what a page may show: photos held and published, a report that waits for approval, a closed one."""

    def put(body, **more):
        return house.intake.accept(NewReport(**body), channel=Channel.WEB, **more)

    photos = []
    for colour in ("teal", "olive"):
        file = BytesIO()
        Image.new("RGB", (320, 240), colour).save(file, "JPEG")
        photos.append(house.intake.photos.hold(file))
    answers = {"hazard": ["glass"], "blocks": "street"}
    text = {"description": "Escombros frente a la plaza", "contact": "ana@example.org", "answers": answers}
    dump, theft = put(DUMP | text, photos=photos), put(THEFT)
    held = house.intake.accept(NewReport(**DUMP), channel=Channel.CHILDREN, status=Status.HELD, photos=photos[:1])
    closed = put(DUMP | {"lon": -70.75})
    house.fieldwork.set_status(closed.public_id, Status.CLEANED, reason=None, note="Se limpió ayer.", actor=ADMIN)
    house.photo_desk.publish(dump.public_id, 0, [], ADMIN)
    return {
        "dump": dump.public_id,
        "code": dump.code,
        "theft": theft.public_id,
        "theft_code": theft.code,
        "held": held.public_id,
        "held_code": held.code,
        "closed_code": closed.code,
        "unit": house.city.primary.current.units.unit.iloc[0],
    }


@pytest.fixture(scope="module")
def base_url(house):
    with serve(create_app(house)) as base:
        yield base


@pytest.fixture(scope="module")
def token(house):
    return house.accounts.sign_in("admin", house.accounts.add("admin", Audience.ADMIN))


def test_every_route_has_a_case(house, known):
    covered = {case.route for case in cases(known) if not case.sent}
    assert pages(house) - NO_PAGE - covered == set()
    assert NO_PAGE | covered <= pages(house) | pages(house, "POST")
    posted = {case.route for case in cases(known) if case.sent}
    assert pages(house, "POST") - MOVES_ON - posted == set()


POST = """([address, sent]) => {
  const form = document.createElement("form");
  form.method = "post"; form.action = address;
  for (const [name, value] of Object.entries(sent)) {
    const input = document.createElement("input");
    input.type = "hidden"; input.name = name; input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}"""


def visit(page, base_url, case, csrf):
    """Open a page as a browser does; returns its HTTP status."""
    address = base_url + (case.address or case.route)
    if not case.sent:
        return page.goto(address).status
    if not page.url.startswith(base_url):
        page.goto(f"{base_url}/privacidad")
    with page.expect_navigation() as answered:
        page.evaluate(POST, [address, {**case.sent, "csrf": csrf} if case.staff else case.sent])
    return answered.value.status


AUDIT = """async () => {
  const found = await axe.run({resultTypes: ["violations"]});
  return found.violations.map((one) => one.id + ": " + one.nodes[0].html.slice(0, 150));
}"""
PLAIN = """() => {
  const faults = [], root = document.documentElement;
  const start = (one) => one ? one.outerHTML.slice(0, 150) : "?";
  if (root.scrollWidth > innerWidth) {
    const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1;
    faults.push("wider than the screen: " + start(Array.from(document.body.querySelectorAll("*")).find(beyond)));
  }
  if (!root.lang || !document.title.trim()) { faults.push("no language or title"); }
  if (document.querySelectorAll("h1").length !== 1) { faults.push("not one h1"); }
  const control = "a[href], button:not([hidden]), input:not([type=hidden]), select, textarea, [tabindex='0']";
  const first = document.querySelector(control);
  if (!window.framed && !first.matches(".skip")) { faults.push("no way past the menu: " + start(first)); }
  return faults;
}"""
LOOKS = (("dark", 320, 640), ("light", 1280, 800))
"""Each theme once and each width once: no colour depends on the width, and no size on the theme."""


def faults_of(page, framed):
    """What axe and we find wrong, in both themes, narrow and wide."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate("(framed) => { window.framed = framed; }", framed)
    found = []
    for scheme, width, height in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        found += [f"{width} {scheme} {fault}" for fault in page.evaluate(AUDIT) + page.evaluate(PLAIN)]
    return found


TEXTS = re.compile(r">([^<>]+)<|=\"([^\"]*)\"")
"""Text between tags, and values of attributes."""


def english_in(html):
    """Sentences of the pages that are there in English although the page is Spanish."""
    english = {message.id for message in catalogue("es").messages if isinstance(message.id, str) and " " in message.id}
    return english & {unescape(text).strip() for pair in TEXTS.findall(html) for text in pair}


@pytest.mark.parametrize("staff", [False, True], ids=["public", "staff"])
def test_nobody_is_kept_out_of_a_page(page_at, house, known, base_url, token, staff):
    page = page_at(1280, 800)
    broken = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    if staff:
        page.context.add_cookies([{"name": "session", "value": token, "url": base_url}])
    got, wanted = {}, {}
    for n, case in enumerate(case for case in cases(known) if case.staff is staff):
        name = f"{n} {case.address or case.route} {sorted(case.sent)}"
        status = visit(page, base_url, case, house.accounts.csrf(token))
        left = english_in(page.content())
        got[name] = status, left, faults_of(page, "incrustar" in case.route)
        wanted[name] = case.status, set(), []
    assert got == wanted
    assert broken == []


def test_a_page_that_asks_to_wait_is_one_for_everybody(page_at, house, base_url):
    for _ in range(10_000):
        try:
            house.followup.wrong_code("127.0.0.1")
        except TooManyRequests:
            break
    page = page_at(320, 640)
    assert page.goto(f"{base_url}/seguimiento/XXXX-XXXX-XXXX-XXXX").status == 429
    assert faults_of(page, framed=False) == []


@pytest.mark.parametrize("path", ["/", "/reportar", "/ninas-ninos", "/seguimiento/{code}", "/privacidad", "/barrios"])
def test_text_of_twice_the_size_fits(page_at, known, base_url, path):
    page = page_at(640, 800)
    page.goto(base_url + path.format(**known))
    before = page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)") == 2 * before
    assert page.evaluate(PLAIN) == []


def test_nothing_moves_for_whom_it_hurts(page_at, base_url):
    page = page_at(390, 844)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{base_url}/reportar")
    moving = """Array.from(document.querySelectorAll("*")).filter((one) => {
      const style = getComputedStyle(one);
      return style.transitionDuration !== "0s" || style.animationName !== "none";
    }).length"""
    assert page.evaluate(moving) == 0


STOP = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  const exit = document.querySelector(".quick-exit a"), over = exit && exit !== at && exit.getBoundingClientRect();
  const label = at.labels && at.labels[0];
  return {
    name: (at.getAttribute("aria-label") || (label || at).textContent || "").replace(/\\s+/g, " ").trim(),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight,
    free: !over || box.right <= over.left || box.left >= over.right || box.bottom <= over.top || box.top >= over.bottom,
  };
}"""


def walk(page, until, most=80):
    """Press the tab key from the top to the control called ``until``; gives the names on the way."""
    names = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert (stop["ring"], stop["seen"], stop["free"]) == (True, True, True), stop
        names.append(stop["name"])
        if stop["name"] == until:
            return names
    raise AssertionError(f"{until!r} is not reached: {names}")


def in_order(wanted, names):
    """Tell whether the wanted names come in this order, with others between them."""
    rest = iter(names)
    return all(any(name.startswith(one) for name in rest) for one in wanted)


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
def test_report_with_the_keyboard_alone(page_at, base_url, js):
    page = page_at(390, 844, js=js)
    page.goto(f"{base_url}/reportar")
    names = walk(page, "Revisar y enviar")
    wanted = ["Ir al contenido", "Maipú", "Lectura fácil", "Salir rápido", "Carabineros", "Fotos", "Microbasurales"]
    assert in_order([*wanted, "¿Qué viste?", "¿Dónde está?", "Cuéntanos más", "Revisar y enviar"], names)
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    page.get_by_label("¿Dónde está?").fill("Plaza de Maipú")
    page.get_by_role("button", name="Revisar y enviar").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Reportar")
    page.keyboard.press("Tab")
    stop = page.evaluate(STOP)
    assert (stop["ring"], stop["seen"]) == (True, True)


def test_skip_link_leads_to_the_content(page_at, base_url):
    page = page_at(390, 844)
    page.goto(f"{base_url}/reportar")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir al contenido")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_what_a_screen_reader_hears_of_the_form(page_at, base_url):
    page = page_at(390, 844)
    page.goto(f"{base_url}/reportar")
    expect(page.locator("body")).to_match_aria_snapshot(
        """
        - link "Ir al contenido"
        - banner:
          - link "Maipú"
          - navigation "Principal"
        - complementary "Salir rápido":
          - link "Salir rápido"
        - complementary "Números de emergencia"
        - main:
          - heading "Reportar" [level=1]
          - group "¿Qué tipo de problema es?":
            - radio "Microbasurales"
            - radio "Seguridad"
          - combobox "¿Qué viste?"
          - combobox "¿Dónde está?"
          - textbox /Cuéntanos más/
          - paragraph:
            - button "Revisar y enviar"
        - contentinfo:
          - paragraph:
            - link "Qué guardamos y quién lo ve"
          - group "Colores"
        """
    )


def test_what_a_screen_reader_hears_before_sending(page_at, base_url):
    page = page_at(390, 844)
    visit(page, base_url, Case("/reportar", sent=TYPED | {"step": "check"}), "")
    expect(page.locator("main")).to_match_aria_snapshot(
        """
        - heading "Revisa tu reporte" [level=1]
        - region "Lo que envías a la municipalidad":
          - heading [level=2]
          - term: Qué
          - definition: Escombros
        - region "Tu texto puede decir quién es alguien":
          - list:
            - listitem:
              - strong: 12.345.678-5
        - region "Así se verá en público":
          - heading [level=2]
        - paragraph:
          - button "Enviar reporte"
          - button "Corregir"
        """
    )


def test_colours_are_chosen_and_remembered_without_a_script(page_at, base_url):
    page = page_at(390, 844, js=False)
    page.goto(f"{base_url}/reportar")
    page.get_by_label("Cuéntanos más").fill("Escombros")
    page.get_by_role("button", name="Oscuros").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Escombros")
    page.goto(f"{base_url}/mapas/residents")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{base_url}/privacidad")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.get_by_role("link", name="Como en tu aparato").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "")


def test_colours_are_chosen_with_a_script_where_one_stands(page_at, base_url):
    page = page_at(390, 844)
    page.goto(f"{base_url}/privacidad")
    page.get_by_role("link", name="Oscuros").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("link", name="Oscuros")).to_have_attribute("aria-current", "true")
    assert page.url == f"{base_url}/privacidad"
    answer = page.goto(f"{base_url}/seguimiento")
    assert 'data-theme="dark"' in answer.text()  # from the service: nothing flashes


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
def test_another_language_keeps_what_was_typed(page_at, base_url, js):
    page = page_at(390, 844, js=js)
    page.goto(f"{base_url}/reportar")
    page.get_by_label("Cuéntanos más").fill("Escombros en la vereda")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_label("Tell us more")).to_have_value("Escombros en la vereda")
    page.get_by_role("button", name="Lectura fácil").click()
    expect(page.get_by_text("Puedes poner hasta 5 fotos")).to_be_visible()
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Escombros en la vereda")


def test_another_language_before_sending_sends_nothing(page_at, house, base_url):
    page = page_at(390, 844, js=False)
    before = house.view(Audience.ADMIN).revision()
    visit(page, base_url, Case("/reportar", sent=TYPED | {"key": "s" * 24, "step": "check"}), "")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("Tell us more")).to_have_value(TYPED["description"])
    assert house.view(Audience.ADMIN).revision() == before


def test_a_script_keeps_what_was_typed_on_any_other_page(page_at, known, base_url):
    page = page_at(390, 844)
    page.goto(f"{base_url}/seguimiento")
    page.get_by_label("Código de seguimiento").fill("ABCD")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_label("Tracking code")).to_have_value("ABCD")
    page.goto(f"{base_url}/seguimiento")
    expect(page.get_by_label("Tracking code")).to_have_value("")


@pytest.mark.parametrize("way", ["tap", "keys"])
def test_quick_exit_leaves_nothing_to_go_back_to(page_at, house, base_url, way):
    away = house.city.spec.quick_exit.url
    page = page_at(390, 844)
    told = {"body": "<h1>El tiempo</h1>", "content_type": "text/html"}
    page.context.route(re.compile("^https:"), lambda route: route.fulfill(**told))
    page.goto(f"{base_url}/privacidad")
    page.goto(f"{base_url}/reportar")
    expect(page.get_by_role("link", name="Salir rápido")).to_have_attribute("rel", "noreferrer nofollow")
    if way == "tap":
        page.get_by_role("link", name="Salir rápido").click()
    else:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="El tiempo")).to_be_visible()
    assert page.url == away
    page.go_back()
    expect(page).to_have_url(f"{base_url}/privacidad")
