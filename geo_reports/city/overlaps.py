"""Warn of units that overlap or leave gaps: faults of an edition that change where a report counts."""

from pathlib import Path

import geopandas as gpd
import numpy as np

from geo_reports.city.folder import Layer
from geo_reports.city.incoming.faults import in_metres, too_detailed
from geo_reports.city.toml import Findings
from geo_reports.geography.topology import measure, overlaps, width_m

TOLERANCE_M2 = 1.0
"""Faults smaller than this are rounding of coordinates, not disagreement."""
TOLERANCE_M = 0.01
"""So are those narrower than this, however long: two drawings of one border, to the centimetre."""
MOST_GAPS = 5
"""Gaps that are named, the largest; the rest is counted, as a city may leave many lakes out on purpose."""


def warn_of_faults(layer: Layer, metric_crs: str, findings: Findings) -> None:
    """Note each pair of units of each edition that shares ground, and the ground between units that none has.

    Only ``check`` asks for it: a service starts without, as the answer to every point is the same.
    Gaps are not looked for where a layer is too detailed.
    """
    for version in layer.versions:
        path = findings.root / "layers" / version.spec.file
        units = in_metres(version.units, metric_crs)
        if too_detailed(units):
            _warn_of_overlaps(overlaps(units), path, findings)
            continue
        found = measure(units)
        _warn_of_overlaps(found.overlaps, path, findings)
        _warn_of_gaps(found.gaps, path, findings)


def _warn_of_overlaps(found: gpd.GeoDataFrame, path: Path, findings: Findings) -> None:
    for row in _real(found).itertuples(index=False):
        findings.warn(
            path,
            f"{row.unit_a} and {row.unit_b}",
            f"overlap by {row.area_m2:,.0f} m²",
            f"correct the layer; until then reports there count for {row.unit_a}",
        )


def _warn_of_gaps(found: gpd.GeoDataFrame, path: Path, findings: Findings) -> None:
    real = _real(found)
    for row in real.head(MOST_GAPS).itertuples(index=False):
        units = " and ".join(row.units)
        wrong = f"leave out {row.area_m2:,.0f} m²" if len(row.units) > 1 else f"leaves out {row.area_m2:,.0f} m²"
        findings.warn(path, units, wrong, "correct the layer, unless it is meant; reports there count for no unit")
    if len(real) > MOST_GAPS:
        rest = real.area_m2[MOST_GAPS:]
        wrong = f"have {len(rest)} smaller gaps, {rest.sum():,.0f} m² in all"
        findings.warn(path, "units", wrong, "see them all with geo-reports layers add FILE --dry-run --qa-map MAP.html")


def _real(faults: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Faults that are more than rounding, the largest first."""
    wide = width_m(np.asarray(faults.geometry.array)) > TOLERANCE_M
    return faults[(faults.area_m2 > TOLERANCE_M2) & wide]
