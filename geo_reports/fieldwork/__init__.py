"""What staff do with a report."""

from geo_reports.fieldwork.desk import Fieldwork

__all__ = ["Fieldwork"]
