"""The closed vocabulary of ``maps/*.toml``: one map, one audience, and what lies on it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from geo_reports.city.model import Identifier, Strict, Words
from geo_reports.report import Audience, Family, Status


class _LayerDef(Strict):
    """What every map layer has: its name, and whether it is drawn when the map opens."""

    name: Words
    shown: bool = True


class PointsDef(_LayerDef):
    """Reports as signs, one each; only categories whose publication allows points ever appear."""

    kind: Literal["points"]
    family: Family = Family.DUMP
    categories: tuple[Identifier, ...] = ()
    statuses: tuple[Status, ...] = ()
    window_days: Annotated[int, Field(ge=1)] | None = None


class AreaCountsDef(_LayerDef):
    """One graduated circle per unit of the city's primary layer, from monthly counts."""

    kind: Literal["area_counts"]
    family: Family = Family.SECURITY
    months: Annotated[int, Field(ge=1, le=120)] = 12


class ChoroplethDef(_LayerDef):
    """Units filled by a count or a rate, in classes from mapclassify."""

    kind: Literal["choropleth"]
    family: Family
    categories: tuple[Identifier, ...] = ()
    statuses: tuple[Status, ...] = ()
    months: Annotated[int, Field(ge=1, le=120)] | Literal["all"] = 12
    measure: Literal["count", "per_1000", "per_km2"] = "count"
    scheme: Literal["quantiles", "fisher_jenks"] = "quantiles"
    classes: Annotated[int, Field(ge=2, le=7)] = 5


SECURITY_CELL_M = 200
"""Smallest cell for security reports: a smaller one comes close to being a point."""


class HotspotsDef(_LayerDef):
    """Square cells with more reports around them than chance explains (Getis-Ord Gi*)."""

    kind: Literal["hotspots"]
    family: Family
    categories: tuple[Identifier, ...] = ()
    cell_m: Annotated[int, Field(ge=50, le=10_000)] = 500
    window_days: Annotated[int, Field(ge=1)] | Literal["all"] = 365
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05

    @model_validator(mode="after")
    def _no_cell_like_a_point(self) -> "HotspotsDef":
        if self.family is Family.SECURITY and self.cell_m < SECURITY_CELL_M:
            raise ValueError(f"cell_m of security reports is at least {SECURITY_CELL_M}; widen the cells")
        return self


class PlacesDef(_LayerDef):
    """Named places of the city folder."""

    kind: Literal["places"]
    kinds: tuple[Identifier, ...]


MapLayerDef = Annotated[
    PointsDef | AreaCountsDef | ChoroplethDef | HotspotsDef | PlacesDef, Field(discriminator="kind")
]


class MapSpec(Strict):
    """One file of ``maps/``. It names an audience and may narrow what that audience sees, never widen it."""

    format: Literal[1]
    title: Words
    description: Words
    audience: Audience
    until: Literal["today", "last_report"] = "today"
    layers: Annotated[tuple[MapLayerDef, ...], Field(min_length=1)]
