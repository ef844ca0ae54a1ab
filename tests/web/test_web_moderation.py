"""The moderators' desk over HTTP: what waits, what is decided, who may, and where one comes out."""

import re
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from geo_reports.app import create_app
from geo_reports.report import Audience
from geo_reports.store import change
from tests.web.conftest import DUMP, THEFT, Staff, hidden
from tests.web.moderators import LIGHT, RUT, child, moderator, row, send, waits, with_photo

__all__ = ["child", "moderator", "with_photo"]

CREW, PLANNER, MODERATOR, ADMIN = Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN
ROLES = (None, CREW, PLANNER, MODERATOR, ADMIN)


@pytest.fixture(scope="module")
def house(house_at, tmp_path_factory):
    """One house for all tests: each brings its own reports."""
    return house_at(photo_dir=tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def people(house):
    app, found = create_app(house), {}
    for role in (CREW, PLANNER, MODERATOR, ADMIN):
        token = house.accounts.sign_in(str(role), house.accounts.add(str(role), role))
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        client.cookies.set("session", token)
        found[role] = Staff(client, house.accounts.csrf(token))
    found[None] = Staff(TestClient(app, raise_server_exceptions=False, follow_redirects=False), "")
    return found


@pytest.fixture
def staff(people):
    return people.__getitem__


@pytest.fixture
def visitor(people):
    return people[None].client


# who ----------------------------------------------------------------------------------------

ACTS = ("texto", "aprobar", "rechazar", "unir", "separar", "categoria", "nota", "leido", "deshacer", "foto/0")


@pytest.mark.parametrize("number", range(len(ROLES)), ids=[str(role) for role in ROLES])
def test_who_may(staff, put, house, number):
    role, dump, theft = ROLES[number], put(**DUMP, description="x"), put(**THEFT)
    client, csrf = staff(role).client, staff(role).csrf
    may = role in (MODERATOR, ADMIN)
    assert client.get("/personal/moderacion").status_code == (200 if may else 403 if role else 303)
    before = house.view(ADMIN).revision()
    refused = 403 if role else 401
    got = {}
    for accepted in (dump, theft):
        for act in ACTS:
            address = f"/personal/reportes/{accepted.public_id}/{act}"
            got[address] = client.post(address, data={"csrf": csrf}).status_code
    got["several"] = client.post("/personal/moderacion", data={"csrf": csrf, "chosen": dump.public_id}).status_code
    if not may:
        assert set(got.values()) == {refused}
        assert house.view(ADMIN).revision() == before
        return
    assert {401, 403, 500} & set(got.values()) == set(), got


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_form_without_its_token_changes_nothing(staff, put, house, act, token):
    report, person = put(**DUMP, description="x"), staff(ADMIN)
    before = house.view(ADMIN).revision()
    answer = person.client.post(f"/personal/reportes/{report.public_id}/{act}", data={"csrf": token, "text": "y"})
    assert (answer.status_code, house.view(ADMIN).revision()) == (403, before)


def test_a_childs_report_is_there_for_those_who_approve_alone(staff, child):
    address = f"/personal/reportes/{child().public_id}"
    got = {role: staff(role).client.get(address).status_code for role in (CREW, PLANNER, MODERATOR, ADMIN)}
    assert got == {CREW: 404, PLANNER: 403, MODERATOR: 200, ADMIN: 200}


# the queue ----------------------------------------------------------------------------------


# one report ---------------------------------------------------------------------------------


def test_what_may_tell_who_somebody_is_is_marked_and_prefilled_without_it(moderator, put):
    report = put(**DUMP, description=RUT)
    page = moderator.client.get(f"/personal/reportes/{report.public_id}").text
    assert '<mark class="hint">12.345.678-5<span class="hint-kind"> RUT</span></mark>' in page
    assert re.search(r"<textarea id=\"text\".*?>\s*Lo dejó Juan, rut \[…\], junto a la plaza</textarea>", page, re.S)


@pytest.mark.parametrize(
    ("form", "published"),
    [
        ({"text": "Basura en la plaza"}, "Basura en la plaza"),
        ({"text": "otra cosa", "accion": "tal-cual"}, RUT),
        ({"text": "otra cosa", "accion": "privado"}, None),
    ],
)
def test_a_text_is_judged_and_waits_no_more(moderator, put, house, form, published):
    report = put(**DUMP, description=RUT)
    answer = send(moderator, f"/personal/reportes/{report.public_id}/texto", **form)
    assert (answer.status_code, row(house, report).public_text, waits(house, report)) == (303, published, [])


def test_the_button_that_takes_out_what_is_marked_changes_nothing_yet(moderator, put, house):
    report = put(**DUMP, description=RUT)
    answer = send(moderator, f"/personal/reportes/{report.public_id}/texto", text=RUT, accion="tapar")
    assert answer.status_code == 200
    assert "rut […], junto" in answer.text
    assert waits(house, report) == ["text"]


def test_a_text_that_nobody_would_see_is_not_published(moderator, put, house):
    report = put(**THEFT, description="x")
    address = f"/personal/reportes/{report.public_id}/texto"
    assert send(moderator, address, text="x", opened_for="lo pide la fiscalía").status_code == 422
    assert row(house, report).public_text is None


@pytest.mark.parametrize(
    "hostile", ["//evil.example", "lista=//evil.example&tipo=x", "lista=moderacion&barrio=%0d%0aX: y"]
)
def test_a_trail_leads_nowhere_else(moderator, put, hostile):
    report = put(**DUMP)
    answer = send(moderator, f"/personal/reportes/{report.public_id}/estado", status="cleaned", desde=hostile)
    assert answer.headers["location"].startswith("/personal")
    assert "x" not in {name.lower() for name in answer.headers}


def test_saving_a_status_keeps_the_desks_filter(staff, put):
    crew, report = staff(CREW), put(**DUMP)
    page = crew.client.get("/personal?barrio=A").text
    address = re.search(rf'href="(/personal/reportes/{report.public_id}[^"]*)"', page)[1].replace("&amp;", "&")
    desde = hidden(crew.client.get(address).text, "desde").replace("&amp;", "&")
    answer = send(crew, f"/personal/reportes/{report.public_id}/estado", status="in_progress", desde=desde)
    assert answer.headers["location"] == "/personal?barrio=A&hecho=1"


def test_staff_never_take_a_report_back_and_crews_do_not_confirm(staff, put):
    report = put(**DUMP)
    address = f"/personal/reportes/{report.public_id}/estado"
    crew, moderator = staff(CREW), staff(MODERATOR)
    assert send(staff(ADMIN), address, status="retracted").status_code == 403
    assert send(crew, address, status="cleaned").status_code == 303
    assert send(crew, address, status="verified").status_code == 403
    assert 'value="verified"' not in crew.client.get(f"/personal/reportes/{report.public_id}").text
    assert 'value="retracted"' not in moderator.client.get(f"/personal/reportes/{report.public_id}").text
    assert send(moderator, address, status="verified").status_code == 303


def test_a_childs_report_is_approved_or_not(moderator, child, house):
    good, bad = child(), child(size="car")
    assert send(moderator, f"/personal/reportes/{good.public_id}/aprobar").status_code == 303
    assert send(moderator, f"/personal/reportes/{bad.public_id}/rechazar", why="test").status_code == 303
    assert [row(house, one).status for one in (good, bad)] == ["received", "rejected"]
    assert send(moderator, f"/personal/reportes/{good.public_id}/aprobar").status_code == 409


def test_a_rejection_needs_its_reason(moderator, put, house):
    report = put(**DUMP)
    for why in ("", "private_land", "made-up"):
        answer = send(moderator, f"/personal/reportes/{report.public_id}/rechazar", why=why)
        assert (answer.status_code, 'id="not-accepted-error"' in answer.text) == (422, True)
    send(moderator, f"/personal/reportes/{report.public_id}/rechazar", why="not_ours", words="Es del Serviu")
    assert row(house, report).status == "rejected"


def test_reports_close_by_are_offered_to_be_joined(moderator, put, house):
    alone = {**DUMP, "lon": -69.9851, "lat": -32.9851}
    one, near = put(**alone), put(**{**alone, "lat": -32.9855}, size="car")
    far = put(**{**alone, "lat": -32.9871}, size="bag")
    page = moderator.client.get(f"/personal/reportes/{one.public_id}").text
    assert f'name="target" value="{near.public_id}"' in page
    assert f'name="target" value="{far.public_id}"' not in page
    assert "a 44 m" in page
    address = f"/personal/reportes/{one.public_id}/unir"
    for wrong in ({}, {"target": one.public_id}, {"other": "nadie"}):
        answer = send(moderator, address, **wrong)
        assert (answer.status_code, 'id="other-error"' in answer.text) == (422, True)
    assert send(moderator, address, other=f" {far.public_id} ").status_code == 303
    assert row(house, one).status == "duplicate"
    page = moderator.client.get(f"/personal/reportes/{one.public_id}").text
    assert far.public_id in page
    assert send(moderator, f"/personal/reportes/{one.public_id}/separar").status_code == 303
    assert row(house, one).status == "acknowledged"


@pytest.mark.parametrize(
    ("body", "category", "moderators", "admins"),
    [
        (DUMP, "household", 303, 303),
        (DUMP, "street_robbery", 303, 303),
        (LIGHT, "threat", 303, 303),
        (THEFT, "street_light", 403, 303),
        (THEFT, "rubble", 403, 303),
        (LIGHT, "rubble", 403, 303),
        (DUMP, "rubble", 422, 422),
        (DUMP, "made-up", 422, 422),
    ],
)
def test_only_an_administrator_shows_more(staff, put, house, body, category, moderators, admins):
    for role, expected in ((MODERATOR, moderators), (ADMIN, admins)):
        report, person = put(**body), staff(role)
        form = {"category": category, "opened_for": "estaba mal"}
        answer = send(person, f"/personal/reportes/{report.public_id}/categoria", **form)
        # a security report is shown again, as a second visit would ask why anew
        done = 200 if expected == 303 else expected
        assert answer.status_code == done
        assert (row(house, report).category == category) == (expected == 303 or (category == "rubble" and body is DUMP))


def test_a_note_is_for_staff_alone(moderator, put, visitor):
    report = put(**DUMP)
    address = f"/personal/reportes/{report.public_id}"
    assert send(moderator, f"{address}/nota", internal="  ").status_code == 422
    assert send(moderator, f"{address}/nota", internal="Llamar a Aseo").status_code == 303
    assert "Llamar a Aseo" in moderator.client.get(address).text
    assert "Llamar a Aseo" not in visitor.get(f"/seguimiento/{report.code}").text


def test_the_last_step_is_taken_back_by_who_made_it(moderator, staff, put, house):
    report = put(**DUMP)
    address = f"/personal/reportes/{report.public_id}"
    assert send(moderator, f"{address}/deshacer").status_code == 422
    send(staff(CREW), f"{address}/estado", status="cleaned")
    assert send(moderator, f"{address}/deshacer").status_code == 422
    assert "Deshacer" not in moderator.client.get(address).text
    assert "Deshacer el último cambio de estado" in staff(ADMIN).client.get(address).text
    assert send(staff(ADMIN), f"{address}/deshacer").status_code == 303
    assert row(house, report).status == "received"


def test_comments_are_read(moderator, put, house, visitor):
    report = put(**DUMP)
    with house.fieldwork._store.writing() as connection:
        one = change.present(connection, report.public_id)
        change.append_event(connection, one.id, "comment", note="Sigue ahí", actor="resident", at=1_792_000_000)
    assert waits(house, report) == ["comment"]
    assert "Sigue ahí" in moderator.client.get(f"/personal/reportes/{report.public_id}").text
    assert send(moderator, f"/personal/reportes/{report.public_id}/leido").status_code == 303
    assert waits(house, report) == []


# several ------------------------------------------------------------------------------------


def test_several_are_decided_at_once(moderator, put, child, house):
    one, two, kid, other = put(**DUMP, description="a"), put(**DUMP, size="car"), child(), put(**DUMP, size="bag")
    answer = send(moderator, "/personal/moderacion", accion="aprobar", chosen=[kid.public_id, one.public_id])
    assert answer.headers["location"] == "/personal/moderacion?hechos=1&fallos=1"
    assert "Listo con 1 reporte. 1 cambió" in moderator.client.get(answer.headers["location"]).text
    form = {"accion": "repetidos", "chosen": [one.public_id, two.public_id], "target": other.public_id}
    assert send(moderator, "/personal/moderacion", **form).headers["location"].endswith("hechos=2&fallos=0")
    form = {"accion": "rechazar", "chosen": [kid.public_id], "reason": "test", "desde": "lista=moderacion&tipo=child"}
    assert send(moderator, "/personal/moderacion", **form).headers["location"].endswith("?tipo=child&hechos=1&fallos=0")
    assert [row(house, report).status for report in (one, two, kid)] == ["duplicate", "duplicate", "rejected"]


@pytest.mark.parametrize(
    "form",
    [
        {"accion": "aprobar"},
        {"accion": "rechazar", "chosen": "x"},
        {"accion": "rechazar", "chosen": "x", "reason": "private_land"},
        {"accion": "repetidos", "chosen": "x", "target": "nadie"},
        {"accion": "", "chosen": "x"},
    ],
)
def test_what_is_missing_is_told(moderator, put, house, form):
    put(**DUMP, description="x")
    before = house.view(ADMIN).revision()
    assert send(moderator, "/personal/moderacion", **form).status_code == 422
    assert house.view(ADMIN).revision() == before


# photos -------------------------------------------------------------------------------------


def pixel(jpeg, x, y):
    return Image.open(BytesIO(jpeg)).convert("RGB").getpixel((x, y))


def test_a_photo_is_covered_looked_at_and_published(moderator, visitor, with_photo, house):
    report = with_photo("red")
    address = f"/personal/reportes/{report.public_id}/foto/0"
    sides = {"x": ["0", ""], "y": ["0", ""], "w": ["25", ""], "h": ["25,0", ""]}
    seen = send(moderator, address, accion="ver", **sides)
    assert seen.status_code == 200
    assert "data:image/jpeg;base64," in seen.text
    assert re.search(r'name="w"[^>]* value="25"', seen.text)
    assert visitor.get(f"/fotos/{report.public_id}/0.jpg").status_code == 404
    assert send(moderator, address, accion="publicar", **sides).status_code == 303
    shown = visitor.get(f"/fotos/{report.public_id}/0.jpg").content
    assert max(pixel(shown, 10, 10)) < 100
    assert pixel(shown, 300, 200)[0] > 200
    assert waits(house, report) == []
    assert send(moderator, address, accion="retirar", reason="se ve una cara").status_code == 303
    assert visitor.get(f"/fotos/{report.public_id}/0.jpg").status_code == 404


@pytest.mark.parametrize(
    "sides", [("a", "0", "5", "5"), ("0", "0", "5", ""), ("200", "0", "5", "5"), ("0", "0", "0", "5"), ("nan",) * 4]
)
def test_places_that_are_none_are_told_and_kept_in_the_form(moderator, with_photo, house, sides):
    report = with_photo("red")
    given = dict(zip("xywh", sides, strict=True))
    answer = send(moderator, f"/personal/reportes/{report.public_id}/foto/0", accion="publicar", **given)
    assert (answer.status_code, 'id="photo-error-0"' in answer.text) == (422, True)
    assert waits(house, report) == ["photo"]


def test_photos_of_security_are_seen_by_who_opened_it_and_never_published(moderator, with_photo, visitor):
    report = with_photo("red", **THEFT)
    address = f"/personal/reportes/{report.public_id}"
    assert moderator.client.get(f"{address}/fotos/0.jpg").status_code == 403
    page = send(moderator, f"{address}/abrir", reason="lo pide la fiscalía").text
    assert "/fotos/0.jpg" in page
    assert 'value="publicar"' not in page
    assert moderator.client.get(f"{address}/fotos/0.jpg").status_code == 200
    opened = {"opened_for": "lo pide la fiscalía"}
    assert send(moderator, f"{address}/foto/0", accion="publicar", **opened).status_code == 422
    assert visitor.get(f"/fotos/{report.public_id}/0.jpg").status_code == 404
