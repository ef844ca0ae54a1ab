import re
from html.parser import HTMLParser

import numpy as np
import pytest

from geo_reports.look import words
from geo_reports.mapping import Assets, render_page
from geo_reports.mapping.areas import classify
from tests.mapping.conftest import COUNTS
from tests.mapping.hand import NOW, PAYLOADS, HandView, definition, points

LEGEND_URL = re.compile(r"https?://|//[a-z]")


def page(view, *layers, language="es", assets=None, tiles=None, **options):
    kwargs = {"assets": assets or Assets.served(), "nonce": "N", "now": NOW, "name": "prueba", "tiles": tiles}
    return render_page(definition(*layers), view, words(language), **kwargs, **options)


class Tables(HTMLParser):
    """Tables of a page: caption to rows of cell texts."""

    def __init__(self, html):
        super().__init__()
        self.found, self._text, self._rows = {}, None, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("caption", "td", "th"):
            self._text = ""

    def handle_data(self, data):
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "small":
            self._text = self._caption if self._text is None else self._text
        if tag == "caption":
            self.found[self._text] = self._rows
        elif tag in ("td", "th"):
            self._rows[-1].append(self._text)
        if tag in ("caption", "td", "th"):
            self._text = None


def table(html, beginning):
    return next(rows for caption, rows in Tables(html).found.items() if caption.startswith(beginning))


ALL = (
    {"kind": "points"},
    {"kind": "area_counts"},
    {"kind": "choropleth", "family": "dump"},
    {"kind": "choropleth", "family": "security", "measure": "per_km2", "scheme": "fisher_jenks"},
    {"kind": "hotspots", "family": "dump"},
    {"kind": "places", "kinds": ["schools"]},
)


@pytest.mark.parametrize("assets", [Assets.served(), Assets.inline()])
def test_two_renders_are_equal_byte_for_byte(view, assets):
    assert page(view, *ALL, assets=assets).html == page(view, *ALL, assets=assets).html


def test_no_address_outside_the_service(view):
    html = page(view, *ALL).html
    assert set(re.findall(r'(?:src|href)="([^"#?]+)"', html)) == {
        "/",
        "/static/leaflet/leaflet.js",
        "/static/leaflet/leaflet.css",
        "/static/map.js",
        "/static/look.css",
        "/static/look.js",
        "/privacidad",
        "data:,",
        "tel:133",
    }
    assert LEGEND_URL.findall(html) == []


def test_nothing_inline_but_what_carries_the_nonce(view):
    html = page(view, *ALL).html
    assert re.findall(r"<script(?! nonce=\"N\"| src=)", html) == []
    assert re.findall(r"<style(?! nonce)", html) == []
    assert re.findall(r"<[^>]+\s(?:style|on[a-z]+)=", html) == []


def test_file_names_its_scripts_and_styles_by_hash(view):
    html = page(view, *ALL, assets=Assets.inline()).html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.count("sha256-") == 3
    assert "nonce" not in html.split("<body>")[0]
    assert "unsafe" not in policy


def test_points_by_unit_add_up_to_the_map(view):
    html = page(view, {"kind": "points"}).html
    rows = table(html, "Capa 0, por barrios")
    assert rows[0] == ["Nombre", "Abiertos", "Limpiado", "Cerrado sin solución", "Todos", "Escombros"]
    assert rows[1:] == [
        ["Barrio A", "2", "0", "0", "2", "2"],
        ["Barrio B", "1", "1", "0", "2", "2"],
        ["Barrio C", "0", "1", "0", "1", "1"],
        ["Barrio D", "0", "0", "0", "0", "0"],
        ["Fuera de los barrios", "0", "0", "1", "1", "1"],
        ["Total", "3", "2", "1", "6", "6"],
    ]
    assert "6 reportes en el mapa." in html


def test_points_one_by_one(view):
    rows = table(page(view, {"kind": "points"}).html, "Capa 0, uno por uno")
    assert rows[1] == [
        "id0000000000",
        "Escombros",
        "Recibido",
        "Cabe en una bolsa",
        "Barrio A",
        "28-09-2026",
        "29-09-2026",
        "-69.9995, -32.9995",
        "Escombros en la esquina",
    ]
    assert len(rows) == 7


def test_no_points_say_so_and_list_nothing(tiny_city):
    html = page(HandView(tiny_city, points=points([])), {"kind": "points"}).html
    assert "Todavía no hay reportes que mostrar aquí." in html
    assert "<table" not in html


def test_of_too_many_points_the_newest(tiny_city):
    html = page(HandView(tiny_city, points=points([None] * 10_003)), {"kind": "points"}).html
    assert "Hay más: estos son los 10.000 reportes más nuevos." in html
    assert html.count("id0000009999") == 1
    assert "id0000010000" not in html
    assert len(table(html, "Capa 0, uno por uno")) == 201


def test_area_counts_are_sums_of_published_limits(tiny_city):
    html = page(HandView(tiny_city, counts=COUNTS), {"kind": "area_counts", "months": 2}).html
    assert table(html, "Capa 0, por barrios")[1:] == [
        ["Barrio A", "entre 0 y 8"],
        ["Barrio B", "entre 9 y 13"],
        ["Barrio C", "entre 45 y 49"],
        ["Barrio D", "entre 0 y 8"],
        ["Total", "entre 54 y 78"],
    ]
    assert table(html, "Capa 0, por mes")[:3] == [
        ["Nombre", "07-2026", "08-2026"],
        ["Barrio A", "<5", "<5"],
        ["Barrio B", "<5", "9"],
    ]
    assert "Total: entre 54 y 78 reportes." in html
    assert "menos de 5 en cada mes" in html


def test_choropleth_says_scheme_period_total_and_no_data(view):
    html = page(view, {"kind": "choropleth", "family": "dump", "months": 3}).html
    for text in (
        "Clases: cuantiles.",
        "Período: julio de 2026 a septiembre de 2026.",
        "Total: 11 reportes.",
        "sin datos",
    ):
        assert text in html
    assert table(html, "Capa 0")[1:] == [
        ["Barrio A", "3", "3", "0", "2"],
        ["Barrio B", "7", "7", "0", "3"],
        ["Barrio C", "1", "1", "0", "1"],
        ["Barrio D", "0", "0", "0", "–"],
        ["Total", "11", "11", "0", ""],
    ]


def test_hotspots_as_a_table_with_their_method(view):
    html = page(view, {"kind": "hotspots", "family": "dump", "alpha": 0.05}).html
    assert table(html, "Capa 0: celdas significativas")[1] == ["1", "-69.992", "-32.997", "40", "2,5", "4", "0,02"]
    for text in (
        "Gi* de Getis-Ord",
        "Benjamini-Hochberg",
        "0,05 como máximo",
        "Celdas de 500 m",
        "365 días",
        "40 reportes",
    ):
        assert text in html


def test_too_few_reports_for_hotspots_are_said_in_words(tiny_city):
    html = page(
        HandView(tiny_city, hot=()), {"kind": "hotspots", "family": "dump"}, {"kind": "places", "kinds": ["schools"]}
    )
    assert "Hay pocos reportes para distinguir un foco del azar." in html.html
    assert "geoReports.fill(" not in html.html
    assert "Escuela A" in html.html


def test_boundary_that_is_not_official_is_dashed_and_said(tiny_city):
    spec = tiny_city.spec.model_copy(update={"primary_layer": "sectors"})
    approximate = type(tiny_city)(
        **{name: getattr(tiny_city, name) for name in tiny_city.__dataclass_fields__ if name != "spec"}, spec=spec
    )
    html = page(HandView(approximate), {"kind": "places", "kinds": ["schools"]}).html
    assert "Sectores: límite aproximado, no oficial" in html
    assert "edge-line approximate" in html
    assert "Sectores, fuente: made up (CC0-1.0)." in html


def test_made_up_reports_are_announced(tiny_city, view):
    banner = "Estos reportes son inventados"
    assert banner not in page(view, {"kind": "points"}).html
    assert banner in page(view, {"kind": "points"}, demo=True).html
    assert banner in page(HandView(tiny_city, points=points([None], synthetic=True)), {"kind": "points"}).html


def test_english(view):
    html = page(view, {"kind": "points"}, language="en").html
    assert '<html lang="en"' in html
    assert "6 reports on the map." in html


def test_hostile_texts_are_escaped_in_the_tables(hostile_view):
    html = page(hostile_view, *ALL).html
    cells = {row[8] for row in table(html, "Capa 0, uno por uno")[1:]}
    assert cells == set(PAYLOADS)
    assert "1337" not in html


def test_tiles_are_named_for_the_policy(view):
    class Tiles:
        url, attribution = "https://tiles.example.org/{z}/{x}/{y}.png", "© Mapa"

    served = page(view, {"kind": "points"}, tiles=Tiles)
    assert served.img_origin == "https://tiles.example.org"
    assert "https://tiles.example.org/{z}/{x}/{y}.png" in served.html
    assert page(view, {"kind": "points"}).img_origin is None
    assert page(view, {"kind": "points"}, tiles=Tiles, assets=Assets.inline()).img_origin is None


def test_classes():
    values = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    assert classify(values, "quantiles", 2).tolist() == [0, 0, 1, 1, -1]
    assert classify(values, "fisher_jenks", 7).tolist() == [0, 1, 2, 3, -1]
    assert classify(np.array([0.0, 0.0, 0.0, 5.0]), "quantiles", 4).tolist() == [0, 0, 0, 1]
    assert classify(np.array([2.0, 2.0]), "fisher_jenks", 5).tolist() == [0, 0]
    assert classify(np.array([np.nan]), "quantiles", 5).tolist() == [-1]
