"""``check`` warns of units that overlap or leave gaps, with their ids and the area; loading does not look."""

import json
import shutil

import pytest

from geo_reports import city
from geo_reports.city.check import check

# near the city of the test, a degree of longitude is 93.46 km and one of latitude 110.9 km
M_EAST, M_NORTH = 1 / 93_460, 1 / 110_900


@pytest.fixture
def folder(repo, tmp_path):
    return shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny")


def write(folder, **boxes_m):
    """Write sectors: id to west, south, east, north in metres from the corner of the city."""
    features = []
    for unit, (west, south, east, north) in boxes_m.items():
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        ring = [[-70 + x * M_EAST, -33 + y * M_NORTH] for x, y in ring]
        features.append(
            {
                "type": "Feature",
                "properties": {"id": unit, "name": unit},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "layers" / "sectors.geojson").write_text(text, encoding="utf-8")


def sectors(folder):
    problems, warnings = check(folder)
    assert problems == []
    return [w for w in warnings if w.file == "layers/sectors.geojson"]


def test_pair_and_area_are_named_and_who_has_the_reports(folder):
    write(folder, W=(0, 0, 600, 500), E=(500, 0, 900, 500), N=(0, 500, 900, 700))
    (found,) = sectors(folder)
    assert found.where == "E and W"
    assert found.remedy == "correct the layer; until then reports there count for E"
    area_m2 = float(found.wrong.removeprefix("overlap by ").removesuffix(" m²").replace(",", ""))
    assert area_m2 == pytest.approx(100 * 500, rel=5e-3)
    # and so they do
    assert city.load(folder).layer("sectors").table.unit[0] == "E"


@pytest.mark.parametrize(
    ("overlap_m", "height_m", "warned"),
    [(0.0, 900, 0), (0.004, 900, 0), (0.1, 5, 0), (0.1, 900, 1), (2, 900, 1)],
)
def test_only_what_is_wider_and_larger_than_rounding_is_named(folder, overlap_m, height_m, warned):
    write(folder, W=(0, 0, 500 + overlap_m, height_m), E=(500, 0, 900, height_m))
    assert len(sectors(folder)) == warned


def test_largest_overlap_comes_first(folder):
    write(folder, A=(0, 0, 310, 500), B=(300, 0, 650, 500), C=(600, 0, 900, 500))
    assert [w.where for w in sectors(folder)] == ["B and C", "A and B"]


def test_each_edition_is_looked_at(folder):
    write(folder, W=(0, 0, 600, 500), E=(500, 0, 900, 500))
    shutil.copy(folder / "layers" / "sectors.geojson", folder / "layers" / "old.geojson")
    toml = folder / "layers" / "city.toml"
    edition = 'file = "sectors.geojson"\nid_column = "id"\nname_column = "name"\n'
    text = toml.read_text(encoding="utf-8")
    assert edition in text
    older = edition.replace("sectors", "old") + "valid_to = 2020-01-01\n"
    newer = f"[[layers.versions]]\n{edition}valid_from = 2020-01-01\n"
    toml.write_text(text.replace(edition, f"{older}\n{newer}"), encoding="utf-8")
    _, warnings = check(folder)
    assert {w.file for w in warnings if w.where == "E and W"} == {"layers/old.geojson", "layers/sectors.geojson"}


def test_loading_says_nothing_of_overlaps(folder):
    write(folder, W=(0, 0, 600, 500), E=(500, 0, 900, 500))
    assert [w for w in city.load(folder).warnings if "overlap" in w.wrong] == []


def test_ground_that_no_unit_has_is_named_with_its_neighbours(folder):
    write(folder, W=(0, 0, 400, 600), E=(500, 0, 900, 600), S=(0, -100, 900, 0), N=(0, 600, 900, 700))
    (found,) = sectors(folder)
    assert set(found.where.split(" and ")) == {"W", "E", "S", "N"}
    area_m2 = float(found.wrong.removeprefix("leave out ").removesuffix(" m²").replace(",", ""))
    assert area_m2 == pytest.approx(100 * 600, rel=5e-3)
    assert "count for no unit" in found.remedy


def test_only_the_largest_gaps_are_named_and_the_rest_is_counted(folder):
    ponds = {f"P{n}": (n * 100, 100, n * 100 + 10 + n, 200) for n in range(7)}  # 10 to 16 m wide
    write(folder, W=(-100, 0, 900, 300), **ponds)
    file = folder / "layers" / "sectors.geojson"
    layer = json.loads(file.read_text())
    land, *water = layer["features"]
    land["geometry"]["coordinates"] += [pond["geometry"]["coordinates"][0] for pond in water]
    file.write_text(json.dumps(layer | {"features": [land]}))
    *named, rest = sectors(folder)
    assert [w.where for w in named] == ["W"] * 5
    assert all(w.wrong.startswith("leaves out 1,") for w in named)
    area_m2 = float(rest.wrong.removeprefix("have 2 smaller gaps, ").removesuffix(" m² in all").replace(",", ""))
    assert area_m2 == pytest.approx((10 + 11) * 100, rel=5e-3)
