"""Warnings of ``check`` for layers a person put into the folder by hand: where they lie, and how they are spelt."""

import numpy as np
import shapely

from geo_reports.city.folder import Layer
from geo_reports.city.incoming.axes import Ground, far
from geo_reports.city.incoming.reader import unmangled
from geo_reports.city.toml import Findings


def warn_of_texts(layer: Layer, findings: Findings) -> None:
    """Note names whose letters were read in the wrong encoding."""
    for version in layer.versions:
        path = findings.root / "layers" / version.spec.file
        for row in version.units.itertuples(index=False):
            better = None if row.name.isascii() else unmangled(row.name)
            if better:
                wrong = f"{row.name!r} looks like {better!r} read in the wrong encoding"
                remedy = "bring it in with geo-reports layers add --encoding utf-8, or save it again"
                findings.warn(path, f"unit {row.unit}", wrong, remedy)


def warn_of_places(layer: Layer, ground: Ground, findings: Findings) -> None:
    """Note units that lie nowhere near the city's boundary."""
    for version in layer.versions:
        path = findings.root / "layers" / version.spec.file
        units = version.units
        away = far(units, ground)
        if len(away) == len(units):
            swapped = units.set_geometry(
                shapely.transform(np.asarray(units.geometry.array), lambda xy: xy[:, ::-1]), crs=units.crs
            )
            fits = not far(swapped, ground)
            remedy = "its axes are swapped: write longitude first" if fits else "see that it is the right file and CRS"
            findings.warn(path, "file", f"lies {min(away.values()):,.0f} km from {ground.name}", remedy)
            continue
        for row, km in away.items():
            unit = f"unit {units.unit.iloc[row]}"
            findings.warn(path, unit, f"lies {km:,.0f} km from {ground.name}", "correct its place, or remove it")
