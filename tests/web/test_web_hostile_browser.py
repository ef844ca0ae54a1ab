"""Payloads before a real browser: every page that shows what somebody wrote is opened, and nothing runs."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from geo_reports.app import create_app
from geo_reports.report import Audience
from tests.browser import guard, serve
from tests.intake import photo_corpus
from tests.post.mailbox import open_mailbox
from tests.web.hostile import LAT, NAMES, TEXTS, lon_of, open_town, plant, write_city
from tests.web.payloads import LONG, PAYLOADS, bundles
from tests.web.test_web_hostile import web_routes

ADMIN = Audience.ADMIN
WIDE = list(bundles(900))
# what runs calls one of these; a script that the policy stops is a violation, which tells as much
CANARY = """
window.__ran = [];
window.pwn = (...given) => { window.__ran.push("pwn " + given); };
for (const name of ["alert", "confirm", "prompt", "print"]) { window[name] = window.pwn; }
document.addEventListener("securitypolicyviolation", (event) => {
  window.__ran.push([event.violatedDirective, event.blockedURI, event.sample].join(" "));
});
"""
LOOK = """() => {
  const bad = window.__ran.slice();
  for (const part of document.querySelectorAll("pwn, [pwn]")) { bad.push(part.outerHTML.slice(0, 200)); }
  for (const part of document.querySelectorAll("*")) {
    for (const { name, value } of part.attributes) {
      const runs = ["href", "src", "action", "formaction"].includes(name)
        && /^(javascript|vbscript|data:text)/i.test(value.replace(/[\\x00-\\x20]/g, ""));
      if (runs || name.startsWith("on")) { bad.push(name + "=" + value); }
    }
  }
  if (Object.prototype.pwn) { bad.push("prototype"); }
  return bad;
}"""
SEND = """([path, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""
NOT_PAGES = {"/manifest.webmanifest", "/sw.js", "/icono-{size}.png", "/reportar/fondo.json", "/static/{name:path}"}
NOT_PAGES |= {"/seguimiento/{code}/datos.json", "/barrios/avisos.atom", "/barrios/{unit}/avisos.atom"}
NOT_PAGES |= {"/fotos/{public_id}/{n}.jpg", "/personal/reportes/{public_id}/fotos/{n}.jpg"}
"""What answers no page: no browser takes it for one, as its type and ``nosniff`` say (test_web_hostile)."""


TOLERATED = ("Failed to load resource", "The specified value", "TypeError: Failed to fetch")
"""What a browser says of a page that is refused, of a field that takes no such text, and of a page that is left."""


class Eye:
    """A page that is watched."""

    def __init__(self, page, base_url):
        self.page, self.base_url, self.said = page, base_url, []
        self.foreign = guard(page.context, base_url)
        page.add_init_script(CANARY)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.on("console", self._hear)

    def _hear(self, message):
        # a browser says of each refusal that it is one
        if message.type in ("error", "warning") and not any(one in message.text for one in TOLERATED):
            self.said.append(message.text)

    def open(self, path):
        answer = self.page.goto(self.base_url + path)
        assert answer.status < 500, path
        self.look(path)
        return answer.status

    def send(self, path, **fields):
        """Send a form and look at its answer."""
        with self.page.expect_navigation() as came:
            self.page.evaluate(SEND, [path, fields])
        assert came.value.status < 500, path
        self.look(path, fields)
        return came.value.status

    def look(self, *what):
        assert self.page.evaluate(LOOK) == [], what
        assert (self.said, self.foreign) == ([], []), what
        assert self.page.evaluate("document.querySelectorAll('main, footer').length") in (0, 1, 2), what


@pytest.fixture(scope="module")
def town(repo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with open_mailbox() as mailbox:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none", "mail_from": "a@city.cl"}
        town = open_town(
            write_city(repo / "tests" / "cities" / "tiny", folder / "city"),
            folder,
            **mail,
            public_url="https://city.cl",
        )
        plant(town)
        with serve(create_app(town.house)) as town.url:
            yield town


@pytest.fixture
def visitor(town, page_at):
    return Eye(page_at(1280, 800), town.url)


@pytest.fixture
def staff(town, page_at):
    page = page_at(1280, 800)
    token = town.clients[ADMIN].client.cookies["session"]
    page.context.add_cookies([{"name": "session", "value": token, "url": town.url}])
    eye = Eye(page, town.url)
    eye.csrf = town.clients[ADMIN].csrf
    return eye


@pytest.mark.parametrize("policy", ["", "default-src 'none'; script-src 'self'"])
def test_the_canary_sings(page_at, policy):
    """Without escaping the same payloads run, and where the policy stops them that is seen too."""
    html = "<!doctype html><title>x</title><main>" + "".join(
        f'<div title="{text}">{text}</div><a href="{text}">x</a>'
        for text in PAYLOADS
        if "<!--" not in text and "<base" not in text and "textarea" not in text
    )
    headers = {"Content-Security-Policy": policy} if policy else {}
    app = Starlette(routes=[Route("/", lambda request: HTMLResponse(html, headers=headers))])
    with serve(app) as base_url:
        eye = Eye(page_at(1280, 800), base_url)
        eye.page.goto(base_url)
        eye.page.wait_for_function("window.__ran.length >= 8")
        assert sum("<" in bad for bad in eye.page.evaluate(LOOK)) >= 10
        with pytest.raises(AssertionError):
            eye.look()


def test_every_page_for_everybody(town, visitor):
    seen = {"/": ["/"], "/privacidad": ["/privacidad"], "/ninas-ninos": ["/ninas-ninos"]}
    seen["/ninas-ninos/ayuda"] = ["/ninas-ninos/ayuda"]
    seen["/reportar"] = ["/reportar", f"/reportar?family={quote(WIDE[0])}"]
    seen["/reportes/{public_id}"] = [f"/reportes/{put.public_id}" for put in town.sent[4:]]
    seen["/seguimiento"] = ["/seguimiento"]
    seen["/seguimiento/{code}"] = [f"/seguimiento/{put.code}?nuevo=1" for put in (*town.sent, town.thefts[0])]
    seen["/seguimiento/{code}/qr.svg"] = [f"/seguimiento/{town.sent[9].code}/qr.svg"]
    seen["/barrios"] = ["/barrios"]
    seen["/barrios/{unit}"] = [f"/barrios/{quote(unit, safe='')}" for unit in (*town.units[8::12], *town.units[:8])]
    seen["/borradores"] = ["/borradores"]
    seen["/entrar"] = [f"/entrar?volver={quote(text)}" for text in WIDE]
    seen["/suscripcion/{token}"] = [f"/suscripcion/{quote(PAYLOADS[0], safe='')}"]
    seen["/suscripcion/{token}/baja"] = [f"/suscripcion/{'0' * 40}/baja"]
    seen["/mapas/{name}"] = seen["/mapas/{name}/incrustar"] = []  # below
    staffs = {path for path in web_routes(town.house, "GET") if path.startswith("/personal")}
    assert set(web_routes(town.house, "GET")) - staffs - NOT_PAGES == set(seen)
    for paths in seen.values():
        for path in paths:
            visitor.open(path)
    for text in WIDE:
        visitor.open(f"/{quote(text, safe='')}")
        visitor.open(f"/seguimiento/{quote(text, safe='')}")


def test_every_page_for_staff(town, staff):
    seen = {"/personal", "/personal/reportes/{public_id}", "/personal/moderacion"}
    assert {path for path in web_routes(town.house, "GET") if path.startswith("/personal")} - NOT_PAGES == seen
    for path in ("/personal", "/personal/moderacion", "/personal/moderacion?tipo=comment", "/personal?familia=dump"):
        assert staff.open(path) == 200
    for text in WIDE:
        staff.open(f"/personal/moderacion?tipo={quote(text)}&barrio={quote(text)}&marca={quote(text)}")
        staff.open(f"/personal?barrio={quote(text)}&antes={quote(text)}")
    for number, put in enumerate(town.sent):
        text = quote(TEXTS[number % len(TEXTS)])
        trail = quote(f"lista=moderacion&tipo={text}&marca=x")
        assert staff.open(f"/personal/reportes/{put.public_id}?desde={trail}&hecho={text}") == 200
        expect(staff.page.locator("textarea[name=text]")).to_have_count(1)
    for number, put in enumerate(town.thefts):
        path = f"/personal/reportes/{put.public_id}"
        reason = {"csrf": staff.csrf, "reason": TEXTS[number], "opened_for": TEXTS[number]}
        assert staff.send(f"{path}/contacto", **reason) == 200
        assert " ".join(TEXTS[number].split())[:20] in " ".join(staff.page.inner_text("main").split())
    path = f"/personal/reportes/{town.sent[15].public_id}"
    for text in WIDE:
        wrong = {"csrf": staff.csrf, "desde": text, "opened_for": text, "luego": text}
        for act, fields in (
            ("estado", {"status": text, "reason": text, "note": text}),
            ("texto", {"text": text * 6}),
            ("texto", {"accion": "tapar"}),
            ("rechazar", {"why": text, "words": text}),
            ("unir", {"target": text, "other": text}),
            ("categoria", {"category": text}),
            ("nota", {"internal": text * 3}),
            ("foto/0", {"accion": "ver", "x": text, "y": text, "w": text, "h": text}),
        ):
            assert staff.send(f"{path}/{act}", **wrong, **fields) in (200, 422), act
        several = {"accion": "repetidos", "target": text, "note": text, "reason": text, "chosen": text}
        assert staff.send("/personal/moderacion", csrf=staff.csrf, desde=text, **several) == 422


def test_maps(town, staff, visitor):
    for eye, path in (
        (visitor, "/mapas/residents"),
        (visitor, f"/mapas/residents/incrustar?barrio={quote(town.units[0], safe='')}"),
        (visitor, "/mapas/residents/incrustar"),
        (staff, "/mapas/residents"),
        (staff, "/mapas/crews"),
        (staff, "/mapas/planners"),
        (visitor, "/api/v1/maps/residents"),
    ):
        assert eye.open(path) == 200
        eye.page.wait_for_function("document.querySelector('.leaflet-pane') !== null")
        eye.page.evaluate("document.querySelectorAll('input[data-layer]').forEach((box) => box.checked || box.click())")
        shown = eye.page.evaluate(
            """() => [...document.querySelectorAll("use.sign, .leaflet-marker-icon.sign, path.filled")].map((part) => {
                 part.dispatchEvent(new MouseEvent("click", { bubbles: true }));
                 const popup = document.querySelector(".leaflet-popup-content");
                 return popup ? popup.textContent : "";
               })"""
        )
        eye.look(path)
        told = sum(any(text.strip() in one for one in shown) for text in NAMES)
        assert told >= (0 if "barrio=" in path else 30), path


FORM = {"category": "rubble", "day": "2026-09-30"}


def test_the_way_of_a_report(town, visitor):
    """The form with faults, the step of what is near, the page before sending, and the receipt."""
    visitor.open("/reportar")
    place = {"lon": str(lon_of(33)), "lat": str(LAT)}
    for number, text in enumerate(TEXTS):
        typed = {**FORM, **place, "description": text, "contact": text, "address": text}
        if number % 3 == 0:
            assert visitor.send("/reportar", **typed, step="check") == 200
            assert visitor.send("/reportar", **typed, step="edit") == 200
        assert visitor.send("/reportar", **typed, step="check", nearby_seen="1") == 200
        expect(visitor.page.locator("[data-review] dd.as-written")).to_have_count(1)
    for text in (*WIDE, LONG):
        names = ["category", "address", "lon", "lat", "spot", "day", "hour", "size", "key", "contact"]
        wrong = dict.fromkeys(names, text)
        assert visitor.send("/reportar", **wrong, description=text, **{"answer.hazard": text, "held": text}) == 422
        assert visitor.send("/ninas-ninos", **wrong, at=text) == 422
    for text in TEXTS[::4]:
        assert visitor.send("/reportar", **FORM, address=text[:190], description=text) in (200, 422)
    story = f"/seguimiento/{town.sent[16].code}"
    for text in WIDE:
        for act, fields in (
            ("comentario", {"comment": f"vive en Los Aromos 100, +56 9 1234 5678 {text}"}),
            ("comentario", {"comment": text * 2}),
            ("corregir", {"category": text, "description": text, "size": text, "answer.hazard": text}),
            ("corregir", {"category": "rubble", "description": f"12.345.678-5 {text}"}),
            ("reabrir", {"why": f"12.345.678-5 {text}"}),
            ("borrar", {"again": text}),
        ):
            assert visitor.send(f"{story}/{act}", **fields) in (200, 409, 422), act
    unit = quote(town.units[0], safe="")
    for text in TEXTS:
        assert visitor.send(f"/barrios/{unit}/suscribir", address=text) == 422


KEEP = """async (texts) => {
  for (const [number, text] of texts.entries()) {
    const fields = ["category", "address", "description", "contact", "lon", "found", "answer.hazard", "__proto__"];
    const draft = { ...self.geoDrafts.fresh(), label: text, where: text, reason: text, family: text,
      state: ["waiting", "refused", "writing", "sent"][number % 4], code: text, why: text, next: Date.now() + 1e9,
      fields: fields.map((name) => [name, text]), answers: { [text]: text } };
    if (number % 5 === 0) { draft.id = text; }
    await self.geoDrafts.save(draft, []);
  }
}"""


def test_what_is_kept_on_the_phone(visitor):
    visitor.open("/borradores")
    visitor.page.evaluate(KEEP, list(PAYLOADS))
    rows = visitor.page.locator("[data-drafts-list] > li")
    expect(rows).to_have_count(len(PAYLOADS))
    visitor.look()
    visitor.page.reload()
    expect(rows).to_have_count(len(PAYLOADS))
    assert visitor.page.evaluate("document.querySelectorAll('[data-drafts-list] li > :not(h2, p)').length") == 0
    links = visitor.page.eval_on_selector_all("[data-open]:not([hidden])", "all => all.map(a => a.href)")
    assert {link.partition("?")[0] for link in links} == {f"{visitor.base_url}/reportar"}
    for link in links[:6] + links[-6:]:
        visitor.page.goto(link)
        visitor.look(link)


def test_what_scripts_put_together(visitor, town):
    """Suggestions while typing, the map to choose on, photos by their names, and the words of a place."""
    visitor.open("/reportar")
    page = visitor.page
    for text in ("<script pwn>pwn()</script>", "Escuela", NAMES[14], NAMES[23]):
        page.locator("#address").fill("")
        with page.expect_response("**/api/v1/geocode*"):
            page.locator("#address").press_sequentially(text[:40])
        visitor.look(text)
    page.locator("#address").fill("")
    page.get_by_role("button", name="Elegir en el mapa").click()
    expect(page.locator(".leaflet-pane").first).to_be_attached()
    expect(page.locator(".leaflet-map-pane .label, .leaflet-map-pane span").first).to_be_attached()
    visitor.look("map")
    files = [
        {"name": text.replace("/", "_").replace("\x00", ""), "mimeType": text, "buffer": photo_corpus.jpeg()}
        for text in (PAYLOADS[0], PAYLOADS[14], PAYLOADS[21])
    ]
    page.locator("#photo").set_input_files(files)
    expect(page.locator(".photos > li")).to_have_count(3)
    visitor.look("photos")
    assert json.loads(page.locator("meta[name=client]").get_attribute("content"))["words"]
