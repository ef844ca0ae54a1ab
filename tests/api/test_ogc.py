import shapely
from fastapi.testclient import TestClient


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
        assert set(answer.json()) >= {"error", "detail"}
    assert anyone.get("/ogc/collections/wards/items").status_code == 404
    assert anyone.get(f"{items}/Z").status_code == 404
