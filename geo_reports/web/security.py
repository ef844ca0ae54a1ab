"""What every answer carries and every request must pass, pages and API alike."""

import re
import secrets
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_reports.errors import NotAllowed
from geo_reports.house import House
from geo_reports.intake import MOST_PHOTO_BYTES
from geo_reports.mapping import tile_origin

MAX_BODY_BYTES = 256 * 1024
"""Far above the longest report; a larger body is refused before it is held in memory."""
WITH_PHOTOS = {"/reportar", "/ninas-ninos", "/api/v1/reports"}
"""Where photos may be sent; they are written to disk as they come."""

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the address of a status page holds the sender's secret
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_UNLISTED = ("/seguimiento/", "/personal", "/suscripcion/")
"""Pages that no search engine may list: the address of the first and the last is somebody's secret."""
_SHARED = "/static/"
"""Files that a map in another site's frame loads too; its origin is nobody's, so to browsers each load is foreign."""
_UTF_8 = re.compile(rb"; *charset=\"?utf-8\"? *(?:;|$)")
"""The only alphabet of a form; the framework would decode it with whichever codec of Python's its sender names."""
NO_FRAMES, ANY_FRAME = "frame-ancestors 'none'", "frame-ancestors *"
_HSTS = "max-age=31536000; includeSubDomains"


def install_security(app: FastAPI, house: House) -> None:
    """Put the security headers on every answer of ``app`` and a ceiling on every request's body."""
    build = app.build_middleware_stack
    images = tile_origin(house.tiles) if house.tiles else ""  # now: a wrong address stops the start, not each page

    def outermost() -> ASGIApp:
        # the framework answers unexpected errors outside every middleware that is added the usual way
        return Security(build(), https=house.https, images=images)

    app.build_middleware_stack = outermost  # type: ignore[method-assign]


class Nonces:
    """Nonces of 18 random bytes each, drawn many at a time.

    Each draw lets other threads of the program go first: one for every request costs 1 ms while the store writes.
    """

    MANY = 256

    def __init__(self) -> None:
        self._left: list[str] = []

    def next(self) -> str:
        """Return a nonce that was never given before."""
        if not self._left:
            drawn = secrets.token_bytes(18 * self.MANY)
            self._left = [urlsafe_b64encode(drawn[i : i + 18]).decode() for i in range(0, len(drawn), 18)]
        return self._left.pop()


class Security:
    """ASGI layer: a nonce for the page's scripts, the headers, the ceiling on bodies, and HEAD as GET without one."""

    def __init__(self, app: ASGIApp, *, https: bool, images: str) -> None:
        self._app, self._https, self._images = app, https, images
        self._nonces = Nonces()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a nonce in ``scope["state"]``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = self._nonces.next()
        scope.setdefault("state", {})["nonce"] = nonce

        bodyless = scope["method"] == "HEAD"

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._harden(headers, message["status"], nonce, scope["path"])
                if scope["state"].get("framed"):
                    _let_frame(headers)
            elif bodyless and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        asked = {**scope, "method": "GET"} if bodyless else scope
        await self._app(asked, _bounded(scope, receive), send_hardened)

    def _harden(self, headers: MutableHeaders, status: int, nonce: str, path: str) -> None:
        for name, value in _FIXED.items():
            headers[name] = value
        if status != 304:  # a 304 renews the headers of a kept page, whose scripts carry the nonce of that page
            own = headers.get("Content-Security-Policy")  # browsers obey both: a route can only be stricter
            headers["Content-Security-Policy"] = ", ".join(filter(None, (policy(nonce, self._images), own)))
        if path.startswith(_SHARED):
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if path.startswith(_UNLISTED):
            headers["X-Robots-Tag"] = "noindex"
        if self._https:
            headers["Strict-Transport-Security"] = _HSTS
        if "ETag" not in headers:
            headers.setdefault("Cache-Control", "no-store")


def _let_frame(headers: MutableHeaders) -> None:
    """Let every site show a page in a frame; only the route of embedded public maps asks for it."""
    del headers["X-Frame-Options"]
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if "Content-Security-Policy" in headers:
        headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace(NO_FRAMES, ANY_FRAME)


def policy(nonce: str, images: str = "") -> str:
    """Content security policy of one page: own files, own nonce, and pictures from ``images`` where tiles are set."""
    parts = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        f"img-src 'self' data: {images}".rstrip(),
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-src 'self'",
        NO_FRAMES,
    )
    return "; ".join(parts)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Wrap ``receive`` to refuse a body above its ceiling, whatever length it claims to have."""
    headers = dict(scope["headers"])
    claimed, most = headers.get(b"content-length", b"0"), MAX_BODY_BYTES
    in_parts = (kind := headers.get(b"content-type", b"").lower()).startswith(b"multipart/form-data")
    foreign = in_parts and b"charset" in kind and not _UTF_8.search(kind)
    if in_parts and _takes_photos(scope["path"]):
        most = MOST_PHOTO_BYTES
    too_long = not claimed.isdigit() or int(claimed) > most
    seen = 0

    async def receive_bounded() -> Message:
        nonlocal seen
        if foreign:
            raise HTTPException(415, "Send the form in UTF-8, without the parameter charset.")
        if too_long:
            raise HTTPException(413)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return receive_bounded


def _takes_photos(path: str) -> bool:
    return path in WITH_PHOTOS or (path.startswith("/seguimiento/") and path.endswith("/foto"))


async def require_own_page(request: Request) -> None:
    """Refuse a form that another site's page sends: ``NotAllowed``.

    Browsers name the sender in Sec-Fetch-Site; older ones, and plain http, only in Origin. Forms of staff carry a
    token besides, since Origin is "null" under our own Referrer-Policy.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    foreign = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if (site not in ("same-origin", "none")) if site else foreign:
        raise NotAllowed("This form was sent from another site; open it here.")
