import re
from pathlib import Path

import jinja2
import pytest

from geo_reports.look import STATIC, environment, render, words
from geo_reports.look.signs import Sign, all_signs, sign_of
from geo_reports.report import Size, Status


def test_base_page(tiny_city):
    html = render("base.html", words=words("es"), city=tiny_city, nonce="N0", path="/x", nav=[("/x", "Uno <1>")])
    assert '<html lang="es">' in html
    assert '<a href="/x" aria-current="page">Uno &lt;1&gt;</a>' in html
    assert 'href="?lang=en"' in html
    assert 'href="tel:133"' in html
    assert html.count('nonce="N0"') == html.count("<script nonce") == 1


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
