"""The answer to a report that is on disk, from the route and from the lane."""

import json

from starlette.responses import Response
from starlette.types import Send

from geo_reports.api.openapi import PREFIX
from geo_reports.intake import Accepted

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _receipt(accepted: Accepted) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body: 201 for a new report, 200 for one that came before with the same key."""
    url = f"{PREFIX}/reports/{accepted.code}"
    body = {"code": accepted.code, "public_id": accepted.public_id, "url": url, "status": accepted.status}
    return 201 if accepted.created else 200, {"location": url, "cache-control": "no-store"}, _compact(body).encode()


def receipt(accepted: Accepted) -> Response:
    """Tell the sender its code."""
    status, headers, body = _receipt(accepted)
    return Response(body, status, headers, "application/json")


async def send_receipt(accepted: Accepted, send: Send) -> None:
    """Send what ``receipt`` answers, without making a response first."""
    status, headers, body = _receipt(accepted)
    headers |= {"content-length": str(len(body)), "content-type": "application/json"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
