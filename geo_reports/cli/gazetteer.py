"""``geocode`` and ``gazetteer build``: where an address is, and the file that knows it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from geo_reports.cli.common import CityOption, JsonOption, app, say, say_json, settings, show
from geo_reports.errors import InputError

gazetteer = typer.Typer(no_args_is_help=True, help="The file that knows streets, house numbers and places.")
app.add_typer(gazetteer, name="gazetteer")

CsvOption = Annotated[list[Path] | None, typer.Option("--csv", help="Street points: street, number, lon, lat.")]
SourceOption = Annotated[Path | None, typer.Option("--city", help="City folder, for its streets and places.")]
OsmOption = Annotated[list[Path] | None, typer.Option("--osm", help="OpenStreetMap extract, .osm.pbf.")]


@gazetteer.callback()
def _group() -> None:
    """Keep ``build`` a command of its own while it is the only one."""


@app.command()
def geocode(
    text: Annotated[str, typer.Argument(help="Address, intersection or place.")],
    city: CityOption = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many candidates.")] = 5,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the online geocoder of the settings for what the gazetteer lacks.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find an address in the city, by default without asking anyone outside; exit code 1 when none is certain.

    Example: `geo-reports geocode "Av. Principal 1234"`
    """
    from geo_reports.app import build_addresses
    from geo_reports.geography import CONFIDENT

    found = build_addresses(settings(city, None), online).search(text, limit)
    certain = bool(found) and found[0].quality >= CONFIDENT
    if json:
        say_json({"certain": certain, "candidates": [asdict(candidate) for candidate in found]})
    elif found:
        names = ("label", "lon", "lat", "accuracy_m", "quality")
        # as text: a table of numbers would round degrees to two decimals
        rows = [{name: f"{getattr(candidate, name)}" for name in names} for candidate in found]
        show(rows, "Found" if certain else "Not certain: which of these?")
    else:
        say("Nothing like it was found." if online else "Nothing like it is in the gazetteer.")
    raise typer.Exit(0 if certain else 1)


@gazetteer.command()
def build(
    file: Annotated[Path, typer.Argument(help="File to write, such as layers/gazetteer.sqlite.")],
    csv: CsvOption = None,
    osm: OsmOption = None,
    city: SourceOption = None,
) -> None:
    """Make a gazetteer from CSV, OpenStreetMap extracts and, with --city, the streets and places of a city folder.

    Name it in city.toml, `gazetteer = "gazetteer.sqlite"`, and the city uses it. Data of OpenStreetMap are
    © OpenStreetMap contributors under the ODbL: say so in layers/README.md.

    Example: `geo-reports gazetteer build layers/gazetteer.sqlite --osm region.osm.pbf --city .`
    """
    from geo_reports import city as cities
    from geo_reports.geography import gazetteer as tools

    sources = [*map(tools.read_csv, csv or []), *map(tools.read_osm, osm or [])]
    context = []
    if city is not None:
        folder = cities.load(city)
        context.append(folder.spec.name)
        places = [(place.name, place.lon, place.lat) for place in folder.places]
        sources.append(tools.Source(folder.streets, places=places))
    if not sources:
        raise InputError("Name at least one source: --csv FILE, --osm FILE or --city FOLDER.")
    whole = sources[0]
    for source in sources[1:]:
        whole = whole + source
    made = tools.build(whole, file, context)
    say(f"{file}: {made.count('street')} streets, {made.count('house')} house numbers, {made.count('place')} places.")
