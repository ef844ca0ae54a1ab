"""What all commands share: options, how they speak, how they show progress.

Each command imports what it needs when it runs: the libraries for maps and frames take longer to load than `--help`
may take to answer.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from geo_reports.errors import InputError
from geo_reports.report import Audience
from geo_reports.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from geo_reports.app import Workshop

app = typer.Typer(
    name="geo-reports",
    help="Reports of micro-dumps and security incidents: one city folder, one store, three audiences.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

CityOption = Annotated[
    Path | None, typer.Option("--city", help="City folder, the one that holds layers/ and maps/. [default: here]")
]
DbOption = Annotated[
    str | None, typer.Option("--db", help="Store: a SQLite file or a database URL. [default: one per city]")
]
DemoOption = Annotated[bool, typer.Option("--demo", help="Use the store of synthetic reports.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
AudienceOption = Annotated[Audience, typer.Option("--audience", help="Whose eyes to look with.")]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


def settings(city: Path | None, db: str | None) -> Settings:
    """Settings of the environment, with what was given on the command line."""
    given: dict[str, Any] = {"city": city, "db": db}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def open_workshop(city: Path | None, db: str | None, demo: bool = False, reads: bool = False) -> "Workshop":
    """Build everything a command may need; one that only ``reads`` makes no store where ``db`` names none."""
    if reads:
        need_store(db)
    from geo_reports.app import build  # only now: --help must answer at once

    return build(settings(city, db), demo=demo)


def need_store(db: str | None) -> None:
    """Raise ``InputError`` where ``db`` names no store: one that is only read is not made."""
    if db is not None and "://" not in db and not Path(db).is_file():
        raise InputError(f"--db: there is no store at {db}.")


def say(text: str) -> None:
    """Print a sentence."""
    _out.print(escape(text), soft_wrap=True)


def complain(text: str) -> None:
    """Print a sentence on standard error."""
    _err.print(escape(text), style="red" if _err.is_terminal else None, soft_wrap=True)


def say_json(value: Any) -> None:
    """Print a value as JSON; not-a-number becomes null."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=str))


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a frame as plain values, missing ones None."""
    from geo_reports.analysis.frames import rows

    return rows(frame)


def say_csv(frame: "pd.DataFrame") -> None:
    """Print a frame as CSV that a spreadsheet cannot be tricked with."""
    from geo_reports.analysis.frames import to_csv

    typer.echo(to_csv(frame, "\n"), nl=False)  # what pipes expect


def show(rows: list[dict[str, Any]], title: str) -> None:
    """Print rows as a table: numbers to the right, missing values as a dash."""
    table = Table(title=escape(title), title_justify="left")
    for name in rows[0] if rows else []:
        numbers = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(str(name), justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    (_out if _out.is_terminal else Console(width=200, highlight=False)).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return escape(str(value))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[float], None]]:
    """Show a bar for the share (0 to 1) done so far; quiet when nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, disable=not _err.is_terminal, transient=True) as bars:
        task = bars.add_task(escape(what), total=1.0)
        yield lambda share: bars.update(task, completed=share)
