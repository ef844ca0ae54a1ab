"""What stays on a phone that others use: nothing of security before it is sent, nothing at all after a quick exit."""

import re

import pytest
from playwright.sync_api import Page, expect

from geo_reports.app import create_app
from geo_reports.privacy import Filters
from geo_reports.report import Audience
from tests.browser import serve
from tests.intake import photo_corpus
from tests.web.wire import Ear, wire_to

SECURITY, DUMP = "street_robbery", "rubble"
ALL = "() => geoDrafts.all()"
HERE = """() => {
    const found = document.querySelector("form[data-report]").elements;
    found.lon.value = "-70.7477";
    found.lat.value = "-33.5107";
}"""
"""A position, as the phone gives it."""
PHOTOS = """async () => new Promise((done) => {
    const asked = indexedDB.open("geo-reports");
    asked.onsuccess = () => {
        const found = asked.result.transaction("photos").objectStore("photos").count();
        found.onsuccess = () => { asked.result.close(); done(found.result); };
    };
})"""


@pytest.fixture(scope="module")
def house(house_at, repo):
    """The city that has a quick exit."""
    return house_at(city=repo)


@pytest.fixture(scope="module")
def wire(house):
    with serve(Ear(create_app(house))) as base_url, wire_to(base_url) as laid:
        yield laid


@pytest.fixture
def form(page_at, wire) -> Page:
    page = page_at(390, 844)
    page.goto(f"{wire.base_url}/reportar")
    return page


def kept(page: Page) -> list[dict[str, object]]:
    return page.evaluate(ALL)


def write(page: Page, category: str, text: str) -> None:
    page.locator("#category").select_option(category)
    page.locator("#description").fill(text)
    page.evaluate("() => new Promise((done) => setTimeout(done, 600))")  # twice as long as typing is waited for


def test_security_is_not_kept_while_it_is_typed(form):
    write(form, SECURITY, "Me siguieron")
    expect(form.locator("[data-draft-says]")).to_contain_text("No se guarda en este teléfono")
    assert kept(form) == []
    assert "borrador" not in form.url


def test_what_was_kept_goes_when_it_turns_out_to_be_about_security(form, tmp_path):
    photo = tmp_path / "foto.jpg"
    photo.write_bytes(photo_corpus.jpeg())
    form.locator("#photo").set_input_files(photo)
    expect(form).to_have_url(re.compile("borrador="))
    assert form.evaluate(PHOTOS) == 1
    write(form, SECURITY, "Me siguieron")
    expect(form).not_to_have_url(re.compile("borrador="))
    assert (kept(form), form.evaluate(PHOTOS)) == ([], 0)
    write(form, DUMP, "Era otra cosa")  # and what is a dump after all is kept whole
    expect(form).to_have_url(re.compile("borrador="))
    assert (len(kept(form)), form.evaluate(PHOTOS)) == (1, 1)


def test_security_waits_only_after_it_was_sent_without_a_network(form, wire, house):
    before = house.view(Audience.MODERATOR).queue(limit=1000).rows
    write(form, SECURITY, "Me siguieron")
    form.evaluate(HERE)
    wire.cut()
    form.locator("button[name=step][value=check]").click()
    expect(form.get_by_role("heading", name="Tu reporte quedó guardado en este teléfono")).to_be_visible()
    assert [draft["state"] for draft in kept(form)] == ["waiting"]
    wire.mend()
    form.evaluate("() => geoSending.run(true)")
    expect(form.locator("[data-saved-says]")).to_contain_text("Enviado", timeout=15_000)
    after = house.view(Audience.MODERATOR).queue(limit=1000).rows
    assert len(after) == len(before) + 1
    assert "Me siguieron" not in str(kept(form))


@pytest.mark.parametrize("category", [DUMP, SECURITY])
def test_a_quick_exit_deletes_what_is_being_written(form, wire, house, category):
    away = house.city.spec.quick_exit.url
    form.context.route(f"{away}**", lambda route: route.fulfill(body="<h1>away</h1>", content_type="text/html"))
    write(form, category, "Nadie debe leer esto")
    form.locator("[data-quick-exit]").click()
    expect(form.get_by_role("heading", name="away")).to_be_visible()
    form.goto(f"{wire.base_url}/reportar")
    expect(form.locator("#description")).to_have_value("")
    expect(form.locator("[data-draft-notice]")).to_have_count(0)
    assert kept(form) == []
    assert form.evaluate("() => localStorage.getItem('forget')") is None


def test_a_quick_exit_keeps_what_waits_to_be_sent(form, wire, house):
    away = house.city.spec.quick_exit.url
    form.context.route(f"{away}**", lambda route: route.fulfill(body="<h1>away</h1>", content_type="text/html"))
    write(form, DUMP, "Escombros")
    form.evaluate(HERE)
    wire.cut()
    form.locator("button[name=step][value=check]").click()
    expect(form.get_by_role("heading", name="Tu reporte quedó guardado en este teléfono")).to_be_visible()
    form.locator("[data-quick-exit]").click()
    expect(form.get_by_role("heading", name="away")).to_be_visible()
    n = len(house.view(Audience.CREW).reports(Filters()).rows)
    wire.mend()
    form.goto(f"{wire.base_url}/borradores")
    expect(form.locator("[data-drafts-list] > [data-is=sent]")).to_have_count(1, timeout=15_000)
    assert len(house.view(Audience.CREW).reports(Filters()).rows) == n + 1


def test_back_from_the_review_of_a_security_report_corrects_it(form):
    write(form, SECURITY, "Me siguieron")
    form.evaluate(HERE)
    form.locator("button[name=step][value=check]").click()
    expect(form.get_by_role("heading", name="Revisa tu reporte")).to_be_visible()
    form.evaluate("() => history.back()")
    expect(form.locator("#description")).to_have_value("Me siguieron")
    assert kept(form) == []
