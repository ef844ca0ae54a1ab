"""Cities and views for maps."""

import json
import shutil

import pytest

from geo_reports import city
from tests.mapping.hand import PAYLOADS, HandView, points

COUNTS = [("A", 202608, 3), ("B", 202608, 9), ("C", 202607, 45)]


@pytest.fixture(scope="session")
def hostile_city(repo, tmp_path_factory):
    """The tiny city with a payload for each name that a folder can hold, one unit for each payload."""
    root = tmp_path_factory.mktemp("hostile") / "city"
    shutil.copytree(repo / "tests" / "cities" / "tiny", root)
    barrios = root / "layers" / "barrios.geojson"
    data = json.loads(barrios.read_text("utf-8"))
    template = data["features"][0]
    step = 0.02 / len(PAYLOADS)
    data["features"] = [
        {
            **template,
            "properties": {"id": f"u{i}", "name": text, "population": 100 * i},
            "geometry": {"type": "Polygon", "coordinates": [_column(-70 + i * step, step)]},
        }
        for i, text in enumerate(PAYLOADS)
    ]
    barrios.write_text(json.dumps(data), encoding="utf-8")
    toml = root / "layers" / "city.toml"
    text = toml.read_text("utf-8")
    for number, name in enumerate(("Barrios", "Escombros", "Robo en la calle", "Escuelas", "Carabineros")):
        text = text.replace(f'"{name}"', json.dumps(PAYLOADS[6 + number], ensure_ascii=False), 1)
    toml.write_text(text.replace('"made up"', json.dumps(PAYLOADS[0])), encoding="utf-8")
    (root / "layers" / "plans.toml").write_text("format = 1\n", encoding="utf-8")
    places = "\n".join(f'"{text.replace(chr(34), chr(34) * 2)}",-69.99,-32.99' for text in PAYLOADS)
    (root / "layers" / "places" / "schools.csv").write_text(f"name,lon,lat\n{places}\n", encoding="utf-8")
    return city.load(root)


def _column(west, step):
    east = west + step
    return [[west, -33], [east, -33], [east, -32.98], [west, -32.98], [west, -33]]


@pytest.fixture
def view(tiny_city):
    """Six ordinary reports and a few counts in the tiny city."""
    states = ["received", "acknowledged", "in_progress", "cleaned", "cleaned", "closed_without_solution"]
    sizes = ["bag", "wheelbarrow", "car", "truck", None, "car"]
    units = ["A", "A", "B", "B", "C", ""]
    names = ["Barrio A", "Barrio A", "Barrio B", "Barrio B", "Barrio C", ""]
    texts = ["Escombros en la esquina", None, None, None, None, None]
    frame = points(texts, status=states, size=sizes, unit=units, unit_name=names)
    return HandView(tiny_city, points=frame, counts=COUNTS)


@pytest.fixture
def hostile_view(hostile_city):
    """Every text a payload."""
    units = [f"u{i}" for i in range(len(PAYLOADS))]
    values = [float(i % 7) for i in range(len(PAYLOADS))]
    return HandView(
        hostile_city,
        points=points(PAYLOADS, unit=units, unit_name=list(PAYLOADS), public_id=list(PAYLOADS)),
        counts=[(unit, 202608, 3 + i) for i, unit in enumerate(units)],
        values=values,
    )
