"""Every page and every role: who gets in, who is asked to sign in, who is sent away."""

import pytest

from geo_reports.report import Audience, Status
from geo_reports.web import create_web
from tests.web.conftest import DUMP, THEFT

CREW, PLANNER, MODERATOR, ADMIN = Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN
ROLES = (None, CREW, PLANNER, MODERATOR, ADMIN)

# GET: status for nobody, crew, planner, moderator, admin
GET = {
    "/": (200, 200, 200, 200, 200),
    "/privacidad": (200, 200, 200, 200, 200),
    "/ninas-ninos": (404, 404, 404, 404, 404),  # the tiny city has no such mode
    "/ninas-ninos/ayuda": (404, 404, 404, 404, 404),
    "/reportar": (200, 200, 200, 200, 200),
    "/seguimiento": (200, 200, 200, 200, 200),
    "/seguimiento/{code}": (200, 200, 200, 200, 200),
    "/mapas/residents": (200, 200, 200, 200, 200),
    "/mapas/crews": (303, 200, 403, 200, 200),
    "/mapas/planners": (303, 403, 200, 403, 200),
    "/mapas/none": (404, 404, 404, 404, 404),
    "/entrar": (200, 200, 200, 200, 200),
    "/personal": (303, 200, 200, 200, 200),
    "/personal/moderacion": (303, 403, 403, 200, 200),
    "/personal/reportes/{dump}": (303, 200, 403, 200, 200),
    "/personal/reportes/{theft}": (303, 403, 403, 200, 200),
    "/personal/reportes/none": (303, 404, 403, 404, 404),
    "/barrios": (200, 200, 200, 200, 200),
    "/barrios/avisos.atom": (200, 200, 200, 200, 200),
    "/barrios/{unit}": (200, 200, 200, 200, 200),
    "/barrios/{unit}/avisos.atom": (200, 200, 200, 200, 200),
    "/borradores": (200, 200, 200, 200, 200),
    "/fotos/{dump}/{n}.jpg": (404, 404, 404, 404, 404),
    "/fotos/{theft}/{n}.jpg": (404, 404, 404, 404, 404),
    "/icono-{size}.png": (200, 200, 200, 200, 200),
    "/manifest.webmanifest": (200, 200, 200, 200, 200),
    "/mapas/{map}/incrustar": (200, 200, 200, 200, 200),
    "/reportar/fondo.json": (200, 200, 200, 200, 200),
    "/reportes/{dump}": (200, 200, 200, 200, 200),
    "/reportes/{theft}": (404, 404, 404, 404, 404),
    "/seguimiento/{code}/datos.json": (200, 200, 200, 200, 200),
    "/seguimiento/{code}/qr.svg": (200, 200, 200, 200, 200),
    "/suscripcion/{token}": (404, 404, 404, 404, 404),
    "/suscripcion/{token}/baja": (200, 200, 200, 200, 200),
    "/sw.js": (200, 200, 200, 200, 200),
    "/personal/reportes/{dump}/fotos/{n}.jpg": (303, 404, 403, 404, 404),
    "/personal/reportes/{theft}/fotos/{n}.jpg": (303, 404, 403, 404, 404),
    "/static/look.css": (200, 200, 200, 200, 200),
    "/static/../app.py": (404, 404, 404, 404, 404),
}
# POST with the session's own form token
POST = {
    "/seguimiento": (303, 303, 303, 303, 303),
    "/ninas-ninos": (404, 404, 404, 404, 404),
    "/reportar": (422, 422, 422, 422, 422),
    "/personal/reportes/{dump}/abrir": (401, 200, 403, 200, 200),
    "/personal/reportes/{theft}/abrir": (401, 403, 403, 200, 200),
    "/personal/reportes/{dump}/estado": (401, 303, 403, 303, 303),
    "/personal/reportes/{theft}/estado": (401, 403, 403, 303, 303),
    "/personal/reportes/{dump}/contacto": (401, 403, 403, 404, 404),
    "/personal/reportes/{dump}/texto": (401, 403, 403, 303, 303),
    "/personal/reportes/{dump}/deshacer": (401, 403, 403, 303, 303),
    "/personal/reportes/{dump}/aprobar": (401, 403, 403, 409, 409),
    "/personal/reportes/{dump}/rechazar": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/unir": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/separar": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/categoria": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/nota": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/leido": (401, 403, 403, 422, 422),
    "/personal/reportes/{dump}/foto/0": (401, 403, 403, 404, 404),
    "/personal/moderacion": (401, 403, 403, 422, 422),
    "/barrios/{unit}/suscribir": (404, 404, 404, 404, 404),
    "/reportes/{dump}/me-sumo": (303, 303, 303, 303, 303),
    "/reportes/{theft}/me-sumo": (404, 404, 404, 404, 404),
    "/seguimiento/{code}/borrar": (200, 200, 200, 200, 200),
    "/seguimiento/{code}/comentario": (422, 422, 422, 422, 422),
    "/seguimiento/{code}/confirmar": (409, 409, 409, 409, 409),
    "/seguimiento/{code}/corregir": (422, 422, 422, 422, 422),
    "/seguimiento/{code}/foto": (422, 422, 422, 422, 422),
    "/seguimiento/{code}/reabrir": (422, 422, 422, 422, 422),
    "/seguimiento/{code}/retirar": (200, 200, 200, 200, 200),
    "/suscripcion/{token}": (404, 404, 404, 404, 404),
    "/suscripcion/{token}/baja": (200, 200, 200, 200, 200),
    "/personal/reportes/{dump}/fotos/{n}/original": (401, 403, 403, 404, 404),
    "/personal/reportes/{theft}/fotos/{n}/original": (401, 403, 403, 404, 404),
    "/salir": (401, 303, 303, 303, 303),
}
GIVEN = {"status": "in_progress", "reason": "", "note": "", "text": "Escombros"}


@pytest.fixture
def ids(put):
    dump, theft = put(**DUMP, description="Escombros"), put(**THEFT)
    parts = {"unit": "A", "n": 0, "map": "residents", "size": 192, "token": "x" * 20}
    return {"dump": dump.public_id, "theft": theft.public_id, "code": dump.code, **parts}


def test_matrix_names_every_route(house):
    named = {path.replace("{dump}", "{public_id}") for path in (*GET, *POST) if "{theft}" not in path}
    known = {path.replace("{map}", "{name}") for path in named}
    known |= {"/personal/reportes/{public_id}/foto/{n}", "/mapas/{name}", "/static/{name:path}"}
    routes = set(_paths(create_web(house).routes))
    assert routes - known == set()


def _paths(routes):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _paths(inner.routes)
        else:
            yield route.path


@pytest.mark.parametrize("number", range(len(ROLES)), ids=[str(role) for role in ROLES])
def test_role_matrix(visitor, staff, ids, number):
    client, csrf = visitor, ""
    if ROLES[number]:
        person = staff(ROLES[number])
        client, csrf = person.client, person.csrf
    got, wanted = {}, {}
    for path, expected in GET.items():
        got[path], wanted[path] = client.get(path.format(**ids)).status_code, expected[number]
    for path, expected in POST.items():
        given = GIVEN | {"csrf": csrf} | ({"reason": "Lo pide la fiscalía"} if path.endswith("abrir") else {})
        key = f"POST {path}"
        got[key], wanted[key] = client.post(path.format(**ids), data=given).status_code, expected[number]
    assert got == wanted


@pytest.mark.parametrize("path", [path for path in POST if path.startswith(("/personal", "/salir"))])
@pytest.mark.parametrize("token", ["", "0" * 64])
def test_form_without_its_token_changes_nothing(staff, ids, house, path, token):
    person = staff(ADMIN)
    answer = person.client.post(path.format(**ids), data=GIVEN | {"csrf": token})
    assert answer.status_code == 403
    assert set(house.view(ADMIN).queue().rows.status) == {Status.RECEIVED}
    assert person.client.get("/personal").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://testserver.elsewhere.example"},
    ],
)
@pytest.mark.parametrize("path", ["/reportar", "/seguimiento", "/entrar", "/salir", "/personal/reportes/{dump}/estado"])
def test_form_of_another_site_is_refused(staff, ids, path, headers):
    person = staff(ADMIN)
    given = GIVEN | {"csrf": person.csrf}
    assert person.client.post(path.format(**ids), data=given, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {"Origin": "null"}]
)
def test_form_of_our_own_page_is_taken(visitor, headers):
    assert visitor.post("/seguimiento", data={"code": "x"}, headers=headers).status_code == 303


def test_person_is_led_to_sign_in_and_back(visitor):
    assert visitor.get("/mapas/crews").headers["location"] == "/entrar?volver=/mapas/crews"


def test_planner_has_a_desk_without_single_reports(staff, ids):
    html = staff(PLANNER).client.get("/personal").text
    assert "/mapas/planners" in html
    assert ids["dump"] not in html


def test_crew_never_sees_a_security_report_on_the_desk(staff, ids):
    html = staff(CREW).client.get("/personal").text
    assert ids["dump"] in html
    assert ids["theft"] not in html


def test_security_report_is_opened_for_a_reason_that_is_recorded(staff, ids, house):
    person = staff(MODERATOR)
    address = f"/personal/reportes/{ids['theft']}"
    asked = person.client.get(address)
    assert "-32.99510" not in asked.text
    empty = person.client.post(f"{address}/abrir", data={"csrf": person.csrf, "reason": "  "})
    assert (empty.status_code, "-32.99510" in empty.text) == (422, False)
    before = house.view(ADMIN).revision()
    opened = person.client.post(f"{address}/abrir", data={"csrf": person.csrf, "reason": "Lo pide la fiscalía"})
    assert (opened.status_code, "-32.99510" in opened.text) == (200, True)
    assert house.view(ADMIN).revision() != before
