"""What the API takes and gives, as closed models; positions are longitude, latitude in WGS 84 degrees."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geo_reports.report import Answers, Audience, CloseReason, Family, Size, Status

Words = Annotated[dict[str, str], Field(description="The same text by language.", examples=[{"es": "Barrio"}])]
Month = Annotated[str, Field(description="Calendar month.", examples=["2026-09"])]


class Closed(BaseModel):
    """Base of all: no field beyond those documented, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class ErrorBody(Closed):
    """The one form of every error."""

    error: str = Field(description="Kind of error, for programs.", examples=["outside_city"])
    detail: str = Field(description="What was wrong and what to do, for people.")
    field: str | None = Field(None, description="Name of the field at fault, where it is one.", examples=["lon"])
    candidates: list[str] | None = Field(None, description="What may have been meant, for an address not found.")


class Receipt(Closed):
    """Proof that a report is stored. `code` is a secret of its sender and is not shown again."""

    code: str = Field(description="Secret tracking code.", examples=["7Q2M-0XKD-9RTB-V3HC"])
    public_id: str = Field(description="Public name of the report.", examples=["8jd2k0qv7mzn"])
    url: str = Field(description="Where the sender follows the report; holds the code.")
    status: Status


class Step(Closed):
    """One step of a report's story."""

    at: datetime
    kind: str = Field(
        description="received, status, comment, photo, text, revised, category, merged or parted.", examples=["status"]
    )
    status: Status | None
    reason: str | None = Field(
        description="Why it ended without a solution, what became of a photo, or what its sender corrected."
    )
    note: str | None = Field(description="Words to read; of a photo, its number.")
    by_sender: bool


class OwnPhoto(Closed):
    """A photo of a report, for its sender."""

    n: int
    state: Literal["held", "published", "withheld"]


class Story(Closed):
    """One report and what became of it, for its sender or for staff who may open it."""

    public_id: str
    family: Family
    category: str
    status: Status
    size: Size | None
    occurred: str = Field(description="When it was seen, as exactly as known; empty if unknown.")
    received_at: datetime
    unit_name: str
    description: str | None
    public_text: str | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    has_contact: bool
    events: list[Step]
    closed_at: datetime | None
    answers: dict[str, str | list[str] | bool] = Field(description="Answers to the city's questions, by question.")
    photos: list[OwnPhoto]
    voices: int = Field(description="Others who said that they saw the same.")
    merged_into: str | None = Field(description="Public name of the report it goes on under, where everybody sees it.")


class PointGeometry(Closed):
    """A GeoJSON point."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float] = Field(description="Longitude, latitude.", examples=[[-70.7577, -33.5107]])


class PublicReport(Closed):
    """What is published about one report."""

    public_id: str
    family: Family
    category: str
    status: Status
    size: Size | None
    occurred: str = Field(description="2026-09, 2026-09-30, or empty if unknown.")
    received_on: str
    closed_on: str
    age_days: int
    unit: str
    unit_name: str
    text: str | None = Field(description="Text that a moderator has published.")
    answers: Answers = Field(description="Answers to the city's public questions, by question.")
    voices: int = Field(description="People who saw the same and said so instead of reporting it again.")
    photos: list[int] = Field(description="Numbers of published photos: `/fotos/{public_id}/{number}.jpg`.")
    synthetic: bool = Field(description="Made up for a demonstration.")


class ReportFeature(Closed):
    """A report as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: PointGeometry
    properties: PublicReport


class Link(Closed):
    """A link of a page of results."""

    rel: Literal["self", "next"]
    href: str
    type: str = "application/geo+json"


class ReportCollection(Closed):
    """A page of reports, newest first; the link `next` leads to the page after it, if there is one."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[ReportFeature]
    numberReturned: int = Field(description="Reports on this page; the name is that of OGC API - Features.")
    links: list[Link]


class LayerInfo(Closed):
    """A layer of the city, in its current edition."""

    id: str
    name: Words
    official: bool = Field(description="False where no authority drew or approved these limits.")
    note: Words | None
    source: str
    licence: str
    valid_from: date | None
    units: int = Field(description="Number of units.")
    url: str


class LayerList(Closed):
    """All layers of the city."""

    layers: list[LayerInfo]


class UnitProperties(Closed):
    """One unit of a layer."""

    unit: str
    name: str
    population: float | None
    area_km2: float


class UnitGeometry(Closed):
    """A GeoJSON polygon or multipolygon."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any]


class UnitFeature(Closed):
    """A unit as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: UnitGeometry
    properties: UnitProperties


class UnitCollection(Closed):
    """The units of a layer's current edition, with what must be said about them."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    layer: LayerInfo
    features: list[UnitFeature]


class Summary(Closed):
    """Exact counts of a unit. `count` is open + closed; withdrawn reports are counted apart."""

    unit: str = Field(description="Unit of the layer; empty for reports outside all of them.")
    name: str
    population: float | None
    area_km2: float | None
    count: int
    open: int
    closed: int
    withdrawn: int
    median_days_to_close: float | None
    n_closings: int
    per_1000: float | None = Field(description="Reports per 1000 residents.")
    per_km2: float | None


class LocatedSummary(Summary):
    """Exact counts of a unit, and what the accuracy of the reports' places does to them."""

    location_expected: float = Field(description="Expected open and closed reports; adds up to all of them.")
    location_low: int = Field(description="The true number is at least this in 95 of 100 cases.")
    location_high: int = Field(description="The true number is at most this in 95 of 100 cases.")
    n_without_accuracy: int = Field(description="Reports without a known accuracy, taken as exact.")


class Range(Closed):
    """A count that may be given only as a range, equal bounds being exact."""

    unit: str
    name: str
    low: int
    high: int
    shown: str = Field(description="The range as text.", examples=["0-4"])


class Aggregates(Closed):
    """Reports per unit of a layer."""

    layer: str
    family: Family
    rows: list[LocatedSummary] | list[Summary] | list[Range] = Field(
        description="Exact counts, or ranges where this audience may not see exact ones."
    )


class Part(Closed):
    """Part of a unit's or plan's reports: those of one ``key``."""

    id: str = Field(description="Id of the unit or plan; empty for outside the layer.")
    name: str | Words
    key: str = Field(description="Category, status, or month (empty: unknown).", examples=["2026-09"])
    low: int
    high: int = Field(description="Equal to low where the count is exact.")


class Breakdown(Closed):
    """Reports per unit or plan, divided by category, status or month."""

    by: str
    rows: list[Part]


class PlanSummary(Closed):
    """Reports in the units of a neighborhood plan, of the categories it tracks."""

    plan: str
    name: Words
    population: float | None
    area_km2: float | None
    count: int
    open: int
    closed: int
    withdrawn: int
    median_days_to_close: float | None
    n_closings: int
    per_1000: float | None
    per_km2: float | None


class PlanList(Closed):
    """All neighborhood plans."""

    plans: list[PlanSummary]


class MapInfo(Closed):
    """A map the caller may see."""

    name: str
    title: Words
    description: Words
    audience: Audience
    url: str


class MapList(Closed):
    """All maps the caller may see."""

    maps: list[MapInfo]


class CategoryInfo(Closed):
    """A kind of report, and the finest form in which it is published."""

    id: str
    family: Family
    name: Words
    publish: Literal["point", "area", "never"]


class OptionInfo(Closed):
    """One answer to choose."""

    id: str
    name: Words


class QuestionInfo(Closed):
    """A question about a report; its answer is an option's id, a list of them, or true and false."""

    id: str
    family: Family
    categories: list[str] = Field(description="What it is asked about; empty for every category of the family.")
    kind: Literal["choice", "choices", "yes_no"]
    name: Words
    help: Words | None
    options: list[OptionInfo]
    public: bool = Field(description="Whether the answer is shown with a published report.")


class CategoryList(Closed):
    """The city's vocabulary."""

    families: dict[Family, Words]
    categories: list[CategoryInfo]
    questions: list[QuestionInfo]


class StatusChange(Closed):
    """A step in the workflow. `closed_without_solution` and `rejected` need a reason; nothing else has one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "cleaned", "note": "Retirado el 30."}]})

    status: Status
    reason: CloseReason | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] | None = None


class StatusNow(Closed):
    """Where a report stands."""

    public_id: str
    status: Status


class Contact(Closed):
    """How to reach the sender of a report."""

    public_id: str
    contact: str


class Opening(Closed):
    """Why a report is opened; the reason is kept in the log with the name of the account."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)] = Field(
        examples=["Solicitud de la vecina por teléfono"]
    )


class Alive(Closed):
    """The service runs."""

    status: Literal["ok"] = "ok"


class Ready(Closed):
    """What the service needs, and whether it is there."""

    checks: dict[str, bool]
