"""Maps of the tiny city over a real store, through each audience's own view, and as the service sends them."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from geo_reports.app import build, create_app
from geo_reports.look import words
from geo_reports.mapping import Assets, render_page
from geo_reports.report import Channel, NewReport
from geo_reports.settings import Settings
from tests.browser import guard, serve
from tests.mapping.site import watch

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
SECRET = "<img src=x onerror=window.__pwn=1>"
DUMP = {"family": "dump", "category": "rubble", "lon": -69.995123, "lat": -32.995123, "description": SECRET}
THEFT = {"family": "security", "category": "street_robbery", "lon": -69.985321, "lat": -32.995321}


@pytest.fixture(scope="module")
def house(repo, tmp_path_factory):
    """One dump in unit A and six robberies in unit B, all in July."""
    folder = tmp_path_factory.mktemp("real")
    settings = Settings(city=repo / "tests/cities/tiny", db=str(folder / "r.sqlite"), key_dir=folder / "keys")
    made = build(settings, lambda: NOW).house
    for sent in (DUMP, *([THEFT] * 6)):
        report = NewReport.model_validate({**sent, "occurred_at": "2026-07-15"})
        made.intake.accept(report, channel=Channel.WEB, key=None)
    return made


def page(house, name):
    definition = house.city.maps[name]
    view = house.view(definition.audience)
    return render_page(definition, view, words("es"), assets=Assets.inline(), nonce="N", now=NOW, name=name).html


def test_residents_see_rounded_dumps_and_ranges_of_security(house):
    html = page(house, "residents")
    assert "-69.9951, -32.9951" in html
    assert "-69.995123" not in html
    assert "entre 6 y 50" in html  # July exactly, the other eleven months up to 4 each
    assert "-69.9853" not in html
    assert "__pwn" not in html


def test_crews_see_the_text_as_sent_and_it_is_text(house):
    html = page(house, "crews")
    assert "\\u003cimg src=x onerror=window.__pwn=1\\u003e" in html
    assert "&lt;img src=x onerror=window.__pwn=1&gt;" in html
    assert "<img" not in html


def test_planners_see_exact_counts_and_why_there_are_no_hotspots(house):
    html = page(house, "planners")
    assert "6 reportes" in html
    assert html.count("Hay pocos reportes para distinguir un foco del azar.") == 2
    assert "-69.9853" not in html


def test_the_service_sends_a_page_its_own_policy_allows(house, page_at):
    with serve(create_app(house)) as base_url:
        page = page_at(390, 844)
        foreign, complaints = guard(page.context, base_url), watch(page)
        page.goto(f"{base_url}/mapas/residents")
        page.wait_for_selector("use.sign", state="attached")
        page.locator("use.sign").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-popup-content strong")).to_have_text("Escombros")
        page.goto(f"{base_url}/mapas/residents?lang=en")
        page.wait_for_selector("use.sign", state="attached")
        assert page.inner_text("h1") == "Map for residents"
    assert (foreign, complaints) == ([], [])
