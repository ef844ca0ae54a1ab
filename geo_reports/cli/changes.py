"""``layers diff`` and ``layers recast``: what a new edition moves, and old counts brought to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from geo_reports.cli.common import (
    AudienceOption,
    CityOption,
    JsonOption,
    need_store,
    records,
    say,
    say_csv,
    say_json,
    settings,
    show,
)
from geo_reports.cli.layers import (
    AnywhereOption,
    ColumnOption,
    CrsOption,
    EncodingOption,
    InnerOption,
    NameOption,
    RepairOption,
    SkipOption,
    SwapOption,
    layers,
    reading_of,
    shortened,
)
from geo_reports.errors import InputError, LayerRefused, NotFound
from geo_reports.report import Audience, Family

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo_reports.city import City, Layer, LayerVersion
    from geo_reports.city.incoming.units import Reading

LayerOption = Annotated[str | None, typer.Option("--id", help="Layer id. [default: the primary layer]")]
_EDITION = "an edition: the first day it holds, `first` or `last`."


@layers.command()
def diff(
    earlier: Annotated[str | None, typer.Argument(metavar="FROM", help=f"Old: {_EDITION}")] = None,
    later: Annotated[str | None, typer.Argument(metavar="TO", help=f"New: {_EDITION}")] = None,
    layer_id: LayerOption = None,
    file: Annotated[Path | None, typer.Option(help="Compare with this file, which is not an edition yet.")] = None,
    id_column: ColumnOption = None,
    name_column: NameOption = None,
    inner: InnerOption = None,
    crs: CrsOption = None,
    encoding: EncodingOption = None,
    swap_axes: SwapOption = False,
    anywhere: AnywhereOption = False,
    repair: RepairOption = False,
    skip_non_polygons: SkipOption = False,
    db: Annotated[
        str | None, typer.Option(help="Also count the reports of this store that change unit: a file or a URL.")
    ] = None,
    audience: AudienceOption = Audience.PUBLIC,
    city: CityOption = None,
    json: JsonOption = False,
) -> None:
    """Say which units a new edition adds, removes, renames or moves, and where their ground went.

    Without dates the last two editions are compared. With `--db`, also how many stored reports change unit.
    A `--file` is read as `layers add` reads it, with the same options.

    Example: `geo-reports layers diff --id barrios 2016-01-01 2024-01-01`
    """
    from geo_reports import city as cities
    from geo_reports.geography.editions import compare, pairs

    place = cities.load(settings(city, None).city)
    layer = place.layer(layer_id) if layer_id else place.primary
    old = _edition(layer, earlier, -1 if file else -2)
    if file:
        if later:
            raise InputError("Give TO or --file, not both.")
        columns, said = (id_column, name_column), (crs, swap_axes, anywhere)
        reading = reading_of(inner, encoding, columns, said, repair, skip_non_polygons)
        new, title = _candidate(place, layer, file, reading, quiet=json), file.name
    else:
        version = _edition(layer, later, -1)
        new, title = version.units, _label(version)
    units, parts = (find(old.units, new, place.spec.metric_crs) for find in (compare, pairs))
    moves = None
    if db is not None:
        need_store(db)
        from geo_reports.app import build_moves

        moves = build_moves(settings(city, db), audience).count(old.units, new, candidate=file is not None)
    _tell(f"{layer.id}, {_label(old)} to {title}", units, parts, moves, audience, json)


def _tell(
    title: str,
    units: "pd.DataFrame",
    parts: "pd.DataFrame",
    moves: "pd.DataFrame | None",
    audience: Audience,
    json: bool,
) -> None:
    if json:
        told: dict[str, Any] = {"units": records(units), "pairs": records(parts)}
        say_json(told if moves is None else told | {"reports": records(moves)})
        return
    n = units.change.value_counts()
    kinds = ", ".join(f"{n.get(kind, 0)} {kind}" for kind in ("same", "renamed", "moved", "added", "removed"))
    say(f"{title}: {kinds}.")
    changed = units[units.change != "same"]
    if len(changed):
        show(records(changed), "Units that change")
    crossing = parts[parts.unit_old != parts.unit_new]
    if len(crossing):
        show(records(crossing), "Ground that changes unit (empty: no unit)")
    if moves is None:
        return
    for row in moves.itertuples():
        say(f"{row.family}: {row.shown} of {row.reports} reports change unit.")
    say(f"Counted are the categories of which the audience {audience} may know this.")
    for family in Family:
        if family not in set(moves.family):
            say(f"{family}: not for the audience {audience}.")


@layers.command()
def recast(
    counts: Annotated[Path, typer.Option(help="CSV of counts by old unit; rows of one unit are added up.")],
    layer_id: LayerOption = None,
    earlier: Annotated[str | None, typer.Option("--from", help=f"Old: {_EDITION} [default: the last but one]")] = None,
    later: Annotated[str | None, typer.Option("--to", help=f"New: {_EDITION} [default: the last]")] = None,
    by: Annotated[Literal["area", "population"], typer.Option(help="What divides a count.")] = "area",
    weights_layer: Annotated[
        str | None, typer.Option(help="Layer of finer units with population, for --by population.")
    ] = None,
    places: Annotated[
        float, typer.Option(help="At how many independent places the reports of a unit happen; `inf`: at any.")
    ] = 5.0,
    unit_column: Annotated[str, typer.Option(help="Column with the unit: its id, name or alias.")] = "unit",
    count_column: Annotated[str | None, typer.Option(help="Column with the count. [default: n or count]")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Answer in CSV.")] = False,
    city: CityOption = None,
    json: JsonOption = False,
) -> None:
    """Estimate old counts for the units of a new edition, with bounds that are certain and a standard error.

    Example: `geo-reports layers recast --counts 2015.csv --id barrios --from 2010-01-01 --to 2024-01-01 --csv`
    """
    from geo_reports import city as cities
    from geo_reports.geography import recast as method
    from geo_reports.geography.editions import pairs

    place = cities.load(settings(city, None).city)
    layer = place.layer(layer_id) if layer_id else place.primary
    old, new = _edition(layer, earlier, -2), _edition(layer, later, -1)
    weights = place.layer(weights_layer).current.units if weights_layer else None
    if (by == "population") != (weights is not None):
        raise InputError("--by population and --weights-layer go together: give both or neither.")
    crs = place.spec.metric_crs
    given = _counts(counts, layer, old, unit_column, count_column)
    found = method.recast(given, method.shares(old.units, new.units, crs, population=weights), by=by, places=places)
    found.insert(1, "name", found.unit.map(dict(zip(new.units.unit, new.units.name, strict=True))).fillna(""))
    found = found.round(3)
    if json:
        say_json(records(found))
    elif csv:
        say_csv(found)
    else:
        show(records(found), f"{layer.id}: counts of {_label(old)} by the units of {_label(new)} (by {by})")
        parts = pairs(old.units, new.units, crs)
        for row in parts[parts.unit_old == ""].itertuples():
            say(f"{row.unit_new}: {row.area_km2:,.3f} km² lay in no unit before; reports from there are not counted.")


def _edition(layer: "Layer", text: str | None, default: int) -> "LayerVersion":
    """Edition by the first day it holds, or by the words for the ends; else the one at the default position."""
    if text is None:
        if len(layer.versions) < -default:
            raise InputError(f"The layer {layer.id} has one edition: name a --file to compare it with, or add another.")
        return layer.versions[default]
    ends = {"first": layer.versions[0], "last": layer.versions[-1]}
    known = ends | {version.label: version for version in layer.versions if version.label}
    if text not in known:
        raise NotFound(f"The layer {layer.id} has no edition {text!r}; there are: {', '.join(known)}.")
    return known[text]


def _label(version: "LayerVersion") -> str:
    return version.label or "the first edition"


def _candidate(place: "City", layer: "Layer", file: Path, reading: "Reading", *, quiet: bool) -> "gpd.GeoDataFrame":
    """Units of a file that is no edition yet; what was guessed is said, unless a program listens."""
    from geo_reports.city.incoming.axes import Ground
    from geo_reports.city.incoming.units import bring

    try:
        brought = bring(file, reading, Ground.of(place), list(layer.current.units.unit))
    except LayerRefused as error:
        raise InputError(shortened(error)) from error
    for note in () if quiet else brought.notes:
        say(note)
    return brought.units


def _counts(file: Path, layer: "Layer", old: "LayerVersion", unit_column: str, count_column: str | None) -> "pd.Series":
    """Counts by unit of the old edition; units may be named as people name them."""
    import pandas as pd

    from geo_reports.city.unit_names import UnitNames

    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"--counts: {file} cannot be read ({error.strerror}): check the name.") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{file}: cannot be read as CSV ({error}): save it as UTF-8 with a header.") from None
    column = count_column or ("n" if "n" in table else "count")
    for option, name in (("--unit-column", unit_column), ("--count-column", column)):
        if name not in table:
            raise InputError(f"{file}: has no column {name!r}, only {', '.join(table)}: name one with {option}.")
    aliases = {unit: names for unit, names in layer.spec.aliases.items() if unit in set(old.units.unit)}
    # by the names of then: today the same name may be that of another unit
    names = UnitNames(layer.id, old.units.assign(version=old.label), aliases)
    unit = [names.resolve(text) if text.strip() else "" for text in table[unit_column]]
    number = pd.to_numeric(table[column], errors="coerce")
    if number.isna().any():
        row = int(number.isna().to_numpy().argmax())
        raise InputError(f"{file}: line {row + 2}, {column}: {table[column][row]!r} is no number.")
    return number.groupby(pd.Series(unit, name="unit")).sum()
