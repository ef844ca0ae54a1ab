"""``check``: everything wrong in a city folder, including what is too slow to ask at every start."""

from pathlib import Path

from geo_reports.city.folder import City, read
from geo_reports.city.incoming.axes import Ground
from geo_reports.city.incoming.second_look import warn_of_places, warn_of_texts
from geo_reports.city.overlaps import warn_of_faults
from geo_reports.city.toml import Findings
from geo_reports.errors import Problem


def check(root: Path) -> tuple[list[Problem], list[Problem]]:
    """All problems and all warnings of a city folder; it can be used when there are no problems."""
    city, findings = read(root)
    if city is not None:
        for layer in city.layers.values():
            warn_of_faults(layer, city.spec.metric_crs, findings)
            warn_of_texts(layer, findings)
            warn_of_places(layer, Ground.of(city), findings)
        _places_outside(city, findings)
    return findings.problems, findings.warnings


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
