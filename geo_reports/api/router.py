"""``create_api(house)``: all routes of the API in one router."""

from fastapi import APIRouter, Depends, Request

from geo_reports.api import aggregates, health, layers, maps, reports, staff
from geo_reports.api.openapi import PREFIX
from geo_reports.house import House


def create_api(house: House) -> APIRouter:
    """Build the router of ``/api/v1``, ``/healthz`` and ``/readyz`` for one house; include it without a prefix."""

    async def enter(request: Request) -> None:
        request.state.house = house

    api = APIRouter(dependencies=[Depends(enter)])
    for noun in (reports, aggregates, layers, maps, staff):
        api.include_router(noun.router, prefix=PREFIX)
    api.include_router(health.router)
    return api
