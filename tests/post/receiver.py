"""A receiver of webhooks on this machine that remembers what came, and misbehaves when told to."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """``got``: path, headers and body of each request. ``mood``: a status to answer with, or a misbehaviour."""

    def __init__(self):
        self.port, self.mood, self.got, self.over = 0, 204, [], threading.Event()
        self.on_request = lambda: None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self):
        return [headers["Idempotency-Key"] for _, headers, _ in self.got]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.got.append((self.path, dict(self.headers), body))
        self.receiver.on_request()
        mood = self.receiver.mood
        if mood == "slow":
            self.receiver.over.wait(60)
        elif mood == "redirect":
            self._answer(307, b"", Location=f"http://127.0.0.1:{self.receiver.port}/elsewhere")
        elif mood == "endless":
            self._drip()
        elif mood == "huge":
            self._answer(200, b" " * 1_000_000)
        else:
            self._answer(mood, b"")

    do_GET = do_POST

    def _answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        while not self.receiver.over.is_set():
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.02)

    def log_message(self, *_):
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """Say nothing of clients that hang up."""


@contextmanager
def receiving(tls=None):
    """Run a receiver on a free port, over HTTPS with ``tls``."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
