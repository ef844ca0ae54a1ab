"""``write_starter``: a small city folder that passes ``check``, to begin from."""

import json
from pathlib import Path

from geo_reports.errors import InputError

WEST, SOUTH, STEP = 3.0, 1.0, 0.01
"""Corner and side in degrees of the made-up place: four squares in the open sea, so that nobody takes them for real."""

_CITY = """\
# A made-up place in the open sea. Replace every value with your city's; docs/city-folder.md explains each key.
format = 1
id = "mi-comuna"
name = "Mi comuna"
locale = "es"
timezone = "Etc/UTC"
metric_crs = "EPSG:32631" # the UTM zone of your city, in metres
primary_layer = "barrios"

[families.dump]
name = { es = "Microbasurales", en = "Micro-dumps" }

[families.security]
name = { es = "Seguridad", en = "Security" }

[[categories]]
id = "household"
family = "dump"
name = { es = "Basura domiciliaria", en = "Household waste" }

[[categories]]
id = "rubble"
family = "dump"
name = { es = "Escombros", en = "Rubble" }

[[categories]]
id = "street_robbery"
family = "security"
name = { es = "Robo en la calle", en = "Street robbery" }

[[categories]]
id = "street_light"
family = "security"
about = "thing"
name = { es = "Luminaria apagada", en = "Street light out" }

[[emergency]]
number = "112"
name = { es = "Emergencias", en = "Emergency" }

[[layers]]
id = "barrios"
name = { es = "Barrios", en = "Neighborhoods" }
official = false
note = { es = "Barrios inventados, de ejemplo.", en = "Made-up neighborhoods, as an example." }

[[layers.versions]]
file = "barrios.geojson"
id_column = "id"
name_column = "name"
population_column = "population"
source = "made up by geo-reports init"
licence = "CC0-1.0"

[[places]]
file = "places/plazas.csv"
kind = "plazas"
name = { es = "Plazas", en = "Squares" }
source = "made up by geo-reports init"
licence = "CC0-1.0"
"""

_PLANS = """\
format = 1

[[plans]]
id = "sur"
name = { es = "Plan de barrio Sur", en = "Neighborhood plan South" }
layer = "barrios"
units = ["a", "b"]
tracks = ["household", "rubble", "street_robbery"]
"""

_PLAZAS = """\
name,lon,lat
Plaza A,3.005,1.005
Plaza D,3.015,1.015
"""

_RESIDENTS = """\
format = 1
title = { es = "Mapa para vecinas y vecinos", en = "Map for residents" }
description = { es = "Microbasurales, y seguridad por barrio.", en = "Micro-dumps, and security by neighborhood." }
audience = "public"

[[layers]]
kind = "points"
name = { es = "Microbasurales abiertos", en = "Open micro-dumps" }
family = "dump"
statuses = ["received", "acknowledged", "in_progress"]

[[layers]]
kind = "area_counts"
name = { es = "Seguridad por barrio", en = "Security by neighborhood" }
family = "security"

[[layers]]
kind = "places"
name = { es = "Plazas", en = "Squares" }
kinds = ["plazas"]
shown = false
"""

_CREWS = """\
format = 1
title = { es = "Mapa para cuadrillas", en = "Map for crews" }
description = { es = "Microbasurales que faltan por limpiar.", en = "Micro-dumps still to be cleaned." }
audience = "crew"

[[layers]]
kind = "points"
name = { es = "Por limpiar", en = "To clean" }
family = "dump"
statuses = ["received", "acknowledged", "in_progress"]
"""

_PLANNERS = """\
format = 1
title = { es = "Mapa para planificación", en = "Map for planners" }
description = { es = "Conteos y focos.", en = "Counts and hotspots." }
audience = "planner"

[[layers]]
kind = "choropleth"
name = { es = "Microbasurales por barrio", en = "Micro-dumps by neighborhood" }
family = "dump"

[[layers]]
kind = "hotspots"
name = { es = "Focos de microbasurales", en = "Micro-dump hotspots" }
family = "dump"
"""

_README = """\
# Your city folder

Written by `geo-reports init`: a made-up place that works at once. Make it yours, one step at a time, and run
`geo-reports check --city .` after each; it lists everything that is wrong, with file and key.

1. `barrios.geojson`: put your own polygons here, with an id that stays the same, a name and, if known, the population.
   Any format GDAL reads will do; name the file and its columns in `city.toml`. Say where they come from, under which
   licence, and whether they are official.
2. `city.toml`: the city's name, time zone, local UTM zone, emergency numbers and categories.
3. `places/plazas.csv`: squares, schools or other places people know; delete what you do not need.
4. `plans.toml`: which units each neighborhood plan covers, and which categories it tracks.
5. `../maps/`: one file per map and audience.
"""


def write_starter(directory: Path) -> list[Path]:
    """Write a city folder that passes ``check`` into ``directory`` and return its files.

    Raises ``InputError`` when ``layers`` or ``maps`` already holds anything: nothing is ever overwritten.
    """
    for folder in (directory / "layers", directory / "maps"):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} is not empty: name another directory, or move its contents away first.")
    texts = {
        "layers/README.md": _README,
        "layers/barrios.geojson": _barrios(),
        "layers/city.toml": _CITY,
        "layers/places/plazas.csv": _PLAZAS,
        "layers/plans.toml": _PLANS,
        "maps/crews.toml": _CREWS,
        "maps/planners.toml": _PLANNERS,
        "maps/residents.toml": _RESIDENTS,
    }
    written = []
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _barrios() -> str:
    """Four squares as GeoJSON, two by two."""
    features = []
    for number, unit in enumerate("abcd"):
        west, south = round(WEST + STEP * (number % 2), 2), round(SOUTH + STEP * (number // 2), 2)
        east, north = round(west + STEP, 2), round(south + STEP, 2)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        properties = {"id": unit, "name": f"Barrio {unit.upper()}", "population": 1000 * (number + 1)}
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n"
