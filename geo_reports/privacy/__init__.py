"""The one door out: what each audience may ever see."""

from geo_reports.privacy.cube import AreaCounts
from geo_reports.privacy.moves import Moves
from geo_reports.privacy.points import POINT_COLUMNS, Filters, ReportPage
from geo_reports.privacy.story import Story, StoryEvent
from geo_reports.privacy.view import View

__all__ = ["POINT_COLUMNS", "AreaCounts", "Filters", "Moves", "ReportPage", "Story", "StoryEvent", "View"]
