"""What the doors are given: everything they may call, built once by ``app``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from geo_reports.accounts import Accounts
from geo_reports.city import City
from geo_reports.fieldwork import Fieldwork, Moderation
from geo_reports.fieldwork.followup import Followup
from geo_reports.fieldwork.photos import PhotoDesk
from geo_reports.intake import Addresses, Flood, Intake, LookupLimit
from geo_reports.intake.subscriptions import Subscriptions
from geo_reports.intake.voices import Voices
from geo_reports.intake.witness import Witness
from geo_reports.post import Post
from geo_reports.privacy import View
from geo_reports.report import Audience


@dataclass(frozen=True)
class Tiles:
    """Opt-in background tiles: a URL template with {z}, {x}, {y}, and the text that credits them."""

    url: str
    attribution: str


@dataclass(frozen=True)
class House:
    """Collaborators of ``web``, ``api`` and ``cli``."""

    city: City
    intake: Intake
    fieldwork: Fieldwork
    moderation: Moderation
    photo_desk: PhotoDesk
    accounts: Accounts
    view: Callable[[Audience], View]
    clock: Callable[[], datetime]
    addresses: Addresses
    lookups: LookupLimit
    flood: Flood
    voices: Voices
    areas: Subscriptions
    followup: Followup
    ready: Callable[[], dict[str, bool]]
    https: bool = False
    tiles: Tiles | None = None
    demo: bool = False
    post: Post | None = None
    public_url: str = ""
    witness: Witness | None = None
