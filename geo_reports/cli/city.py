"""``init`` and ``check``: begin a city folder, and find everything wrong with one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from geo_reports.cli.common import JsonOption, app, complain, say, say_json, settings


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="Where to write the folder.")]) -> None:
    """Write a small city folder that passes `check`, to begin your own from.

    Example: `geo-reports init my-city`
    """
    from geo_reports.city.starter import write_starter

    for path in write_starter(directory):
        say(str(path))
    say(f"Next: edit {directory}/layers/city.toml, then run geo-reports check {directory}")


@app.command()
def check(
    city: Annotated[Path | None, typer.Argument(help="City folder. [default: here]")] = None,
    json: JsonOption = False,
) -> None:
    """List everything wrong in a city folder; exit code 1 when it cannot be used.

    Example: `geo-reports check my-city`
    """
    from geo_reports.city.check import check as check_folder

    folder = city or settings(None, None).city
    problems, warnings = check_folder(folder)
    if json:
        say_json({"problems": [asdict(p) for p in problems], "warnings": [asdict(w) for w in warnings]})
    else:
        for warning in warnings:
            say(f"warning: {warning}")
        for problem in problems:
            complain(str(problem))
        say(f"{len(problems)} problems, {len(warnings)} warnings.")
    raise typer.Exit(1 if problems else 0)
