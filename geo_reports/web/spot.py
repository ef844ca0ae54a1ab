"""The place a photo was taken at, offered to its sender: never used without being asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

from geo_reports.intake import HeldPhoto
from geo_reports.look import N_
from geo_reports.web.report_faults import Fault
from geo_reports.web.report_form import ReportForm
from geo_reports.web.visit import Visit

NEAR_M = 400.0
"""What is farther away tells nobody where a point is."""
ASKED = Fault("spot", N_("Your photo tells a place. Say whether the problem is there."))


@dataclass(frozen=True)
class Spot:
    """A place to confirm: ``value`` is what the form sends back, ``label`` what lies there, empty where unknown."""

    value: str
    label: str


def spot_of(here: Visit, form: ReportForm, photos: Sequence[HeldPhoto]) -> Spot | None:
    """Place to ask about while a form has none: that of its first photo in the city, or the one asked about before."""
    if form.address.strip() or form.candidate or form.lon or form.lat:
        return None
    if form.spot:
        return _spot(here, *map(float, form.place[:2])) if form.place and _numbers(form.place[:2]) else None
    city = here.house.city
    places = [photo.place for photo in photos if photo.place is not None]
    return next((_spot(here, lon, lat) for lon, lat in places if city.contains([lon], [lat])[0]), None)


def _spot(here: Visit, lon: float, lat: float) -> Spot:
    return Spot(f"{lon:.6f} {lat:.6f}", label_near(here, lon, lat))


def label_near(here: Visit, lon: float, lat: float) -> str:
    """The address or the place of the gazetteer that is nearer to a point; empty where neither is near."""
    near = here.house.city.gazetteer.reverse(lon, lat)
    away, label = min((near.place_m, near.place), (near.street_m, near.label))
    return label if away <= NEAR_M else ""


def _numbers(texts: Sequence[str]) -> bool:
    return all(text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii() for text in texts)
