"""Sign in and out through the page."""

import re

import pytest

from geo_reports.privacy import Filters
from geo_reports.privacy.singles import QUEUE
from geo_reports.report import Audience
from tests.web.conftest import DUMP, THEFT, client_of, hidden


@pytest.fixture
def password(house):
    return house.accounts.add("ana", Audience.CREW)


def sign_in(client, password, **more):
    form = client.get("/entrar", params={"volver": more.pop("volver", "")}).text
    given = {"login": "ana", "password": password, "entry": hidden(form, "entry"), "volver": hidden(form, "volver")}
    return client.post("/entrar", data=given | more)


def test_sign_in_and_out(visitor, password):
    answer = sign_in(visitor, password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/personal")
    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    kept = visitor.cookies["session"]
    desk = visitor.get("/personal")
    assert desk.status_code == 200
    assert visitor.post("/salir", data={"csrf": hidden(desk.text, "csrf")}).status_code == 303
    assert "session" not in visitor.cookies
    visitor.cookies.set("session", kept)  # a copy of the cookie is worth nothing afterwards
    assert visitor.get("/personal").status_code == 303


@pytest.mark.parametrize(
    ("volver", "location"),
    [
        ("/mapas/crews", "/mapas/crews"),
        ("https://elsewhere.example/", "/personal"),
        ("//elsewhere.example/", "/personal"),
        ("/\\elsewhere.example", "/personal"),
        ("/mapas/crews\nx", "/personal"),
        ("javascript:alert(1)", "/personal"),
    ],
)
def test_after_signing_in_nobody_is_sent_to_another_site(visitor, password, volver, location):
    assert sign_in(visitor, password, volver=volver).headers["location"] == location


def test_wrong_password_keeps_the_name_and_not_the_password(visitor, password):
    answer = sign_in(visitor, "Wrong-Password")
    assert answer.status_code == 401
    assert 'value="ana"' in answer.text
    assert "Wrong-Password" not in answer.text
    assert "El nombre o la contraseña no son correctos" in answer.text


def test_page_of_another_site_cannot_sign_a_person_in(house, password):
    own = client_of(house)
    stolen = hidden(own.get("/entrar").text, "entry")
    victim = client_of(house)
    given = {"login": "ana", "password": password, "entry": stolen}
    assert victim.post("/entrar", data=given).status_code == 403
    victim.get("/entrar")
    assert victim.post("/entrar", data=given).status_code == 403
    assert "session" not in victim.cookies


def test_session_never_begins_with_a_token_the_browser_brought(visitor, password, house):
    visitor.cookies.set("session", "planted")
    sign_in(visitor, password)
    planted = client_of(house)
    planted.cookies.set("session", "planted")
    assert planted.get("/personal").status_code == 303


def test_signing_in_again_ends_the_session_before(house, password):
    client = client_of(house)
    sign_in(client, password)
    before = client.cookies["session"]
    sign_in(client, password)
    assert house.accounts.actor(before) is None
    assert house.accounts.actor(client.cookies["session"]) is not None


def test_disabled_account_is_out_at_once(visitor, password, house):
    sign_in(visitor, password)
    house.accounts.disable("ana")
    assert visitor.get("/personal").status_code == 303
    assert sign_in(visitor, password).status_code == 401


def test_many_wrong_passwords_must_wait(visitor, password):
    statuses = [sign_in(visitor, "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert int(sign_in(visitor, "wrong").headers["retry-after"]) >= 1


def test_text_of_a_moderator_becomes_public_and_is_taken_back(staff, put, house):
    public_id = put(**DUMP, description="Lo hizo Pedro, patente ABCD12").public_id
    person = staff(Audience.MODERATOR)
    form = person.client.get(f"/personal/reportes/{public_id}")
    assert "Lo hizo Pedro" in form.text
    address = f"/personal/reportes/{public_id}/texto"

    def seen():
        return house.view(Audience.PUBLIC).reports(Filters()).rows.text.tolist()

    assert seen() == [None]
    person.client.post(address, data={"csrf": person.csrf, "text": " Escombros "})
    assert seen() == ["Escombros"]
    person.client.post(address, data={"csrf": person.csrf, "text": " "})
    assert seen() == [None]


def test_closing_without_a_reason_is_explained_on_the_same_page(staff, put, house):
    public_id = put(**DUMP).public_id
    person = staff(Audience.CREW)
    given = {"csrf": person.csrf, "status": "closed_without_solution", "note": "Fuimos el lunes"}
    answer = person.client.post(f"/personal/reportes/{public_id}/estado", data=given)
    assert answer.status_code == 422
    assert "Terminar sin solución necesita un motivo" in answer.text
    assert 'value="closed_without_solution" required checked' in answer.text
    assert "Fuimos el lunes</textarea>" in answer.text
    done = person.client.post(f"/personal/reportes/{public_id}/estado", data=given | {"reason": "private_land"})
    assert done.status_code == 303
    again = person.client.post(f"/personal/reportes/{public_id}/estado", data={**given, "status": "cleaned"})
    assert again.status_code == 409
    assert "El reporte ya cambió" in again.text


def test_text_that_no_map_would_show_is_not_offered_for_publication(staff, put):
    public_id = put(**THEFT, description="Me robaron").public_id
    person = staff(Audience.MODERATOR)
    given = {"csrf": person.csrf, "reason": "Lo pide la fiscalía"}
    answer = person.client.post(f"/personal/reportes/{public_id}/abrir", data=given)
    assert "Me robaron" in answer.text
    assert "/texto" not in answer.text


def test_desk_says_when_it_lists_only_the_newest(staff, put):
    person = staff(Audience.CREW)
    put(**DUMP)
    assert "1 reporte abierto" in person.client.get("/personal").text
    for _ in range(QUEUE):
        put(**DUMP)
    first = person.client.get("/personal?barrio=A").text
    assert "Los 100 reportes abiertos más nuevos; hay más" in first
    (older,) = re.findall(r'href="(/personal\?barrio=A&amp;antes=[^"]+)"', first)
    assert "1 reporte abierto más antiguo" in person.client.get(older.replace("&amp;", "&")).text


def test_desk_filters_by_family_for_those_who_see_both(staff, put):
    dump, theft = put(**DUMP).public_id, put(**THEFT).public_id
    html = staff(Audience.MODERATOR).client.get("/personal?familia=security").text
    assert (theft in html, dump in html) == (True, False)
    crew = staff(Audience.CREW).client
    assert 'name="familia"' not in crew.get("/personal").text
    assert crew.get("/personal?familia=security").status_code == 403
    assert "No hay reportes abiertos aquí" in crew.get("/personal?barrio=B").text


def test_text_too_long_to_publish_is_kept_on_the_page(staff, put):
    public_id = put(**DUMP, description="Escombros").public_id
    person = staff(Audience.MODERATOR)
    given = {"csrf": person.csrf, "text": "x" * 4001}
    answer = person.client.post(f"/personal/reportes/{public_id}/texto", data=given)
    assert (answer.status_code, "x" * 4001 in answer.text) == (422, True)
    assert "hasta 4000 caracteres" in answer.text


def test_crew_map_leads_to_the_report_and_the_public_one_does_not(staff, put):
    public_id = put(**DUMP).public_id
    client = staff(Audience.CREW).client
    assert f'href="/personal/reportes/{public_id}"' in client.get("/mapas/crews").text
    assert "/personal/reportes/" not in client.get("/mapas/residents").text
