"""A wire between browser and service that can be cut, and an ear on what is sent over it."""

import contextlib
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Wire:
    """Carries TCP connections to ``port``; while it is cut, open ones break and new ones are refused."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.whole, self._running = True, True
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.whole = True

    def close(self) -> None:
        self._running = False
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while self._running:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.whole:
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()
            else:
                near.close()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far, contextlib.suppress(OSError):
            with self._lock:
                self._open |= {near, far}
            self._exchange(near, far)
            with self._lock:
                self._open -= {near, far}

    def _exchange(self, near: socket.socket, far: socket.socket) -> None:
        while True:
            for ready in select.select([near, far], [], [])[0]:
                data = ready.recv(65536)
                if not data or not self.whole:
                    return
                (far if ready is near else near).sendall(data)


@contextlib.contextmanager
def wire_to(base_url: str) -> Iterator[Wire]:
    """Lay a wire to a running service."""
    wire = Wire(int(base_url.rsplit(":", 1)[1]))
    try:
        yield wire
    finally:
        wire.close()


class Ear:
    """ASGI layer that keeps the bodies of what is posted, by path; ``after`` is called before an answer leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.heard: list[tuple[str, bytes]] = []
        self.after: Callable[[str], None] = lambda path: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.heard.append((scope["path"], b"".join(parts)))
                self.after(scope["path"])
            await send(message)

        await self._app(scope, listen, answer)


class Update:
    """ASGI layer that makes the service its next version once ``on`` is set: answers become ``edit(path, text)``."""

    def __init__(self, app: ASGIApp, edit: Callable[[str, str], str]) -> None:
        self._app, self._edit = app, edit
        self.on = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.on or not re.search(r"\.js$|^/reportar$|^/borradores$", scope["path"]):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                edited = self._edit(scope["path"], body.decode()).encode()
                kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                await send({**start, "headers": [*kept, (b"content-length", str(len(edited)).encode())]})
                await send({"type": "http.response.body", "body": edited})

        await self._app(scope, receive, collect)
