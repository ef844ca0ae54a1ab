"""Locate a report: assign a point to exactly one unit per layer, find a place from words, grids."""

from geo_reports.geography.assign import AssignmentIndex
from geo_reports.geography.gazetteer import CONFIDENT, Candidate, Gazetteer, Nearby

__all__ = ["CONFIDENT", "AssignmentIndex", "Candidate", "Gazetteer", "Nearby"]
