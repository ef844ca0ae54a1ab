"""Every route of the service, so that a test fails for one that it has no case for."""

from collections.abc import Iterator
from typing import Any

from geo_reports.app import create_app
from geo_reports.house import House
from geo_reports.web import create_web


def pages(house: House, method: str = "GET") -> set[str]:
    """Paths of the pages that answer ``method``, parameters in braces."""
    return {route.path for route in _flat(create_web(house).routes) if method in route.methods}


def api(house: House) -> set[str]:
    """Paths of the API that answer GET, as its own description names them."""
    described = create_app(house).openapi()["paths"]
    return {path for path, methods in described.items() if "get" in methods}


def _flat(routes: Any) -> Iterator[Any]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _flat(inner.routes)
        else:
            yield route
