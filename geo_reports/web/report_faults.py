"""What is wrong with a report form, in the words of its sender."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_reports.city import City
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

if TYPE_CHECKING:
    from geo_reports.web.report_form import ReportForm

FALLBACK = N_("Something cannot be read. Check what you wrote and send it again.")
_FIELDS = {"occurred_at": "day", "lon": "address", "lat": "address", "Idempotency-Key": ""}


@dataclass(frozen=True)
class Fault:
    """One thing to correct: the field at fault ("" for the form), a message with its values, choices to offer."""

    field: str
    message: str
    values: dict[str, object] = dataclasses.field(default_factory=dict)
    choices: tuple[str, ...] = ()


def explain(error: GeoReportsError, form: "ReportForm", city: City) -> Fault:
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


def _where(error: AddressNotFound, form: "ReportForm") -> Fault:
    typed = (form.candidate or form.address).strip().lower()
    others = tuple(label for label in error.candidates if label.lower() != typed)
    if len(others) < len(error.candidates):  # a street without a number: right, and too long to be a place
        message = N_("We know that street, but not which part of it. Add the number of a house close to the place.")
    elif others:
        message = N_("We are not sure where that is. Choose a place below, or write it in another way.")
    else:
        message = N_("We do not know that place. Write a street with a number, a school or a square.")
    return Fault("address", message, choices=others)
