"""The report form as data: what was typed, what is wrong with it, and the report it makes."""

import dataclasses
import math
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ValidationError

from geo_reports.city import CategorySpec, City
from geo_reports.errors import (
    AddressNotFound,
    BadPhoto,
    GeoReportsError,
    InputError,
    OutsideCity,
    PhotoTooLarge,
    ProofNeeded,
    ReusedKey,
    SameReport,
    StoreError,
    StoreFull,
    TooManyRequests,
    UnknownCategory,
)
from geo_reports.look import N_
from geo_reports.report import Family, NewReport, Size

LONGEST = {"address": 200, "description": 4000, "contact": 200}
"""Characters a field may hold, as ``NewReport`` has it."""

FALLBACK = N_("Something cannot be read. Check what you wrote and send it again.")
_FIELDS = {"occurred_at": "day", "lon": "address", "lat": "address", "Idempotency-Key": ""}


class ReportForm(BaseModel):
    """What the form sends: text in every field, empty where nothing was typed."""

    family: str = ""
    category: str = ""
    address: str = ""
    candidate: str = ""
    lon: str = ""
    lat: str = ""
    accuracy_m: str = ""
    day: str = ""
    hour: str = ""
    size: str = ""
    description: str = ""
    contact: str = ""
    key: str = ""
    again: str = ""
    proof: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Fault:
    """One thing to correct: the field at fault ("" for the form), a message with its values, choices to offer."""

    field: str
    message: str
    values: dict[str, object] = dataclasses.field(default_factory=dict)
    choices: tuple[str, ...] = ()


def read(form: ReportForm, city: City) -> tuple[NewReport | None, list[Fault]]:
    """Return the report a form describes, or all its faults."""
    faults = [fault for fault in (_kind(form, city), _place(form), _time(form), *_lengths(form)) if fault]
    if faults:
        return None, faults
    try:
        return _report(form, city.categories[form.category]), []
    except ValidationError:  # what no person types, such as a NUL character
        return None, [Fault("", FALLBACK)]


def _report(form: ReportForm, category: CategorySpec) -> NewReport:
    located = bool(form.lon) and not form.candidate
    return NewReport(
        family=category.family,
        category=category.id,
        lon=_degrees(form.lon) if located else None,
        lat=_degrees(form.lat) if located else None,
        accuracy_m=_metres(form.accuracy_m) if located else None,
        address=None if located else (form.candidate or form.address).strip(),
        description=form.description.strip() or None,
        occurred_at=f"{form.day}T{form.hour}:00" if form.hour else form.day or None,
        size=Size(form.size) if category.family is Family.DUMP and form.size in set(Size) else None,
        contact=form.contact.strip() or None,
    )


def explain(error: GeoReportsError, form: ReportForm, city: City) -> Fault:
    """Say in the form's words why a report was not accepted; errors that say nothing to its sender are raised."""
    if isinstance(error, AddressNotFound):
        return _where(error, form)
    if isinstance(error, OutsideCity):
        message = N_("That place lies outside %(city)s. Correct it, or report it to the municipality it lies in.")
        return Fault("address", message, {"city": city.spec.name})
    if isinstance(error, UnknownCategory):
        return Fault("category", N_("Choose what you saw."))
    if isinstance(error, ReusedKey):
        return Fault("", N_("You sent this form before with other content. If it is another report, send it again."))
    if isinstance(error, SameReport):
        return Fault("again", N_("The same report came in a few minutes ago. Is it the same one?"))
    if isinstance(error, BadPhoto):
        return Fault("photo", _about_photo(error))
    if isinstance(error, InputError):
        at = _FIELDS.get(error.field or "", "")
        return Fault(at, N_("Write the day you saw it; it cannot be in the future.") if at == "day" else FALLBACK)
    if isinstance(error, ProofNeeded):
        return Fault("", N_("Very many reports are coming in right now. What you wrote is still here."))
    if isinstance(error, TooManyRequests):
        minutes = -(-error.retry_after_s // 60)
        message = N_("Many reports came from your network. What you wrote is still here: send it again in %(n)s min.")
        return Fault("", message, {"n": minutes})
    if isinstance(error, StoreFull):
        message = N_("We have no room for new reports right now. What you wrote is still here: send it again later.")
        return Fault("", message)
    if isinstance(error, StoreError):
        return Fault("", N_("We could not save your report. What you wrote is still here: send it again in a moment."))
    raise error


def _about_photo(error: BadPhoto) -> str:
    if isinstance(error, PhotoTooLarge):
        return N_("One of the photos is too large. Choose a smaller one, or send the report without it.")
    return N_("One of the files is no photo we can read. Choose another one, or send the report without it.")


def _where(error: AddressNotFound, form: ReportForm) -> Fault:
    typed = (form.candidate or form.address).strip().lower()
    others = tuple(label for label in error.candidates if label.lower() != typed)
    if len(others) < len(error.candidates):  # a street without a number: right, and too long to be a place
        message = N_("We know that street, but not which part of it. Add the number of a house close to the place.")
    elif others:
        message = N_("We are not sure where that is. Choose a place below, or write it in another way.")
    else:
        message = N_("We do not know that place. Write a street with a number, a school or a square.")
    return Fault("address", message, choices=others)


def _kind(form: ReportForm, city: City) -> Fault | None:
    category = city.categories.get(form.category)
    if category is None:
        return Fault("category", N_("Choose what you saw."))
    if form.family and form.family != category.family:
        return Fault("category", N_("What you chose belongs to the other kind of report. Choose one of the two."))
    return None


def _place(form: ReportForm) -> Fault | None:
    if form.candidate or (form.address.strip() and not form.lon):
        return None
    if not form.lon and not form.lat:
        return Fault("address", N_("Write where it is: a street with a number, a school or a square."))
    lon, lat = _degrees(form.lon), _degrees(form.lat)
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
