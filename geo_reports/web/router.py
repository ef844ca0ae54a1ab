"""All pages as one router."""

from fastapi import APIRouter, Depends, Request

from geo_reports.house import House
from geo_reports.web import front, maps, report_page, signin, staff, statics, status
from geo_reports.web.kept import Kept
from geo_reports.web.security import require_own_page

PAGES = (front, report_page, status, maps, signin, staff, statics)


def create_web(house: House) -> APIRouter:
    """Router with every page and every file they load."""
    kept = Kept()

    async def bring(request: Request) -> None:
        request.state.house, request.state.kept = house, kept

    router = APIRouter(dependencies=[Depends(bring), Depends(require_own_page)], include_in_schema=False)
    for pages in PAGES:
        router.include_router(pages.router)
    return router
