"""Reports: follow one with its code, read what is public."""

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Path, Query, Request, Response

from geo_reports.analysis.frames import rows
from geo_reports.api.answers import NOT_MODIFIED, GeoJSONResponse, errors, unchanged
from geo_reports.api.given import HouseDep, ViewDep, Visitor
from geo_reports.api.models import Link, PointGeometry, PublicReport, ReportCollection, ReportFeature, Story
from geo_reports.api.openapi import PREFIX
from geo_reports.api.params import ReportQuery
from geo_reports.errors import NotFound
from geo_reports.privacy import Story as Told
from geo_reports.report import Audience

router = APIRouter(tags=["reports"])


@router.get(
    "/reports",
    response_model=ReportCollection,
    response_class=GeoJSONResponse,
    summary="List public reports",
    responses=NOT_MODIFIED | errors(404),
)
def find(
    query: Annotated[ReportQuery, Query()], view: ViewDep, visitor: Visitor, request: Request, response: Response
) -> ReportCollection | Response:
    """Give a page of reports, newest first; only categories that may be shown as points."""
    if same := unchanged(request, response, f"{view.audience}-{view.revision()}", visitor):
        return same
    page = view.reports(query.filters(view.city))
    links = [Link(rel="self", href=_href(query, query.before))]
    if page.next is not None:
        links.append(Link(rel="next", href=_href(query, page.next)))
        response.headers["Link"] = f'<{links[-1].href}>; rel="next"; type="{links[-1].type}"'
    features = _features(page.rows)
    return ReportCollection(features=features, numberReturned=len(features), links=links)


@router.get("/reports/{code}", summary="Follow a report", responses=errors(404, 429))
def follow(
    house: HouseDep,
    request: Request,
    response: Response,
    code: Annotated[str, Path(description="Secret tracking code; case and dashes do not matter.")],
) -> Story:
    """Tell the sender what became of a report; any wrong code gets the same 404, and 429 after too many."""
    try:
        story = house.view(Audience.RESIDENT).by_code(code)
    except NotFound:
        house.followup.wrong_code(request.client.host if request.client else "")
        raise
    response.headers["Cache-Control"] = "no-store"
    return told(story)


def told(story: Told) -> Story:
    """What the API tells of one report to whoever may open it."""
    facts = asdict(story)
    own = {name: facts[name] for name in Story.model_fields if name in facts}
    merged_into = story.followed.public_id if story.followed else None
    return Story.model_validate(own | {"voices": story.n_joined, "merged_into": merged_into})


def _features(frame: pd.DataFrame) -> list[ReportFeature]:
    features = []
    for row in rows(frame):
        point = PointGeometry(coordinates=(row.pop("lon"), row.pop("lat")))
        features.append(ReportFeature(id=row["public_id"], geometry=point, properties=PublicReport(**row)))
    return features


def _href(query: ReportQuery, before: str | None) -> str:
    """Path of the same list from another cursor on; parameters at their default are left out."""
    given: dict[str, Any] = query.model_dump(mode="json", exclude_defaults=True)
    if before is not None:
        given["before"] = before
    return f"{PREFIX}/reports?{urlencode(given, doseq=True)}" if given else f"{PREFIX}/reports"
