"""The door for programs: GeoJSON, JSON and CSV under ``/api/v1``, described by OpenAPI."""

from geo_reports.api.errors import install_errors
from geo_reports.api.lane import install_lane
from geo_reports.api.openapi import OPENAPI
from geo_reports.api.router import create_api

__all__ = ["OPENAPI", "create_api", "install_errors", "install_lane"]
