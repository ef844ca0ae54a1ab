"""Accept reports: one at a time with a receipt, or an archive of them."""

from geo_reports.intake.accept import Accepted, Examined, Intake, Pending
from geo_reports.intake.addresses import Addresses
from geo_reports.intake.admission import Admission
from geo_reports.intake.flood import Challenge, Flood, Proof
from geo_reports.intake.hints import Hint, HintKind, find_hints
from geo_reports.intake.keys import ServerKey, open_key
from geo_reports.intake.limits import LookupLimit, WriteLimit
from geo_reports.intake.locate import Locator
from geo_reports.intake.photos import MOST as MOST_PHOTOS
from geo_reports.intake.photos import MOST_BYTES as MOST_PHOTO_BYTES
from geo_reports.intake.photos import HeldPhoto, Photos, check_number, originals
from geo_reports.intake.voices import Voices

__all__ = [
    "MOST_PHOTOS",
    "MOST_PHOTO_BYTES",
    "Accepted",
    "Addresses",
    "Admission",
    "Challenge",
    "Examined",
    "Flood",
    "HeldPhoto",
    "Hint",
    "HintKind",
    "Intake",
    "Locator",
    "LookupLimit",
    "Pending",
    "Photos",
    "Proof",
    "ServerKey",
    "Voices",
    "WriteLimit",
    "check_number",
    "find_hints",
    "open_key",
    "originals",
]
