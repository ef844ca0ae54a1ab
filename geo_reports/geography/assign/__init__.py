"""Point to unit: see ``AssignmentIndex``."""

from geo_reports.geography.assign.index import MANY, AssignmentIndex

__all__ = ["MANY", "AssignmentIndex"]
