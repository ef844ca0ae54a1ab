"""The report form with photos, with the question whether it is the same report, and with a full disk."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from geo_reports.report import Audience
from tests.browser import guard
from tests.intake import photo_corpus
from tests.web.conftest import client_of, hidden
from tests.web.test_web_report import GIVEN, count

NOTHING_CHOSEN = ("photo", ("", b"", "application/octet-stream"))
"""What a browser sends for a file field in which nobody chose anything."""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "photos"


@pytest.fixture
def house(house_at, folder):
    return house_at(photo_dir=folder)


def send(client, *photos, **change):
    files = [("photo", (f"{number}.jpg", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    return client.post("/reportar", data=GIVEN | change, files=files or [NOTHING_CHOSEN])


def tickets(html):
    return re.findall(r'name="held" value="([^"]+)" checked', html)


def kept(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_photos_go_with_the_report(visitor, house, folder):
    answer = send(visitor, photo_corpus.jpeg(), photo_corpus.heic())
    assert answer.status_code == 303
    assert len(kept(folder)) == 2
    assert count(house) == 1
    assert send(visitor).status_code == 422  # the same key, and no photo: another report
    assert send(visitor, photo_corpus.jpeg(), photo_corpus.heic()).headers["location"] == answer.headers["location"]


def test_no_photo_is_no_fault(visitor, house):
    assert send(visitor).status_code == 303
    assert count(house) == 1


def test_photos_wait_while_the_form_is_corrected(visitor, house, folder):
    first = send(visitor, photo_corpus.jpeg(), address="Los Aromitos 100")
    assert first.status_code == 422
    held = tickets(first.text)
    assert len(held) == 1
    second = send(visitor, photo_corpus.png(), held=held, category="")
    assert len(tickets(second.text)) == 2
    assert send(visitor, held=tickets(second.text)).status_code == 303
    assert count(house) == 1
    assert len(kept(folder)) == 2


def test_a_photo_of_another_form_is_not_taken(visitor, house):
    held = tickets(send(visitor, photo_corpus.jpeg(), category="").text)
    answer = send(visitor, held=held, key="l" * 24)
    assert answer.status_code == 422
    assert "Ya no tenemos una de tus fotos" in answer.text
    assert count(house) == 0


def test_what_is_no_photo_is_said_and_the_others_wait(visitor, house, folder):
    answer = send(visitor, b"no photo", photo_corpus.jpeg(), description="Sillones")
    assert answer.status_code == 422
    assert "no es una foto que podamos leer" in answer.text
    assert 'id="photo-error"' in answer.text
    assert "Sillones" in answer.text
    assert len(tickets(answer.text)) == 1
    assert send(visitor, held=tickets(answer.text), description="Sillones").status_code == 303
    assert count(house) == 1


def test_six_photos_are_one_too_many(visitor, house, folder):
    answer = send(visitor, *[photo_corpus.jpeg()] * 6)
    assert answer.status_code == 422
    assert "caben hasta 5 fotos" in answer.text
    assert kept(folder) == []


def test_the_same_content_is_asked_about_and_nothing_typed_is_lost(visitor, house):
    assert send(visitor, photo_corpus.jpeg(), description="Sillones").status_code == 303
    asked = send(visitor, photo_corpus.jpeg(), description="Sillones", key="l" * 24)
    assert asked.status_code == 409
    assert "¿Es el mismo reporte?" in asked.text
    assert "Sillones" in asked.text
    assert hidden(asked.text, "key") == "l" * 24
    again = {"description": "Sillones", "key": "l" * 24, "held": tickets(asked.text)}
    same = send(visitor, **again, again="no")
    assert (same.status_code, count(house)) == (200, 1)
    assert "Ya tenemos tu reporte" in same.text
    assert send(visitor, **again, again="yes").status_code == 303
    assert count(house) == 2


def test_a_full_disk_keeps_what_was_typed(house_at):
    client = client_of(house := house_at(min_free_mb=10**9))
    answer = send(client, description="Sillones")
    assert answer.status_code == 507
    assert answer.headers["retry-after"] == "300"
    assert "no tenemos espacio para reportes nuevos" in answer.text
    assert "Sillones" in answer.text
    with_photo = send(client, photo_corpus.jpeg(), description="Sillones")
    assert (with_photo.status_code, "Sillones" in with_photo.text) == (507, True)
    assert client.get("/").status_code == 200
    assert count(house) == 0


def test_refusals_are_not_counted_and_staff_neither(house_at):
    house = house_at(writes_per_hour=1)
    client = client_of(house)
    for _ in range(3):
        assert send(client, category="").status_code == 422
    assert send(client).status_code == 303
    assert send(client).status_code == 303  # the same form again
    assert send(client, key="l" * 24, description="otro").status_code == 429
    client.cookies.set("session", house.accounts.sign_in("eva", house.accounts.add("eva", Audience.CREW)))
    assert send(client, key="l" * 24, description="otro").status_code == 303


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_photo_is_sent_from_a_browser(page_at, served, house, folder, tmp_path: Path, width, js):
    photo = tmp_path / "foto con ñ.jpg"
    photo.write_bytes(photo_corpus.jpeg())
    page = page_at(width, 844, js=js)
    foreign = guard(page.context, served)
    page.goto(f"{served}/reportar")
    page.get_by_label("¿Dónde está?").fill("Los Aromitos 100")
    page.get_by_label("¿Qué viste?").select_option("rubble")
    page.get_by_label("Fotos").set_input_files(photo)
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_label("Los Aromos 100", exact=True).check()
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_role("button", name="Enviar reporte").click()
    expect(page.get_by_text("Gracias, tu reporte quedó guardado")).to_be_visible()
    assert foreign == []
    assert count(house) == 1
    assert len(kept(folder)) == 1
