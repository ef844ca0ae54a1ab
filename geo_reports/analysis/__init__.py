"""Pure functions on frames: sums per unit and hotspots; knows neither HTTP nor SQL."""

from geo_reports.analysis.aggregates import breakdown, by_unit, incidents
from geo_reports.analysis.hotspots import find_hotspots

__all__ = ["breakdown", "by_unit", "find_hotspots", "incidents"]
