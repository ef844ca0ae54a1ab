"""``import``: bring in an archive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    JsonOption,
    app,
    complain,
    open_workshop,
    progress_bar,
    say,
    say_json,
    show,
)
from geo_reports.errors import InputError

if TYPE_CHECKING:
    from geo_reports.app import Workshop
    from geo_reports.intake.archive import Summary


@app.command(name="import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="CSV (also .gz), GeoJSON, GeoPackage or Parquet.")] = None,
    city: CityOption = None,
    db: DbOption = None,
    profile: Annotated[
        Path | None, typer.Option(help="How columns become reports. [default: the one in layers/profiles that fits]")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rows that cannot be used are written. [default: FILE.rejects.csv, here]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; store nothing.")] = False,
    undo: Annotated[int | None, typer.Option(help="Remove the reports of this batch instead.")] = None,
    batches: Annotated[bool, typer.Option("--batches", help="List the batches instead.")] = False,
    json: JsonOption = False,
) -> None:
    """Import an archive of reports. Running it again adds nothing; Ctrl-C is safe, a second run completes it.

    Example: `geo-reports import incidents.csv.gz --city tests/cities/toronto`
    """
    if sum((file is not None, undo is not None, batches)) != 1:
        raise InputError("Give one of: a FILE to import, --undo BATCH, or --batches.")
    workshop = open_workshop(city, db)
    if batches:
        _list(workshop, json)
    elif undo is not None:
        removed = workshop.archive.undo(undo)
        say_json({"batch": undo, "removed": removed}) if json else say(f"Batch {undo}: {removed} reports removed.")
    elif file is not None:
        with progress_bar(file.name) as progress:
            summary = workshop.archive.run(file, profile=profile, rejects=rejects, dry_run=dry_run, progress=progress)
        _tell(summary, dry_run, json)


def _list(workshop: "Workshop", json: bool) -> None:
    found = workshop.archive.batches()
    if json:
        say_json(found)
    elif found:
        columns = ("id", "source", "file_name", "state", "n_new", "n_existing", "n_rejected")
        show([{name: batch[name] for name in columns} for batch in found], "Batches")
    else:
        say("No batches yet.")


def _tell(summary: "Summary", dry_run: bool, json: bool) -> None:
    if json:
        say_json(vars(summary) | {"reasons": dict(summary.reasons)})
    else:
        begin = "Would import" if dry_run else f"Batch {summary.batch}"
        say(
            f"{begin}: {summary.read} read = {summary.new} new + {summary.existing} already there "
            f"+ {summary.rejected} rejected. {summary.outside} of the new lie outside the city."
        )
        for reason, n in summary.reasons.most_common():
            say(f"  {n} rejected: {reason}")
        if summary.rejects_file:
            say(f"Rejected rows are in {summary.rejects_file}")
    if summary.interrupted:
        complain("Stopped half way; what is stored is whole. Run the same command again to complete it.")
        raise typer.Exit(130)
