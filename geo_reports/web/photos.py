"""Photos: those that are published for everybody, those that are kept for staff, originals for a recorded reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from geo_reports.accounts import STAFF
from geo_reports.errors import NotFound
from geo_reports.fieldwork import MAY_PUBLISH
from geo_reports.report import Audience
from geo_reports.web.visit import SECRET, Here

router = APIRouter()

Text = Annotated[str, Form()]
PublicId = Annotated[str, Path(max_length=64)]
MOST_DIGITS = 3
JPEG = "image/jpeg"
ASKED_AGAIN = "no-cache"
"""Kept by browsers and caches, but shown only after asking whether it still is published."""


@router.get("/fotos/{public_id}/{n}.jpg")
def shown(here: Here, request: Request, public_id: PublicId, n: str) -> Response:
    """Show what is published of a photo; its mark is the digest of its bytes, which never change."""
    one = here.house.view(Audience.PUBLIC).photo(public_id, _number(n))
    headers = {"ETag": f'"{one.digest.hex()}"', "Cache-Control": ASKED_AGAIN}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(here.house.photo_desk.shown(one.digest), media_type=JPEG, headers=headers)


@router.get("/personal/reportes/{public_id}/fotos/{n}.jpg")
def kept(here: Here, public_id: PublicId, n: str) -> Response:
    """Show a photo to staff as it is kept."""
    actor = here.require(*STAFF)
    return Response(
        here.house.photo_desk.read(public_id, _number(n), actor), media_type=JPEG, headers={"Cache-Control": SECRET}
    )


@router.post("/personal/reportes/{public_id}/fotos/{n}/original")
def original(here: Here, public_id: PublicId, n: str, csrf: Text = "", reason: Text = "") -> Response:
    """Hand out a photo as it was sent, for a reason, which is recorded; as a file to keep, never shown."""
    actor = here.check_form(csrf, *MAY_PUBLISH)
    number = _number(n)
    data = here.house.photo_desk.original(public_id, number, actor, reason)
    headers = {
        "Cache-Control": SECRET,
        # what a stranger sent may be a page or a program as well as a photo
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Disposition": f'attachment; filename="{public_id}-{number}.bin"',
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise NotFound("There is no such photo.")
    return int(text)
