"""A service with one page, the files pages load, and the content security policy pages must live with."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from geo_reports.look import STATIC
from geo_reports.mapping import LEAFLET

NONCE = "bm9uY2UtZm9yLXRlc3Rz"
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self' 'nonce-{NONCE}'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'"
)


def site(html):
    """Application that answers ``html`` at ``/``."""
    page = Route("/", lambda request: HTMLResponse(html, headers={"Content-Security-Policy": POLICY}))
    leaflet = Mount("/static/leaflet", StaticFiles(directory=LEAFLET))
    return Starlette(routes=[page, leaflet, Mount("/static", StaticFiles(directory=Path(str(STATIC))))])


def watch(page):
    """List that fills with everything the console, the page and its policy complain about."""
    complaints = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
