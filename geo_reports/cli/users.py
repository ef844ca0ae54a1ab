"""``user``: accounts of the staff."""

from dataclasses import asdict
from typing import Annotated

import typer

from geo_reports.cli.common import CityOption, DbOption, JsonOption, app, open_workshop, say, say_json, show
from geo_reports.report import Audience

users = typer.Typer(no_args_is_help=True, help="Accounts of the staff: crew, planner, moderator, admin.")
app.add_typer(users, name="user")

Login = Annotated[str, typer.Argument(help="Login name: small letters, digits, dot, dash or underscore.")]
Role = Annotated[Audience, typer.Option(help="crew, planner, moderator or admin.")]


@users.command()
def add(login: Login, role: Role, city: CityOption = None, db: DbOption = None) -> None:
    """Make an account and print its password once.

    Example: `geo-reports user add ana --role crew`
    """
    say(f"{login}: {open_workshop(city, db).house.accounts.add(login, role)}")
    say("Hand the password over in person; it is not kept anywhere.")


@users.command()
def reset(login: Login, city: CityOption = None, db: DbOption = None) -> None:
    """Give an account a new password, print it once, and end its sessions.

    Example: `geo-reports user reset ana`
    """
    say(f"{login}: {open_workshop(city, db).house.accounts.reset(login)}")


@users.command()
def role(login: Login, role: Role, city: CityOption = None, db: DbOption = None) -> None:
    """Change what an account may do, and end its sessions.

    Example: `geo-reports user role ana --role moderator`
    """
    open_workshop(city, db).house.accounts.change_role(login, role)
    say(f"{login} is now {role}.")


@users.command()
def disable(login: Login, city: CityOption = None, db: DbOption = None) -> None:
    """Close an account and end its sessions; it can be enabled again.

    Example: `geo-reports user disable ana`
    """
    open_workshop(city, db).house.accounts.disable(login)
    say(f"{login} is disabled.")


@users.command()
def enable(login: Login, city: CityOption = None, db: DbOption = None) -> None:
    """Open a disabled account again.

    Example: `geo-reports user enable ana`
    """
    open_workshop(city, db).house.accounts.enable(login)
    say(f"{login} is enabled.")


@users.command(name="list")
def list_(city: CityOption = None, db: DbOption = None, json: JsonOption = False) -> None:
    """List all accounts.

    Example: `geo-reports user list`
    """
    found = [asdict(account) for account in open_workshop(city, db).house.accounts.list()]
    if json:
        say_json(found)
    elif found:
        show(found, "Accounts")
    else:
        say("No accounts yet; make one with geo-reports user add NAME --role crew")
