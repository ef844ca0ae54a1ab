"""Every fault of a city folder is listed, with the file and the key to look at."""

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.errors import CityError, Problem

SQUARE = [[[-70, -33], [-69.99, -33], [-69.99, -32.99], [-70, -32.99], [-70, -33]]]
BOW_TIE = [[[-70, -33], [-69.99, -32.99], [-69.99, -33], [-70, -32.99], [-70, -33]]]
OPEN_RING = [[[-70, -33], [-69.99, -33], [-69.99, -32.99]]]
METRES = [[[300000, 6200000], [300100, 6200000], [300100, 6200100], [300000, 6200000]]]
SECTORS = "layers[sectors].versions[0]"


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    """A copy of the tiny city, to break."""
    return Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def sectors(folder: Path, *features: tuple[object, object]) -> None:
    """Write the layer without a plan: (id, coordinates of a polygon) each."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": unit, "name": "Sector"},
                "geometry": coordinates and {"type": "Polygon", "coordinates": coordinates},
            }
            for unit, coordinates in features
        ],
    }
    (folder / "layers" / "sectors.geojson").write_text(json.dumps(collection), encoding="utf-8")


def problem(folder: Path) -> Problem:
    """Return the only problem of the folder."""
    problems, _ = check(folder)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_sound_folder_has_no_problems_and_two_warnings(folder: Path):
    problems, warnings = check(folder)
    assert problems == []
    assert [(w.file, w.where) for w in warnings] == [
        ("layers/city.toml", "categories[street_light].publish"),
        ("layers/sectors.geojson", "E and W"),
    ]


# (file, text, instead of it, where the problem is said to be, words it must contain); the file is also the one named
EDITS = [
    ("layers/city.toml", 'id = "tiny"', 'id = "tiny"\ncolour = "red"', "colour", "not a known key"),
    ("layers/city.toml", 'publish = "never"', 'publish = "nver"', "categories[threat].publish", "'nver'"),
    ("layers/city.toml", 'publish = "never"', 'pub = "never"', "categories[threat].pub", "not a known key"),
    ("layers/city.toml", 'about = "thing"', 'about = "person"', "categories[street_light]", "about a thing"),
    ("layers/city.toml", 'timezone = "America/Santiago"\n', "", "timezone", "absent"),
    ("layers/city.toml", "America/Santiago", "America/Nowhere", "timezone", "IANA time zone"),
    ("layers/city.toml", "EPSG:32719", "EPSG:4326", "metric_crs", "not projected in metres"),
    ("layers/city.toml", "EPSG:32719", "EPSG:0", "metric_crs", "no coordinate system"),
    ("layers/city.toml", "format = 1", "format = 2", "format", "found 2"),
    ("layers/city.toml", "format = 1", "format = = 1", "file", "not valid TOML"),
    ("layers/city.toml", "[families.security]", "[families.noise]", "families.noise", "'dump' or 'security'"),
    ("layers/city.toml", ', en = "Police"', "", "emergency[0].name", "no text in en"),
    ("layers/city.toml", 'primary_layer = "barrios"', 'primary_layer = "wards"', "primary_layer", "'wards'"),
    ("layers/city.toml", 'id = "rubble"', 'id = "household"', "categories[household]", "twice"),
    ("layers/city.toml", 'id = "rubble"', 'id = "Big Rubble"', "categories[Big Rubble].id", "pattern"),
    ("layers/city.toml", "sectors.geojson", "../sectors.geojson", f"{SECTORS}.file", "leaves the city folder"),
    ("layers/city.toml", "sectors.geojson", "/etc/passwd", f"{SECTORS}.file", "leaves the city folder"),
    ("layers/city.toml", "sectors.geojson", "wards.geojson", f"{SECTORS}.file", "does not exist"),
    ("layers/city.toml", "places/schools.csv", "../x.csv", "places[schools].file", "leaves the city folder"),
    ("layers/city.toml", "places/plazas.csv", "places/x.csv", "places[plazas].file", "does not exist"),
    ("layers/city.toml", "streets.csv", "x.csv", "streets.file", "does not exist"),
    ("layers/plans.toml", '"B"', '"Z"', "plans[south].units", "'Z'"),
    ("layers/plans.toml", '"rubble"', '"noise"', "plans[south].tracks", "'noise'"),
    ("layers/plans.toml", '"barrios"', '"wards"', "plans[south].layer", "'wards'"),
    ("layers/plans.toml", "tracks", "track", "plans[south].track", "not a known key"),
    ("layers/places/schools.csv", "-69.995", "-690.995", "line 2", "out of range"),
    ("layers/places/schools.csv", "-69.995", "west", "line 2, lon", "'west' is no number"),
    ("layers/places/schools.csv", "name,lon", "name,longitude", "lon", "not a column"),
    ("layers/streets.csv", "outlier", "odd", "outlier", "not a column"),
    ("layers/barrios.geojson", '"population": 2000', '"population": "many"', "feature 1, population", "no number"),
    ("maps/crews.toml", 'audience = "crew"', 'audience = "crews"', "audience", "'crews'"),
    ("maps/crews.toml", 'kind = "points"', 'kind = "dots"', "layers[dots].kind", "'dots' is not known"),
    ("maps/crews.toml", 'kind = "points"', 'kind = "points"\nradius = 3', "layers[points].radius", "not a known key"),
    ("maps/planners.toml", "cell_m = 500", "cell_m = 5", "layers[3].cell_m", "greater than or equal to 50"),
    (
        "maps/planners.toml",
        "cell_m = 500\nwindow_days = 365\nshown",
        "cell_m = 100\nshown",
        "layers[4]",
        "cell_m of security reports is at least 200",
    ),
    ("maps/residents.toml", '"plazas"', '"parks"', "layers[3].kinds", "'parks'"),
    ("maps/crews.toml", "statuses", 'categories = ["noise"]\nstatuses', "layers[0].categories", "'noise'"),
    ("maps/crews.toml", "statuses", 'categories = ["threat"]\nstatuses', "layers[0].categories", "not of the family"),
]


@pytest.mark.parametrize(("file", "old", "new", "where", "words"), EDITS)
def test_one_wrong_value_is_one_problem_that_names_file_and_key(
    folder: Path, file: str, old: str, new: str, where: str, words: str
):
    replace(folder, file, old, new)
    problems, _ = check(folder)
    found = [found for found in problems if found.file == file and found.where == where]
    assert found, "\n".join(map(str, problems))
    assert words in found[0].wrong
    assert str(found[0]).startswith(f"{file}: {where}: ")
    assert found[0].remedy


# (coordinates and ids of features, where, words)
LAYERS = [
    ([(None, SQUARE)], "feature 0", "has no id"),
    ([("  ", SQUARE)], "feature 0", "has no id"),
    ([("E", SQUARE), ("E", SQUARE)], "feature 1", "repeats the id 'E'"),
    ([("E", BOW_TIE)], "feature 0", "not valid (Self-intersection"),
    ([("E", SQUARE), ("F", OPEN_RING)], "feature 1", "no geometry"),
    ([("E", None)], "feature 0", "no geometry"),
    ([("E", METRES)], "feature 0", "outside the world"),
    ([], "file", "no polygons"),
]


@pytest.mark.parametrize(("features", "where", "words"), LAYERS)
def test_fault_in_a_layer_names_the_feature(
    folder: Path, features: list[tuple[object, object]], where: str, words: str
):
    sectors(folder, *features)
    found = problem(folder)
    assert (found.file, found.where) == ("layers/sectors.geojson", where)
    assert words in found.wrong


def test_missing_column_names_the_columns_there_are(folder: Path):
    replace(
        folder,
        "layers/city.toml",
        'file = "sectors.geojson"\nid_column = "id"',
        'file = "sectors.geojson"\nid_column = "code"',
    )
    assert str(problem(folder)) == (
        "layers/sectors.geojson: code: is not a column of the layer: its columns are id, name"
    )


def test_points_are_no_units(folder: Path):
    points = {"type": "Point", "coordinates": [-70, -33]}
    feature = {"type": "Feature", "properties": {"id": "E", "name": "x"}, "geometry": points}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (folder / "layers" / "sectors.geojson").write_text(text, encoding="utf-8")
    assert problem(folder).wrong == "is a Point"


@pytest.mark.parametrize("content", [b"", b"hello", b'{"type": "FeatureCollection", "features": [{"type"'])
def test_file_that_is_no_layer_is_named_without_its_absolute_path(folder: Path, content: bytes):
    (folder / "layers" / "sectors.geojson").write_bytes(content)
    found = problem(folder)
    assert (found.file, found.where) == ("layers/sectors.geojson", "file")
    assert str(folder) not in str(found)


def geopackage(folder: Path, crs: str | None) -> None:
    frame = gpd.GeoDataFrame({"id": ["E"], "name": ["East"]}, geometry=[shapely.Polygon(SQUARE[0])], crs="EPSG:4326")
    frame = frame.to_crs(crs) if crs else frame.set_crs(None, allow_override=True)
    (folder / "layers" / "sectors.geojson").unlink()
    replace(folder, "layers/city.toml", "sectors.geojson", "sectors.gpkg")
    frame.to_file(folder / "layers" / "sectors.gpkg", driver="GPKG", engine="pyogrio")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_layer_without_a_coordinate_system_is_refused(folder: Path):
    geopackage(folder, None)
    found = problem(folder)
    assert (found.file, found.where) == ("layers/sectors.gpkg", "file")
    assert "coordinate system" in found.wrong


def test_layer_in_metres_is_read_in_degrees(folder: Path):
    geopackage(folder, "EPSG:32719")
    units = city.load(folder).layer("sectors").current.units
    assert units.crs == "EPSG:4326"
    assert units.total_bounds == pytest.approx([-70, -33, -69.99, -32.99], abs=1e-9)


def test_repair_makes_a_bow_tie_two_triangles_and_warns(folder: Path):
    sectors(folder, ("E", BOW_TIE))
    replace(folder, "layers/city.toml", 'file = "sectors.geojson"', 'file = "sectors.geojson"\nrepair = true')
    problems, warnings = check(folder)
    assert problems == []
    assert any(w.file == "layers/sectors.geojson" and "was repaired" in w.wrong for w in warnings)
    # the two triangles are half of the square
    whole, units = shapely.Polygon(SQUARE[0]), city.load(folder).layer("sectors").current.units
    assert units.geometry.iloc[0].area == pytest.approx(whole.area / 2)


@pytest.mark.parametrize("name", ["layers/city.toml", "layers/plans.toml", "maps/crews.toml"])
def test_toml_that_is_not_utf8_is_named_with_the_byte(folder: Path, name: str):
    (folder / name).write_bytes(b'name = "Maip\xfa"')
    found = [found for found in check(folder)[0] if found.file == name]
    assert [(f.where, f.wrong) for f in found] == [("byte 12", "is not UTF-8")]


@pytest.mark.parametrize("name", ["layers/places/schools.csv", "layers/streets.csv"])
def test_table_that_is_not_utf8_is_named(folder: Path, name: str):
    (folder / name).write_bytes(b"name,lon,lat\nLiceo Maip\xfa,-70,-33\n")
    assert (problem(folder).file, problem(folder).where) == (name, "file")


@pytest.mark.parametrize("name", ["layers/city.toml", "layers/plans.toml"])
def test_missing_definition_is_named(folder: Path, name: str):
    (folder / name).unlink()
    assert (problem(folder).file, problem(folder).wrong) == (name, "is missing")


def test_folder_in_place_of_a_definition_is_named(folder: Path):
    (folder / "layers" / "plans.toml").unlink()
    (folder / "layers" / "plans.toml").mkdir()
    assert problem(folder).file == "layers/plans.toml"


def test_city_without_a_map_is_refused(folder: Path):
    shutil.rmtree(folder / "maps")
    assert (problem(folder).file, problem(folder).wrong) == ("maps", "holds no map definition")


def test_plan_named_twice_is_refused(folder: Path):
    plans = (folder / "layers" / "plans.toml").read_text(encoding="utf-8")
    append(folder, "layers/plans.toml", plans.removeprefix("format = 1\n"))
    assert str(problem(folder)) == "layers/plans.toml: plans[south]: appears twice: keep one"


def test_place_outside_the_city_is_a_warning(folder: Path):
    append(folder, "layers/places/plazas.csv", "Plaza lejana,-60,-33\n")
    problems, warnings = check(folder)
    assert problems == []
    assert any(w.where == "places[plazas]" and "'Plaza lejana' lies outside" in w.wrong for w in warnings)


def test_unit_without_population_in_the_table_is_a_warning(folder: Path):
    table = 'population = { file = "people.csv", key_column = "id", column = "n" }'
    replace(folder, "layers/city.toml", 'population_column = "population"', table)
    (folder / "layers" / "people.csv").write_text('id,n\nA,"1,234"\nB,2\nC,3\n', encoding="utf-8")
    problems, warnings = check(folder)
    assert problems == []
    assert any((w.file, w.where) == ("layers/people.csv", "D") for w in warnings)
    assert city.load(folder).primary.table.population.iloc[0] == 1234


def people(folder: Path, text: str) -> None:
    table = 'population = { file = "people.csv", key_column = "who", column = "n" }'
    replace(folder, "layers/city.toml", 'population_column = "population"', table)
    (folder / "layers" / "people.csv").write_text(text, encoding="utf-8")


def test_population_table_may_name_units_as_people_write_them(folder: Path):
    people(folder, "who,n\nbarrio a,1\nB,2\nBARRIO-C,3\nBarrio  D,4\nElsewhere,9\n")
    assert city.load(folder).primary.table.population.tolist() == [1, 2, 3, 4]


def test_population_table_that_contradicts_itself_is_refused(folder: Path):
    people(folder, "who,n\nA,1\nB,-2\nC,3\nD,4\nBarrio A,5\n")
    problems, _ = check(folder)
    assert [(p.where, p.wrong) for p in problems] == [
        ("line 3, n", "is -2"),
        ("line 6", "is a second row for A"),
    ]


def test_population_said_twice_is_refused(folder: Path):
    both = 'population_column = "population"\npopulation = { file = "x.csv", key_column = "id", column = "n" }'
    replace(folder, "layers/city.toml", 'population_column = "population"', both)
    assert problem(folder).where == "layers[barrios].versions[0]"


def test_layer_without_source_and_licence_is_a_warning(folder: Path):
    replace(folder, "layers/city.toml", 'source = "made up"\nlicence = "CC0-1.0"\n', "")
    where = [w.where for w in check(folder)[1]]
    assert {"layers[barrios].versions[0].source", "layers[barrios].versions[0].licence"} <= set(where)


def test_load_raises_every_problem_at_once(folder: Path):
    replace(folder, "layers/plans.toml", '"B"', '"Z"')
    replace(folder, "maps/residents.toml", '"plazas"', '"parks"')
    sectors(folder, (None, SQUARE))
    with pytest.raises(CityError) as caught:
        city.load(folder)
    assert [p.file for p in caught.value.problems] == [
        "layers/sectors.geojson",
        "layers/plans.toml",
        "maps/residents.toml",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("valid_from = 2020-01-01", "valid_from = 2020-01-01"),
        ("valid_to = 2021-01-01", "valid_from = 2020-01-01"),
    ],
)
def test_editions_that_hold_on_the_same_day_are_refused(folder: Path, first: str, second: str):
    version = 'file = "sectors.geojson"\nid_column = "id"\nname_column = "name"\n'
    both = f"{version}{first}\n\n[[layers.versions]]\n{version}{second}\n"
    replace(folder, "layers/city.toml", version, both)
    found = problem(folder)
    assert (found.file, found.where) == ("layers/city.toml", "layers[sectors].versions")


def test_edition_that_ends_before_it_begins_is_refused(folder: Path):
    dates = 'file = "sectors.geojson"\nvalid_from = 2020-01-01\nvalid_to = 2019-01-01'
    replace(folder, "layers/city.toml", 'file = "sectors.geojson"', dates)
    assert problem(folder).where == f"{SECTORS}"


def test_byte_order_mark_of_an_editor_is_no_problem(folder: Path):
    for name in ("layers/city.toml", "layers/places/schools.csv"):
        path = folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check(folder)[0] == []


def test_kind_left_out_of_a_map_layer_is_named(folder: Path):
    replace(folder, "maps/crews.toml", 'kind = "points"\n', "")
    assert str(problem(folder)) == "maps/crews.toml: layers[0].kind: is required but absent: add it"


def test_plan_on_a_separate_boundary_is_refused(folder: Path):
    replace(folder, "layers/city.toml", '"barrios"\n', '"sectors"\nboundary_layer = "barrios"\n')
    assert ("layers/plans.toml", "plans[south].layer") in {(p.file, p.where) for p in check(folder)[0]}


def test_map_that_counts_what_its_audience_may_not_count_is_refused(folder: Path):
    toml = folder / "layers" / "city.toml"
    head, *entries = toml.read_text(encoding="utf-8").split("[[categories]]")
    hidden = [
        re.sub('publish = "[a-z]+"\n', "", entry).replace(
            'family = "security"', 'family = "security"\npublish = "never"'
        )
        for entry in entries
    ]
    toml.write_text("[[categories]]".join([head, *hidden]), encoding="utf-8")
    problems, _ = check(folder)
    assert {p.file for p in problems} == {"maps/residents.toml"}
    assert "no category of security may be counted for the audience public" in problems[0].wrong
