"""What staff do with a report."""

from geo_reports.fieldwork.desk import MAY_PUBLISH, Fieldwork
from geo_reports.fieldwork.moderation import MAY_MODERATE, Decided, Moderation

__all__ = ["MAY_MODERATE", "MAY_PUBLISH", "Decided", "Fieldwork", "Moderation"]
