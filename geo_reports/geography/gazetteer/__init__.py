"""Addresses, intersections and places to points and back, from a file and without asking anyone outside."""

from geo_reports.geography.gazetteer.build import Line, Source, build, read_csv
from geo_reports.geography.gazetteer.candidate import CONFIDENT, PLAUSIBLE, Candidate, Nearby
from geo_reports.geography.gazetteer.names import normal
from geo_reports.geography.gazetteer.osm import read_osm
from geo_reports.geography.gazetteer.search import Gazetteer

__all__ = [
    "CONFIDENT",
    "PLAUSIBLE",
    "Candidate",
    "Gazetteer",
    "Line",
    "Nearby",
    "Source",
    "build",
    "normal",
    "read_csv",
    "read_osm",
]
