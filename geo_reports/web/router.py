"""All pages as one router."""

from fastapi import APIRouter, Depends, Request

from geo_reports.house import House
from geo_reports.web import (
    areas,
    children,
    embed,
    front,
    judge_photos,
    maps,
    moderation,
    nearby,
    photos,
    public_report,
    pwa,
    report_page,
    signin,
    staff,
    statics,
    status,
    subscriptions,
)
from geo_reports.web.kept import Kept
from geo_reports.web.security import require_own_page

PAGES = (
    front,
    children,
    report_page,
    nearby,
    public_report,
    status,
    embed,
    maps,
    areas,
    subscriptions,
    signin,
    staff,
    moderation,
    judge_photos,
    photos,
    pwa,
    statics,
)


def create_web(house: House) -> APIRouter:
    """Router with every page and every file they load."""
    kept = Kept()

    async def bring(request: Request) -> None:
        request.state.house, request.state.kept = house, kept

    router = APIRouter(dependencies=[Depends(bring), Depends(require_own_page)], include_in_schema=False)
    for pages in PAGES:
        router.include_router(pages.router)
    return router
