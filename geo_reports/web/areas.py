"""Neighborhoods: all of them, one of them, and its news as a feed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from typing import TypeVar, cast
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from geo_reports.city import CategorySpec
from geo_reports.look import LANGUAGES, Words, words
from geo_reports.privacy import Filters, View
from geo_reports.privacy.area import Area, AreaNews, AreaRow
from geo_reports.report import Audience, Family
from geo_reports.web.atom import MEDIA_TYPE, Entry, Feed, document, tag
from geo_reports.web.base import base_address, host_of
from geo_reports.web.embed import SANDBOX, first_public_map, snippet
from geo_reports.web.visit import FRESH, Here, Visit

router = APIRouter()
Counted = TypeVar("Counted", Area, tuple[AreaRow, ...])

NEWEST = 10
"""Dumps listed on a neighborhood's page."""
BORN = "2026"
"""Year in the tag URIs of feeds: it only has to stay the same."""
FEED_FRESH = "public, max-age=900"
_counted: dict[str, dict[str, Area | tuple[AreaRow, ...]]] = {}
"""Figures by the revision they are of, the last one only, and unit: counting takes far longer than showing."""


@router.get("/barrios")
def all_areas(here: Here) -> Response:
    """List every neighborhood with what is counted of it."""
    view = here.house.view(Audience.PUBLIC)
    rows = _once(view, "", view.area_rows)
    shown = {
        "dumps": any(row.open is not None for row in rows),
        "security": any(row.security is not None for row in rows),
    }
    return here.page("areas.html", cache=FRESH, rows=rows, **shown)


@router.get("/barrios/avisos.atom")
def city_feed(here: Here, request: Request, lang: str = "") -> Response:
    """News of the whole city."""
    return _feed(here, request, lang, None)


@router.get("/barrios/{unit}/avisos.atom")
def area_feed(here: Here, request: Request, unit: str, lang: str = "") -> Response:
    """News of one neighborhood."""
    return _feed(here, request, lang, unit)


@router.get("/barrios/{unit}")
def area(here: Here, unit: str) -> Response:
    """Show one neighborhood."""
    return area_page(here, unit)


def area_page(here: Visit, unit: str, status: int = 200, fault: str = "", typed: str = "") -> Response:
    """Page of a neighborhood, with what is wrong with the subscription form, if it was sent."""
    view = here.house.view(Audience.PUBLIC)
    sheet = _once(view, unit, lambda: view.area(unit))
    newest = view.reports(Filters(families=(Family.DUMP,), unit=unit, limit=NEWEST)).rows
    base, name = base_address(here.request, here.house), first_public_map(here.house.city)
    frame = f"/mapas/{name}/incrustar?barrio={quote(unit, safe='')}" if name else ""
    return here.page(
        "area.html",
        status,
        cache=FRESH,
        path="/barrios",
        sheet=sheet,
        newest=newest.astype(object).where(newest.notna(), None).to_dict("records"),
        categories=here.house.city.categories,
        address=f"{base}/barrios/{quote(unit, safe='')}",
        frame=frame,
        sandbox=SANDBOX,
        snippet=snippet(here.words, base + frame, sheet.row.name) if name else "",
        follows=here.house.post is not None and here.house.post.follows,
        fault=fault,
        typed=typed,
    )


def _once(view: View, name: str, count: Callable[[], Counted]) -> Counted:
    """Count anew only where a report, the city folder or the day has changed."""
    mark = view.revision()
    if mark not in _counted:
        _counted.clear()
    kept = _counted.setdefault(mark, {})
    if name not in kept:
        kept[name] = count()
    return cast(Counted, kept[name])


def _feed(here: Visit, request: Request, lang: str, unit: str | None) -> Response:
    house, _ = here.house, words(lang if lang in LANGUAGES else here.house.city.spec.locale[:2])
    view = house.view(Audience.PUBLIC)
    news = view.area_news(unit)
    base = base_address(request, house)
    page = f"{base}/barrios" if unit is None else f"{base}/barrios/{quote(unit, safe='')}"
    place = house.city.spec.name if unit is None else view.area_name(unit)
    head = Feed(
        id=tag(host_of(base), BORN, "barrios" if unit is None else f"barrios/{quote(unit, safe='')}"),
        title=_("Micro-dumps in %(place)s", place=place),
        author=_("Municipality of %(city)s", city=house.city.spec.name),
        language=_.tag,
        address=f"{page}/avisos.atom",
        page=page,
        updated=max((each.told_at for each in news), default=view.area_day()),
    )
    body = document(head, _entries(_, base, news, house.city.categories))
    # a batch a day: nothing but a day's midnight is _ of when something changed
    changed = view.area_day().astimezone(UTC)
    headers = {
        "Cache-Control": FEED_FRESH,
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Last-Modified": format_datetime(changed, usegmt=True),
    }
    if _unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _entries(_: Words, base: str, news: Sequence[AreaNews], categories: Mapping[str, CategorySpec]) -> list[Entry]:
    out = []
    for each in news:
        kind = _.say(categories[each.category].name)
        status = _.status(each.status, Family.DUMP)
        lines = [
            f"{kind} ({_.size(each.size)})" if each.size else kind,
            f"{status}, {_.date(each.on)}",
            each.unit_name,
            each.text or "",
        ]
        out.append(
            Entry(
                id=tag(host_of(base), each.on.isoformat(), f"reportes/{each.public_id}"),
                title=_("New: %(kind)s", kind=kind) if each.new else f"{kind}: {status}",
                text="\n".join(line for line in lines if line),
                address=f"{base}/reportes/{each.public_id}",
                updated=each.told_at,
                published=each.told_at,
                category=each.category,
            )
        )
    return out


def _unchanged(request: Request, headers: dict[str, str]) -> bool:
    """Whether the reader has this already; its mark counts before its date (RFC 9110, 13.2.2)."""
    marks = request.headers.get("if-none-match")
    if marks is not None:
        return headers["ETag"] in [mark.strip().removeprefix("W/") for mark in marks.split(",")]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since >= parsedate_to_datetime(headers["Last-Modified"]) if since.tzinfo else False
