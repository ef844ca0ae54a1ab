"""The city folder: ``layers/`` and ``maps/``, read, validated whole, and held as frozen data."""

from geo_reports.city.answers import check_answers, read_answers
from geo_reports.city.folder import City, Layer, LayerVersion, Place, load
from geo_reports.city.maps import MapSpec
from geo_reports.city.model import CategorySpec, PlanSpec, QuestionSpec

__all__ = [
    "CategorySpec",
    "City",
    "Layer",
    "LayerVersion",
    "MapSpec",
    "Place",
    "PlanSpec",
    "QuestionSpec",
    "check_answers",
    "load",
    "read_answers",
]
