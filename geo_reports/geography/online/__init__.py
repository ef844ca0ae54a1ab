"""Opt-in: ask a service outside for addresses that the city's own gazetteer does not know.

Nothing here is used unless a city names a service in its settings.
"""

from geo_reports.geography.online.geocoder import OnlineGeocoder
from geo_reports.geography.online.judge import chosen, join
from geo_reports.geography.online.service import KINDS, Service

__all__ = ["KINDS", "OnlineGeocoder", "Service", "chosen", "join"]
