"""One request: the host is looked up once and that address is talked to; no redirects, no proxies."""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Thread
from urllib.parse import urlsplit

from geo_reports.wire.addresses import IP, anywhere

TOO_SLOW = "TooSlow"
"""What ``Answer.failed`` says of a service that did not answer in time."""
Resolve = Callable[[str, int], list[str]]
"""Addresses of a host, as texts; ``OSError`` where there are none."""


@dataclass(frozen=True)
class Question:
    """What is sent, and where. ``headers`` go out as they are."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def method(self) -> str:
        """POST for what has a body."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True)
class Answer:
    """What came back. ``failed`` is the kind of what went wrong, "" for an answer; it never holds what was sent.

    ``body`` is at most one byte longer than was allowed: then the answer was longer.
    """

    status: int = 0
    body: bytes = b""
    failed: str = ""


def look_up(host: str, port: int) -> list[str]:
    """Addresses of a host, from the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def ask(
    question: Question,
    *,
    limit_s: float,
    most_bytes: int,
    permit: Callable[[IP], bool] = anywhere,
    resolve: Resolve = look_up,
    trust: ssl.SSLContext | None = None,
    name: str = "errand",
) -> Answer:
    """Send a request; ``limit_s`` bounds the whole errand, finding the host and reading the answer included.

    Nothing is sent when any address of the host is not permitted: one that is good today and one that is not
    are the two answers of a name server that is being used against us.
    """
    errand = _Errand(question, limit_s, most_bytes, permit, resolve, trust)
    thread = Thread(target=errand.run, name=name, daemon=True)
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        errand.abandon()
        return Answer(failed=TOO_SLOW)
    return errand.answer


class _Errand:
    """One request, in a thread of its own: no socket timeout bounds a name server or an answer that drips."""

    def __init__(
        self,
        question: Question,
        limit_s: float,
        most_bytes: int,
        permit: Callable[[IP], bool],
        resolve: Resolve,
        trust: ssl.SSLContext | None,
    ) -> None:
        self._question, self._limit_s, self._most_bytes = question, limit_s, most_bytes
        self._permit, self._resolve, self._trust = permit, resolve, trust
        self._socket: socket.socket | None = None
        self._abandoned = False
        self.answer = Answer(failed=TOO_SLOW)

    def run(self) -> None:
        """Ask, and keep the answer or the kind of what failed."""
        try:
            self.answer = self._ask()
        except TimeoutError:  # the socket may notice before the one who waits does
            self.answer = Answer(failed=TOO_SLOW)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.answer = Answer(failed=type(error).__name__)

    def _ask(self) -> Answer:
        parts = urlsplit(self._question.url)
        secure, host = parts.scheme == "https", parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        addresses = self._resolve(host, port)
        if not addresses or not all(self._permit(ip_address(address)) for address in addresses):
            return Answer(failed="ForbiddenAddress")
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(host, port, timeout=self._limit_s)
        try:
            connection.sock = self._connect(addresses, port, host if secure else None)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(self._question.method, target, self._question.body, dict(self._question.headers))
            response = connection.getresponse()
            return Answer(response.status, response.read(self._most_bytes + 1))
        finally:
            connection.close()

    def _connect(self, addresses: list[str], port: int, tls_name: str | None) -> socket.socket:
        """Socket to the first address that answers; the certificate must be that of ``tls_name``."""
        opened = self._open(addresses, port)
        self._socket = opened  # the connection forgets it while an answer without a length is read
        if tls_name is not None:
            context = self._trust or ssl.create_default_context()
            try:
                opened = self._socket = context.wrap_socket(opened, server_hostname=tls_name)
            except BaseException:
                opened.close()
                raise
        return opened

    def _open(self, addresses: list[str], port: int) -> socket.socket:
        failed: OSError = ConnectionRefusedError()
        for address in addresses:
            if self._abandoned:  # nobody waits any more: nothing may be sent now
                break
            try:
                return socket.create_connection((address, port), self._limit_s)
            except OSError as error:
                failed = error
        raise failed

    def abandon(self) -> None:
        """Wake the thread where it waits for the service, so that it ends."""
        self._abandoned = True
        with suppress(OSError):  # closed meanwhile
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
