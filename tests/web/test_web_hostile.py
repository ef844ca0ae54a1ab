"""Payloads in every field, over HTTP: they stay text in every answer, and every refusal says why."""

import csv
import io
import json
import logging
import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from itertools import product
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from markupsafe import escape

from geo_reports.accounts import Actor
from geo_reports.app import create_app
from geo_reports.report import Audience, Status
from geo_reports.web import create_web
from tests.post.mailbox import open_mailbox
from tests.web.conftest import hidden
from tests.web.hostile import LAT, NAMES, TEXTS, accept, body, lon_of, open_town, plant, write_city
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
    "/ninas-ninos": (
        {"category": "rubble", "at": "where", "lon": REPORT["lon"], "lat": REPORT["lat"]},
        (*FIELDS, "at"),
    ),
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

TOLD = {"/reportes/{public_id}", "/seguimiento/{code}", "/personal/reportes/{public_id}", "/mapas/{name}"}
"""Pages that show what people wrote: these are opened for each report."""


class Markup(HTMLParser):
    """Reads a page and lists what no page of ours has: elements and handlers of a payload, addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            runs = name in ("href", "src", "action", "formaction") and re.match(
                r"(javascript|vbscript|data:text)", address
            )
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
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
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
    fewer = {name: list(found)[:10:3] for name, found in given.items()}
    for pattern in patterns:
        for path in filled(pattern, given if pattern in TOLD else fewer):
            answer = client.get(f"{path}?{NEEDED.get(pattern, '')}")
            check(answer, path)
            assert role is None or answer.status_code not in (401, 403), path
            assert role is None or not answer.headers.get("location", "").startswith("/entrar"), path


def test_every_query_and_every_part_of_a_path(town):
    first = {name: list(found)[:1] for name, found in values(town).items()}
    for pattern, route in web_routes(town.house, "GET").items():
        queries = taken(route.dependant, "query_params")
        staff = town.clients[ADMIN].client if pattern.startswith("/personal") else town.visitor
        attack(staff, pattern, queries if pattern != "/" else ["lang", "theme"], first)
    for (method, pattern), about in described(town.house).items():
        if method == "get":
            named = [one["name"] for one in about.get("parameters", ()) if one["in"] == "query"]
            attack(town.visitor, pattern, named, first)


def attack(client, pattern, queries, first):
    (path,) = filled(pattern, first)
    for name, text in product(queries, GIVEN):
        kept = "&".join(part for part in NEEDED.get(pattern, "").split("&") if not part.startswith(f"{name}="))
        check(client.get(f"{path}?{kept}&{name}={quote(text)}"), (path, name, text))
    for name in re.findall(r"\{([^}]*)\}", pattern):
        for text in GIVEN:
            (path,) = filled(pattern, {**first, name: [text]})
            check(client.get(path), (path, text))
    for raw in RAW if len(pattern) < 20 else ():
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
            answer = person.client.post(path, data=base | {name: text})
            check(answer, (path, name, text))
            assert answer.status_code not in (401, 403) or name in ("csrf", "entry") or path in ("/salir", "/entrar"), (
                path
            )
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
            answer = person.client.request(method, path, json=given | {name: text}, headers=headers)
            check(answer, (path, name, text))
            assert answer.status_code not in (401, 403)
    for text in (*GIVEN, UNREADABLE[1]):
        for wrong in ({text: text}, given | {text: "x"}, given | {"answers": {text: text}}, given | {"address": text}):
            sent = json.dumps(wrong)
            answer = person.client.request(
                method, path, content=sent, headers=headers | {"Content-Type": "application/json"}
            )
            check(answer, (path, wrong))
    for name, text in product(named, PAYLOADS if path == "/api/v1/reports" else TEXTS):
        value = re.sub(r"[\r\n]", " ", text).encode()
        check(person.client.request(method, path, json=given, headers=headers | {name: value}), (path, name, text))
    for raw in RAW:
        answer = person.client.request(
            method, path, content=b'{"family": "' + raw + b'"}', headers=headers | {"Content-Type": "application/json"}
        )
        check(answer, (path, raw))


IDLE = (
    "Accept-Language",
    "Referer",
    "User-Agent",
    "Accept",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Forwarded",
)
IDLE += ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL")
"""Headers that decide nothing, or little: they come together."""


def test_headers_together(town):
    paths = ("/", "/reportar", "/mapas/residents", "/barrios/avisos.atom", "/api/v1/reports", "/ogc", "/nada")
    for number, text in enumerate(PAYLOADS):
        headers = {name: one_line(text) for name in IDLE}
        check(town.visitor.get(paths[number % len(paths)], headers=headers), text)
    for text in GIVEN:
        given = {name: one_line(text) for name in IDLE}
        check(town.visitor.get(f"/seguimiento/{town.sent[12].code}", headers=given), text)
        check(town.visitor.post("/seguimiento", data={"code": "x"}, headers=given), text)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Length", "Host", "Origin", "Sec-Fetch-Site", "Cookie"])
def test_headers_that_decide(town, name):
    for text in PAYLOADS:
        answer = town.visitor.post("/entrar", headers={name: one_line(text)}, content=b"login=x")
        check(answer, (name, text))
    for text in TEXTS if name == "Host" else ():
        check(town.visitor.get("/barrios", headers={name: one_line(text)}), text)


def one_line(text):
    """Bytes that a server lets through as the value of a header."""
    return re.sub(r"[\r\n]", " ", text).encode()


@pytest.mark.parametrize(
    ("name", "path"), [("lang", "/"), ("theme", "/"), ("session", "/personal"), ("entry", "/entrar")]
)
def test_every_cookie(town, name, path):
    visitor = town.visitor
    for text in PAYLOADS:
        escaped = "".join(f"\\{byte:03o}" for byte in text.encode())  # what a cookie in quotes may hold
        for value in (f'"{escaped}"', re.sub(r"[\r\n;]", " ", text)):
            visitor.cookies.clear()
            check(visitor.get(path, headers={"Cookie": f"{name}={value}".encode()}), (path, name, text))


@pytest.mark.parametrize(
    "charset", ["utf-7", "utf-16", "idna", "punycode", "unicode_escape", "raw_unicode_escape", 'x"><pwn>']
)
@pytest.mark.parametrize("path", ["/reportar", "/ninas-ninos", "/seguimiento/{code}/corregir", "/api/v1/reports"])
def test_files_and_their_names(town, path, charset):
    (path,) = filled(path, target(town))
    parts = [
        ("category", "", b"rubble"),
        ("address", "", b"\\ud800\xff\x80xn--\xff"),
        ("description", "", "ñ".encode()),
    ]
    for text in TEXTS[:6]:
        line = one_line(text).replace(b'"', b"%22")
        photo = (
            "photo",
            f'; filename="{line.decode()}"\r\nContent-Type: {line.decode()}',
            b"<script pwn>pwn()</script>",
        )
        sent = b"".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for name, more, value in (*parts, photo)
        )
        headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        check(town.visitor.post(path, content=sent + b"--x--\r\n", headers=headers), (path, charset, text))


def test_what_is_published_is_the_same_text_everywhere(town):
    shown = {feature["properties"]["text"] for feature in get(town, "/api/v1/reports?limit=1000").json()["features"]}
    assert {text.strip() for text in NAMES} <= shown
    for unit, name in town.names.items():
        path = quote(unit, safe="")
        page = get(town, f"/barrios/{path}").text
        assert str(escape(name)) in page, unit
        item = get(town, f"/ogc/collections/barrios/items/{path}").json()
        assert (item["id"], item["properties"]["name"]) == (unit, name)
    for put, text in zip(town.sent[8:], TEXTS[8:], strict=False):
        read = "\n".join(line.strip("\r") for line in text.strip().splitlines())
        assert str(escape(text.strip())) in get(town, f"/seguimiento/{put.code}").text, read
        kept = json.dumps(get(town, f"/seguimiento/{put.code}/datos.json").json(), ensure_ascii=False)
        assert json.dumps(text.strip(), ensure_ascii=False)[1:-1] in kept


def get(town, path):
    answer = town.visitor.get(path)
    check(answer, path)
    assert answer.status_code == 200, path
    return answer


def test_feeds_parse_back(town):
    feed = ET.fromstring(get(town, "/barrios/avisos.atom").content)
    told = "\n".join(entry.find(f"{ATOM}content").text for entry in feed.findall(f"{ATOM}entry"))
    assert {element.tag.partition("}")[0] for element in feed.iter()} == {"{http://www.w3.org/2005/Atom"}
    assert sum(text.strip() in told for text in NAMES) >= 40
    for unit, name in list(town.names.items())[::5]:
        one = ET.fromstring(get(town, f"/barrios/{quote(unit, safe='')}/avisos.atom").content)
        assert name in one.find(f"{ATOM}title").text


def test_tables_parse_back_and_run_nothing(town):
    for family in ("dump", "security"):
        answer = get(town, f"/api/v1/aggregates?family={family}&format=csv")
        assert answer.headers["content-type"].startswith("text/csv")
        table = list(csv.DictReader(io.StringIO(answer.text)))
        read = [
            row["name"].removeprefix("'") if row["name"][1:2] in "=+-@" else row["name"] for row in table if row["unit"]
        ]
        assert sorted(read) == sorted(NAMES)
        assert [cell for row in table for cell in row.values() if cell[:1] in ("=", "+", "-", "@")] == []


def test_mails_are_text_of_one_header_each(town):
    house, mailbox = town.house, town.mailbox
    units = [*town.units[::5], "u65"]
    for number, unit in enumerate(units):
        house.areas.ask(unit, f"a{number}@pwn.example", language="es", days=1, sender=f"10.{number}.0.1")
    house.post.send_due()
    links = [
        re.search(r"/suscripcion/([0-9a-f]{40})", letter.get_content())[1] for letter in mailbox.letters[-len(units) :]
    ]
    for link in links:
        assert town.visitor.post(f"/suscripcion/{link}").status_code == 303
        for path in (f"/suscripcion/{link}", f"/suscripcion/{link}/baja"):
            check(town.visitor.get(path), path)
    for text in TEXTS[:8]:
        put = accept(town, 65, "x", contact=f"{text[:30]}@pwn.example\r\nBcc: b@pwn.example")
        house.fieldwork.set_status(put.public_id, Status.IN_PROGRESS, reason=None, note=text, actor=Actor("c", ADMIN))
    house.post.send_due()
    assert len(mailbox.letters) == len(units)
    accept(town, 0, "x")
    put = accept(town, 65, "x", contact="ana@pwn.example")
    house.fieldwork.set_status(put.public_id, Status.IN_PROGRESS, reason=None, note=TEXTS[0], actor=Actor("c", ADMIN))
    town.clock[0] += timedelta(days=3)
    house.post.send_due()
    news = {letter["To"] for letter in mailbox.letters[len(units) :]}
    assert news >= {"a0@pwn.example", "ana@pwn.example", f"a{len(units) - 1}@pwn.example"}
    allowed = {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
    allowed |= {"content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post"}
    for _, recipients, text in mailbox.mails:
        letter = message_from_bytes(text, policy=default)
        assert {name.lower() for name in letter} <= allowed
        assert len(list(letter)) == len(set(letter))
        assert letter.get_content_type() == "text/plain"
        assert [one.lower() for one in recipients] == [f"rcpt to:<{letter['To']}>"]
        for address in re.findall(r"https://\S+", letter.get_content()):
            assert re.fullmatch(r"https://city\.example/[\w/%.=-]+", address), address
