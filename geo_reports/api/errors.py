"""Errors as answers: one body for all of them, whatever raised it."""

import errno
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from geo_reports.api.models import ErrorBody
from geo_reports.errors import (
    AddressNotFound,
    GeoReportsError,
    InputError,
    MissingExtra,
    ProofNeeded,
    StoreBusy,
    StoreFull,
    http_status,
    retry_after_s,
)

log = logging.getLogger(__name__)


class BadParameter(HTTPException):
    """A parameter that cannot be read, where a standard asks for 400; the detail is for the caller."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


HtmlErrors = Callable[[Request, int, Exception], Response]
"""Renders an error as a page: request, HTTP status, error."""

MAX_TEXT = 500
"""Longest text sent back; a caller's own words may be part of it."""
MAX_FIELD = 100
"""Longest name of a field sent back."""
MAX_FAULTS = 3
"""How many faults of one request are spelled out."""

_NAMES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    503: "unavailable",
}
_DETAILS = {
    400: "The body cannot be read: send valid JSON in UTF-8.",
    404: "There is nothing at this address; /api/v1/openapi.json lists what there is.",
    405: "This address does not take that method; the header Allow lists those it does.",
    500: "Something went wrong on our side, not on yours. Please try again later.",
    503: "The service cannot answer now. Please try again in a moment.",
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WHERE = {"body", "query", "path", "header", "cookie"}


def install_errors(app: FastAPI, html: HtmlErrors | None = None) -> None:
    """Answer every error of ``app`` with ``ErrorBody``.

    Outside ``/api``, ``/ogc``, ``/healthz`` and ``/readyz`` the answer is ``html(request, status, error)`` where given.
    Errors of the service itself are logged with their traceback and say nothing about the inside.
    """

    async def answer(request: Request, error: Exception) -> Response:
        status = status_of(error)
        if _is_ours(error) or isinstance(error, MissingExtra):
            # the pattern of the route, never the path or the query: a path may hold a tracking code
            route = getattr(request.scope.get("route"), "path", "no route")
            log.error("%s %s failed with %d", request.method, route, status, exc_info=error)
        if html is not None and not is_api(request.url.path):
            return html(request, status, error)
        return as_json(error)

    async def answer_no_room(request: Request, error: Exception) -> Response:
        # a body with a large photo passes through a temporary file, whose disk may be full too
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            full = StoreFull("There is too little room left on the disk to take this in. Reading still works.")
            full.__cause__ = error
            return await answer(request, full)
        raise error

    for kind in (GeoReportsError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(OSError, answer_no_room)


def is_api(path: str) -> bool:
    """Tell whether programs, not people, ask for this path."""
    return path in ("/api", "/ogc", "/healthz", "/readyz") or path.startswith(("/api/", "/ogc/"))


def status_of(error: Exception) -> int:
    """HTTP status of any error a route can raise; 500 for one that nobody expected."""
    if isinstance(error, GeoReportsError):
        return http_status(error)
    if isinstance(error, RequestValidationError):
        unreadable = any(fault["type"] == "json_invalid" for fault in error.errors())
        return 400 if unreadable else 422
    return error.status_code if isinstance(error, HTTPException) else 500


def as_json(error: Exception) -> JSONResponse:
    """Error as an answer with ``ErrorBody``; Retry-After where waiting helps."""
    status = status_of(error)
    headers = {"Cache-Control": "no-store"} | dict(getattr(error, "headers", None) or {})
    if wait_s := retry_after_s(error):
        headers["Retry-After"] = str(wait_s)
    body = _body(error, status)
    left_out = {"candidates"} if body.candidates is None else set()
    return JSONResponse(body.model_dump(exclude=left_out), status, headers)


def _is_ours(error: Exception) -> bool:
    """Tell whether the service is at fault and nothing in the error's text is for the caller."""
    expected = isinstance(error, StoreBusy | StoreFull | MissingExtra | HTTPException)
    return status_of(error) >= 500 and not expected


def _body(error: Exception, status: int) -> ErrorBody:
    if isinstance(error, RequestValidationError):
        return _validation(error.errors())
    if isinstance(error, HTTPException):
        ours = status >= 500 or isinstance(error, BadParameter)
        detail = error.detail if ours else _DETAILS.get(status, error.detail)
        return ErrorBody(error=_NAMES.get(status, "http_error"), detail=_safe(detail))
    if _is_ours(error):
        return ErrorBody(error="internal_error" if status == 500 else "unavailable", detail=_DETAILS.get(status, ""))
    return ErrorBody(
        error=_snake(type(error).__name__),
        detail=_safe(str(error)),
        field=error.field if isinstance(error, InputError | ProofNeeded) else None,
        candidates=error.candidates if isinstance(error, AddressNotFound) else None,
    )


def _validation(faults: Sequence[Any]) -> ErrorBody:
    sentences = [_sentence(fault) for fault in faults[:MAX_FAULTS]]
    if len(faults) > MAX_FAULTS:
        sentences.append(f"And {len(faults) - MAX_FAULTS} more.")
    return ErrorBody(error="input_error", detail=_safe(" ".join(sentences)), field=_field(faults[0]))


def _field(fault: Any) -> str | None:
    """Dotted place of a fault, without "body" or "query"; None where it is the whole."""
    place = [key for key in fault["loc"] if key not in _WHERE]
    return _safe(".".join(map(str, place)))[:MAX_FIELD] if place and fault["type"] != "json_invalid" else None


def _sentence(fault: Any) -> str:
    """What is wrong and what to do; never what was sent, which may be private or long."""
    field = _field(fault) or "The request"
    if fault["type"] == "missing":
        return f"{field} is required: add it."
    if fault["type"] == "extra_forbidden":
        return f"{field} is not a known name: remove it or correct its spelling."
    if fault["type"] == "json_invalid":
        return _DETAILS[400]
    return f"{field}: {str(fault['msg']).removeprefix('Value error, ')}."


def _snake(name: str) -> str:
    """``OutsideCity`` as ``outside_city``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _safe(text: str) -> str:
    """Text that can be sent as UTF-8: half of a surrogate pair, as JSON allows it, cannot."""
    return text.encode("utf-8", "replace").decode()[:MAX_TEXT]
