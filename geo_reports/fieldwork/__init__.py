"""What staff do with a report."""

from geo_reports.fieldwork.desk import MAY_PUBLISH, Fieldwork

__all__ = ["MAY_PUBLISH", "Fieldwork"]
