"""Reports counted: per unit of a layer, and per neighborhood plan."""

from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Depends, Query, Request, Response

from geo_reports.analysis.frames import rows, to_csv
from geo_reports.api.answers import NOT_MODIFIED, Documented, errors, unchanged
from geo_reports.api.given import ViewDep, Visitor
from geo_reports.api.models import Aggregates, Breakdown, LocatedSummary, Part, PlanList, PlanSummary, Range, Summary
from geo_reports.api.params import AggregateQuery, BreakdownQuery, PlanBreakdownQuery, PlanQuery, known_categories
from geo_reports.report import month_text

router = APIRouter(tags=["aggregates"])

_CSV: Documented = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": "unit,name,low,high,shown\r\n"}}}
}
_RANGE = ["unit", "name", "low", "high", "shown"]


def _kept(view: ViewDep, visitor: Visitor, request: Request, response: Response) -> Response | None:
    """Answer 304 where the caller already has what the view shows."""
    return unchanged(request, response, f"{view.audience}-{view.revision()}", visitor)


Kept = Annotated[Response | None, Depends(_kept)]


@router.get(
    "/aggregates",
    response_model=Aggregates,
    summary="Count reports per unit",
    responses=_CSV | NOT_MODIFIED | errors(403, 404),
)
def count(
    query: Annotated[AggregateQuery, Query()], view: ViewDep, same: Kept, response: Response
) -> Aggregates | Response:
    """Count the reports of a family per unit, as JSON or CSV; ranges where the caller may not see exact counts.

    Without months: all time, or where counts are ranges the last twelve published months. With `location_error`
    each unit also has the number to expect from places known only so exactly, and an interval that holds it in 9 of 10
    cases; only for what the caller may see as points.
    """
    if same is not None:
        return same
    city = view.city
    layer = city.layer(query.layer) if query.layer is not None else city.primary
    categories = known_categories(query.category, city, query.family)
    frame = view.aggregates(
        layer.id,
        family=query.family,
        months=query.months(),
        categories=categories,
        location_error=query.location_error,
    )
    exact = "count" in frame
    frame = frame if exact else frame[_RANGE]
    if query.format == "csv":
        return Response(to_csv(frame), media_type="text/csv", headers=dict(response.headers))
    table = rows(frame)
    if query.location_error:
        return Aggregates(layer=layer.id, family=query.family, rows=[LocatedSummary(**row) for row in table])
    return Aggregates(
        layer=layer.id,
        family=query.family,
        rows=[Summary(**row) for row in table] if exact else [Range(**row) for row in table],
    )


@router.get(
    "/aggregates/breakdown",
    response_model=Breakdown,
    summary="Count reports per unit and category, status or month",
    responses=_CSV | NOT_MODIFIED | errors(403, 404),
)
def divide(
    query: Annotated[BreakdownQuery, Query()], view: ViewDep, same: Kept, response: Response
) -> Breakdown | Response:
    """Divide the counts of each unit; where the caller sees only ranges, by month alone."""
    if same is not None:
        return same
    layer = view.city.layer(query.layer).id if query.layer is not None else None
    categories = known_categories(query.category, view.city, query.family)
    frame = view.breakdown(query.by, layer, family=query.family, months=query.months(), categories=categories)
    if query.format == "csv":
        if query.by == "month":
            frame = frame.assign(month=frame.month.map(month_text))
        return Response(to_csv(frame), media_type="text/csv", headers=dict(response.headers))
    return Breakdown(by=query.by, rows=_parts(frame, "unit", query.by))


def _parts(frame: pd.DataFrame, id_column: str, by: str) -> list[Part]:
    return [
        Part(
            id=row[id_column],
            name=row["name"],
            key=month_text(row[by]) if by == "month" else row[by],
            low=row.get("low", row.get("n")),
            high=row.get("high", row.get("n")),
        )
        for row in rows(frame)
    ]


@router.get(
    "/plans/breakdown",
    response_model=Breakdown,
    summary="Count reports per plan and category, status or month",
    responses=NOT_MODIFIED | errors(),
)
def divide_plans(query: Annotated[PlanBreakdownQuery, Query()], view: ViewDep, same: Kept) -> Breakdown | Response:
    """Divide the counts of each plan; only what the caller may see as exact counts."""
    if same is not None:
        return same
    frame = view.plan_breakdown(query.by, months=query.months())
    return Breakdown(by=query.by, rows=_parts(frame, "plan", query.by))


@router.get(
    "/plans",
    response_model=PlanList,
    summary="Count reports per neighborhood plan",
    responses=NOT_MODIFIED | errors(),
)
def list_plans(query: Annotated[PlanQuery, Query()], view: ViewDep, same: Kept) -> PlanList | Response:
    """Count, for each plan, the reports it tracks; of those, only what the caller may see as exact counts."""
    if same is not None:
        return same
    frame = view.plans(months=query.months())
    return PlanList(plans=[PlanSummary(**row) for row in rows(frame)])
