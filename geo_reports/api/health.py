"""Probes: does the process run, and can it do its work."""

from fastapi import APIRouter, HTTPException, Response

from geo_reports.api.answers import errors
from geo_reports.api.given import HouseDep
from geo_reports.api.models import Alive, ErrorBody, Ready

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process runs", responses=errors())
def live(response: Response) -> Alive:
    """Answer without touching the store."""
    response.headers["Cache-Control"] = "no-store"
    return Alive()


@router.get("/readyz", summary="The service can do its work", responses=errors() | {503: {"model": ErrorBody}})
def ready(house: HouseDep, response: Response) -> Ready:
    """Check what the service needs; 503 names what is missing."""
    checks = house.ready()
    missing = [name for name, there in checks.items() if not there]
    if missing:
        raise HTTPException(503, f"Not ready: {', '.join(missing)}.", headers={"Retry-After": "5"})
    response.headers["Cache-Control"] = "no-store"
    return Ready(checks=checks)
