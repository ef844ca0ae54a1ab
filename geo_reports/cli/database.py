"""``db status`` and ``db upgrade``: the schema of the store."""

from pathlib import Path
from typing import Annotated

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    need_store,
    say,
    say_json,
    settings,
)

db_app = typer.Typer(help="The schema of the store: look at it, upgrade it.", no_args_is_help=True)
app.add_typer(db_app, name="db")


@db_app.command()
def status(city: CityOption = None, db: DbOption = None, demo: DemoOption = False, json: JsonOption = False) -> None:
    """Tell where the store is and whether its schema is this program's; exit code 1 when it must be upgraded.

    Example: `geo-reports db status`
    """
    need_store(db)
    from geo_reports.app import schema_of

    place, found = schema_of(settings(city, db), demo)
    if json:
        say_json({"place": place, "schema": found.present, "needed": found.needed, "current": found.current})
    else:
        say(f"Store: {place}")
        verdict = "current" if found.current else f"this program needs {found.needed}: run geo-reports db upgrade"
        say(f"Schema: {found.present or 'none yet'} ({verdict})")
    raise typer.Exit(0 if found.current else 1)


@db_app.command()
def upgrade(
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    copy: Annotated[
        Path | None,
        typer.Option(help="Where the copy of the old store goes. [default: beside the file, or in the data folder]"),
    ] = None,
) -> None:
    """Bring the store up to this program's schema, after copying it. Interrupted, it leaves the old store as it was.

    Example: `geo-reports db upgrade`
    """
    need_store(db)
    from geo_reports.app import upgrade_store

    place, found, kept = upgrade_store(settings(city, db), copy, demo)
    if kept is not None:
        say(f"The store as it was is kept at {kept}.")
    say(f"{place} has schema {found.needed}.")
