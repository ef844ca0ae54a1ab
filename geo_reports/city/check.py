"""``check``: everything wrong in a city folder, including what is too slow to ask at every start."""

from pathlib import Path

import numpy as np
import shapely

from geo_reports.city.folder import City, Layer, read
from geo_reports.city.toml import Findings
from geo_reports.errors import Problem

SLIVER_M2 = 1.0
"""Overlaps smaller than this are rounding of coordinates, not disagreement."""


def check(root: Path) -> tuple[list[Problem], list[Problem]]:
    """All problems and all warnings of a city folder; it can be used when there are no problems."""
    city, findings = read(root)
    if city is not None:
        for layer in city.layers.values():
            _overlaps(layer, city.spec.metric_crs, findings)
        _places_outside(city, findings)
    return findings.problems, findings.warnings


def _overlaps(layer: Layer, metric_crs: str, findings: Findings) -> None:
    """Warn of units that overlap: there the unit whose id sorts first wins."""
    for version in layer.versions:
        units = version.units
        shapes = np.asarray(units.to_crs(metric_crs).geometry.array)
        left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        pairs = left < right
        left, right = left[pairs], right[pairs]
        area_m2 = shapely.area(shapely.intersection(shapes[left], shapes[right]))
        for a, b, m2 in zip(left, right, area_m2, strict=True):
            if m2 > SLIVER_M2:
                findings.warn(
                    findings.root / "layers" / version.spec.file,
                    f"{units.unit[a]} and {units.unit[b]}",
                    f"overlap by {m2:.0f} m²",
                    f"correct the layer; until then reports there count for {units.unit[a]}",
                )


def _places_outside(city: City, findings: Findings) -> None:
    if not city.places:
        return
    inside = city.contains([place.lon for place in city.places], [place.lat for place in city.places])
    for place, here in zip(city.places, inside, strict=True):
        if not here:
            findings.warn(
                findings.root / "layers" / "city.toml",
                f"places[{place.kind}]",
                f"{place.name!r} lies outside the city",
                "correct its position, or remove it",
            )
