"""What each audience may ever see. Policy as data; map files and query parameters can only narrow it."""

from geo_reports.city import CategorySpec
from geo_reports.report import UNSEEN, Audience, Family, Status

SUPPRESS_BELOW = 5
"""Counts of area-published categories below this appear as a range, zero included."""
SECURITY_DELAY_DAYS = 30
"""Days after the end of a month before its area-published counts become public."""
PUBLIC_DECIMALS = 4
"""Decimals of public coordinates: about 11 m, enough to find a dump, not to name a door."""
PLACE_DECIMALS = 7
"""Decimals of coordinates that crews work with: about 1 cm."""

STAFF = frozenset({Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN})
EXACT_COUNTS = frozenset({Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN})
HOTSPOTS = frozenset({Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN})
TEXT_AS_SENT = frozenset({Audience.CREW, Audience.MODERATOR, Audience.ADMIN})
DESK = frozenset({Audience.CREW, Audience.MODERATOR, Audience.ADMIN})
READS_CONTACT = frozenset({Audience.MODERATOR, Audience.ADMIN})
APPROVES = frozenset({Audience.MODERATOR, Audience.ADMIN})
OPENS_SECURITY = frozenset({Audience.MODERATOR, Audience.ADMIN})


def sees(audience: Audience, status: Status) -> bool:
    """Tell whether single reports of a status are shown: withdrawn ones to staff, held ones to those who approve."""
    if status is Status.HELD:
        return audience in APPROVES
    return audience in STAFF or status not in UNSEEN


def as_points(audience: Audience, category: CategorySpec) -> bool:
    """Tell whether reports of a category may appear one by one with a place.

    Security never does, unless the city declared the category to be about a thing and public.
    """
    return category.published == "point" or (category.family is Family.DUMP and audience in STAFF)


def as_exact_counts(audience: Audience, category: CategorySpec) -> bool:
    """Tell whether counts of a category may be given without suppression."""
    return audience in EXACT_COUNTS or as_points(audience, category)


def as_areas(audience: Audience, category: CategorySpec) -> bool:
    """Tell whether a category enters any count that this audience sees."""
    return as_exact_counts(audience, category) or category.published == "area"
