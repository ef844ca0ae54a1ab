"""The address of the service as people reach it, for links that are used elsewhere."""

from urllib.parse import urlsplit

from fastapi import Request

from geo_reports.house import House


def base_address(request: Request, house: House) -> str:
    """Scheme and host, and no slash at the end: from the settings, else as this request named them."""
    return house.public_url or str(request.base_url).rstrip("/")


def host_of(base: str) -> str:
    """Name of the host of an address; names of things begin with it."""
    return urlsplit(base).hostname or "localhost"
