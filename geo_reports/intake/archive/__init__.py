"""Import archives of reports that exist elsewhere."""

from geo_reports.intake.archive.run import Archive, Summary

__all__ = ["Archive", "Summary"]
