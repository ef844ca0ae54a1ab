"""Maps in a real browser, under the policy the service sends, and from a file."""

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from geo_reports.look import words
from geo_reports.mapping import Assets, render_page
from tests.browser import guard, serve
from tests.mapping.hand import NOW, PAYLOADS, definition
from tests.mapping.site import NONCE, site, watch

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
ALL = (
    {"kind": "points"},
    {"kind": "area_counts"},
    {"kind": "choropleth", "family": "dump"},
    {"kind": "choropleth", "family": "security", "measure": "per_1000", "shown": False},
    {"kind": "hotspots", "family": "dump"},
    {"kind": "places", "kinds": ["schools"]},
)


def page_of(view, *layers, assets=None, title="Mapa de prueba", language="es", **options):
    kwargs = {"assets": assets or Assets.served(), "nonce": NONCE, "now": NOW, "name": "prueba", **options}
    return render_page(definition(*layers, title=title), view, words(language), **kwargs).html


def opened(page, base_url, complaints):
    page.goto(base_url)
    page.wait_for_function("document.querySelector('.leaflet-pane') !== null")
    page.wait_for_timeout(300)
    assert complaints == []
    assert page.evaluate("window.__pwn") is None


def click(page, selector, number):
    """Click an element that others may cover."""
    script = "([s, n]) => document.querySelectorAll(s)[n].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    page.evaluate(script, [selector, number])


def popup(page):
    """What an open popup says, line by line."""
    return page.eval_on_selector_all(".leaflet-popup-content div > *", "parts => parts.map(p => p.textContent)")


def test_hostile_texts_are_shown_and_never_run(hostile_view, page_at):
    html = page_of(hostile_view, *ALL, title=PAYLOADS[6])
    with serve(site(html)) as base_url:
        page = page_at(1280, 800)
        foreign, complaints = guard(page.context, base_url), watch(page)
        opened(page, base_url, complaints)
        assert page.inner_text("h1") == PAYLOADS[6]
        signs = page.locator("[aria-label][role=button].sign")
        shown = []
        for number in range(len(PAYLOADS)):
            click(page, "use.sign", number)
            lines = popup(page)
            assert lines[-2] == PAYLOADS[number]
            assert lines[-1].endswith(PAYLOADS[number])
            shown.append(lines[2])
        assert signs.count() >= len(PAYLOADS)
        assert shown == list(PAYLOADS)
        assert page.evaluate("window.__pwn") is None
        assert complaints == []
    assert foreign == []


def test_hostile_names_of_units_and_places(hostile_view, page_at):
    html = page_of(hostile_view, {"kind": "area_counts"}, {"kind": "choropleth", "family": "dump"}, ALL[5])
    with serve(site(html)) as base_url:
        page = page_at(1280, 800)
        complaints = watch(page)
        opened(page, base_url, complaints)
        labels = page.eval_on_selector_all(".label.unit-name span", "all => all.map(s => s.textContent)")
        assert sorted(labels) == sorted(PAYLOADS)
        for selector, first in ((".leaflet-marker-icon.sign", 0), ("path.filled", 0), ("use.sign", 0)):
            titles = set()
            for number in range(first, len(PAYLOADS)):
                click(page, selector, number)
                titles.add(popup(page)[0])
            assert titles == set(PAYLOADS), selector
        assert page.evaluate("window.__pwn") is None
        assert complaints == []


def test_file_opens_without_network(hostile_view, page_at, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(page_of(hostile_view, *ALL, assets=Assets.inline()), encoding="utf-8")
    page = page_at(390, 844)
    complaints = watch(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    opened(page, path.as_uri(), complaints)
    page.locator("use.sign").last.dispatch_event("click")
    assert popup(page)[-2] == PAYLOADS[-1]
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert complaints == []


def test_signs_by_keyboard(view, page_at):
    with serve(site(page_of(view, {"kind": "points"}))) as base_url:
        page = page_at(1280, 800)
        opened(page, base_url, watch(page))
        stops = page.locator("use.sign[tabindex='0']")
        expect(stops).to_have_count(1)
        stops.first.focus()
        page.keyboard.press("ArrowRight")
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert name == "Escombros, En trabajo · Cabe en un auto, Barrio B, Observado: 28-09-2026 (hace 2 días)"
        page.keyboard.press("Enter")
        assert popup(page)[:2] == ["Escombros", "En trabajo · Cabe en un auto"]


def test_switch_shows_one_fill_at_a_time(view, page_at):
    with serve(site(page_of(view, *ALL))) as base_url:
        page = page_at(1280, 800)
        opened(page, base_url, watch(page))
        boxes = page.locator("input[data-layer]")
        expect(boxes).to_have_count(6)
        assert [boxes.nth(i).is_checked() for i in range(6)] == [True, True, True, False, True, True]
        boxes.nth(3).check()
        assert [boxes.nth(i).is_checked() for i in range(6)] == [True, True, False, True, True, True]
        before = page.locator("use.sign").count()
        boxes.nth(0).uncheck()
        expect(page.locator("use.sign")).to_have_count(before - 6)


def test_tables_sort_by_value(view, page_at):
    with serve(site(page_of(view, {"kind": "choropleth", "family": "dump"}))) as base_url:
        page = page_at(1280, 800)
        opened(page, base_url, watch(page))
        header = page.get_by_role("columnheader", name="Reportes")
        header.get_by_role("button").click()
        names = page.locator("tbody th")
        expect(header).to_have_attribute("aria-sort", "ascending")
        assert names.all_inner_texts() == ["Barrio D", "Barrio C", "Barrio A", "Barrio B"]
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", "descending")
        assert names.all_inner_texts() == ["Barrio B", "Barrio A", "Barrio C", "Barrio D"]


def test_theme_is_remembered(view, page_at):
    with serve(site(page_of(view, {"kind": "points"}))) as base_url:
        page = page_at(1280, 800)
        opened(page, base_url, watch(page))
        page.locator("[data-theme-switch=dark]").click()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark == "rgb(18, 25, 29)"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(view, page_at, tmp_path, width, height, scheme):
    with serve(site(page_of(view, *ALL, demo=True))) as base_url:
        page = page_at(width, height)
        page.emulate_media(color_scheme=scheme)
        opened(page, base_url, watch(page))
        page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.eval_on_selector_all(
            "main button, main .switch, header a, header button",
            "all => all.filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)",
        )
        assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(view, page_at, scheme):
    with serve(site(page_of(view, *ALL, demo=True))) as base_url:
        page = page_at(390, 844)
        page.emulate_media(color_scheme=scheme)
        opened(page, base_url, watch(page))
        found = page.evaluate(f"() => {{ {AXE} ; return axe.run() }}")["violations"]
        assert [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found] == []


def test_page_without_scripts_still_has_its_numbers(view, page_at):
    with serve(site(page_of(view, *ALL))) as base_url:
        page = page_at(390, 844, js=False)
        page.goto(base_url)
        expect(page.get_by_text("El mapa necesita JavaScript")).to_be_visible()
        assert page.locator("table").count() >= 5
