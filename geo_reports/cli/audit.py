"""``audit``: the event chain and its signed heads."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    complain,
    need_store,
    progress_bar,
    say,
    say_json,
    settings,
)

audits = typer.Typer(no_args_is_help=True, help="The event chain: nothing in it can be changed, taken out or put in.")
app.add_typer(audits, name="audit")


@audits.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="File of signed heads. [default: the one the service writes]")
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="Also believe heads signed with this key: one the store had before.")
    ] = None,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    json: JsonOption = False,
) -> None:
    """Walk along the whole event chain and hold it against signed heads; exit code 1 when anything is wrong.

    Example: `geo-reports audit verify --heads /mnt/elsewhere/reports.heads`
    """
    need_store(db)
    from geo_reports.app import build_witness

    witness = build_witness(settings(city, db), demo=demo)
    with progress_bar("events") as progress:
        verdict = witness.verify(heads, public_key or (), progress)
    if json:
        say_json(asdict(verdict) | {"well": verdict.well})
    elif verdict.well:
        compared = f"as {verdict.heads:,} signed heads say" if verdict.heads else "no signed head to compare with"
        say(f"The chain is whole: {verdict.events:,} events, {compared}.")
    else:
        for problem in verdict.problems:
            complain(f"{problem[0].upper()}{problem[1:]}.")
        if verdict.broken is not None:
            complain(f"From event {verdict.broken} on, compare with a backup.")
    raise typer.Exit(0 if verdict.well else 1)


@audits.command()
def head(
    to: Annotated[
        str | None, typer.Option(help="File to add the head to, or - for here. [default: the one the service writes]")
    ] = None,
    public_key: Annotated[
        bool, typer.Option("--public-key", help="Print the key that heads can be checked with instead.")
    ] = False,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
) -> None:
    """Sign the head of the event chain and add it to a file that lies where the store does not.

    Example: `geo-reports audit head --to /mnt/elsewhere/reports.heads`
    """
    need_store(db)
    from geo_reports.app import build_witness

    witness = build_witness(settings(city, db), demo=demo)
    if public_key:
        typer.echo(witness.public_key)
    elif to == "-":
        typer.echo(witness.head().line())
    else:
        written = witness.write(Path(to) if to is not None else None)
        say(f"Event {written.seq} signed and added to {to or witness.file}")
