"""What the sender of a report can take away: everything that is kept of it, and the link as a QR code."""

import json

from fastapi import APIRouter, Response

from geo_reports.errors import NotFound
from geo_reports.report import Audience
from geo_reports.web.base import base_address
from geo_reports.web.follow_page import MOST_CODE, no_report, spelled
from geo_reports.web.qr import qr_svg
from geo_reports.web.visit import SECRET, Here

router = APIRouter(prefix="/seguimiento/{code}")


@router.get("/datos.json")
def everything(here: Here, code: str) -> Response:
    """Give everything that is kept of a report as one file, its photos inside."""
    try:
        kept = here.house.view(Audience.RESIDENT).everything(code[:MOST_CODE], here.house.followup.photo)
    except NotFound:
        return no_report(here)
    # a name that says nothing: it stays in the list of downloads
    headers = {"Cache-Control": SECRET, "Content-Disposition": 'attachment; filename="datos.json"'}
    return Response(json.dumps(kept, ensure_ascii=False, indent=1), 200, headers, "application/json")


@router.get("/qr.svg")
def qr(here: Here, code: str) -> Response:
    """Draw the link to a report, for printing."""
    try:
        here.house.followup.own(code[:MOST_CODE])
    except NotFound:
        return no_report(here)
    drawn = qr_svg(f"{base_address(here.request, here.house)}/seguimiento/{spelled(code)}")
    return Response(drawn, 200, {"Cache-Control": SECRET}, "image/svg+xml")
