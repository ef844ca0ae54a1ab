"""What a new edition moves, told on squares with real commands, files and a real store."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geo_reports.cli import main

EDITIONS = """
[[layers.versions]]
file = "barrios.geojson"
id_column = "id"
name_column = "name"
valid_to = 2024-01-01

[[layers.versions]]
file = "later.geojson"
id_column = "id"
name_column = "name"
valid_from = 2024-01-01
"""
ZONES = """
[[layers]]
id = "zones"
name = { es = "Zonas", en = "Zones" }

[[layers.versions]]
file = "zones.geojson"
id_column = "id"
name_column = "name"
population_column = "people"
"""
ALIASES = '\n[layers.aliases]\nB = ["El Bajo"]\n'
SOUTH, MIDDLE, NORTH = -33, -32.99, -32.98
LATER = [
    ("A", "Barrio A", (-70, SOUTH, -69.985, MIDDLE)),
    ("B", "Barrio B", (-69.985, SOUTH, -69.98, MIDDLE)),
    ("C", "Barrio Nuevo", (-70, MIDDLE, -69.99, NORTH)),
    ("E", "Barrio B", (-69.99, MIDDLE, -69.97, NORTH)),
]
# in the half of B that A gets; in B still; in D, which E takes
HALF, KEPT, GONE = (-69.987, -32.995), (-69.983, -32.995), (-69.985, -32.985)
PROFILE = """
format = 1
source = "town-hall"
id_column = "id"
lon_column = "lon"
lat_column = "lat"
category_column = "kind"
[occurred]
date_column = "day"
precision = "day"
"""
Run = Callable[..., str]


def polygons(units: list[tuple[str, str, tuple[float, float, float, float]]]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"id": unit, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for unit, name, (w, s, e, n) in units
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    """The tiny city with one edition, and the file of another beside it."""
    copy = Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "city"))
    (copy / "layers" / "later.geojson").write_text(polygons(LATER))
    (copy / "layers" / "plans.toml").write_text("format = 1\n")
    return copy


def add_edition(folder: Path) -> None:
    toml = folder / "layers" / "city.toml"
    text = toml.read_text()
    begin = text.index("[[layers.versions]]")
    end = text.index("[[layers]]", begin)
    toml.write_text(text[:begin] + ALIASES + EDITIONS + "\n" + text[end:])


@pytest.fixture
def run(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(folder))
    monkeypatch.setenv("GEO_REPORTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GEO_REPORTS_KEY_DIR", str(tmp_path / "keys"))

    def command(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        assert left.value.code == code, said
        return said.err if code else said.out

    return command


@pytest.fixture
def stored(run: Run, tmp_path: Path) -> str:
    """A store with 3 dumps and 6 robberies that move, 2 dumps that do not, and 2 dumps whose unit is gone."""
    kinds = [("rubble", HALF)] * 3 + [("street_robbery", HALF)] * 6 + [("rubble", KEPT)] * 2 + [("rubble", GONE)] * 2
    lines = [f"{number},{lon},{lat},{kind},2025-01-05" for number, (kind, (lon, lat)) in enumerate(kinds)]
    (tmp_path / "old.csv").write_text("\n".join(["id,lon,lat,kind,day", *lines]))
    (tmp_path / "profile.toml").write_text(PROFILE)
    run("import", "old.csv", "--profile", "profile.toml", "--db", "reports.sqlite")
    return "reports.sqlite"


@pytest.mark.parametrize("command", ["diff", "recast"])
def test_help_has_an_example(run: Run, command: str) -> None:
    assert f"Example: geo-reports layers {command}" in " ".join(run("layers", command, "--help").split())


def test_diff_of_two_editions(run: Run, folder: Path) -> None:
    add_edition(folder)
    told = json.loads(run("layers", "diff", "--id", "barrios", "first", "2024-01-01", "--json"))
    assert {row["unit"]: row["change"] for row in told["units"]} == {
        "A": "moved",
        "B": "moved",
        "C": "renamed",
        "D": "removed",
        "E": "added",
    }
    ground = {(row["unit_old"], row["unit_new"]): row["share_old"] for row in told["pairs"]}
    assert ground[("B", "A")] == pytest.approx(0.5, abs=1e-4)
    assert ground[("D", "E")] == pytest.approx(1)
    assert ground[("", "E")] is None
    assert "reports" not in told


def test_diff_says_it_in_words(run: Run, folder: Path) -> None:
    add_edition(folder)
    text = run("layers", "diff")
    assert text.startswith("barrios, the first edition to 2024-01-01: 0 same, 1 renamed, 2 moved, 1 added, 1 removed.")
    assert "Barrio Nuevo" in text


def test_diff_of_a_file_that_is_no_edition_yet(run: Run, folder: Path) -> None:
    told = run("layers", "diff", "--file", str(folder / "layers" / "later.geojson"))
    assert "the first edition to later.geojson: 0 same, 1 renamed, 2 moved" in told


def test_file_that_is_no_layer_is_refused_with_its_faults(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new.geojson").write_text(
        polygons([("A", "x", (-70, -33, -69, -32)), ("A", "y", (-69, -33, -68, -32))])
    )
    diff = ("layers", "diff", "--file", "new.geojson")
    assert "repeats the id 'A'" in run(*diff, "--id-column", "id", code=1)
    assert "--id-column code: is not a column of the layer" in run(*diff, "--id-column", "code", code=1)


def test_file_with_columns_of_its_own_is_read_as_layers_add_reads_it(run: Run, tmp_path: Path) -> None:
    text = polygons(LATER).replace('"id"', '"COD_BARRIO"').replace('"name"', '"NOMBRE"')
    (tmp_path / "town_hall.geojson").write_text(text)
    told = run("layers", "diff", "--file", "town_hall.geojson")
    assert "Guessed: the id is COD_BARRIO" in told
    assert "0 same, 1 renamed, 2 moved, 1 added, 1 removed." in told
    swapped = [(unit, name, (s, w, n, e)) for unit, name, (w, s, e, n) in LATER]
    (tmp_path / "swapped.geojson").write_text(polygons(swapped))
    assert "add --swap-axes" in run("layers", "diff", "--file", "swapped.geojson", code=1)
    assert "1 renamed, 2 moved" in run("layers", "diff", "--file", "swapped.geojson", "--swap-axes")


def reports(run: Run, *words: str) -> dict[str, tuple[int, str]]:
    told = json.loads(run("layers", "diff", *words, "--json"))
    return {row["family"]: (row["reports"], row["shown"]) for row in told["reports"]}


def test_reports_that_change_unit(run: Run, folder: Path, stored: str) -> None:
    add_edition(folder)  # reports are not reassigned yet: now is when one wants to know
    assert reports(run, "--db", stored) == {"dump": (7, "5"), "security": (0, "0")}
    assert reports(run, "--db", stored, "--audience", "planner") == {"dump": (7, "5"), "security": (6, "6")}


def test_public_learns_nothing_of_reports_it_may_not_see(run: Run, folder: Path, stored: str) -> None:
    # robberies exist here, but only street lights are published as points
    text = run("layers", "diff", "--file", str(folder / "layers" / "later.geojson"), "--db", stored)
    assert "dump: 5 of 7 reports change unit." in text
    assert "security: 0 of 0 reports change unit." in text
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text().replace('publish = "point"\n', ""))
    text = run("layers", "diff", "--file", str(folder / "layers" / "later.geojson"), "--db", stored)
    assert "security: not for the audience public." in text


def test_drawing_a_unit_around_a_house_tells_nobody_of_security(run: Run, tmp_path: Path, stored: str) -> None:
    lon, lat = HALF
    house = ("H", "Casa", (lon - 0.0001, lat - 0.0001, lon + 0.0001, lat + 0.0001))
    (tmp_path / "house.geojson").write_text(polygons([house]))
    for audience in ("planner", "moderator", "admin"):
        told = reports(run, "--file", "house.geojson", "--db", stored, "--audience", audience)
        assert told["security"] == (0, "0")


def test_store_that_is_not_there_is_not_made(run: Run, folder: Path, tmp_path: Path) -> None:
    add_edition(folder)
    assert "there is no store at none.sqlite" in run("layers", "diff", "--db", "none.sqlite", code=1)
    assert not (tmp_path / "none.sqlite").exists()


def test_editions_are_named_by_their_first_day(run: Run, folder: Path) -> None:
    assert "has one edition" in run("layers", "diff", code=1)
    add_edition(folder)
    said = run("layers", "diff", "2020-01-01", code=1)
    assert "no edition '2020-01-01'; there are: first, last, 2024-01-01" in said
    assert "not both" in run("layers", "diff", "first", "last", "--file", "x.geojson", code=1)


RECAST = ("layers", "recast", "--counts", "counts.csv")
COUNTS = "unit,n\nA,10\nel bajo,20\nbarrio-b,4\nD,3\n,5\n"


def test_recast(run: Run, folder: Path, tmp_path: Path) -> None:
    add_edition(folder)
    (tmp_path / "counts.csv").write_text(COUNTS)
    found = {row["unit"]: row for row in json.loads(run(*RECAST, "--places", "inf", "--json"))}
    # half of B's 24 go to A; D is wholly in E; 5 were outside and stay there
    assert {unit: round(row["n"], 2) for unit, row in found.items()} == {"A": 22, "B": 12, "C": 0, "E": 3, "": 5}
    assert (found["A"]["low"], found["A"]["high"]) == (10, 34)
    assert found["A"]["error"] == pytest.approx(6**0.5, abs=0.001)
    assert (found["E"]["low"], found["E"]["high"], found["E"]["name"]) == (3, 3, "Barrio B")
    (wider,) = (row for row in json.loads(run(*RECAST, "--json")) if row["unit"] == "A")
    assert wider["error"] == pytest.approx(((24 + 24 * 23 / 5) / 4) ** 0.5, abs=0.002)
    assert "E: 1.0" in run("layers", "recast", "--counts", "counts.csv")
    lines = run("layers", "recast", "--counts", "counts.csv", "--csv").splitlines()
    assert lines[0] == "unit,name,n,low,high,error"


def test_csv_of_a_layer_from_elsewhere_runs_no_formula(run: Run, folder: Path, tmp_path: Path) -> None:
    named = polygons(LATER).replace("Barrio Nuevo", "=HYPERLINK(1)")
    (folder / "layers" / "later.geojson").write_text(named)
    add_edition(folder)
    (tmp_path / "counts.csv").write_text(COUNTS)
    assert ",'=HYPERLINK(1)," in run(*RECAST, "--csv")
    run("demo", "--dumps", "9", "--security", "9", "--db", "demo.sqlite")
    lines = run("aggregate", "--demo", "--db", "demo.sqlite", "--csv").split("\n")
    assert [line for line in lines if line.startswith("C,'=HYPERLINK(1),")]
    assert not [line for line in lines if line.endswith("\r")]


def test_recast_by_population(run: Run, folder: Path, tmp_path: Path) -> None:
    add_edition(folder)
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text() + ZONES)
    west, east = (-70, SOUTH, -69.985, NORTH), (-69.985, SOUTH, -69.97, NORTH)
    text = polygons([("w", "West", west), ("e", "East", east)])
    text = text.replace('"West"', '"West", "people": 300').replace('"East"', '"East", "people": 100')
    (folder / "layers" / "zones.geojson").write_text(text)
    (tmp_path / "counts.csv").write_text("barrio,count\nB,20\n")
    words = ["layers", "recast", "--counts", "counts.csv", "--unit-column", "barrio", "--json"]
    found = json.loads(run(*words, "--by", "population", "--weights-layer", "zones"))
    # both zones are equally wide in B, but three of four people live in the west
    assert {row["unit"]: row["n"] for row in found}["A"] == pytest.approx(15, abs=0.01)
    assert "go together" in run(*words, "--by", "population", code=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unit,n\nnowhere,1\n", "There is no unit 'nowhere' in the layer barrios"),
        ("unit,n\nE,1\n", "There is no unit 'E'"),
        ("unit,n\nA,inf\n", "The count of 'A' is no number of at least 0: inf."),
        ("unit,n\nA,many\n", "line 2, n: 'many' is no number"),
        ("barrio,n\nA,1\n", "has no column 'unit', only barrio, n: name one with --unit-column"),
        ("unit,total\nA,1\n", "has no column 'count', only unit, total: name one with --count-column"),
        ("", "cannot be read as CSV"),
    ],
)
def test_counts_that_cannot_be_used(run: Run, folder: Path, tmp_path: Path, text: str, words: str) -> None:
    add_edition(folder)
    (tmp_path / "counts.csv").write_text(text)
    assert words in run("layers", "recast", "--counts", "counts.csv", code=1)


def test_aggregate_of_units_named_as_people_do(run: Run, folder: Path, stored: str) -> None:
    table = json.loads(run("aggregate", "--unit", "barrio b", "--unit", "a", "--db", stored, "--json"))
    assert {row["unit"]: row["count"] for row in table} == {"A": 0, "B": 5}
    assert "plans are not units" in run("aggregate", "--plans", "--unit", "A", "--db", stored, code=1)
    assert "There is no unit 'nowhere'" in run("aggregate", "--unit", "nowhere", "--db", stored, code=1)
