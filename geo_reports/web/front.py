"""The front page, and the notice of what is kept and who sees it."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from geo_reports.accounts import may_use
from geo_reports.errors import NotAllowed
from geo_reports.report import OPEN, Audience, Family
from geo_reports.web.visit import FRESH, Here

router = APIRouter()


@router.get("/")
def front(here: Here) -> Response:
    """What this is, and the ways in."""
    city = here.house.city
    public = {name: spec for name, spec in city.maps.items() if spec.audience is Audience.PUBLIC}
    theirs = {name: spec for name, spec in city.maps.items() if name not in public}
    today = here.house.clock().astimezone(city.zone).date()
    return here.page(
        "front.html",
        cache=FRESH,
        public_maps=public,
        staff_maps={name: (spec, may_use(here.actor, spec.audience)) for name, spec in theirs.items()},
        open_dumps=_open_dumps(here),
        today=today,
    )


@router.get("/privacidad")
def privacy_notice(here: Here) -> Response:
    """What is kept, who sees it, and who else learns of a visit."""
    tiles = here.house.tiles
    return here.page(
        "privacy.html",
        cache=FRESH,
        tile_host=urlsplit(tiles.url).hostname if tiles else None,
        address_host=here.house.addresses.asks,
        post=here.house.post,
    )


def _open_dumps(here: Here) -> int | None:
    """Dumps that are open, of all reports received; None where the city withholds exact counts of some."""
    try:
        parts = here.house.view(Audience.PUBLIC).breakdown("status", family=Family.DUMP)
    except NotAllowed:
        return None
    return int(parts.n[parts.status.isin(list(OPEN))].sum())
