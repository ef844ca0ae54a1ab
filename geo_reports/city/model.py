"""The closed vocabulary of ``layers/city.toml`` and ``layers/plans.toml``; unknown keys are refused."""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo_reports.report import Family, Size

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _both_languages(words: dict[str, str]) -> dict[str, str]:
    missing = [language for language in ("es", "en") if not words.get(language, "").strip()]
    if missing:
        raise ValueError(f"has no text in {', '.join(missing)}; write both es and en")
    return words


Words = Annotated[dict[str, str], AfterValidator(_both_languages)]
"""The same text in several languages, Spanish and English always among them."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone; write one like America/Santiago") from None
    return name


def _metric(text: str) -> str:
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise ValueError(f"{text!r} is no coordinate system; write one like EPSG:32719") from None
    if not crs.is_projected or any(axis.unit_name not in ("metre", "meter") for axis in crs.axis_info):
        raise ValueError(f"{text!r} is not projected in metres; use the local UTM zone, like EPSG:32719")
    return text


class Strict(BaseModel):
    """Base of everything read from TOML."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FamilySpec(Strict):
    """How a family is called in this city."""

    name: Words


class CategorySpec(Strict):
    """A kind of report. ``publish`` is the finest form in which it may become public."""

    id: Identifier
    family: Family
    name: Words
    publish: Literal["point", "area", "never"] | None = None
    about: Literal["person", "thing"] = "person"

    @property
    def published(self) -> Literal["point", "area", "never"]:
        """Publication with the default filled in: points for dumps, areas for security."""
        return self.publish or ("point" if self.family is Family.DUMP else "area")

    @model_validator(mode="after")
    def _no_person_as_point(self) -> "CategorySpec":
        if self.family is Family.SECURITY and self.publish == "point" and self.about == "person":
            raise ValueError(
                'a security category may be published as a point only where it is about a thing: use publish = "area"'
            )
        return self


class EmergencySpec(Strict):
    """A number to call when something is happening now."""

    number: Annotated[str, StringConstraints(pattern=r"^[*#0-9 ]{2,20}$")]
    name: Words


class OptionSpec(Strict):
    """One answer to choose."""

    id: Identifier
    name: Words


class QuestionSpec(Strict):
    """A question about a report, answered by choosing; ``public`` answers are shown with a published report.

    ``categories`` narrows it to some of its family; ``children`` has it asked in the children's mode too.
    """

    id: Identifier
    family: Family
    categories: tuple[Identifier, ...] = ()
    kind: Literal["choice", "choices", "yes_no"]
    name: Words
    help: Words | None = None
    options: tuple[OptionSpec, ...] = ()
    public: bool = False
    children: bool = False

    @model_validator(mode="after")
    def _has_options(self) -> "QuestionSpec":
        if (self.kind == "yes_no") == bool(self.options):
            raise ValueError("choice and choices need options, yes_no has none")
        ids = [option.id for option in self.options]
        if len(ids) != len(set(ids)):
            raise ValueError("has two options with the same id")
        if self.public and self.family is Family.SECURITY:
            raise ValueError("an answer about security is never shown with a report: remove public = true")
        return self


class ChildrenSpec(Strict):
    """The mode for girls, boys and adolescents: what they may report, and who helps with anything about a person."""

    categories: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    help: Annotated[tuple[EmergencySpec, ...], Field(min_length=1)]


class EvidenceSpec(Strict):
    """Keep photos as they were sent, encrypted, for so many days: for proceedings that need them."""

    days: Annotated[int, Field(ge=1, le=3650)]


class QuickExitSpec(Strict):
    """Where the button that leaves the page at once leads: a page nobody is surprised to see."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s\"'<>]{3,200}$")]
    name: Words


class PopulationSpec(Strict):
    """Residents per unit, from a table of its own. Thousands commas are understood."""

    file: str
    key_column: str
    column: str


class VersionSpec(Strict):
    """One edition of a layer: a file in any format pyogrio reads, and from when to when it is valid."""

    file: str
    id_column: str
    name_column: str
    population_column: str | None = None
    population: PopulationSpec | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    repair: bool = False
    source: str = ""
    licence: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> "VersionSpec":
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is not after valid_from; valid_to is the first day it no longer holds")
        if self.population and self.population_column:
            raise ValueError("population and population_column say the same thing; keep one")
        return self


class LayerSpec(Strict):
    """Polygons of one kind. ``official = false`` is said wherever the layer is shown."""

    id: Identifier
    name: Words
    official: bool = True
    note: Words | None = None
    aliases: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    versions: Annotated[tuple[VersionSpec, ...], Field(min_length=1)]


class PlacesSpec(Strict):
    """Named places of one kind, from a table of longitudes and latitudes in degrees."""

    file: str
    kind: Identifier
    name: Words
    name_column: str = "name"
    lon_column: str = "lon"
    lat_column: str = "lat"
    on_map: bool = True
    source: str = ""
    licence: str = ""


class StreetsSpec(Strict):
    """Address points: a street name, a house number where known, a longitude and a latitude."""

    file: str
    street_column: str = "street"
    number_column: str = "number"
    lon_column: str = "lon"
    lat_column: str = "lat"
    skip_column: str | None = None
    source: str = ""
    licence: str = ""


VOLUMES_M3 = {Size.BAG: 0.05, Size.WHEELBARROW: 0.1, Size.CAR: 0.5, Size.TRUCK: 6.0}
"""Cubic metres that a bag, a wheelbarrow, a car's boot and a small tipper truck hold."""


class CitySpec(Strict):
    """``layers/city.toml``."""

    format: Literal[1]
    id: Identifier
    name: str
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    timezone: Annotated[str, AfterValidator(_known_zone)]
    metric_crs: Annotated[str, AfterValidator(_metric)]
    primary_layer: Identifier
    boundary_layer: Identifier | None = None
    families: dict[Family, FamilySpec]
    categories: Annotated[tuple[CategorySpec, ...], Field(min_length=1)]
    emergency: tuple[EmergencySpec, ...] = ()
    questions: tuple[QuestionSpec, ...] = ()
    volumes_m3: dict[Size, Annotated[float, Field(gt=0, le=1000)]] = VOLUMES_M3
    children: ChildrenSpec | None = None
    evidence: EvidenceSpec | None = None
    quick_exit: QuickExitSpec | None = None
    layers: Annotated[tuple[LayerSpec, ...], Field(min_length=1)]
    places: tuple[PlacesSpec, ...] = ()
    streets: tuple[StreetsSpec, ...] = ()
    gazetteer: str | None = None


class PlanSpec(Strict):
    """A neighborhood plan: the units it covers and the categories it tracks."""

    id: Identifier
    name: Words
    layer: Identifier
    units: Annotated[tuple[str, ...], Field(min_length=1)]
    tracks: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class PlansSpec(Strict):
    """``layers/plans.toml``."""

    format: Literal[1]
    plans: tuple[PlanSpec, ...] = ()
