"""What a report is: one observation by one person at one place and time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from geo_reports.errors import IllegalTransition, InputError


class Family(StrEnum):
    """The two kinds of report; their privacy differs in everything."""

    DUMP = "dump"
    SECURITY = "security"


class Status(StrEnum):
    """A state of the workflow."""

    HELD = "held"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CLEANED = "cleaned"
    VERIFIED = "verified"
    CLOSED_WITHOUT_SOLUTION = "closed_without_solution"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    RETRACTED = "retracted"


OPEN = frozenset({Status.RECEIVED, Status.ACKNOWLEDGED, Status.IN_PROGRESS})
CLOSED = frozenset({Status.CLEANED, Status.VERIFIED, Status.CLOSED_WITHOUT_SOLUTION})
FIXED = frozenset({Status.CLEANED, Status.VERIFIED})
"""Closed because the problem is gone: cleaned, and confirmed to be clean."""
WITHDRAWN = frozenset({Status.DUPLICATE, Status.REJECTED, Status.RETRACTED})
"""Neither open nor closed: they describe no incident of their own and are counted apart."""
UNSEEN = WITHDRAWN | {Status.HELD}
"""In no public list. What is held, a child's report before its approval, is in no count either."""

_ENDS = CLOSED - {Status.VERIFIED} | WITHDRAWN
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset({Status.RECEIVED, Status.REJECTED, Status.RETRACTED}),
    Status.RECEIVED: frozenset({Status.ACKNOWLEDGED, Status.IN_PROGRESS}) | _ENDS,
    Status.ACKNOWLEDGED: frozenset({Status.IN_PROGRESS}) | _ENDS,
    Status.IN_PROGRESS: frozenset({Status.ACKNOWLEDGED}) | _ENDS,
    Status.CLEANED: frozenset({Status.VERIFIED, Status.IN_PROGRESS, Status.ACKNOWLEDGED}),
    Status.VERIFIED: frozenset({Status.IN_PROGRESS, Status.ACKNOWLEDGED}),
    Status.CLOSED_WITHOUT_SOLUTION: frozenset({Status.ACKNOWLEDGED, Status.IN_PROGRESS}),
    Status.DUPLICATE: frozenset({Status.ACKNOWLEDGED}),
    Status.REJECTED: frozenset({Status.ACKNOWLEDGED}),
    Status.RETRACTED: frozenset(),
}
"""Which status may follow which; the way back from an end is how a wrong closing is corrected."""


class CloseReason(StrEnum):
    """Why a report ends without a solution."""

    NOT_FOUND = "not_found"
    PRIVATE_LAND = "private_land"
    OTHER_AGENCY = "other_agency"
    NEEDS_MACHINERY = "needs_machinery"
    NOT_OURS = "not_ours"
    NO_PROBLEM = "no_problem"
    ABUSIVE = "abusive"
    TEST = "test"
    OTHER = "other"


REASONS: dict[Status, tuple[CloseReason, ...]] = {
    Status.CLOSED_WITHOUT_SOLUTION: (
        CloseReason.NOT_FOUND,
        CloseReason.PRIVATE_LAND,
        CloseReason.OTHER_AGENCY,
        CloseReason.NEEDS_MACHINERY,
        CloseReason.OTHER,
    ),
    Status.REJECTED: (
        CloseReason.NOT_OURS,
        CloseReason.NO_PROBLEM,
        CloseReason.ABUSIVE,
        CloseReason.TEST,
        CloseReason.OTHER,
    ),
}
"""Statuses that need a reason, and which ones."""


def check_transition(old: Status, new: Status, reason: CloseReason | None) -> None:
    """Raise ``IllegalTransition`` or ``InputError`` unless ``new`` may follow ``old`` for ``reason``."""
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "nothing else"
        raise IllegalTransition(f"A report that is {old} cannot become {new}; it can become: {allowed}.")
    fitting = REASONS.get(new, ())
    if not fitting and reason is not None:
        raise InputError(f"A report becomes {new} without a reason; leave it out.", field="reason")
    if fitting and reason not in fitting:
        raise InputError(f"A report becomes {new} for a reason: {', '.join(fitting)}.", field="reason")


class Size(StrEnum):
    """How much waste a dump holds, by what would carry it."""

    BAG = "bag"
    WHEELBARROW = "wheelbarrow"
    CAR = "car"
    TRUCK = "truck"


class Channel(StrEnum):
    """The way a report came in."""

    WEB = "web"
    API = "api"
    PHONE = "phone"
    IMPORT = "import"
    DEMO = "demo"
    CHILDREN = "children"


Answers = dict[str, str | list[str] | bool]
"""Answers to the city's questions, by the question's id: an option's id, several of them, or yes and no."""


class Precision(StrEnum):
    """How exactly the time of an observation is known."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    UNKNOWN = "unknown"


class Audience(StrEnum):
    """Who is looking; ``privacy`` decides what each may see."""

    PUBLIC = "public"
    RESIDENT = "resident"
    CREW = "crew"
    PLANNER = "planner"
    MODERATOR = "moderator"
    ADMIN = "admin"


_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
FIRST_YEAR = 1900
"""An observation before this year is a typing error."""


@dataclass(frozen=True)
class Occurred:
    """When something was observed: the UTC start of a local hour, day or month, or nothing.

    ``month`` is the local calendar month as ``yyyymm``, 0 where the time is unknown.
    """

    at: datetime | None
    precision: Precision
    month: int

    @classmethod
    def unknown(cls) -> "Occurred":
        """No time is known."""
        return cls(None, Precision.UNKNOWN, 0)

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> "Occurred":
        """Read ``2026-09``, ``2026-09-30`` or ``2026-09-30T14:05`` (local unless it has an offset).

        Raises ``InputError`` for any other form. Minutes are dropped: an hour is the finest precision kept.
        A local time that a clock change skips is taken as the first one after it.
        """
        text = text.strip()
        try:
            local, precision = _read_time(text, zone)
            if local.year < FIRST_YEAR:
                raise ValueError("before the first year")
            return cls.local(local, precision)
        except (ValueError, OverflowError):
            raise InputError(
                f"Cannot read the time {text!r}: write 2026-09, 2026-09-30 or 2026-09-30T14:00.",
                field="occurred_at",
            ) from None

    @classmethod
    def local(cls, moment: datetime, precision: Precision) -> "Occurred":
        """Describe an aware local ``moment`` that starts an hour, day or month."""
        return cls(moment.astimezone(UTC), precision, moment.year * 100 + moment.month)


@lru_cache(maxsize=1024)  # many see something on the same day
def _read_time(text: str, zone: ZoneInfo) -> tuple[datetime, Precision]:
    """Aware local start of the hour, day or month that a text names; ``ValueError`` for any other text."""
    if _MONTH.fullmatch(text):
        return datetime.fromisoformat(f"{text}-01").replace(tzinfo=zone), Precision.MONTH
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=zone), Precision.DAY
    if not _MOMENT.fullmatch(text):
        raise ValueError("no known form")  # fromisoformat reads more: weeks, days without dashes
    moment = datetime.fromisoformat(text)
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return local.replace(minute=0, second=0, microsecond=0), Precision.HOUR


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the text holds a NUL character; send it without")  # PostgreSQL cannot keep one
    return text


def read_clock(text: str, zone: ZoneInfo) -> datetime:
    """Read what a sender's clock said (ISO 8601, local unless it has an offset); ``ValueError`` for any other text."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("write it like 2026-09-30T14:05:00Z")
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _is_moment(text: str) -> str:
    read_clock(text, ZoneInfo("UTC"))
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_no_nul)]


class NewReport(BaseModel):
    """A report as it is sent: WGS 84 longitude and latitude in degrees, or an address.

    ``occurred_at`` is text that ``Occurred.parse`` reads; ``sent_at`` is what the sender's clock says, which is kept
    and never trusted. Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # what a person wrote belongs in no log
        json_schema_extra={
            "examples": [
                {
                    "family": "dump",
                    "category": "rubble",
                    "lon": -70.7577,
                    "lat": -33.5107,
                    "accuracy_m": 12,
                    "size": "car",
                    "description": "Escombros junto a la plaza",
                    "occurred_at": "2026-09-30",
                }
            ]
        },
    )

    family: Family
    category: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    description: Text | None = None
    occurred_at: Annotated[str, StringConstraints(max_length=40)] | None = None
    size: Size | None = None
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    sent_at: Annotated[str, StringConstraints(max_length=40), AfterValidator(_is_moment)] | None = None
    answers: Annotated[Answers, Field(max_length=20)] = {}

    @model_validator(mode="after")
    def _one_place(self) -> "NewReport":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat go together: send both or neither")
        if self.lon is None and not self.address:
            raise ValueError("a report needs a place: send lon and lat, or an address")
        if self.lon == 0 and self.lat == 0:
            raise ValueError("lon 0, lat 0 is a device without a position, not a place")
        if self.size is not None and self.family is not Family.DUMP:
            raise ValueError("only a dump has a size")
        return self


@dataclass(frozen=True)
class Report:
    """One stored report. Longitude and latitude are WGS 84 degrees; times are UTC."""

    public_id: str
    family: Family
    category: str
    lon: float
    lat: float
    accuracy_m: float | None
    occurred: Occurred
    received_at: datetime
    source: str
    source_id: str
    channel: Channel
    status: Status = Status.RECEIVED
    size: Size | None = None
    description: str | None = None
    closed_at: datetime | None = None
    outside: bool = False


def future(occurred: Occurred, now: datetime) -> bool:
    """Tell whether a time is later than ``now`` by more than a wrong phone clock explains (1 hour)."""
    return occurred.at is not None and occurred.at > now + timedelta(hours=1)


def month_text(month: int) -> str:
    """``yyyymm`` as people and programs write it (2026-09); empty for 0, an unknown time."""
    return f"{month // 100:04d}-{month % 100:02d}" if month else ""
