"""``POST /reports``: the one route that must stay fast when many people write at once."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from geo_reports.api.answers import WITH_BODY, Documented, errors
from geo_reports.api.given import MAX_BODY_BYTES, HouseDep, body_of, media_type, require_json, sender_of
from geo_reports.api.lane import REFUSAL
from geo_reports.api.models import Receipt
from geo_reports.api.receipt import receipt
from geo_reports.house import House
from geo_reports.intake import MOST_PHOTOS, Accepted, Challenge, HeldPhoto, Pending, Proof, check_number, originals
from geo_reports.report import Channel, NewReport

MULTIPART = "multipart/form-data"
challenges = APIRouter(tags=["reports"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="16 to 200 printable ASCII characters, random, new for each report. "
        "With it, sending again is safe for as long as the report is kept.",
        examples=["0d7f6c1e-6a0c-4c3e-9b3c-2f9f0a7c8f11"],
    ),
]
Again = Annotated[
    bool,
    Query(
        description="Without an idempotency key: store the report although the same one came within ten minutes.",
    ),
]
Altcha = Annotated[
    str,
    Header(
        alias="Altcha",
        description="A solved challenge of `GET /api/v1/challenge`: Base64 of its JSON with `number` added. "
        "Asked for (429 `proof_needed`) while reports flood in.",
    ),
]
_FLAG = TypeAdapter(bool)

_FORM = {
    "type": "object",
    "required": ["report"],
    "additionalProperties": False,
    "properties": {
        "report": {"$ref": "#/components/schemas/NewReport"},
        "photo": {
            "type": "array",
            "maxItems": MOST_PHOTOS,
            "items": {"type": "string", "format": "binary"},
            "description": "JPEG, PNG, WebP or HEIC. Kept without what the camera wrote; public once moderated.",
        },
    },
}
_BODIES = {"content": {MULTIPART: {"schema": _FORM, "encoding": {"report": {"contentType": "application/json"}}}}}
_ANSWERS: Documented = {
    200: {"model": Receipt, "description": "The same report came before with this key; same receipt."}
}
_CONFLICT = (
    "The report with this key is being stored this moment (`in_progress`), or, without a key, the same one came a few "
    "minutes ago (`same_report`): send it with `again=true` if it is another."
)


def sending(house: House) -> APIRouter:
    """Make the router of this route for one house.

    Its handler stands in for the framework's own, which solves dependencies and validates twice; what it takes and
    gives is described as everywhere else.
    """

    class Direct(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            return handle

    async def handle(request: Request) -> Response:
        if (refusal := request.scope.get(REFUSAL)) is not None:
            raise refusal
        key = request.headers.get("idempotency-key")
        again = _again(request)
        with house.intake.claim(key):
            if media_type(request) == MULTIPART:
                return await _take_form(house, request, key, again)
            require_json(request)
            new = parse(await body_of(request))
            return await send(request, new, key, again)

    router = APIRouter(tags=["reports"], route_class=Direct)

    @router.post(
        "/reports",
        status_code=201,
        response_model=Receipt,
        summary="Send a report",
        response_description="Stored; the receipt holds the secret tracking code.",
        responses=_ANSWERS | errors(*WITH_BODY, 409, 429, 507, said={409: _CONFLICT}),
        openapi_extra={"requestBody": _BODIES},
    )
    async def send(
        request: Request,
        new: NewReport,
        idempotency_key: IdempotencyKey = None,
        again: Again = False,
        altcha: Altcha = "",
    ) -> Response:
        """Store a report; when this answers, it is on disk."""
        return await _take(house, request, new, idempotency_key, again, [])

    return router


@challenges.get("/challenge", summary="Get a challenge to solve", responses=errors())
async def challenge(house: HouseDep, response: Response) -> Challenge:
    """Give a proof of work for one report, good for ten minutes; needed only while reports flood in."""
    response.headers["Cache-Control"] = "no-store"
    return house.flood.challenge()


async def _take(
    house: House, request: Request, new: NewReport, key: str | None, again: bool, photos: Sequence[HeldPhoto]
) -> Response:
    """Hand a report to the intake and answer when it is on disk."""
    sender = await sender_of(request, house)

    def submit() -> Pending:
        if new.lon is None and sender is not None:
            house.lookups.check(sender)
        return house.intake.submit(
            new,
            channel=Channel.API,
            key=key,
            sender=sender,
            photos=photos,
            again=again or key is not None,
            proof=_proof(request),
        )

    # an address may be looked up for seconds, a position is placed in microseconds
    pending = submit() if new.lon is not None else await run_in_threadpool(submit)
    return receipt(pending.accepted(await asyncio.wrap_future(pending.stored)))


async def _take_form(house: House, request: Request, key: str | None, again: bool) -> Response:
    """Take a report that comes with photos; a retry is told by the files as they were sent."""
    sender = await sender_of(request, house)
    if key is None:
        house.intake.photos  # noqa: B018 refuses before forty megabytes are read; a retry is known by what it sends
    async with request.form(max_files=MOST_PHOTOS + 2, max_fields=2, max_part_size=MAX_BODY_BYTES) as form:
        new = parse(await _report_part(form))
        files = _photo_parts(form)

        def hold() -> Accepted | list[HeldPhoto]:
            if key is not None and (known := house.intake.known(new, key, originals(files))):
                return known
            if sender is not None:
                house.flood.require(_proof(request))  # before photos are decoded
            return [house.intake.photos.hold(file) for file in files]

        held = await run_in_threadpool(hold)
    return receipt(held) if isinstance(held, Accepted) else await _take(house, request, new, key, again, held)


def parse(body: bytes) -> NewReport:
    """Report of a JSON body; ``RequestValidationError`` as the framework words it."""
    try:
        return NewReport.model_validate_json(body)
    except ValidationError:
        return _parse_slowly(body)


def _parse_slowly(body: bytes) -> NewReport:
    """Parse as the framework does, to say what is wrong in its words."""
    if not body:
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}])
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        where = ("body", getattr(error, "pos", 0))
        fault = {"type": "json_invalid", "loc": where, "msg": "JSON decode error", "input": {}}
        raise RequestValidationError([fault]) from error
    try:
        return NewReport.model_validate(given)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


async def _report_part(form: FormData) -> bytes:
    parts = form.getlist("report")
    if unknown := sorted(set(form) - {"report", "photo"}):
        fault = {"type": "extra_forbidden", "loc": ("body", unknown[0]), "msg": "", "input": None}
        raise RequestValidationError([fault])
    if len(parts) != 1:
        fault = {"type": "missing", "loc": ("body", "report"), "msg": "Field required", "input": None}
        raise RequestValidationError([fault])
    (part,) = parts
    if isinstance(part, str):
        return part.encode("utf-8", "surrogatepass")
    data = await part.read(MAX_BODY_BYTES + 1)
    if len(data) > MAX_BODY_BYTES:
        raise HTTPException(413, f"The part report is too long: send at most {MAX_BODY_BYTES} bytes.")
    return data


def _photo_parts(form: FormData) -> list[Any]:
    parts = form.getlist("photo")
    if any(not isinstance(part, UploadFile) for part in parts):
        fault = {"type": "value_error", "loc": ("body", "photo"), "msg": "send a file, with a file name", "input": None}
        raise RequestValidationError([fault])
    check_number(parts)
    return [part.file for part in parts if isinstance(part, UploadFile)]


def _proof(request: Request) -> Proof:
    return Proof(request.headers.get("altcha", ""))


def _again(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    given = request.query_params.get("again", "false")
    try:
        return _FLAG.validate_python(given)
    except ValidationError as error:
        faults = [{**fault, "loc": ("query", "again")} for fault in error.errors()]
        raise RequestValidationError(faults) from error
