"""Payloads in every field, over HTTP: they stay text in every answer, and every refusal says why."""

import csv
import io
import json
import logging
import re
from html.parser import HTMLParser
from itertools import product
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from markupsafe import escape

from geo_reports.app import create_app
from geo_reports.report import Audience
from geo_reports.web import create_web
from tests.post.mailbox import open_mailbox
from tests.web.conftest import hidden
from tests.web.hostile import LAT, NAMES, ROLES, TEXTS, body, lon_of, open_town, plant, write_city
from tests.web.payloads import LONG, PAYLOADS, RAW, UNREADABLE, bundles
from tests.web.routes import _flat

ADMIN = Audience.ADMIN
ATOM = "{http://www.w3.org/2005/Atom}"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
GIVEN = (*bundles(1000), LONG)
"""What each field gets: every payload, and a word of 4000 characters."""
SHORT = {"contact", "address", "candidate", "login", "other", "target", "x", "category"}
"""Fields that take a short text, which gets further than a long one."""
MAPS = ("residents", "crews", "planners")
REPORT = {"category": "rubble", "lon": str(lon_of(30)), "lat": str(LAT), "day": "2026-09-30", "step": "check"}
FIELDS = (
    *("family", "category", "address", "candidate", "lon", "lat", "accuracy_m", "spot", "found", "day", "hour", "size"),
    *("description", "contact", "key", "nearby_seen", "again", "proof", "ticket", "held", "step", "answer.hazard"),
    *("answer.weapon", "unknown"),
)
FORMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "/reportar": (REPORT, FIELDS),
    "/ninas-ninos": ({"category": "rubble", "at": "where", "lon": REPORT["lon"], "lat": REPORT["lat"]}, (*FIELDS, "at")),
    "/reportes/{public_id}/me-sumo": (REPORT, ("key", "category", "description", "contact", "held", "proof")),
    "/seguimiento": ({}, ()),
    "/seguimiento/{code}/comentario": ({}, ()),
    "/seguimiento/{code}/foto": ({}, ("photo",)),
    "/seguimiento/{code}/corregir": ({"category": "rubble"}, ("category", "size", "description", "answer.hazard", "x")),
    "/seguimiento/{code}/retirar": ({}, ()),
    "/seguimiento/{code}/confirmar": ({}, ("unknown",)),
    "/seguimiento/{code}/reabrir": ({}, ()),
    "/seguimiento/{code}/borrar": ({}, ()),
    "/barrios/{unit}/suscribir": ({}, ()),
    "/suscripcion/{token}": ({}, ("unknown",)),
    "/suscripcion/{token}/baja": ({}, ("List-Unsubscribe",)),
    "/entrar": ({}, ()),
    "/salir": ({"csrf": ""}, ()),
    "/personal/moderacion": ({"accion": "repetidos"}, ()),
    "/personal/reportes/{public_id}/abrir": ({}, ()),
    "/personal/reportes/{public_id}/contacto": ({}, ()),
    "/personal/reportes/{public_id}/estado": ({"status": "in_progress"}, ()),
    "/personal/reportes/{public_id}/texto": ({}, ()),
    "/personal/reportes/{public_id}/aprobar": ({}, ()),
    "/personal/reportes/{public_id}/rechazar": ({}, ()),
    "/personal/reportes/{public_id}/unir": ({}, ()),
    "/personal/reportes/{public_id}/separar": ({}, ()),
    "/personal/reportes/{public_id}/categoria": ({}, ()),
    "/personal/reportes/{public_id}/nota": ({}, ()),
    "/personal/reportes/{public_id}/leido": ({}, ()),
    "/personal/reportes/{public_id}/deshacer": ({}, ()),
    "/personal/reportes/{public_id}/foto/{n}": ({"accion": "ver"}, ()),
    "/personal/reportes/{public_id}/fotos/{n}/original": ({}, ()),
}
"""Each form: what it holds besides the payload, and fields that its route does not name."""
JSON = {
    ("post", "/api/v1/reports"): body(31),
    ("patch", "/api/v1/reports/{public_id}/status"): {"status": "in_progress", "reason": None, "note": None},
    ("post", "/api/v1/staff/reports/{public_id}/open"): {"reason": "x"},
    ("post", "/api/v1/staff/reports/{public_id}/contact"): {"reason": "x"},
}
"""Each body that the API takes."""

POINT = f"lon={lon_of(5)}&lat={LAT}"
NEEDED = {
    "/api/v1/aggregates": "family=dump",
    "/api/v1/aggregates/breakdown": "family=dump&by=status",
    "/api/v1/plans/breakdown": "by=status",
    "/api/v1/geocode": "q=Los%20Aromos%20100",
    "/api/v1/locate": POINT,
    "/api/v1/reverse": POINT,
}
"""What a route cannot do without."""


class Markup(HTMLParser):
    """Reads a page and lists what no page of ours has: elements and handlers of a payload, addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            runs = name in ("href", "src", "action", "formaction") and re.match(r"(javascript|vbscript|data:text)", address)
            if name.startswith(("on", "pwn", "style")) or runs:
                self.found.append(f"{tag} {name}={value}")
        named = dict(attrs)
        own = named.get("nonce") or (named.get("src") or "").startswith("/static/")
        if "pwn" in tag or tag in ("base", "object", "embed", "math", "marquee") or (tag == "script" and not own):
            self.found.append(tag)


def check(answer, what):
    """Hold an answer against what no answer may be; gives its text."""
    assert answer.status_code < 500, what
    for name, value in answer.headers.multi_items():
        assert not CONTROL.search(name + value), (what, name, value)
    assert "pwn" not in answer.headers.get("set-cookie", ""), what
    assert answer.headers["x-content-type-options"] == "nosniff", what
    assert "script-src 'self'" in answer.headers["content-security-policy"], what
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == "text/html":
        page = Markup()
        page.feed(answer.text)
        assert page.found == [], what
        assert "</html>" in answer.text, what
        if answer.status_code >= 400:
            main = re.sub(r"<[^>]*>", "", answer.text.partition("<main")[2].partition("</main>")[0])
            assert re.search(r"\w+ \w+[^<>]*[.?]", main), (what, main)
    elif kind.endswith("json"):
        told = answer.json()
        if answer.status_code >= 400:
            assert re.search(r"\w+ \w+", told["detail"]), (what, told)
    elif kind.endswith("xml"):
        ET.fromstring(answer.content)
    return answer.text


@pytest.fixture(scope="module")
def town(repo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with open_mailbox() as mailbox:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none", "mail_from": "a@city.cl"}
        city = write_city(repo / "tests" / "cities" / "tiny", folder / "city")
        town = open_town(city, folder, **mail, public_url="https://city.example")
        town.mailbox = mailbox
        plant(town)
        yield town


@pytest.fixture(autouse=True)
def quiet_log(caplog):
    """No line of the log is written by who sends something."""
    caplog.set_level(logging.INFO)
    yield
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if CONTROL.search(line) or "pwn" in line] == []


def web_routes(house, method):
    return {route.path: route for route in _flat(create_web(house).routes) if method in route.methods}


def described(house):
    """What the API says of itself: method, path, and what it takes there."""
    paths = create_app(house).openapi()["paths"]
    return {(method, path): about for path, methods in paths.items() for method, about in methods.items()}


def values(town):
    """What may stand in the place of each parameter of a path."""
    return {
        "public_id": [put.public_id for put in (*town.sent, town.pointed[0], town.thefts[0])] + [town.child],
        "code": [put.code for put in (*town.sent, *town.thefts[:3])],
        "unit": town.units[:10],
        "name": MAPS,
        "name:path": ["look.css", "report.js"],
        "token": ["0" * 40],
        "n": ["0"],
        "size": ["180"],
        "layer_id": ["barrios", "sectors"],
    }


def filled(pattern, given):
    """Paths of a route; a parameter that is none of those known is a new one, and a ``KeyError``."""
    names = re.findall(r"\{([^}]*)\}", pattern)
    for chosen in product(*(given[name] for name in names)):
        path = pattern
        for name, value in zip(names, chosen, strict=True):
            path = path.replace(f"{{{name}}}", quote(value, safe="" if name != "name:path" else "/"))
        yield path


def taken(dependant, kind):
    """Names of all that a route takes in one way, by itself and by what it depends on."""
    own = [field.alias for field in getattr(dependant, kind)]
    return own + [name for inner in dependant.dependencies for name in taken(inner, kind)]


def test_there_are_enough():
    assert len(PAYLOADS) >= 60
    assert len(set(PAYLOADS)) == len(PAYLOADS)
    assert all(any(text in bundle for bundle in TEXTS) for text in PAYLOADS)


def test_every_form_has_a_case(town):
    assert set(FORMS) == set(web_routes(town.house, "POST"))
    assert set(JSON) == {at for at in described(town.house) if at[0] != "get"}


@pytest.mark.parametrize("role", [None, ADMIN], ids=str)
def test_every_page_and_answer_shows_text(town, role):
    given, patterns = values(town), list(web_routes(town.house, "GET"))
    patterns += [path for method, path in described(town.house) if method == "get"]
    client = town.clients[role].client
    for pattern in patterns:
        for path in filled(pattern, given):
            check(client.get(f"{path}?{NEEDED.get(pattern, '')}"), path)


def test_every_query_and_every_part_of_a_path(town):
    first = {name: list(found)[:1] for name, found in values(town).items()}
    staff = town.clients[ADMIN].client
    for pattern, route in web_routes(town.house, "GET").items():
        queries = taken(route.dependant, "query_params")
        attack(staff, pattern, queries if pattern != "/" else ["lang", "theme"], first)
    for (method, pattern), about in described(town.house).items():
        if method == "get":
            named = [one["name"] for one in about.get("parameters", ()) if one["in"] == "query"]
            attack(staff, pattern, named, first)


def attack(client, pattern, queries, first):
    (path,) = filled(pattern, first)
    for name, text in product(queries, GIVEN):
        kept = "&".join(part for part in NEEDED.get(pattern, "").split("&") if not part.startswith(f"{name}="))
        check(client.get(f"{path}?{kept}&{name}={quote(text)}"), (path, name, text))
    for name in re.findall(r"\{([^}]*)\}", pattern):
        for text in GIVEN:
            (path,) = filled(pattern, {**first, name: [text]})
            check(client.get(path), (path, text))
    for raw in RAW:
        check(client.get(f"{path}?{''.join(f'%{byte:02x}' for byte in raw)}"), (path, raw))


@pytest.mark.parametrize("pattern", FORMS)
def test_every_field_of_every_form(town, pattern):
    base, more = FORMS[pattern]
    route = web_routes(town.house, "POST")[pattern]
    fields = {*taken(route.dependant, "body_params"), *more}
    (path,) = filled(pattern, target(town))
    person = town.clients[ADMIN if pattern.startswith(("/personal", "/salir")) else None]
    base = {"csrf": person.csrf, **base}
    if pattern == "/entrar":
        base["entry"] = hidden(person.client.get("/entrar").text, "entry")
    for name in sorted(fields):
        for text in (*(TEXTS if name in SHORT else GIVEN), UNREADABLE[0]):
            check(person.client.post(path, data=base | {name: text}), (path, name, text))
    every = "&".join(f"{quote(name)}=" for name in fields).encode()
    for raw in RAW:
        given = every.replace(b"=", b"=" + raw)
        check(person.client.post(path, content=given, headers={"Content-Type": FORM_TYPE}), (path, raw))


FORM_TYPE = "application/x-www-form-urlencoded"


def target(town):
    """One report, one unit: what the forms are about."""
    put = town.sent[12]
    found = {"public_id": [put.public_id], "code": [put.code], "unit": [town.units[0]], "n": ["0"]}
    return found | {"token": ["0" * 40]}


@pytest.mark.parametrize("at", JSON, ids=lambda at: at[1])
def test_every_field_of_every_body(town, at):
    method, pattern = at
    (path,) = filled(pattern, target(town))
    person, given = town.clients[ADMIN], JSON[at]
    headers = {"X-CSRF-Token": person.csrf}
    names = described(town.house)[at]
    named = [one["name"] for one in names.get("parameters", ()) if one["in"] == "header"]
    fields = [*given, "size", "description", "contact", "address", "sent_at", "unknown"]
    for name in fields:
        for text in (*(TEXTS if name in SHORT else GIVEN), UNREADABLE[0], {"pwn": TEXTS[0]}, [TEXTS[0]]):
            check(person.client.request(method, path, json=given | {name: text}, headers=headers), (path, name, text))
    for text in (*GIVEN, UNREADABLE[1]):
        for wrong in ({text: text}, given | {text: "x"}, given | {"answers": {text: text}}, given | {"address": text}):
            sent = json.dumps(wrong)
            answer = person.client.request(method, path, content=sent, headers=headers | {"Content-Type": "application/json"})
            check(answer, (path, wrong))
    for name, text in product(named, PAYLOADS):
        value = re.sub(r"[\r\n]", " ", text).encode()
        check(person.client.request(method, path, json=given, headers=headers | {name: value}), (path, name, text))
    for raw in RAW:
        answer = person.client.request(method, path, content=b'{"family": "' + raw + b'"}', headers=headers | {"Content-Type": "application/json"})
        check(answer, (path, raw))


HEADERS = ("Accept-Language", "Cookie", "Referer", "User-Agent", "Accept", "If-None-Match", "If-Modified-Since", "Origin")
HEADERS += ("X-Forwarded-For", "X-Forwarded-Host", "Sec-Fetch-Site", "Content-Type", "Range", "Host")


@pytest.mark.parametrize("name", HEADERS)
def test_every_header(town, name):
    paths = ("/", "/reportar", "/mapas/residents", "/barrios/avisos.atom", "/entrar", "/api/v1/reports", "/ogc")
    shown = f"/seguimiento/{town.sent[12].code}"
    for number, text in enumerate(PAYLOADS):
        value = re.sub(r"[\r\n]", " ", text).encode()
        for path in (paths[number % len(paths)], shown):
            check(town.visitor.get(path, headers={name: value}), (path, name, text))
        check(town.visitor.post("/reportar", headers={name: value}, content=b"description=x"), (name, text))


@pytest.mark.parametrize("name", ["lang", "theme", "session", "entry"])
@pytest.mark.parametrize("path", ["/entrar", "/reportar", "/personal"])
def test_every_cookie(town, name, path):
    for text in PAYLOADS:
        escaped = "".join(f"\\{byte:03o}" for byte in text.encode())
        for value in (f'"{escaped}"', quote(text), re.sub(r"[\r\n;]", " ", text)):
            check(town.visitor.get(path, headers={"Cookie": f"{name}={value}".encode()}), (path, name, text))
