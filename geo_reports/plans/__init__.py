"""Neighborhood plans: sums over the units and categories each plan is about."""

from geo_reports.plans.totals import LayerFrames, breakdown_by_plan, by_plan

__all__ = ["LayerFrames", "breakdown_by_plan", "by_plan"]
