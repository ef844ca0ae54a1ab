import json

import folium
import pytest
from branca.element import Figure

from geo_reports.errors import InputError
from geo_reports.mapping.elements import CityMap, Drawn, Shapes, as_entities, embed
from geo_reports.mapping.tiles import add_tiles, tile_origin
from tests.mapping.hand import PAYLOADS

BOUNDS = (-70.0, -33.0, -69.98, -32.98)


class Source:
    def __init__(self, url, attribution="© Mapa"):
        self.url, self.attribution = url, attribution


def city_map():
    titles = {"zoomInTitle": "Acercar", "zoomOutTitle": "Alejar"}
    return CityMap(BOUNDS, [("leaflet", "/static/leaflet.js")], [], titles, "Mapa")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_embedded_text_comes_back_and_holds_nothing_that_acts(payload):
    text = embed({"texto": payload, payload: [1, None, 2.5]})
    assert json.loads(text) == {"texto": payload, payload: [1, None, 2.5]}
    assert text.isascii()
    strings = text.replace('{"', "").replace('":[1,null,2.5]}', "")
    assert not set("<>&'`${}") & set(strings)


def test_embedding_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="JSON compliant"):
        embed([float("nan")])


def test_map_asks_only_for_what_it_was_given_and_leaves_folium_alone():
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    header, body, script = city_map().parts()
    assert header.count("<script") == 1
    assert 'src="/static/leaflet.js"' in header
    assert "http" not in header + body + script
    assert 'id="map_0"' in body
    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_names_count_up():
    made, again = city_map(), city_map()
    assert [made.put(Drawn("points", [{}])), made.put(Drawn("fill", [{}]))] == ["points_1", "fill_2"]
    assert [again.put(Drawn("points", [{}])), again.put(Drawn("fill", [{}]))] == ["points_1", "fill_2"]
    assert made.parts() == again.parts()


def test_hidden_layer_is_made_and_not_added():
    made = city_map()
    made.put(Drawn("points", [{}], show=False))
    script = made.parts()[2]
    assert "var points_1 = geoReports.points(map_0, {});" in script
    assert "points_1.addTo" not in script


def test_shapes_are_shared_by_name(tiny_city):
    made = city_map()
    shapes = Shapes(tiny_city.primary.current.units.geometry.to_numpy())
    made.put(shapes)
    made.put(Drawn("fill", [shapes, {"rows": []}]))
    script = made.parts()[2]
    assert script.count("FeatureCollection") == 1
    assert 'geoReports.fill(map_0, shapes_1, {"rows":[]})' in script


def test_element_needs_a_figure():
    with pytest.raises(TypeError):
        Shapes([]).render()
    assert isinstance(city_map().get_root(), Figure)


def test_tiles_name_their_origin():
    assert tile_origin(Source("https://tiles.example.org/{z}/{x}/{y}.png")) == "https://tiles.example.org"
    assert tile_origin(Source("https://{s}.example.org:8443/{z}/{x}/{y}.png")) == "https://*.example.org:8443"


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example.org/0/0/0.png",
        "javascript:alert(1)//{z}{x}{y}",
        "https://tiles.example.org/{{ this }}{z}{x}{y}",
        "https://{x}.example.org/{z}/{x}/{y}",
        "https://a.example/{z}/{x}/{y}; script-src *",
    ],
)
def test_odd_tile_addresses_are_refused(url):
    with pytest.raises(InputError):
        tile_origin(Source(url))


def test_credit_of_tiles_is_text():
    made = city_map()
    add_tiles(made, Source("https://tiles.example.org/{z}/{x}/{y}.png", "<img src=x onerror=1> {{ 7*191 }} ${1}"))
    script = made.parts()[2]
    assert "<img" not in script
    assert "1337" not in script
    assert "L.control.attribution" in script
    assert as_entities("${`") == "&#36;&#123;&#96;"
