"""``create_api(house)``: all routes of the API in one router."""

from fastapi import APIRouter, Depends, Request

from geo_reports.api import aggregates, health, layers, locate, maps, ogc, reports, send, staff
from geo_reports.api.openapi import PREFIX
from geo_reports.house import House


def create_api(house: House) -> APIRouter:
    """Build the router of ``/api/v1``, ``/ogc`` and the two probes for one house; include it without a prefix."""

    async def enter(request: Request) -> None:
        request.state.house = house

    api = APIRouter(dependencies=[Depends(enter)])
    api.include_router(send.sending(house), prefix=PREFIX)
    api.include_router(send.challenges, prefix=PREFIX)
    for noun in (reports, aggregates, layers, locate, maps, staff):
        api.include_router(noun.router, prefix=PREFIX)
    api.include_router(ogc.router)
    api.include_router(health.router)
    return api
