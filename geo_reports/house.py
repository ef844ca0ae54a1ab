"""What the doors are given: everything they may call, built once by ``app``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from geo_reports.accounts import Accounts
from geo_reports.city import City
from geo_reports.fieldwork import Fieldwork
from geo_reports.intake import Addresses, Flood, Intake, LookupLimit
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
    accounts: Accounts
    view: Callable[[Audience], View]
    clock: Callable[[], datetime]
    addresses: Addresses
    lookups: LookupLimit
    flood: Flood
    ready: Callable[[], dict[str, bool]]
    https: bool = False
    tiles: Tiles | None = None
    demo: bool = False
    post: Post | None = None
    witness: Witness | None = None
