"""Answers about tracking codes leave at even moments, so that how long one took says nothing about the code."""

import asyncio
import math
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY_S = 0.1
"""An answer leaves at the next whole multiple of this after its request came: five times what finding a report and
drawing its page takes."""
EVEN = ("/seguimiento", "/api/v1/reports/")
"""Paths that hold a code, or take one in a form."""
EVEN_ENDS = "/suscribir"
"""Paths that take an address: whether it is known already is nobody else's business either."""


class Evenly:
    """ASGI layer: holds back the answers of ``EVEN`` paths, whatever they are, without holding a thread."""

    def __init__(self, app: ASGIApp, every_s: float = EVERY_S) -> None:
        self._app, self._every_s = app, every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its answer begins at an even moment."""
        if scope["type"] != "http" or not (scope["path"].startswith(EVEN) or scope["path"].endswith(EVEN_ENDS)):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def send_evenly(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = time.monotonic() - began
                await asyncio.sleep(math.ceil(took / self._every_s) * self._every_s - took)
            await send(message)

        await self._app(scope, receive, send_evenly)
