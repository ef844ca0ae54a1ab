"""``aggregate`` and ``render``: figures and maps, through the same door as everybody's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geo_reports.cli.common import (
    AudienceOption,
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    open_workshop,
    records,
    say,
    say_csv,
    say_json,
    show,
)
from geo_reports.errors import InputError, NotAllowed, NotFound
from geo_reports.report import Audience, Family, month_text

if TYPE_CHECKING:
    import pandas as pd

    from geo_reports.city import City


@app.command()
def aggregate(
    family: Annotated[Family, typer.Option(help="Which reports.")] = Family.DUMP,
    layer: Annotated[str | None, typer.Option(help="Layer id. [default: the primary layer]")] = None,
    plans: Annotated[bool, typer.Option("--plans", help="Per neighborhood plan instead of per unit.")] = False,
    by: Annotated[
        Literal["category", "status", "month"] | None, typer.Option(help="Divide the counts of each unit or plan.")
    ] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only these categories.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Only these units, by id, name or alias.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month.")] = None,
    location_error: Annotated[
        bool, typer.Option("--with-location-error", help="Add the expected number per unit and its interval.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Answer in CSV.")] = False,
    audience: AudienceOption = Audience.PUBLIC,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    json: JsonOption = False,
) -> None:
    """Counts and rates per unit of a layer, or per neighborhood plan.

    Example: `geo-reports aggregate --family dump --from 2026-01 --to 2026-06 --csv`
    """
    from geo_reports.look import words

    months = _months(since, until)
    if location_error and (plans or by):
        raise InputError("--with-location-error goes with counts per unit: leave out --plans and --by.")
    house = open_workshop(city, db, demo=demo, reads=True).house
    view = house.view(audience)
    chosen = tuple(category or ())
    units = _units(house.city, layer, unit or [], plans)
    if plans:
        frame = view.plan_breakdown(by, months=months) if by else view.plans(months=months)
        frame = frame.assign(name=[words(house.city.spec.locale[:2]).say(name) for name in frame.name])
    elif by:
        frame = view.breakdown(by, layer, family=family, months=months, categories=chosen)
    else:
        frame = view.aggregates(layer, family=family, months=months, categories=chosen, location_error=location_error)
    if units:
        frame = frame[frame.unit.isin(units)]
    _print(frame, f"{family}: {house.city.spec.name}", csv, json)


def _units(place: "City", layer: str | None, given: list[str], plans: bool) -> list[str]:
    from geo_reports.city.unit_names import resolve

    if given and plans:
        raise InputError("--unit: plans are not units; leave out --plans or --unit.")
    return [resolve(place.layer(layer) if layer else place.primary, text) for text in given]


def _print(frame: "pd.DataFrame", title: str, csv: bool, json: bool) -> None:
    if "month" in frame:
        frame = frame.assign(month=frame.month.map(month_text))
    if json:
        say_json(records(frame))
    elif csv:
        say_csv(frame)
    else:
        show(records(frame), title)


def _months(since: str | None, until: str | None) -> tuple[int, int] | None:
    if since is None and until is None:
        return None
    months = (_month(since, "--from") if since else 200_001, _month(until, "--to") if until else 209_912)
    if months[1] < months[0]:
        raise InputError("--to is before --from: give the earlier month as --from.")
    return months


def _month(text: str, option: str) -> int:
    year, _, month = text.partition("-")
    if not (len(year) == 4 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise InputError(f"{option}: write a month like 2026-09, not {text!r}.")
    return int(year) * 100 + int(month)


@app.command()
def render(
    name: Annotated[str, typer.Argument(metavar="MAP", help="Name of a file in maps/, without .toml.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="HTML file to write.")],
    audience: AudienceOption = Audience.PUBLIC,
    language: Annotated[str | None, typer.Option(help="es or en. [default: the city's]")] = None,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
) -> None:
    """Write one map as a single HTML file that opens without a network.

    Example: `geo-reports render residents -o residents.html`
    """
    from geo_reports.accounts import Actor, may_use
    from geo_reports.look import words
    from geo_reports.mapping import Assets, render_page

    house = open_workshop(city, db, demo=demo, reads=True).house
    definition = house.city.maps.get(name)
    if definition is None:
        raise NotFound(f"There is no map {name!r}; there are: {', '.join(house.city.maps)}.")
    if not may_use(Actor("command line", audience), definition.audience):
        raise NotAllowed(
            f"The map {name} is for {definition.audience}: add --audience {definition.audience} if the file "
            "stays with them."
        )
    page = render_page(
        definition,
        house.view(definition.audience),
        words(language or house.city.spec.locale[:2]),
        assets=Assets.inline(),
        nonce="",
        now=house.clock(),
        demo=house.demo,
        name=name,
    )
    try:
        output.write_text(page.html, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}).") from None
    say(f"{output}: {output.stat().st_size / 1e6:.1f} MB")
