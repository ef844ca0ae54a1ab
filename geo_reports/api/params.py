"""Query parameters: read into what the rooms inside take; unknown names are refused."""

import math
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from geo_reports.city import City
from geo_reports.errors import InputError, UnknownCategory
from geo_reports.privacy import Filters
from geo_reports.report import Family, Status

MAX_LIMIT = 1000
"""Most reports on one page."""


def _box(text: str) -> str:
    read_bbox(text)
    return text


def read_bbox(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north`` in WGS 84 degrees; ``ValueError`` for what is no box."""
    wrong = ValueError("write four numbers, west,south,east,north, in degrees, west before east and south before north")
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong from None
    in_range = all(map(math.isfinite, (west, south, east, north))) and west >= -180 and east <= 180
    if not in_range or not -90 <= south <= north <= 90 or west > east:
        raise wrong
    return west, south, east, north


def read_month(text: str) -> int:
    """``2026-09`` as the number 202609."""
    return int(text[:4]) * 100 + int(text[5:])


Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MonthText = Annotated[str, StringConstraints(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class _Query(BaseModel):
    # a filter with a misspelt name would otherwise answer with everything
    model_config = ConfigDict(extra="forbid")


class ReportQuery(_Query):
    """Filters of public reports."""

    bbox: Annotated[str, StringConstraints(max_length=200), AfterValidator(_box)] | None = Field(
        None, description="west,south,east,north in degrees.", examples=["-70.80,-33.55,-70.70,-33.45"]
    )
    family: list[Family] = Field([], description="May be repeated.", max_length=2)
    category: list[Name] = Field([], description="May be repeated.", max_length=50)
    status: list[Status] = Field([], description="May be repeated.", max_length=len(Status))
    since: date | None = Field(None, description="First day of the observation.", examples=["2026-09-01"])
    until: date | None = Field(None, description="Day after the last.", examples=["2026-10-01"])
    layer: Name | None = Field(None, description="Layer of `unit`; the city's main layer if absent.")
    unit: Name | None = Field(None, description="Only reports in this unit: its id, name or alias.")
    before: Name | None = Field(None, description="Cursor, from the link `next` of a page.")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="Most reports on a page.")

    def filters(self, city: City) -> Filters:
        """Filters of a view; ``UnknownCategory`` and ``InputError`` for what the city does not have."""
        if self.since and self.until and self.until <= self.since:
            raise InputError("until is not after since: it is the first day not wanted.", field="until")
        return Filters(
            bbox=read_bbox(self.bbox) if self.bbox is not None else None,
            families=tuple(map(str, self.family)),
            categories=known_categories(self.category, city),
            statuses=tuple(map(str, self.status)),
            since=self.since,
            until=self.until,
            layer=city.layer(self.layer).id if self.layer is not None else None,
            unit=self.unit,
            before=self.before,
            limit=self.limit,
        )


class CountsQuery(_Query):
    """Which counts, of which months."""

    family: Family = Field(description="Kind of report.")
    layer: Name | None = Field(None, description="The city's main layer if absent.")
    first: MonthText | None = Field(None, alias="from", description="First month.", examples=["2026-01"])
    last: MonthText | None = Field(None, alias="to", description="Last month, included.", examples=["2026-09"])
    category: list[Name] = Field([], description="May be repeated.", max_length=50)
    format: Literal["json", "csv"] = Field("json", description="Form of the answer.")

    def months(self) -> tuple[int, int] | None:
        """First and last month as ``yyyymm``, None for all time; ``InputError`` when they are the wrong way round."""
        return read_months(self.first, self.last)


class AggregateQuery(CountsQuery):
    """Which counts, and whether with what the accuracy of places does to them."""

    location_error: bool = Field(False, description="Add the expected number and its interval to each unit.")


class BreakdownQuery(CountsQuery):
    """Which counts, divided by what."""

    by: Literal["category", "status", "month"] = Field(description="What divides the counts of a unit.")


class PlanQuery(_Query):
    """Which months."""

    first: MonthText | None = Field(None, alias="from", description="First month.", examples=["2026-01"])
    last: MonthText | None = Field(None, alias="to", description="Last month, included.", examples=["2026-09"])

    def months(self) -> tuple[int, int] | None:
        """First and last month as ``yyyymm``, None for all time; ``InputError`` when they are the wrong way round."""
        return read_months(self.first, self.last)


class PlanBreakdownQuery(PlanQuery):
    """Which months, divided by what."""

    by: Literal["category", "status", "month"] = Field(description="What divides the counts of a plan.")


class MapQuery(_Query):
    """How a map is drawn."""

    lang: Literal["es", "en"] | None = Field(None, description="Language of the page; the city's if absent.")


def read_months(first: str | None, last: str | None) -> tuple[int, int] | None:
    """First and last month as ``yyyymm``; an open end is as far as a month can be written."""
    if first is None and last is None:
        return None
    months = (read_month(first or "2000-01"), read_month(last or "2099-12"))
    if months[1] < months[0]:
        raise InputError("to is before from: write the earlier month as from.", field="to")
    return months


def known_categories(wanted: list[str], city: City, family: Family | None = None) -> tuple[str, ...]:
    """Return the categories, all of them the city's (and of ``family``); ``UnknownCategory`` names the first not."""
    known = [c.id for c in city.spec.categories if family in (None, c.family)]
    for category in wanted:
        if category not in known:
            raise UnknownCategory(
                f"{category!r} is no category{f' of {family}' if family else ''}; there are: {', '.join(known)}.",
                field="category",
            )
    return tuple(wanted)
