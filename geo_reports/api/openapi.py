"""What the OpenAPI document says about the service as a whole."""

from typing import Any

PREFIX = "/api/v1"
"""Every route of the API but the two probes begins with this; a change that breaks callers gets a new number."""

OPENAPI: dict[str, Any] = {
    "title": "geo_reports",
    "version": "1",
    "description": (
        "Report micro-dumps and security incidents, follow a report, and read what a city publishes about them. "
        "Positions are longitude before latitude, WGS 84 degrees; `bbox` is west, south, east, north. "
        "Security reports never appear as points: they are counted per unit and month, small counts as a range. "
        "Every error has one form, `ErrorBody`."
    ),
    # The usual pages for trying an API load scripts from a CDN; this service sends nobody anywhere.
    "docs_url": None,
    "redoc_url": None,
    "openapi_url": f"{PREFIX}/openapi.json",
    "openapi_tags": [
        {"name": "reports", "description": "Send a report, follow it with its code, read what is public."},
        {"name": "aggregates", "description": "Counts per unit and per neighborhood plan."},
        {"name": "city", "description": "The city's layers, categories and maps."},
        {"name": "staff", "description": "What an account may do; needs a session cookie and its token."},
        {"name": "health", "description": "Probes for whoever runs the service."},
    ],
}
"""Arguments for ``FastAPI(**OPENAPI)``."""
