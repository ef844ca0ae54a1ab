"""The report form as data: what was typed, what is wrong with it, and the report it makes."""

import math
from datetime import date

from pydantic import BaseModel, ValidationError

from geo_reports.city import CategorySpec, City
from geo_reports.look import N_
from geo_reports.report import Answers, Family, NewReport, Size
from geo_reports.web.report_answers import PREFIX, read_answers
from geo_reports.web.report_faults import FALLBACK, Fault, explain

__all__ = ["FALLBACK", "HOURS", "LONGEST", "Fault", "ReportForm", "carried", "explain", "read"]

LONGEST = {"address": 200, "description": 4000, "contact": 200}
"""Characters a field may hold, as ``NewReport`` has it."""

CHECK, SEND, EDIT = "check", "send", "edit"
"""Steps a form asks for: look at it first (what any other word means too), send it, or go back to it."""
NOT_THERE = "no"
"""Answer to whether the problem is where a photo was taken."""


class ReportForm(BaseModel):
    """What the form sends: text in every field, empty where nothing was typed.

    ``spot`` is the place of a photo, "lon lat", that its sender confirmed; ``found`` is the place, "lon lat accuracy",
    that the address was found at when the form was looked at before, so that what was shown is what is sent.
    """

    family: str = ""
    category: str = ""
    address: str = ""
    candidate: str = ""
    lon: str = ""
    lat: str = ""
    accuracy_m: str = ""
    spot: str = ""
    found: str = ""
    day: str = ""
    hour: str = ""
    size: str = ""
    description: str = ""
    contact: str = ""
    answers: dict[str, list[str]] = {}
    key: str = ""
    step: str = ""
    nearby_seen: str = ""
    again: str = ""
    proof: str = ""
    ticket: str = ""

    @property
    def place(self) -> tuple[str, str, str] | None:
        """Longitude, latitude and accuracy as text where the form holds a point, None where it holds words."""
        if self.candidate:
            return None
        if self.found and len(parts := self.found.split()) in (2, 3):
            return parts[0], parts[1], parts[2] if len(parts) == 3 else ""
        if self.lon or self.lat:
            return self.lon, self.lat, self.accuracy_m
        spot = self.spot.split()
        return (spot[0], spot[1], "") if len(spot) == 2 and not self.address.strip() else None


_ONCE = {"answers", "step", "spot", "candidate", "again", "proof", "ticket"}
"""Fields that are not carried on by themselves: they were used up, or stand in a part of their own."""


def carried(form: ReportForm, tickets: list[str]) -> list[tuple[str, str]]:
    """Name and value of the hidden fields that carry a form, with its photos, from one page to the next."""
    fields = [(name, value) for name, value in form.model_dump(exclude=_ONCE).items() if value]
    chosen = [(PREFIX + name, value) for name, values in form.answers.items() for value in values]
    return fields + chosen + [("held", ticket) for ticket in tickets]


def read(form: ReportForm, city: City) -> tuple[NewReport | None, list[Fault]]:
    """Return the report a form describes, or all its faults."""
    category = city.categories.get(form.category)
    answers, wrong = read_answers(city, category, form.answers) if category else ({}, [])
    faults = [fault for fault in (_kind(form, category), _place(form), _time(form), *_lengths(form)) if fault]
    if category is None or faults or wrong:
        return None, faults + wrong
    try:
        return _report(form, category, answers), []
    except ValidationError:  # what no person types, such as a NUL character
        return None, [Fault("", FALLBACK)]


def _report(form: ReportForm, category: CategorySpec, answers: Answers) -> NewReport:
    lon, lat, accuracy_m = form.place or ("", "", "")
    return NewReport(
        family=category.family,
        category=category.id,
        lon=_degrees(lon) if form.place else None,
        lat=_degrees(lat) if form.place else None,
        accuracy_m=_metres(accuracy_m) if form.place else None,
        address=None if form.place else (form.candidate or form.address).strip(),
        description=form.description.strip() or None,
        occurred_at=f"{form.day}T{form.hour}:00" if form.hour else form.day or None,
        size=Size(form.size) if category.family is Family.DUMP and form.size in set(Size) else None,
        contact=form.contact.strip() or None,
        answers=answers,
    )


def _kind(form: ReportForm, category: CategorySpec | None) -> Fault | None:
    if category is None:
        return Fault("category", N_("Choose what you saw."))
    if form.family and form.family != category.family:
        return Fault("category", N_("What you chose belongs to the other kind of report. Choose one of the two."))
    return None


def _place(form: ReportForm) -> Fault | None:
    point = form.place
    if point is None:
        if form.candidate or form.address.strip():
            return None
        return Fault("address", N_("Write where it is: a street with a number, a school or a square."))
    lon, lat = _degrees(point[0]), _degrees(point[1])
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90 or (lon == 0 and lat == 0):
        return Fault("address", N_("We could not use your location. Write the address instead."))
    return None


def _time(form: ReportForm) -> Fault | None:
    if form.hour and not form.day:
        return Fault("day", N_("You chose an hour: choose the day too."))
    try:
        usable = not form.day or bool(date.fromisoformat(form.day))
    except ValueError:
        usable = False
    if not usable or (form.hour and form.hour not in HOURS):
        return Fault("day", N_("We could not read the day. Write it like 2026-09-30."))
    return None


HOURS = tuple(f"{hour:02}" for hour in range(24))
"""Hours to choose from; nothing finer is kept."""


def _lengths(form: ReportForm) -> list[Fault]:
    return [
        Fault(name, N_("This is too long: at most %(n)s characters."), {"n": most})
        for name, most in LONGEST.items()
        if len(getattr(form, name).strip()) > most
    ]


def _degrees(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _metres(text: str) -> float | None:
    value = _degrees(text)
    return value if value is not None and 0 <= value <= 100_000 else None
