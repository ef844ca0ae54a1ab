"""The mode for girls, boys and adolescents: pictures and choices; nothing is typed, and an adult looks first."""

import json
import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from geo_reports.app import create_app
from geo_reports.report import Audience, Status
from geo_reports.web.children_places import NEAR_M, places_by_unit
from tests.browser import guard, serve
from tests.web.conftest import client_of, hidden


@pytest.fixture(scope="module")
def house(house_at, repo):
    """The reference city, which has the mode."""
    return house_at(city=repo)


@pytest.fixture(scope="module")
def near(house):
    """A place to choose."""
    return next(place.value for _, places in places_by_unit(house.city) for place in places if place.name)


@pytest.fixture(scope="module")
def base_url(house):
    """The mode in a running service, once: it takes in nothing more when it stops."""
    with serve(create_app(house)) as base:
        yield base


@pytest.fixture
def child(house):
    return client_of(house)


def post(client, **given):
    return client.post("/ninas-ninos", data=given)


def stored(house):
    """What changes with every report that is stored."""
    return house.view(Audience.ADMIN).revision()


def story(house, answer):
    """Report of the receipt that an answer leads to."""
    return house.view(Audience.RESIDENT).by_code(answer.headers["location"].split("/")[2].split("?")[0])


def test_three_screens_to_a_report_that_waits(child, house, near):
    first = child.get("/ninas-ninos")
    assert 'value="rubble"' in first.text
    key = hidden(first.text, "key")
    where = post(child, at="what", key=key, category="rubble")
    assert f'value="{near}"' in where.text
    more = post(child, at="where", key=key, category="rubble", found=near, step="more")
    assert 'name="answer.hazard"' in more.text
    assert 'name="answer.access"' not in more.text  # not for children
    given = {"at": "more", "key": key, "category": "rubble", "found": near, "size": "car", "answer.hazard": "glass"}
    sent = child.post("/ninas-ninos", data=given | {"step": "send"})
    assert sent.status_code == 303
    page = child.get(sent.headers["location"])
    assert "Gracias" in page.text
    assert "Hiciste algo bueno por tu barrio" in page.text
    again = child.post("/ninas-ninos", data=given | {"step": "send"})
    assert again.headers["location"] == sent.headers["location"]
    found = story(house, sent)
    assert (found.channel, found.status, found.category, found.size) == ("children", Status.HELD, "rubble", "car")
    assert found.answers == {"hazard": ["glass"]}
    assert f"{found.lon:.6f} {found.lat:.6f} {NEAR_M}" == near


def test_nothing_typed_is_kept_whatever_is_sent(child, house, near):
    typed = {
        "description": "Me llamo Ana y vivo en",
        "contact": "ana@example.org",
        "address": "Pasaje Secreto 12",
        "candidate": "Pasaje Secreto 12",
        "day": "2026-10-01",
        "spot": "-70.75 -33.51",
        "answer.access": "truck",
        "answer.hazard": "Me llamo Ana",
    }
    given = {"at": "more", "step": "send", "category": "bulky", "found": near, "key": "c" * 24}
    refused = child.post("/ninas-ninos", data=given | typed)
    assert refused.status_code == 422  # an answer that is none
    assert not [text for text in typed.values() if text != "truck" and text in refused.text]
    sent = child.post("/ninas-ninos", data=given | typed | {"answer.hazard": "glass"})
    code = sent.headers["location"].split("/")[2].split("?")[0]
    told = child.get(f"/seguimiento/{code}/datos.json").text
    assert not [text for text in ("Ana", "example.org", "Secreto", "2026-10-01", "access") if text in told]
    assert json.loads(told)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"step": "where"}, "Elige lo que viste"),
        ({"step": "where", "category": "street_robbery"}, "Elige lo que viste"),
        ({"step": "more", "category": "rubble"}, "Elige un lugar que esté cerca"),
        ({"step": "more", "category": "rubble", "found": "-70.75 -33.51 1"}, "Elige un lugar que esté cerca"),
        ({"step": "send", "category": "rubble", "lon": "x", "lat": "y"}, "No pudimos usar tu ubicación"),
        ({"step": "send", "category": "rubble", "lon": "-60", "lat": "-33.5"}, "Elige un lugar que esté cerca"),
    ],
)
def test_what_is_missing_is_asked_for(child, house, given, said):
    before = stored(house)
    answer = post(child, key="m" * 24, **given)
    assert answer.status_code == 422
    assert said in answer.text
    assert stored(house) == before


def test_going_back_forgets_nothing(child, near):
    key = "b" * 24
    given = {"key": key, "category": "rubble", "found": near, "size": "bag", "answer.hazard": "smoke"}
    where = child.post("/ninas-ninos", data=given | {"at": "more", "step": "where"}).text
    assert f'value="{near}" checked' in where
    assert (hidden(where, "size"), hidden(where, "answer.hazard"), hidden(where, "key")) == ("bag", "smoke", key)
    more = child.post("/ninas-ninos", data=given | {"at": "where", "step": "more"}).text
    assert 'value="bag" checked' in more
    assert 'value="smoke" checked' in more


@pytest.mark.parametrize("at", ["what", "where", "more"])
def test_another_language_shows_the_same_screen(child, near, at):
    given = {"at": at, "key": "l" * 24, "category": "rubble", "found": near, "size": "bag"}
    english = child.post("/ninas-ninos?lang=en", data=given).text
    heading = {"what": "What did you see?", "where": "Where is it?", "more": "How is it?"}[at]
    assert f"<h1>{heading}</h1>" in english
    assert f'name="at" value="{at}"' in english
    child.cookies.clear()


def test_photo_is_carried_and_sent_without_people(child, house, near):
    file = BytesIO()
    Image.new("RGB", (80, 60), "teal").save(file, "JPEG")
    given = {"at": "more", "key": "p" * 24, "category": "rubble", "found": near}
    sent = {"photo": ("f.jpg", file.getvalue(), "image/jpeg")}
    back = child.post("/ninas-ninos", data=given | {"step": "where"}, files=sent).text
    assert "Sin personas." in post(child, **given | {"at": "where", "step": "more"}).text
    ticket = hidden(back, "held")
    made = child.post("/ninas-ninos", data=given | {"step": "send", "held": ticket})
    assert made.status_code == 303
    assert "1 foto recibida" in child.get(made.headers["location"]).text
    not_one = {"photo": ("f.jpg", b"no photo", "image/jpeg")}
    bad = child.post("/ninas-ninos", data=given | {"step": "send", "key": "q" * 24}, files=not_one)
    assert (bad.status_code, "no es una foto que podamos leer" in bad.text) == (422, True)


def test_about_a_person_leads_to_people_who_help_and_stores_nothing(child, house):
    before = stored(house)
    for screen in (child.get("/ninas-ninos").text, post(child, at="what", category="unsafe_spot").text):
        for text in ("Me pasó algo a mí", "Alguien me hizo daño", "Tengo miedo de alguien"):
            assert re.search(rf'<a [^>]*href="/ninas-ninos/ayuda">[^/]*(?:/[^/]*)*? {text}</a>', screen)
    page = child.get("/ninas-ninos/ayuda")
    assert '<a class="button" href="tel:147">' in page.text
    assert '<a class="button" href="tel:133">' in page.text
    assert "<title>Servicio municipal" in page.text
    assert "<form" not in page.text
    assert page.headers.get("set-cookie") is None
    assert stored(house) == before


def test_no_screen_has_a_field_to_write_in(child, near):
    key = "w" * 24
    for answer in (
        child.get("/ninas-ninos"),
        post(child, at="what", key=key, category="unsafe_spot"),
        post(child, at="where", key=key, category="unsafe_spot", found=near, step="more"),
    ):
        kinds = re.findall(r'<input[^>]* type="(\w+)"', answer.text)
        assert set(kinds) <= {"hidden", "radio", "checkbox", "file"}
        assert "<textarea" not in answer.text
        assert 'name="contact"' not in answer.text


def test_every_neighborhood_can_be_chosen(house):
    units = places_by_unit(house.city)
    assert [name for name, _ in units] == sorted(house.city.primary.current.units.name)
    assert all(places[-1].name == "" for _, places in units)
    lon, lat, accuracy_m = map(float, units[0][1][-1].value.split())
    assert house.city.contains([lon], [lat]).all()
    assert accuracy_m > NEAR_M


def test_a_city_without_the_mode_has_no_such_pages(house_at):
    client = client_of(house_at())
    assert client.get("/ninas-ninos").status_code == 404
    assert client.get("/ninas-ninos/ayuda").status_code == 404
    assert post(client, at="what").status_code == 404
    assert "/ninas-ninos" not in client.get("/").text


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_child_tells_of_rubble(page_at, base_url, js, width):
    page = page_at(width, 844, js=js)
    foreign = guard(page.context, base_url)
    page.goto(f"{base_url}/ninas-ninos")
    page.get_by_role("button", name="Escombros").click()
    expect(page.get_by_role("heading", name="¿Dónde está?")).to_be_visible()
    page.get_by_text("El Abrazo de", exact=False).first.click()
    page.get_by_label("SAN JUAN").check()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("SAN JUAN")).to_be_checked()
    page.get_by_role("button", name="Español").click()
    page.get_by_role("button", name="Seguir").click()
    page.get_by_label("Cabe en un auto").check()
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("heading", name="Gracias, tu reporte quedó guardado")).to_be_visible()
    assert foreign == []


def test_phone_s_position_after_a_tap_and_what_to_do_without(page_at, base_url):
    page = page_at(390, 844)
    page.goto(f"{base_url}/ninas-ninos")
    page.get_by_role("button", name="Luminaria apagada").click()
    page.get_by_role("button", name="Estoy ahí ahora").click()
    expect(page.get_by_text("Elige un lugar de la lista")).to_be_visible()
    page.context.grant_permissions(["geolocation"], origin=base_url)
    page.context.set_geolocation({"latitude": -33.51, "longitude": -70.757, "accuracy": 9})
    page.get_by_role("button", name="Estoy ahí ahora").click()
    expect(page.get_by_text("Usaremos el lugar donde estás ahora")).to_be_visible()
    page.get_by_role("button", name="Seguir").click()
    expect(page.get_by_role("heading", name="¿Cómo es?")).to_be_visible()
    expect(page.locator("input[name=lon]")).to_have_value("-70.757000")
    assert page.title().startswith("Servicio municipal")  # of a security report
