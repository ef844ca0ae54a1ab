"""``locate``: the unit of a point in every layer."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_reports.cli.common import CityOption, JsonOption, app, say, say_json, settings, show
from geo_reports.errors import InputError

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
    city: CityOption = None,
    json: JsonOption = False,
) -> None:
    """Say in which unit of every layer a point lies; outside, which unit is nearest and how far away.

    Example: `geo-reports locate -70.76 -33.51`
    """
    from geo_reports import city as cities

    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError("Give the longitude first, from -180 to 180, then the latitude, from -90 to 90.", field="lon")
    place = cities.load(settings(city, None).city)
    on = day.date() if day else datetime.now(UTC).astimezone(place.zone).date()
    found = _find(place, lon, lat, on)
    if json:
        say_json(found)
        return
    say(f"{lon}, {lat} on {on}: {'in' if found['inside'] else 'outside'} {place.spec.name}.")
    rows = [{name: value for name, value in layer.items() if name != "nearest"} for layer in found["layers"]]
    show(rows, "Units")
    for layer in found["layers"]:
        if near := layer["nearest"]:
            say(f"Nearest in {layer['layer']}: {near['unit']} {near['name']}, {near['distance_m']:,.0f} m away.")


def _find(place: "City", lon: float, lat: float, day: "date") -> dict[str, Any]:
    layers = [_in_layer(place, layer, lon, lat, day) for layer in place.layers.values()]
    return {
        "lon": lon,
        "lat": lat,
        "day": day.isoformat(),
        "inside": bool(place.contains([lon], [lat])[0]),
        "layers": layers,
    }


def _in_layer(place: "City", layer: "Layer", lon: float, lat: float, day: "date") -> dict[str, Any]:
    """Unit of one layer in the edition of that day; without one, the nearest of the latest edition."""
    row = int(layer.assign([lon], [lat], [day.isoformat()])[0])
    if row >= 0:
        unit = layer.table.iloc[row]
        return {"layer": layer.id, "edition": unit.version, "unit": unit.unit, "name": unit["name"], "nearest": None}
    (near,), (distance_m,) = layer.current.index.nearest([lon], [lat], place.spec.metric_crs)
    nearest = None
    if near >= 0:
        unit = layer.current.units.iloc[near]
        nearest = {"unit": unit.unit, "name": unit["name"], "distance_m": round(float(distance_m), 1)}
    return {"layer": layer.id, "edition": None, "unit": None, "name": None, "nearest": nearest}
