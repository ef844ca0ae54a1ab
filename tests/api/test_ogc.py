"""The layers against OGC API - Features, Part 1: Core, clause by clause as far as its abstract tests can be asked."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
import shapely
from fastapi.testclient import TestClient

from geo_reports.app import create_app
from geo_reports.city import City
from geo_reports.city.folder import LayerVersion
from geo_reports.house import House
from tests.browser import serve


def test_landing_leads_to_everything(anyone: TestClient):
    links = {link["rel"]: link["href"] for link in anyone.get("/ogc").json()["links"]}
    assert set(links) == {"self", "service-desc", "conformance", "data"}
    assert all(anyone.get(address).status_code == 200 for address in links.values())


def test_every_layer_is_a_collection_with_its_extent(anyone: TestClient):
    found = {c["id"]: c for c in anyone.get("/ogc/collections").json()["collections"]}
    assert set(found) == {"barrios", "sectors"}
    assert found["barrios"]["extent"]["spatial"]["bbox"] == [[-70.0, -33.0, -69.98, -32.98]]
    assert anyone.get("/ogc/collections/barrios").json() == found["barrios"]


def test_items_are_valid_geojson_in_degrees(anyone: TestClient):
    answer = anyone.get("/ogc/collections/barrios/items")
    assert answer.headers["content-type"].startswith("application/geo+json")
    body = answer.json()
    assert (body["numberMatched"], body["numberReturned"]) == (4, 4)
    for feature in body["features"]:
        assert shapely.geometry.shape(feature["geometry"]).is_valid
        assert feature["id"] == feature["properties"]["unit"]


def test_box_selects_what_touches_it(anyone: TestClient):
    inside_a = anyone.get("/ogc/collections/barrios/items?bbox=-69.996,-32.996,-69.994,-32.994").json()
    assert [feature["id"] for feature in inside_a["features"]] == ["A"]
    corner = anyone.get("/ogc/collections/barrios/items?bbox=-69.99,-32.99,-69.99,-32.99").json()
    assert corner["numberMatched"] == 4


def test_pages_walk_all_units_once(anyone: TestClient):
    seen, address = [], "/ogc/collections/barrios/items?limit=3"
    while address:
        body = anyone.get(address).json()
        seen += [feature["id"] for feature in body["features"]]
        address = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
    assert seen == ["A", "B", "C", "D"]


def test_one_unit_knows_its_collection(anyone: TestClient):
    feature = anyone.get("/ogc/collections/barrios/items/A").json()
    assert feature["id"] == "A"
    assert {link["rel"] for link in feature["links"]} == {"self", "collection"}


def test_what_is_wrong_gets_the_status_of_the_standard(anyone: TestClient):
    items = "/ogc/collections/barrios/items"
    for query in ("limit=0", "limit=x", "offset=-1", "bbox=1,2,3", "bbox=nan,0,1,1", "colour=red"):
        answer = anyone.get(f"{items}?{query}")
        assert answer.status_code == 400, query
        name = query.partition("=")[0]
        assert name in answer.json()["detail"]  # of the parameter, not of a body
    assert anyone.get("/ogc/collections/wards/items").status_code == 404
    assert anyone.get(f"{items}/Z").status_code == 404


CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


@pytest.fixture(scope="module")
def renewed(tiny_city: City, house_at: Callable[..., House], asking: Any) -> TestClient:
    """The same city, whose barrios were drawn anew on 2020-01-01 and hold until 2030: then there is one, N."""
    old = tiny_city.layers["barrios"].current
    new_units = old.units.iloc[:1].assign(unit="N")
    spec = old.spec.model_copy(update={"valid_from": date(2020, 1, 1), "valid_to": date(2030, 1, 1)})
    first = replace(old, spec=old.spec.model_copy(update={"valid_from": date(2010, 1, 1)}))
    layer = replace(tiny_city.layers["barrios"], versions=(first, LayerVersion(spec, new_units)))
    city = replace(tiny_city, layers={**tiny_city.layers, "barrios": layer})
    return asking(replace(house_at(), city=city), None)


def test_what_is_declared_holds(anyone: TestClient):
    classes = {url.rsplit("/", 1)[1] for url in anyone.get("/ogc/conformance").json()["conformsTo"]}
    assert classes == {"core", "geojson"}
    links = {link["rel"]: link for link in anyone.get("/ogc").json()["links"]}
    described = anyone.get(links["service-desc"]["href"]).json()
    assert links["service-desc"]["type"].endswith(f"version={described['openapi'][:3]}")
    assert {path for path in described["paths"] if path.startswith("/ogc")} == {
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/{layer_id}",
        "/ogc/collections/{layer_id}/items",
        "/ogc/collections/{layer_id}/items/{unit}",
    }


def test_a_collection_has_what_the_standard_requires(anyone: TestClient):
    body = anyone.get("/ogc/collections").json()
    assert [link["rel"] for link in body["links"]] == ["self"]
    for found in body["collections"]:
        assert found["crs"] == [CRS84]
        assert found["itemType"] == "feature"
        items = [link for link in found["links"] if link["rel"] == "items"]
        assert [(link["href"], link["type"]) for link in items] == [
            (f"/ogc/collections/{found['id']}/items", "application/geo+json")
        ]
        assert found["extent"]["spatial"]["crs"] == CRS84
        assert "temporal" not in found["extent"]  # this city does not say from when its layers hold


def test_a_page_of_items_has_what_the_standard_requires(anyone: TestClient):
    body = anyone.get(f"/ogc/collections/barrios/items?limit=3&bbox-crs={CRS84}&datetime=2026-01-01T00:00:00Z").json()
    assert (body["type"], body["numberReturned"], body["numberMatched"]) == ("FeatureCollection", 3, 4)
    assert body["timeStamp"] == "2026-10-15T15:00:00Z"
    links = {link["rel"]: link for link in body["links"]}
    assert set(links) == {"self", "next"}
    assert {link["type"] for link in links.values()} == {"application/geo+json"}
    assert ids(anyone.get(links["self"]["href"])) == ["A", "B", "C"]
    assert ids(anyone.get(links["next"]["href"])) == ["D"]
    assert "datetime=2026-01-01T00" in links["next"]["href"]


def test_limit_is_a_most_and_never_an_error_above(anyone: TestClient):
    items = "/ogc/collections/barrios/items"
    assert ids(anyone.get(f"{items}?limit=1")) == ["A"]
    assert ids(anyone.get(f"{items}?limit=100000")) == ["A", "B", "C", "D"]
    assert ids(anyone.get(f"{items}?offset=99")) == []


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("-69.996,-32.996,0,-69.994,-32.994,500", ["A"]),
        ("170,-33.5,-69.995,-32.995", ["A"]),  # over the 180th meridian to the first barrio
        ("170,-33.5,-175,-32.5", []),
        ("-180,-90,180,90", ["A", "B", "C", "D"]),
    ],
)
def test_boxes_of_the_standard(anyone: TestClient, bbox: str, found: list[str]):
    assert ids(anyone.get(f"/ogc/collections/barrios/items?bbox={bbox}")) == found


def test_extent_says_from_when_to_when(renewed: TestClient):
    extent = renewed.get("/ogc/collections/barrios").json()["extent"]
    assert extent["temporal"]["interval"] == [["2010-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]]


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("2015-06-01T00:00:00Z", ["A", "B", "C", "D"]),
        ("2025-06-01T00:00:00-03:00", ["N"]),
        ("2019-12-31", ["A", "B", "C", "D"]),
        ("2020-01-01", ["N"]),
        ("2020-01-01T02:00:00Z", ["A", "B", "C", "D"]),  # the evening before, in the city
        ("2005-01-01T00:00:00Z", []),
        ("2030-01-01", []),
        ("2012-01-01/2025-01-01", ["N"]),
        ("../2012-01-01", ["A", "B", "C", "D"]),
        ("/2005-01-01", []),
        ("2029-01-01/..", ["N"]),
        ("2031-01-01T00:00:00Z/", []),
        ("../..", ["N"]),
    ],
)
def test_time_chooses_the_edition(renewed: TestClient, time: str, found: list[str]):
    query = urlencode({"datetime": time})
    assert ids(renewed.get(f"/ogc/collections/barrios/items?{query}")) == found
    assert ids(renewed.get(f"/ogc/collections/sectors/items?{query}")) == ["E", "W"]  # these say nothing of time


@pytest.mark.parametrize(
    "query",
    [
        "limit=",
        "limit=-1",
        "limit=1.5",
        "bbox=",
        "bbox=1,2,3,4,5",
        "bbox=0,0,inf,1",
        "bbox=0,1,1,0",
        "bbox=-181,0,1,1",
        "bbox=0,0,9,1,1,5",
        "bbox=0,0,nan,1,1,5",
        "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
        "bbox-crs=",
        "crs=x",
        "datetime=",
        "datetime=yesterday",
        "datetime=2026-02-30T00:00:00Z",
        "datetime=2026-01-01T00:00:00",
        "datetime=2026-01-02/2026-01-01",
        "datetime=2026-01-01/2026-01-02/2026-01-03",
        "datetime=0001-01-01T00:00:00%2B14:00",
        "unit=A",
    ],
)
def test_what_cannot_be_read_is_400(anyone: TestClient, query: str):
    answer = anyone.get(f"/ogc/collections/barrios/items?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "path", ["", "/conformance", "/collections", "/collections/barrios", "/collections/barrios/items/A"]
)
def test_unknown_parameters_are_400_everywhere(anyone: TestClient, path: str):
    assert anyone.get(f"/ogc{path}").status_code == 200
    assert anyone.get(f"/ogc{path}?colour=red").status_code == 400


CLIENT = """
import json, sys
import pyogrio

where = "OAPIF:" + sys.argv[1]
pyogrio.set_gdal_config_options({"GDAL_HTTP_TIMEOUT": "10", "GDAL_HTTP_NETRC": "NO"})
whole = pyogrio.read_dataframe(where, layer="barrios")
near = pyogrio.read_dataframe(where, layer="barrios", bbox=(-69.996, -32.996, -69.994, -32.994))
layers = sorted(row[0] for row in pyogrio.list_layers(where))
print(json.dumps([layers, sorted(whole["unit"]), whole.total_bounds.round(6).tolist(), near["unit"].tolist()]))
"""


def test_a_client_of_others_reads_the_layers(house_at: Callable[..., House]):
    """GDAL's own client of the standard reads a running service, from a process of its own: it holds on to Python."""
    with serve(create_app(house_at())) as url:
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, f"{url}/ogc"], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["barrios", "sectors"], [*"ABCD"], [-70.0, -33.0, -69.98, -32.98], ["A"]]


@pytest.mark.parametrize("path", ["", "/collections", "/collections/barrios"])
def test_links_hold_words_only(anyone: TestClient, path: str):
    # the standard's schema of a link knows no null
    links = anyone.get(f"/ogc{path}").json()["links"]
    assert links
    assert all(isinstance(value, str) for link in links for value in link.values())
