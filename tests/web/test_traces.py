"""What a security report leaves of its sender: nothing but what the sender wrote.

The service runs as the command ``serve`` runs it. Reports come from known addresses with a known browser and referer;
then every file there is, and an opened backup, is searched for them.
"""

import http.client
import io
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image

from geo_reports.app import build_safekeeping
from geo_reports.settings import Settings

V4, V6 = "127.88.77.66", "2001:db8:77:66::5544"
AGENT, REFERER, FILE = "KnownBrowser/7.6.5", "https://known-page.example/visited", "known-file-name.jpg"
MAKER = "KnownCameraMaker"
LON, LAT = -69.9851, -32.9951
START_S = 40.0


@dataclass
class Sender:
    """Somebody with a known address: the service sees it as the peer, or is told it by a proxy on its own machine."""

    port: int
    source: str
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(self.source, 0))
        known = {"User-Agent": AGENT, "Referer": REFERER, **self.headers}
        connection.request(method, path, body, {**known, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        told = answer.status, answer.read(), answer.getheader("Location", "")
        connection.close()
        return told

    def form(self, path: str, **fields: str) -> tuple[int, bytes, str]:
        return self.ask("POST", path, urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")

    def multipart(self, path: str, fields: dict[str, str], photo: bytes) -> tuple[int, bytes, str]:
        edge = "edge-of-a-part"
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        head = f'Content-Disposition: form-data; name="photo"; filename="{FILE}"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = "".join(parts).encode() + f"--{edge}\r\n{head}".encode() + photo + f"\r\n--{edge}--\r\n".encode()
        return self.ask("POST", path, body, Content_Type=f"multipart/form-data; boundary={edge}")


@contextmanager
def served(folder: Path, city: Path) -> Iterator[int]:
    """The service in a process of its own, everything it writes in ``folder``; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "tmp").mkdir(parents=True)
    settings = {"CITY": city, "DB": folder / "r.sqlite", "KEY_DIR": folder / "keys", "DATA_DIR": folder / "data"}
    given = {f"GEO_REPORTS_{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "geo_reports", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **given, "TMPDIR": str(folder / "tmp")}, stdout=log, stderr=log, cwd=folder
        )
        try:
            _wait(port, process)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_S
    while time.monotonic() < limit and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the service did not start")


def camera_photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = MAKER
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "JPEG", exif=exif, comment=f"{MAKER} comment".encode())
    return file.getvalue()


def everything(sender: Sender) -> str:
    """Send a security report with a photo, look at it, and do all that can be done with it; returns its code."""
    report = {
        "family": "security",
        "category": "street_robbery",
        "lon": LON,
        "lat": LAT,
        "description": f"texto {len(sender.headers)}",
    }
    status, body, _ = sender.multipart("/api/v1/reports", {"report": json.dumps(report)}, camera_photo())
    assert status == 201, body
    code = str(json.loads(body)["code"])
    page = f"/seguimiento/{code}"
    assert sender.ask("GET", f"{page}?nuevo=1")[0] == 200
    assert sender.form(f"{page}/comentario", comment="un comentario", seen="0")[0] == 303
    assert sender.multipart(f"{page}/foto", {}, camera_photo())[0] == 303
    assert sender.form(f"{page}/corregir", category="threat", description="otro texto")[0] == 303
    assert sender.ask("GET", f"{page}/datos.json")[0] == 200
    assert sender.form("/seguimiento", code=code)[0] == 303
    # what is refused or fails must not be written down either
    assert sender.ask("GET", "/seguimiento/0000-0000-0000-0000")[0] == 404
    assert sender.form(f"{page}/confirmar")[0] == 409
    assert sender.ask("POST", "/api/v1/reports", b"{", Content_Type="application/json")[0] == 400
    assert sender.ask("GET", "/nada")[0] == 404
    return code


def markers(codes: list[str]) -> list[bytes]:
    texts = [V4, "127.88.77", V6, "2001:db8:77", AGENT, REFERER, "known-page", FILE, MAKER]
    texts += [*codes, *(code.replace("-", "") for code in codes), *(code.lower() for code in codes)]
    packed = [ipaddress.ip_address(V6).packed[:6], ipaddress.ip_address(V6).packed]
    return [text.encode() for text in texts] + packed


def hits(folder: Path, wanted: list[bytes]) -> list[tuple[str, bytes]]:
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [(path.name, one) for path, data in files.items() for one in wanted if one in data]


def test_no_file_and_no_backup_holds_a_trace_of_the_sender(repo: Path, tmp_path: Path) -> None:
    city, here = repo / "tests" / "cities" / "tiny", tmp_path / "here"
    with served(here, city) as port:
        codes = [everything(Sender(port, V4, {}))]
        codes.append(everything(Sender(port, "127.0.0.1", {"X-Forwarded-For": V6, "Forwarded": f'for="[{V6}]"'})))
        wanted = markers(codes)
        names = {path.name for path in here.rglob("*") if path.is_file()}
        assert {"r.sqlite", "r.sqlite-wal", "log"} <= names  # still written to
        assert any(path.suffix == ".jpg" for path in here.rglob("*"))
        assert hits(here, wanted) == []
        # the search finds what is there: the text of the report is in the file or its log
        assert hits(here, [b"otro texto"])
    assert hits(here, wanted) == []
    _opened_backup(city, here, tmp_path / "there", wanted)


def _opened_backup(city: Path, here: Path, there: Path, wanted: list[bytes]) -> None:
    def places(folder: Path) -> dict[str, Any]:
        return {"city": city, "db": str(folder / "r.sqlite"), "key_dir": folder / "keys", "data_dir": folder / "data"}

    file = here.parent / "a.backup"
    build_safekeeping(Settings(**places(here)), None).back_up(file, lambda share: None)
    key = here / "keys" / "backup.key"
    build_safekeeping(Settings(**places(there)), key).restore(file, None, lambda share: None)
    assert hits(there, [b"otro texto"])
    assert any(path.suffix == ".jpg" for path in there.rglob("*"))
    assert hits(there, wanted) == []
