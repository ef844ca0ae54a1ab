"""The helpers around the browser: without these, a page that calls out would look innocent."""

import httpx2 as httpx
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.browser import guard, serve

PAGE = """<!doctype html><title>Prueba</title><p id=here></p>
<script>document.getElementById('here').textContent = navigator.language + ' ' + innerWidth;</script>
<img src="https://elsewhere.example/pixel.png">
<img src="/own.png">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">"""


def _app():
    return Starlette(routes=[Route("/", lambda request: HTMLResponse(PAGE))])


def test_service_answers_and_stops():
    with serve(_app()) as base_url:
        assert httpx.get(base_url).status_code == 200
    try:
        httpx.get(base_url)
    except httpx.ConnectError:
        return
    raise AssertionError("the service still answers")


def test_guard_stops_and_names_what_leaves_the_service(page_at):
    with serve(_app()) as base_url:
        page = page_at(390, 844)
        foreign = guard(page.context, base_url)
        page.goto(base_url)
        assert page.inner_text("#here") == "es-CL 390"
        page.evaluate("new WebSocket('wss://elsewhere.example/')")
        page.wait_for_timeout(100)
    assert foreign == ["https://elsewhere.example/pixel.png", "wss://elsewhere.example/"]


def test_page_without_scripts(page_at):
    with serve(_app()) as base_url:
        page = page_at(1280, 800, js=False)
        page.goto(base_url)
        assert page.inner_text("#here") == ""
