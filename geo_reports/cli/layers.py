"""``reassign`` and the group ``layers``: bring in new polygons, and the reports' units up to them."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    progress_bar,
    say,
    say_json,
    settings,
)
from geo_reports.errors import InputError, LayerRefused

if TYPE_CHECKING:
    from geo_reports.city.incoming.add import Prepared
    from geo_reports.city.incoming.units import Reading
    from geo_reports.geography.topology import Topology

layers = typer.Typer(no_args_is_help=True, help="The polygons of a city folder, and their editions.")
app.add_typer(layers, name="layers")

MAX_LINES = 20
Text = str | None
IdOption = Annotated[str, typer.Option("--id", help="Layer of city.toml the file is an edition of.")]
FromOption = Annotated[Text, typer.Option("--valid-from", help="First day it holds: 2026-01-01.", metavar="DATE")]
NewOption = Annotated[bool, typer.Option("--new", help="Add a layer of its own, with --name-es and --name-en.")]
NameEsOption = Annotated[Text, typer.Option(help="Its name in Spanish, with --new.")]
NameEnOption = Annotated[Text, typer.Option(help="Its name in English, with --new.")]
SourceOption = Annotated[str, typer.Option(help="Who made it, when, from what.")]
LicenceOption = Annotated[str, typer.Option(help="The licence it is under.")]
ColumnOption = Annotated[Text, typer.Option(help="Column of ids. [default: guessed and said]", metavar="NAME")]
NameOption = Annotated[Text, typer.Option(help="Column of names. [default: guessed and said]", metavar="NAME")]
PopulationOption = Annotated[Text, typer.Option(help="Column of residents. [default: guessed]", metavar="NAME")]
InnerOption = Annotated[Text, typer.Option("--layer", help="Which layer of a file that holds several.")]
CrsOption = Annotated[Text, typer.Option("--crs", help="Its coordinate system, such as EPSG:32719.")]
EncodingOption = Annotated[Text, typer.Option(help="Of its text, such as utf-8 or cp1252.")]
SwapOption = Annotated[bool, typer.Option("--swap-axes", help="Latitude comes first in it: swap.")]
AnywhereOption = Annotated[bool, typer.Option("--anywhere", help="It may lie outside the city.")]
RepairOption = Annotated[bool, typer.Option("--repair", help="Mend invalid rings; each is listed.")]
SkipOption = Annotated[bool, typer.Option("--skip-non-polygons", help="Leave points and lines out.")]
MapOption = Annotated[Path | None, typer.Option("--qa-map", help="HTML file to draw overlaps and gaps in.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")]


@layers.command()
def add(
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile (or its zip), KML, GML, CSV with WKT.")],
    layer_id: IdOption,
    valid_from: FromOption = None,
    id_column: ColumnOption = None,
    name_column: NameOption = None,
    population_column: PopulationOption = None,
    layer: InnerOption = None,
    crs: CrsOption = None,
    encoding: EncodingOption = None,
    swap_axes: SwapOption = False,
    anywhere: AnywhereOption = False,
    repair: RepairOption = False,
    skip_non_polygons: SkipOption = False,
    new: NewOption = False,
    name_es: NameEsOption = None,
    name_en: NameEnOption = None,
    source: SourceOption = "",
    licence: LicenceOption = "",
    qa_map: MapOption = None,
    dry_run: DryOption = False,
    city: CityOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a file into the city folder as the edition of a layer that holds from a day on.

    The file is examined first; when anything is wrong, everything wrong is listed and nothing is written.

    Example: `geo-reports layers add barrios.zip --id barrios --valid-from 2026-01-01`
    """
    from geo_reports.city.incoming.add import Wish, commit, prepare

    columns, said = (id_column, name_column, population_column), (crs, swap_axes, anywhere)
    reading = reading_of(layer, encoding, columns, said, repair, skip_non_polygons)
    words = _words(new, name_es, name_en)
    begins = _day(valid_from) if valid_from else None
    try:
        made = prepare(settings(city, None).city, Wish(file, layer_id, begins, words, source, licence, reading))
    except LayerRefused as error:
        raise InputError(f"{shortened(error)}\nNothing was written.") from error
    found = _faults(made, qa_map, f"{layer_id} {valid_from or ''}".strip())
    if not dry_run:
        commit(made)
    say_json(_facts(made, found, dry_run)) if json else _tell(made, found, layer_id, dry_run)


def reading_of(
    layer: str | None,
    encoding: str | None,
    columns: tuple[str | None, ...],
    said: tuple[str | None, bool, bool],
    repair: bool,
    skip_non_polygons: bool,
) -> "Reading":
    """What a person said about a file, as the package that reads it takes it."""
    from geo_reports.city.incoming.axes import Said
    from geo_reports.city.incoming.columns import Wanted
    from geo_reports.city.incoming.units import Reading

    return Reading(layer, encoding, Wanted(*columns), Said(*said), repair, skip_non_polygons)


def _words(new: bool, name_es: str | None, name_en: str | None) -> dict[str, str] | None:
    if not new and (name_es or name_en):
        raise InputError("--name-es and --name-en name a new layer: add --new, or leave them out.")
    if new and not (name_es and name_en):
        raise InputError("--new: give the layer's name as --name-es and as --name-en.")
    return {"es": name_es, "en": name_en} if name_es and name_en else None


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise InputError(f"--valid-from: write a day like 2026-01-01, not {text!r}.") from None


def shortened(error: LayerRefused) -> str:
    """List the first problems of a file, and how many more there are."""
    lines = [str(problem) for problem in error.problems]
    more = [f"… and {len(lines) - MAX_LINES} more problems."] if len(lines) > MAX_LINES else []
    return "\n".join([*lines[:MAX_LINES], *more])


def _faults(made: "Prepared", qa_map: Path | None, title: str) -> dict[str, Any] | None:
    """Totals of overlaps, gaps and slivers, drawn into ``qa_map`` where one is asked for."""
    from geo_reports.city import load
    from geo_reports.city.incoming.faults import measured, totals

    if qa_map is not None and qa_map.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--qa-map: {qa_map} would be overwritten with a web page; name a file that ends in .html.")
    spec = load(made.root).spec
    topology = measured(made.brought.units, spec.metric_crs)
    if qa_map is not None and topology is None:
        raise InputError("--qa-map: the layer is too detailed for it; simplify it to 1 m, or leave the map out.")
    if qa_map is not None and topology is not None:
        _draw(made, topology, qa_map, title, spec.locale[:2])
    return None if topology is None else totals(topology)


def _draw(made: "Prepared", topology: "Topology", file: Path, title: str, language: str) -> None:
    import geopandas as gpd

    from geo_reports.look import words
    from geo_reports.mapping import Assets
    from geo_reports.mapping.quality import render_quality

    units = made.brought.units
    mended = {repair.unit: repair.reason for repair in made.brought.repairs}
    rows = units[units.unit.isin(mended)]
    page = render_quality(
        units,
        topology,
        title=title,
        words=words(language),
        assets=Assets.inline(),
        nonce="",
        previous=made.previous,
        repaired=gpd.GeoDataFrame(rows.assign(reason=rows.unit.map(mended))) if mended else None,
    )
    try:
        file.write_text(page.html, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--qa-map: {file} cannot be written ({error.strerror}).") from error


def _facts(made: "Prepared", found: dict[str, Any] | None, dry_run: bool) -> dict[str, Any]:
    brought = made.brought
    return {
        "file": f"layers/{made.file}",
        "written": not dry_run,
        "units": len(brought.units),
        "columns": asdict(brought.columns),
        "notes": brought.notes,
        "repaired": [asdict(repair) for repair in brought.repairs],
        "ends": made.ends,
        "topology": found,
    }


def _tell(made: "Prepared", found: dict[str, Any] | None, layer_id: str, dry_run: bool) -> None:
    brought = made.brought
    for note in brought.notes:
        say(note)
    for repair in brought.repairs:
        change = round(repair.after_m2 - repair.before_m2, 2) + 0.0  # -0.0 becomes 0.0
        areas = f"{repair.before_m2:,.0f} m² before, {repair.after_m2:,.0f} m² after ({change:+,.2f} m²)"
        say(f"Repaired: feature {repair.feature} ({repair.unit}): {repair.reason}: {areas}.")
    if found is None:
        say("Overlaps and gaps were not measured: the layer is too detailed.")
    for kind, fault in (found or {}).items():
        worst = "; ".join(f"{' and '.join(row['units'])} {row['area_m2']:,.0f} m²" for row in fault["worst"])
        say(f"{kind.capitalize()}: {fault['count']}, {fault['area_m2']:,.0f} m²{': ' + worst if worst else ''}.")
    would = "Would be written" if dry_run else "Written"
    ended = f"; {made.ends} ends when it begins" if made.ends else ""
    say(f"{would}: layers/{made.file}, {len(brought.units)} units, and layers/city.toml{ended}.")
    if made.unofficial:
        say(
            f"The layer {layer_id} is still said to be approximate: if an authority drew this edition, write "
            "official = true in layers/city.toml, and look at the layer's note."
        )
    if not dry_run:
        where = "" if made.root == Path.cwd() else f" --city {made.root}"
        say(f"Next: geo-reports check{where.removeprefix(' --city')}")
        say(f"Then: geo-reports layers diff --id {layer_id}{where}")
        say(f"Then: geo-reports reassign{where}")


@app.command()
def reassign(city: CityOption = None, db: DbOption = None, demo: DemoOption = False, json: JsonOption = False) -> None:
    """Assign every report again after the layers changed, and recount. Ctrl-C is safe: run it again to go on.

    Example: `geo-reports reassign --city my-city`
    """
    from geo_reports.app import build_reassign

    job = build_reassign(settings(city, db), demo=demo)
    with progress_bar("reassign") as progress:
        done = job.run(progress)
    say_json(asdict(done)) if json else say(f"{done.checked} reports checked, {done.moved} now lie in another unit.")
