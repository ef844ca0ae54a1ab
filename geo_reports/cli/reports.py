"""``report`` and ``demo``: add one report by hand, or many synthetic ones."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from geo_reports.cli.common import CityOption, DbOption, JsonOption, app, open_workshop, say, say_json
from geo_reports.errors import InputError
from geo_reports.report import Audience, Channel, Family, NewReport, Size

if TYPE_CHECKING:
    from geo_reports.app import Workshop

ROLES = (Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN)


@app.command()
def report(
    family: Annotated[Family, typer.Option(help="What it is about.")],
    category: Annotated[str, typer.Option(help="Category id of the city folder.")],
    lon: Annotated[float | None, typer.Option(help="Longitude, WGS 84 degrees.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, WGS 84 degrees.")] = None,
    address: Annotated[str | None, typer.Option(help="Address or place, instead of lon and lat.")] = None,
    description: Annotated[str | None, typer.Option(help="In the caller's words.")] = None,
    occurred: Annotated[str | None, typer.Option(help="2026-09, 2026-09-30 or 2026-09-30T14:00.")] = None,
    size: Annotated[Size | None, typer.Option(help="Of a dump.")] = None,
    contact: Annotated[str | None, typer.Option(help="Only if the caller wants to be called back.")] = None,
    city: CityOption = None,
    db: DbOption = None,
    json: JsonOption = False,
) -> None:
    """Add one report by hand, for someone on the phone, and print the tracking code to read out.

    Example: `geo-reports report --family dump --category rubble --address "5 de Abril 409" --size car`
    """
    given: dict[str, Any] = {
        "family": family,
        "category": category,
        "lon": lon,
        "lat": lat,
        "address": address,
        "description": description,
        "occurred_at": occurred,
        "size": size,
        "contact": contact,
    }
    try:
        new = NewReport(**given)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "report"
        raise InputError(f"{where}: {fault['msg'].removeprefix('Value error, ')}.") from None
    accepted = open_workshop(city, db).house.intake.accept(new, channel=Channel.PHONE)
    if json:
        say_json({"code": accepted.code, "public_id": accepted.public_id, "status": accepted.status})
    else:
        say(f"Accepted. Tracking code: {accepted.code}")
        say(f"Public number: {accepted.public_id}")


@app.command()
def demo(
    city: CityOption = None,
    db: DbOption = None,
    dumps: Annotated[int, typer.Option(min=1, max=100_000, help="How many dumps.")] = 600,
    security: Annotated[int, typer.Option(min=1, max=100_000, help="How many security reports.")] = 2400,
    seed: Annotated[int, typer.Option(help="The same seed makes the same reports.")] = 1,
    json: JsonOption = False,
) -> None:
    """Fill a demo store with synthetic reports and print one account per role.

    Example: `geo-reports demo --seed 7`, then `geo-reports serve --demo`
    """
    workshop = open_workshop(city, db, demo=True)
    made = workshop.demo.seed(dumps=dumps, security=security, seed=seed)
    accounts = demo_accounts(workshop)
    if json:
        say_json({"made": made, "database": workshop.database, "accounts": accounts})
        return
    say(f"{made} synthetic reports made." if made else "The synthetic reports are there already.")
    say(f"Store: {workshop.database}")
    tell_accounts(accounts)


def demo_accounts(workshop: "Workshop") -> dict[str, str]:
    """One account per role with a fresh random password; those that exist get a new one."""
    accounts = workshop.house.accounts
    existing = {account.login for account in accounts.list()}
    names = {role: f"demo-{role}" for role in ROLES}
    return {
        name: accounts.reset(name) if name in existing else accounts.add(name, role) for role, name in names.items()
    }


def tell_accounts(accounts: dict[str, str]) -> None:
    """Print logins and passwords."""
    say("Accounts (the passwords are new each time):")
    for login, password in accounts.items():
        say(f"  {login:<16} {password}")
