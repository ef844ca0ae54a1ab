import re
from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from geo_reports.city.model import QuickExitSpec
from geo_reports.look import STATIC, environment, render, words
from geo_reports.look.pages import DEFAULTS
from geo_reports.look.signs import Sign, all_signs, sign_of
from geo_reports.report import Size, Status


def test_base_page(tiny_city):
    html = render("base.html", words=words("es"), city=tiny_city, nonce="N0", path="/x", nav=[("/x", "Uno <1>")])
    assert '<html lang="es" data-theme="">' in html
    assert '<a href="/x" aria-current="page">Uno &lt;1&gt;</a>' in html
    assert 'href="?lang=en"' in html
    assert re.search(r'href="\?lang=es_facil"[^>]* lang="es">Lectura fácil<', html)
    assert 'href="?lang=es"' not in html
    assert 'href="tel:133"' in html
    assert html.count('nonce="N0"') == html.count("<script nonce") == 1


def test_switch_sends_the_form_of_the_page_along(tiny_city):
    page = environment().from_string('{% extends "base.html" %}{% set sends = "f" %}')
    values = {**DEFAULTS, "words": words("es"), "_": words("es"), "languages": [words("en")], "city": tiny_city}
    html = page.render(**values, nonce="N0")
    wanted = r'<button[^>]* form="f" formaction="\?lang=en" formnovalidate data-switch-form lang="en"'
    assert re.search(wanted, html)
    assert re.search(r'<button[^>]* formaction="\?theme=dark"', html)
    assert "data-switch " not in html


def test_colours_are_those_chosen(tiny_city):
    html = render("base.html", words=words("es"), city=tiny_city, nonce="N0", theme="dark", asked="a=1&b=2")
    assert 'data-theme="dark"' in html
    assert re.search(r'href="\?a=1&amp;b=2&amp;theme=light"', html)
    assert re.findall(r'data-theme-switch="(\w+)" aria-current="true"', html) == ["dark"]


def test_quick_exit_is_where_the_city_names_one(tiny_city):
    def strip(city):
        return render("emergency.html", words=words("es"), city=city, nonce="N0")

    leave = QuickExitSpec(url="https://weather.example/", name={"es": "el tiempo", "en": "the weather"})
    spec = tiny_city.spec.model_copy(update={"quick_exit": leave})
    assert "quick-exit" not in strip(tiny_city)
    html = strip(replace(tiny_city, spec=spec))
    assert re.search(r'href="https://weather.example/" rel="noreferrer nofollow" data-quick-exit', html)
    assert "Abre el tiempo en lugar de esta página" in html


def test_neutral_title_names_no_subject(tiny_city):
    html = render("base.html", words=words("es"), city=tiny_city, nonce="N0", neutral=True)
    assert "<title>Servicio municipal – Villa Chica</title>" in html


def test_absent_values_are_errors(tiny_city):
    with pytest.raises(jinja2.UndefinedError):
        render("map.html", words=words("es"), city=tiny_city, nonce="N")


def test_templates_hold_no_inline_style_or_handler():
    for name in environment().list_templates():
        text = Path(environment().get_template(name).filename).read_text("utf-8")
        assert re.findall(r"\s(?:style|on[a-z]+)\s*=\s*[\"']", text) == [], name
        assert re.findall(r"https?://", text) == [], name


def test_static_files_call_nobody():
    for name in ("look.css", "look.js", "map.js"):
        text = (STATIC / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"https?://|@import|url\((?!#)", text) == [], name
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text) == [], name


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast of WCAG 2.2, 1.4.3: at least 4.5 for text."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes():
    text = (STATIC / "look.css").read_text("utf-8").split("@media print")[0]
    blocks = re.findall(r":root[^{]*\{([^}]*--paper[^}]*)\}", text)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def test_text_can_be_read_in_both_themes():
    light, by_system, chosen = themes()
    assert by_system == chosen
    assert light.keys() == chosen.keys()
    for theme in (light, chosen):
        for name in ("ink", "muted", "primary", "link", "warn", "danger", "ok"):
            assert contrast(theme[name], theme["paper"]) >= 4.5, name
            assert contrast(theme[name], theme["card"]) >= 4.5, name
        assert contrast(theme["on-primary"], theme["primary"]) >= 4.5
        assert contrast(theme["ring"], theme["land"]) >= 3


def test_shape_carries_the_state_and_radius_the_size():
    assert sign_of("received", "bag") == Sign("open", 5)
    assert sign_of(Status.IN_PROGRESS, Size.TRUCK) == Sign("half", 13)
    assert sign_of("cleaned").name == "clean-7"
    assert {sign_of(status, size) for status in Status for size in Size} <= set(all_signs())
