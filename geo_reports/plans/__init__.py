"""Neighborhood plans: sums over the units and categories each plan is about."""

from geo_reports.plans.totals import LayerFrames, by_plan

__all__ = ["LayerFrames", "by_plan"]
