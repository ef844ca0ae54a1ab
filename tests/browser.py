"""What tests need around a real browser: where it is, a running service, and a watch on what a page asks for."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Playwright, Route, WebSocketRoute
from starlette.types import ASGIApp

NAMES = ("chromium", "chromium-browser", "google-chrome")
# no sandbox: tests run as root in containers; the rest keeps the browser's own traffic off the network
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_LIMIT_S = 20.0


def executable() -> str | None:
    """Path of the system's Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """Start the Chromium at ``path``, without a window."""
    return playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Run ``app`` on a free port of this machine in a thread; gives its base URL, without a slash at the end."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="live server")
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(START_LIMIT_S)
        listener.close()
    assert not thread.is_alive(), "the service did not stop"


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while not server.started:
        assert thread.is_alive(), "the service stopped while starting"
        assert time.monotonic() < limit, f"the service did not start in {START_LIMIT_S} s"
        time.sleep(0.01)


def guard(context: BrowserContext, base_url: str) -> list[str]:
    """Stop every request of ``context`` that leaves ``base_url``; gives the list of what was stopped, which grows.

    Call it before the first page is opened: ``foreign = guard(page.context, base_url)``, then ``page.goto(...)``,
    then ``assert foreign == []``.
    """
    foreign: list[str] = []
    home = _origin(base_url)

    def decide(route: Route) -> None:
        if _origin(route.request.url) == home:
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def refuse(connection: WebSocketRoute) -> None:
        foreign.append(connection.url)
        connection.close()

    context.route(re.compile("."), decide)
    context.route_web_socket(re.compile("."), refuse)
    return foreign


def _origin(url: str) -> tuple[str, str]:
    """Scheme and host with port: what the browser calls an origin."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
