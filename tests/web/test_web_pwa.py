"""What a phone asks for to keep the form: worker, manifest, icons, the page of drafts, the ground of the map."""

import io
import json
import re

from PIL import Image
from playwright.sync_api import expect

from geo_reports.web.statics import static_files
from tests.web.conftest import DUMP


def shell(text: str) -> dict:
    return json.loads(text.split("\n", 1)[0].removeprefix("self.SHELL = ").rstrip(";"))


def test_worker_is_for_the_whole_site_and_asked_for_each_time(reader):
    answer = reader.get("/sw.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (answer.headers["service-worker-allowed"], answer.headers["cache-control"]) == ("/", "no-cache")
    assert answer.text.endswith(static_files()["worker.js"][0].decode())


def test_shell_is_in_the_language_asked_for(reader):
    kept = {lang: shell(reader.get(f"/sw.js?lang={lang}").text) for lang in ("es", "en")}
    assert kept["en"]["pages"] == {"/reportar": "/reportar?lang=en", "/borradores": "/borradores?lang=en"}
    assert kept["en"]["name"] != kept["es"]["name"]
    assert shell(reader.get('/sw.js?lang="];alert(1)').text) == kept["es"]


def test_what_the_shell_names_is_there_and_its_pages_hold_nothing_of_a_person(reader):
    kept = shell(reader.get("/sw.js").text)
    for address in [*kept["scripts"], *kept["pages"].values()]:
        assert reader.get(address).status_code == 200
    assert kept["otherwise"] in kept["pages"]
    assert not re.search(r'name="csrf"', "".join(reader.get(page).text for page in kept["pages"].values()))


def test_manifest_and_icons(reader):
    answer = reader.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    given = answer.json()
    assert (given["name"], given["start_url"], given["display"]) == (
        "Reportes de Villa Chica",
        "/reportar",
        "standalone",
    )
    for icon in given["icons"]:
        picture = reader.get(icon["src"])
        assert picture.headers["content-type"] == "image/png"
        assert "x".join(map(str, Image.open(io.BytesIO(picture.content)).size)) == icon["sizes"]
    assert reader.get("/icono-100000.png").status_code == 404


def test_policy_lets_the_worker_and_the_manifest_come_from_here_only(reader):
    policy = reader.get("/borradores").headers["content-security-policy"]
    assert "worker-src 'self';" in policy
    assert "manifest-src 'self';" in policy


def test_ground_of_the_map_is_units_names_and_places(reader):
    ground = reader.get("/reportar/fondo.json").json()
    assert [feature["geometry"]["type"] for feature in ground["units"]["features"]] == ["Polygon"] * 4
    assert [-69.995, -32.995, "Barrio A"] in ground["names"]
    assert "Escuela A" in [name for _, _, name in ground["places"]]
    assert ground["tiles"] is None


def test_page_of_drafts_without_scripts_says_so(page_at, served):
    page = page_at(320, 640, js=False)
    page.goto(f"{served}/borradores")
    expect(page.get_by_text("Esta página necesita JavaScript")).to_be_visible()


def test_worker_keeps_no_private_page(page_at, served, put):
    """The shell is all that is kept: neither a status page nor an answer of the API."""
    code = put(**DUMP).code
    page = page_at(390, 844)
    page.goto(f"{served}/reportar")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    for path in (f"/seguimiento/{code}", "/personal", "/api/v1/categories", "/"):
        page.goto(served + path)
    kept = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
        ".then((found) => found.flat().map((request) => new URL(request.url).pathname))"
    )
    assert kept
    assert [
        path for path in kept if not re.match(r"/(reportar|borradores|static/.*|manifest\.webmanifest)$", path)
    ] == []
