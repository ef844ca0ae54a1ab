"""Faults between the units of a layer on its way in: where two share ground, and where nobody has it."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_reports.geography.topology import Topology, measure

WORST = 5
MAX_UNITS = 5000
MAX_VERTICES = 600_000


def measured(units: gpd.GeoDataFrame, metric_crs: str) -> Topology | None:
    """Overlaps, gaps and slivers of (n,) units in ``metric_crs``; None where the layer is too detailed for it."""
    return None if too_detailed(units) else measure(in_metres(units, metric_crs))


def too_detailed(units: gpd.GeoDataFrame) -> bool:
    """Tell whether the gaps of a layer would take minutes to find."""
    vertices = shapely.get_num_coordinates(np.asarray(units.geometry.array)).sum()
    return len(units) > MAX_UNITS or bool(vertices > MAX_VERTICES)


def in_metres(units: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoDataFrame:
    """Units with valid polygons in ``metric_crs``."""
    metric = units.to_crs(metric_crs)
    shapes = np.asarray(metric.geometry.array).copy()
    # a ring that is valid in degrees can cross itself by the last bit in metres
    crossed = ~shapely.is_valid(shapes)
    shapes[crossed] = shapely.buffer(shapes[crossed], 0)
    return metric.set_geometry(shapes, crs=metric.crs)


def totals(topology: Topology) -> dict[str, dict[str, Any]]:
    """Number and m² of each kind of fault, and the largest few with the units they lie between."""
    frames = {"overlaps": topology.overlaps, "gaps": topology.gaps, "slivers": topology.slivers}
    return {
        kind: {
            "count": len(frame),
            "area_m2": round(float(frame.area_m2.sum()), 1),
            "worst": [
                {"units": _units(row), "area_m2": round(float(row.area_m2), 2)}
                for row in frame.nlargest(WORST, "area_m2").itertuples(index=False)
            ],
        }
        for kind, frame in frames.items()
    }


def _units(row: Any) -> list[str]:
    found = row.units if hasattr(row, "units") else (row.unit_a, row.unit_b)
    return [str(unit) for unit in found if unit]
