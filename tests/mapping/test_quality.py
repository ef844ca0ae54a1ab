"""The page of a layer's faults: what it says, what it never runs, and how it looks in a browser."""

import re
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import expect
from shapely import MultiPolygon, Point, box

from geo_reports.geography.topology import measure
from geo_reports.look import words
from geo_reports.mapping import Assets, faults, render_quality
from tests.browser import guard, serve
from tests.mapping.hand import PAYLOADS
from tests.mapping.site import NONCE, site, watch
from tests.mapping.test_page import Tables

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
EAST, NORTH = 340_000.0, 6_290_000.0


def layer(shapes, names=None):
    ids = [f"u{number}" for number in range(len(shapes))]
    moved = shapely.transform(np.array(shapes, object), lambda xy: xy + np.array([EAST, NORTH]))
    return gpd.GeoDataFrame({"unit": ids, "name": names or [f"Barrio {n}" for n in ids]}, geometry=moved, crs=32719)


def bad_layer(names=None):
    """An overlap of 20 by 500 m, a slit of 0.5 by 480 m, a hole of 100 by 60 m, a stray strip of 0.4 by 50 m."""
    west = box(0, 0, 420, 500) - box(100, 100, 200, 160)
    middle = box(400, 0, 800, 500)
    east = MultiPolygon([box(800.5, 0, 1200, 480), box(1300, 0, 1300.4, 50)])
    return layer([west, middle, east], names)


def repaired():
    frame = layer([Point(50, 50), box(800.5, 0, 1200, 480)])
    return frame.assign(unit=["u0", "u2"], reason=["Self-intersection", "Ring Self-intersection"])


def page(units, *, language="es", assets=None, title="Barrios de prueba", **options):
    kwargs = {"title": title, "words": words(language), "assets": assets or Assets.inline(), "nonce": NONCE}
    return render_quality(units, measure(units), **kwargs, **options).html


@pytest.mark.parametrize("assets", [Assets.served(), Assets.inline()])
def test_two_renders_are_equal_byte_for_byte(assets):
    kwargs = {"assets": assets, "previous": layer([box(0, 0, 1200, 500)]), "repaired": repaired()}
    assert page(bad_layer(), **kwargs) == page(bad_layer(), **kwargs)


def test_tables_hold_areas_in_square_metres_and_the_pairs():
    html = page(bad_layer(), repaired=repaired())
    found = Tables(html).found
    assert found["Traslapes"] == [
        ["#", "Unidades", "Superficie (m²)", "Ancho (m)"],
        ["T1", "Barrio u0 y Barrio u1", "10.000", "19,23"],
    ]
    assert found["Huecos"][1:] == [
        ["H1", "Barrio u0", "6.000", "37,5"],
        ["H2", "Barrio u1, Barrio u2", "240", "0,5"],
    ]
    assert found["Franjas delgadas"][1:] == [
        ["F1", "Barrio u1 y Barrio u2", "hueco", "240", "0,5"],
        ["F2", "Barrio u2", "parte suelta de una unidad", "20", "0,4"],
    ]
    assert found["Lugares reparados"][1:] == [
        ["R1", "Barrio u0", "Self-intersection"],
        ["R2", "Barrio u2", "Ring Self-intersection"],
    ]
    assert "1 traslape, 2 huecos, 2 franjas delgadas, 2 lugares reparados." in html


def test_names_that_several_units_have_come_with_the_id():
    html = page(bad_layer(["Centro", "Centro", "Norte"]), language="en")
    assert Tables(html).found["Overlaps"][1][1] == "Centro (u0) and Centro (u1)"


def test_sound_layer_is_said_to_fit():
    html = page(layer([box(0, 0, 10, 10), box(10, 0, 20, 10)]), language="en")
    assert "The units fit together: there are no overlaps, gaps or slivers." in html
    assert html.count("None found.") == 3
    assert Tables(html).found == {}
    assert "There is nothing to list." in html


def test_more_faults_than_are_listed_are_counted_with_their_area():
    n = faults.MOST + 3
    squares = [box(30 * i, 0, 30 * i + 20, 20) for i in range(n)] + [
        box(30 * i + 19, 0, 30 * i + 29, 20) for i in range(n)
    ]
    html = page(layer(squares), language="en")
    assert len(Tables(html).found["Overlaps"]) == faults.MOST + 1
    assert "Together: 4,060 m²." in html
    assert "The largest are shown; 3 smaller ones have 60 m²." in html


def test_file_names_its_own_policy_and_asks_for_nothing():
    html = page(bad_layer())
    assert "default-src 'none'; script-src 'sha256-" in html
    assert NONCE not in html
    bare = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!#|data:)', bare) == []


def settled(page):
    expect(page.locator("path.fault").first).to_be_attached()


def test_faults_are_drawn_listed_and_switched(page_at, tmp_path):
    path = tmp_path / "quality.html"
    previous = layer([box(0, 0, 1200, 520)])
    path.write_text(page(bad_layer(), previous=previous, repaired=repaired()), encoding="utf-8")
    browser_page = page_at(390, 844)
    complaints = watch(browser_page)
    browser_page.goto(path.as_uri())
    settled(browser_page)
    for kind, n in (("overlap", 1), ("gap", 2), ("sliver", 2)):
        expect(browser_page.locator(f"path.fault.{kind}")).to_have_count(n)
    expect(browser_page.locator("path.previous")).to_have_count(1)
    expect(browser_page.locator(".leaflet-marker-icon circle.repaired")).to_have_count(2)
    expect(browser_page.locator(".label.place span", has_text="T1")).to_have_count(1)
    browser_page.locator("path.fault.overlap").dispatch_event("click")
    lines = browser_page.locator(".leaflet-popup-content div > *")
    expect(lines).to_have_text(["Traslape T1", "Barrio u0 y Barrio u1", "10.000 m², 19,23 m de ancho"])
    browser_page.get_by_role("checkbox", name="Traslapes").uncheck()
    expect(browser_page.locator("path.fault.overlap")).to_have_count(0)
    browser_page.get_by_role("checkbox", name="Traslapes").check()
    expect(browser_page.locator("path.fault.overlap")).to_have_count(1)
    # the page is as wide as the phone: only its tables scroll sideways
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


def hostile_page(assets):
    """Everything that a page takes from a layer is a payload."""
    n = len(PAYLOADS)
    units = layer([box(40 * i, 0, 40 * i + 45, 100) for i in range(n)], list(PAYLOADS))
    mended = layer([Point(40 * i + 20, 50) for i in range(n)]).assign(reason=list(PAYLOADS))
    return page(units, title=PAYLOADS[6], assets=assets, repaired=mended)


def harmless(browser_page, address, complaints):
    browser_page.goto(address)
    expect(browser_page.locator("h1")).to_have_text(PAYLOADS[6])
    expect(browser_page.locator("path.fault.overlap")).to_have_count(len(PAYLOADS) - 1)
    signs = browser_page.locator(".leaflet-marker-icon.sign")
    for number in (0, 6, 10, 16):
        signs.nth(number).dispatch_event("click")
        expect(browser_page.locator(".leaflet-popup-content p")).to_have_text(PAYLOADS[number])
    reasons = browser_page.locator("table", has_text="Lugares reparados").locator("td:nth-child(3)")
    assert reasons.all_text_contents() == list(PAYLOADS)
    assert browser_page.evaluate("window.__pwn") is None
    assert complaints == []


def test_hostile_texts_are_shown_and_never_run(page_at):
    with serve(site(hostile_page(Assets.served()))) as base_url:
        browser_page = page_at(1280, 900)
        foreign, complaints = guard(browser_page.context, base_url), watch(browser_page)
        harmless(browser_page, base_url, complaints)
    assert foreign == []


def test_hostile_texts_never_run_in_a_file(page_at, tmp_path):
    path = tmp_path / "quality.html"
    path.write_text(hostile_page(Assets.inline()), encoding="utf-8")
    browser_page = page_at(1280, 900)
    harmless(browser_page, path.as_uri(), watch(browser_page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible(page_at, tmp_path, scheme):
    path = tmp_path / "quality.html"
    path.write_text(page(bad_layer(), repaired=repaired()), encoding="utf-8")
    # the file's policy keeps axe out as it would any other script
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text("utf-8"))
    path.write_text(html, encoding="utf-8")
    browser_page = page_at(1280, 900)
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.goto(path.as_uri())
    settled(browser_page)
    browser_page.add_script_tag(content=AXE)
    found = browser_page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
    assert found == []
