"""``locate``: the unit of a point in every layer."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_reports.cli.common import CityOption, JsonOption, app, say, say_json, settings, show
from geo_reports.errors import InputError

MOST_ACCURACY_M = 100_000

if TYPE_CHECKING:
    from datetime import date

    from geo_reports.city import City, Layer


# without this a negative degree would be taken for an option
@app.command(context_settings={"ignore_unknown_options": True})
def locate(
    lon: Annotated[float, typer.Argument(help="Longitude, WGS 84 degrees.")],
    lat: Annotated[float, typer.Argument(help="Latitude, WGS 84 degrees.")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Use the layers as they held that day. [default: today]"),
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(metavar="METRES", help="Also say how probable each unit is, to this accuracy.")
    ] = None,
    level: Annotated[float, typer.Option(help="Share of true places within the accuracy.")] = 0.95,
    city: CityOption = None,
    json: JsonOption = False,
) -> None:
    """Say in which unit of every layer a point lies; outside, which unit is nearest and how far away.

    Example: `geo-reports locate -70.76 -33.51 --accuracy 30`
    """
    from geo_reports import city as cities
    from geo_reports.intake.whereabouts import check_point

    if accuracy is not None and not 0 <= accuracy <= MOST_ACCURACY_M:
        raise InputError(f"--accuracy is a radius in metres, from 0 to {MOST_ACCURACY_M:,}.", field="accuracy")
    place = cities.load(settings(city, None).city)
    check_point(place, lon, lat)
    on = day.date() if day else datetime.now(UTC).astimezone(place.zone).date()
    found = _find(place, lon, lat, on)
    if accuracy is not None:
        found |= {"accuracy_m": accuracy, "level": level}
        for layer in found["layers"]:
            layer["probabilities"] = _probable(place, place.layers[layer["layer"]], (lon, lat), (accuracy, level), on)
    if json:
        say_json(found)
        return
    _say(found, place.spec.name)


def _say(found: dict[str, Any], city: str) -> None:
    say(f"{found['lon']}, {found['lat']} on {found['day']}: {'in' if found['inside'] else 'outside'} {city}.")
    apart = ("nearest", "probabilities")
    show([{name: value for name, value in layer.items() if name not in apart} for layer in found["layers"]], "Units")
    for layer in found["layers"]:
        if near := layer["nearest"]:
            say(f"Nearest in {layer['layer']}: {near['unit']} {near['name']}, {near['distance_m']:,.0f} m away.")
    if "accuracy_m" in found:
        rows = [
            {"layer": layer["layer"], **row, "p": f"{row['p']:.1%}" if row["p"] >= 0.001 else "<0.1%"}
            for layer in found["layers"]
            for row in layer["probabilities"]
        ]
        show(rows, f"Within {found['accuracy_m']:g} m in {found['level']:.0%} of cases")


def _find(place: "City", lon: float, lat: float, day: "date") -> dict[str, Any]:
    from geo_reports.intake.whereabouts import standings

    layers = [asdict(standing) for standing in standings(place, lon, lat, day)]
    for layer in layers:
        del layer["possible"]  # without an accuracy there is nothing to choose from; with one there are probabilities
    return {
        "lon": lon,
        "lat": lat,
        "day": day.isoformat(),
        "inside": bool(place.contains([lon], [lat])[0]),
        "layers": layers,
    }


def _probable(
    place: "City", layer: "Layer", at: tuple[float, float], accuracy: tuple[float, float], day: "date"
) -> list[dict[str, Any]]:
    """Units that may hold the point, the most probable first; unit None is outside the layer."""
    metres, level = accuracy
    found = layer.probabilities([at[0]], [at[1]], [metres], [day.isoformat()], place.spec.metric_crs, level)
    rows = []
    for row, p in zip(found.unit, found.p, strict=True):
        unit = layer.table.iloc[row] if row >= 0 else {"unit": None, "name": None}
        rows.append({"unit": unit["unit"], "name": unit["name"], "p": round(float(p), 6)})
    return sorted(rows, key=lambda row: -row["p"])
