"""What routes answer with: documented errors, media types, and how long an answer may be kept."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from geo_reports.accounts import Actor

Documented = dict[int | str, dict[str, Any]]
"""What OpenAPI says about answers, by status."""

_SAID = {
    401: "An account is needed.",
    403: "The account's role may not do this.",
    404: "There is no such thing, or it is not for the caller.",
    409: "The status cannot follow the present one.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "Something sent cannot be used; `field` names it.",
    429: "Wait as long as Retry-After says, in seconds.",
    400: "The body cannot be read.",
    500: "Something went wrong inside; nothing more is said.",
    503: "The service is busy or not ready; Retry-After says when to come back, in seconds.",
    507: "The disk is nearly full; what is stored can still be read.",
}
_WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
WITH_BODY = (400, 413, 415)
"""What can go wrong with a body before its fields are looked at."""


A_MINUTE = "public, max-age=60"
ALONE = "private, no-cache"
"""For pages with a nonce: no shared cache may hand the same one to several people."""
NOT_MODIFIED: Documented = {304: {"description": "As the ETag in If-None-Match says."}}
"""Documents what ``unchanged`` may return."""


def errors(*statuses: int, said: Mapping[int, str] | None = None) -> Documented:
    """Document the statuses a route may answer with besides success; 422, 500 and 503 always among them.

    ``said`` describes a status where the usual words do not fit.
    """
    words = _SAID | dict(said or {})
    return {status: _error(status, words[status]) for status in sorted({*statuses, 422, 500, 503})}


def _error(status: int, said: str) -> dict[str, Any]:
    # by reference: "model" would be documented under the route's own media type, and errors are always JSON
    schema = {"$ref": "#/components/schemas/ErrorBody"}
    described: dict[str, Any] = {"description": said, "content": {"application/json": {"schema": schema}}}
    return described | ({"headers": _WAIT} if status in (429, 503, 507) else {})


class GeoJSONResponse(JSONResponse):
    """JSON under the media type of RFC 7946."""

    media_type = "application/geo+json"


def unchanged(
    request: Request, response: Response, revision: str, visitor: Actor | None = None, keep: str = A_MINUTE
) -> Response | None:
    """Say how long an answer may be kept, and return a 304 where the caller already has it.

    Public answers are kept as ``keep`` says and asked for again by their ETag; what a session widened is not kept.
    """
    response.headers["Vary"] = "Cookie"
    if visitor is not None:
        response.headers["Cache-Control"] = "private, no-store"
        return None
    tag = f'W/"{revision}"'
    response.headers.update({"Cache-Control": keep, "ETag": tag})
    known = [name.strip() for name in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=dict(response.headers)) if tag in known else None
