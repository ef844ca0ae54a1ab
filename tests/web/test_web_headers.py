"""What every answer carries, whatever it is."""

import re
from dataclasses import replace

import pytest

from geo_reports.app import create_app
from geo_reports.errors import InputError, MissingExtra
from tests.web.conftest import DUMP, client_of

EVERY = [
    "/",
    "/reportar",
    "/seguimiento",
    "/seguimiento/ABCD-ABCD-ABCD-ABCD",
    "/privacidad",
    "/entrar",
    "/personal",
    "/mapas/residents",
    "/nada",
    "/static/look.css",
    "/static/leaflet/leaflet.js",
    "/api/v1/categories",
    "/api/v1/nada",
]
FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("path", EVERY)
def test_headers_on_every_route(reader, path):
    headers = reader.get(path).headers
    # our files are public, and a map in another site's frame loads them as a foreigner
    wanted = FIXED | ({"cross-origin-resource-policy": "cross-origin"} if path.startswith("/static/") else {})
    assert {name: headers.get(name) for name in FIXED} == wanted
    assert "geolocation=(self)" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_headers_on_what_is_refused(reader, method):
    answer = reader.request(method, "/privacidad")
    assert answer.status_code in (403, 405)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nonce_is_new_each_time_and_on_every_script_of_the_page(reader):
    nonces = set()
    for _ in range(2):
        answer = reader.get("/mapas/residents")
        (nonce,) = re.findall(r"script-src 'self' 'nonce-([^']+)'", answer.headers["content-security-policy"])
        scripts = re.findall(r"<script([^>]*)>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce}"' in script or 'src="/static/' in script for script in scripts)
        nonces.add(nonce)
    assert len(nonces) == 2


def test_unexpected_error_says_nothing_and_carries_the_headers(house):
    def broken(audience):
        raise RuntimeError("secret of the inside")

    client = client_of(replace(house, view=broken))
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Algo falló de nuestro lado" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_https_marks_cookies_and_sends_hsts(house_at):
    client = client_of(house_at(https=True))
    answer = client.get("/entrar")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-entry=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/"))
    assert "Domain" not in cookie


def test_tiles_are_the_only_other_host_and_are_named(house_at):
    house = house_at(tile_url="https://{s}.tiles.example.org/{z}/{x}/{y}.png", tile_attribution="Example")
    client = client_of(house)
    policy = client.get("/mapas/residents").headers["content-security-policy"]
    assert "img-src 'self' data: https://*.tiles.example.org;" in policy
    assert "tiles.example.org" in client.get("/privacidad").text


def test_who_learns_of_addresses_is_named(reader, house_at):
    assert "Ningún tercero se entera de dónde estás" in reader.get("/privacidad").text
    house = house_at(
        geocoder="pelias", geocoder_url="https://geocoder.example.org/v", geocoder_user_agent="Villa Chica (a@b.cl)"
    )
    page = client_of(house).get("/privacidad").text
    assert "le preguntamos a geocoder.example.org" in page
    assert "Ningún tercero se entera" not in page


@pytest.mark.parametrize("path", ["/reportar", "/seguimiento/ABCD-ABCD-ABCD-ABCD", "/entrar", "/personal"])
def test_personal_pages_are_not_kept(reader, path):
    assert reader.get(path).headers["cache-control"] == "no-store"


def test_public_map_is_sent_again_only_when_it_changed(visitor, put):
    first = visitor.get("/mapas/residents")
    again = visitor.get("/mapas/residents", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" not in again.headers  # it would replace the kept page's, with another nonce
    english = visitor.get("/mapas/residents?lang=en", headers={"If-None-Match": first.headers["etag"]})
    assert english.status_code == 200
    visitor.cookies.clear()
    put(**DUMP)
    changed = visitor.get("/mapas/residents", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize(("path", "marked"), [("/seguimiento/ABCD", True), ("/personal", True), ("/", False)])
def test_private_pages_are_not_listed_by_search_engines(reader, path, marked):
    assert ("x-robots-tag" in reader.get(path).headers) is marked


def test_head_is_get_without_a_body(reader):
    answer = reader.head("/privacidad")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/html")


def test_other_language_keeps_what_the_address_asks(visitor, put):
    code = put(**DUMP).code
    assert '?nuevo=1&amp;lang=en"' in visitor.get(f"/seguimiento/{code}?nuevo=1").text


def test_file_is_kept_for_good_only_under_its_digest(reader):
    page = reader.get("/reportar").text
    (address,) = re.findall(r'src="(/static/report\.js\?v=[0-9a-f]+)"', page)
    assert "immutable" in reader.get(address).headers["cache-control"]
    assert "immutable" not in reader.get("/static/report.js?v=0").headers["cache-control"]


@pytest.mark.parametrize("chunked", [False, True])
def test_body_too_large_is_refused(reader, chunked):
    body = b"description=" + b"x" * 300_000
    content = iter([body[:150_000], body[150_000:]]) if chunked else body
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = reader.post("/reportar", content=content, headers=headers)
    assert answer.status_code == 413
    assert "Es demasiado largo" in answer.text


def test_wrong_address_of_tiles_stops_the_start(house_at):
    with pytest.raises(InputError):
        create_app(house_at(tile_url="https://tiles.example.org/no-template.png"))


def test_missing_part_is_named_in_the_log_and_in_plain_words_on_the_page(house, caplog):
    def without(audience):
        raise MissingExtra("analysis", "A map of classes")

    answer = client_of(replace(house, view=without)).get("/")
    assert (answer.status_code, "Al servicio le falta una parte" in answer.text) == (501, True)
    assert "geo-reports[analysis]" in caplog.text
