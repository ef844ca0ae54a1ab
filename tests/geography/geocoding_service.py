"""A geocoding service on this machine that answers in the three documented forms, and misbehaves when told to."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class GeocodingService:
    """What the service says (``places``), how it misbehaves (``mood``), and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.mood = ""
        self.places: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.over = threading.Event()

    @property
    def texts(self) -> list[str]:
        return [query.get("q", query.get("text", "")) for _, query, _ in self.asked]

    def answer(self, path: str) -> Any:
        """Answer in the form that belongs to a path."""
        if path.endswith("/v1/search"):
            return features(pelias(place) for place in self.places)
        if path.endswith("/api"):
            return features(photon(place) for place in self.places)
        return [nominatim(place) for place in self.places]


def features(found: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(found)}


def nominatim(place: dict[str, Any]) -> dict[str, Any]:
    """https://nominatim.org/release-docs/latest/api/Output/: numbers are text there."""
    kind = place["kind"]
    address = {"city": "Villa Chica", "country": "Chile", "country_code": "cl"}
    if place.get("street"):
        address["road"] = place["street"]
    if place.get("number"):
        address["house_number"] = place["number"]
    classes = {"house": ("building", "house"), "street": ("highway", "residential"), "venue": ("amenity", "school")}
    classes |= {"area": ("boundary", "administrative"), "interpolated": ("place", "house")}
    first = place.get("name") or " ".join(filter(None, (place.get("number"), place.get("street"))))
    return {
        "place_id": 1,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0.",
        "osm_type": "way",
        "lat": str(place["lat"]),
        "lon": str(place["lon"]),
        "class": classes[kind][0],
        "type": classes[kind][1],
        "name": place.get("name", place.get("street", "") if kind == "street" else ""),
        "display_name": f"{first}, Villa Chica, Chile",
        "address": address,
        "importance": 0.1,
    }


def photon(place: dict[str, Any]) -> dict[str, Any]:
    """https://github.com/komoot/photon: GeoJSON with the keys of OpenStreetMap."""
    keys = {"house": "building", "interpolated": "building", "street": "highway", "venue": "amenity", "area": "place"}
    said = {"osm_key": keys[place["kind"]], "osm_value": "yes", "osm_type": "W", "city": "Villa Chica"}
    said |= {"name": place["name"]} if place.get("name") else {}
    if place["kind"] == "street":
        said["name"] = place["street"]
    elif place.get("street"):
        said |= {"street": place["street"], "housenumber": place.get("number")}
    return {"type": "Feature", "geometry": point(place), "properties": said}


def pelias(place: dict[str, Any]) -> dict[str, Any]:
    """https://github.com/pelias/documentation/blob/master/result_quality.md."""
    layers = {"house": "address", "interpolated": "address", "street": "street", "venue": "venue", "area": "locality"}
    match = "interpolated" if place["kind"] == "interpolated" else place.get("match", "exact")
    said = {"layer": layers[place["kind"]], "match_type": match, "confidence": place.get("confidence", 1)}
    said["name"] = place.get("name") or f"{place.get('street')} {place.get('number', '')}".strip()
    said |= {"street": place.get("street"), "housenumber": place.get("number"), "accuracy": "point"}
    return {"type": "Feature", "geometry": point(place), "properties": said}


def point(place: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [place["lon"], place["lat"]]}


class _Handler(BaseHTTPRequestHandler):
    service: GeocodingService

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.service.asked.append((parts.path, query, self.headers.get("User-Agent", "")))
        getattr(self, f"_{self.service.mood or 'answer'}", self._answer)()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> None:
        self._send(200, json.dumps(self.service.answer(urlsplit(self.path).path)).encode())

    def _error(self) -> None:
        self._send(500, b'{"error": "down"}')

    def _busy(self) -> None:
        self._send(429, b"", **{"Retry-After": "9999"})

    def _garbage(self) -> None:
        self._send(200, b"<html>\xff\xfe not JSON")

    def _deep(self) -> None:
        self._send(200, b"[" * 100_000)

    def _shapeless(self) -> None:
        self._send(200, b'{"features": [{"geometry": 7, "lat": []}]}')

    def _wrong(self) -> None:
        self._send(200, b'"a text"')

    def _huge(self) -> None:
        self._send(200, b" " * 600_000 + b"[]")

    def _redirect(self) -> None:
        mood, self.service.mood = self.service.mood, ""
        self._send(302, b"", Location=f"{self.service.url}/elsewhere?{urlsplit(self.path).query}")
        self.service.mood = mood

    def _slow(self) -> None:
        self.service.over.wait(5)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.service.over.is_set():
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that hang up."""


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[GeocodingService]:
    """Run the service on a free port, over HTTPS with ``tls``."""
    service = GeocodingService()
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    service.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
