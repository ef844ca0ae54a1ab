"""A sound layer becomes an edition, whatever its format; the folder passes ``check`` and keeps its comments."""

import fcntl
import os
import shutil
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.city.incoming.add import Prepared, Wish, commit, prepare
from geo_reports.city.incoming.axes import Ground, Said
from geo_reports.city.incoming.columns import Wanted
from geo_reports.city.incoming.edition import with_version
from geo_reports.city.incoming.faults import measured, totals
from geo_reports.city.incoming.reader import unmangled
from geo_reports.city.incoming.units import Reading, bring
from geo_reports.errors import InputError, LayerRefused
from tests.city.bad_layers import BOW_TIE, SWAPPED, collection, feature, frame, mojibake, polygon, square, two_layers
from tests.city.test_incoming_bad import state

DAY = date(2026, 1, 1)
GROUND = Ground("Villa Chica", (-70.0, -33.0, -69.98, -32.98), "EPSG:32719")


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))


def wish(file: Path, day: date | None = DAY, layer: str = "barrios", **reading: Any) -> Wish:
    return Wish(file, layer, day, source="made up", licence="CC0-1.0", reading=Reading(**reading))


def add(folder: Path, wanted: Wish) -> Prepared:
    made = prepare(folder, wanted)
    commit(made)
    return made


def saved(name: str, path: Path, crs: str = "EPSG:4326") -> Path:
    """Two units in a format told by the file's name."""
    units = frame(population=[10, 20]).to_crs(crs)
    file = path / name
    if file.suffix == ".parquet":
        units.to_parquet(file)
    elif file.suffix == ".csv":
        units.assign(wkt=units.geometry.to_wkt()).drop(columns="geometry").to_csv(file, index=False)
    elif file.suffix == ".zip":
        units.to_file(path / "in.shp")
        with zipfile.ZipFile(file, "w") as archive:
            for part in path.glob("in.*"):
                archive.write(part, f"export/{part.name}")
    elif file.suffix == ".kml":
        units.rename(columns={"id": "codigo", "name": "nombre"}).to_file(file, driver="KML")
    else:
        units.to_file(file)
    return file


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("new.geojson", "EPSG:4326"),
        ("new.gpkg", "EPSG:32719"),
        ("new.shp", "EPSG:3857"),
        ("new.zip", "EPSG:32719"),
        ("new.kml", "EPSG:4326"),
        ("new.gml", "EPSG:32719"),
        ("new.fgb", "EPSG:4326"),
        ("new.parquet", "EPSG:32719"),
    ],
)
def test_every_format_becomes_the_same_edition(folder: Path, tmp_path: Path, name: str, crs: str):
    file = saved(name, tmp_path, crs)
    columns = Wanted("id", "name", "population")
    if file.suffix == ".kml":  # which has an id and a name of its own
        columns = Wanted("codigo", "nombre", "population")
    add(folder, wish(file, columns=columns))
    units = city.load(folder).primary.current.units
    assert list(units.unit) == ["A", "B"]
    assert list(units.population) == [10, 20]
    assert np.allclose(shapely.bounds(units.geometry.array[0]), (-70, -33, -69.99, -32.99), atol=1e-8)


def test_csv_needs_its_crs(folder: Path, tmp_path: Path):
    file = saved("new.csv", tmp_path, "EPSG:32719")
    made = add(folder, wish(file, place=Said(crs="EPSG:32719")))
    assert made.brought.columns.population == "population"
    assert city.load(folder).primary.current.units.population.sum() == 30


def test_the_edition_before_ends_and_comments_stay(folder: Path, tmp_path: Path):
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text().replace("[[places]]", "# --- places ---\n\n[[places]]", 1))
    before = toml.read_text()
    add(folder, wish(saved("new.geojson", tmp_path)))
    after = toml.read_text()
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert added == ["valid_to = 2026-01-01", 'file = "barrios-2026-01-01.geojson"', "valid_from = 2026-01-01"]
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert "\n\n# --- places ---\n\n[[places]]" in after
    problems, _ = check(folder)
    assert problems == []
    first, second = city.load(folder).layers["barrios"].versions
    assert (first.spec.valid_to, second.spec.valid_from) == (DAY, DAY)


def test_the_same_file_gives_the_same_bytes(folder: Path, tmp_path: Path):
    made = [prepare(folder, wish(saved(name, tmp_path))) for name in ("one.gpkg", "two.gpkg")]
    assert made[0].content == made[1].content
    assert made[0].content.startswith(b'{"type":"FeatureCollection"')


def test_preparing_changes_nothing(folder: Path, tmp_path: Path):
    before = state(folder)
    prepare(folder, wish(saved("new.geojson", tmp_path)))
    assert state(folder) == before


def test_a_folder_changed_meanwhile_is_left_alone(folder: Path, tmp_path: Path):
    made = prepare(folder, wish(saved("new.geojson", tmp_path)))
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text() + "\n# someone else\n")
    before = state(folder)
    with pytest.raises(InputError, match="changed meanwhile"):
        commit(made)
    assert state(folder) == before


def test_plans_of_units_that_went_are_a_warning(folder: Path, tmp_path: Path):
    plans = folder / "layers" / "plans.toml"
    plans.write_text(plans.read_text().replace('["A", "B"]', '["A", "B", "C", "D"]'))
    add(folder, wish(saved("new.geojson", tmp_path)))  # A and B stay, C and D go
    problems, warnings = check(folder)
    assert problems == []
    gone = {w.wrong.split()[0] for w in warnings if w.file == "layers/plans.toml"}
    assert gone == {"'C'", "'D'"}


def test_two_who_add_at_once_take_turns(folder: Path, tmp_path: Path):
    made = prepare(folder, wish(saved("new.geojson", tmp_path)))
    held = os.open(folder / "layers", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as other:
        late = other.submit(commit, made)
        with pytest.raises(TimeoutError):
            late.result(timeout=0.3)
        toml = folder / "layers" / "city.toml"
        toml.write_text(toml.read_text() + "\n# the first of the two\n")
        os.close(held)
        with pytest.raises(InputError, match="changed meanwhile"):
            late.result(timeout=10)
    assert not (folder / "layers" / made.file).exists()


def test_a_write_that_fails_leaves_the_folder_as_it_was(folder: Path, tmp_path: Path):
    made = prepare(folder, wish(saved("new.geojson", tmp_path)))
    before = state(folder)
    # the name under which city.toml is written before it is renamed is taken
    taken = folder / "layers" / f".city.toml.{os.getpid()}.tmp"
    taken.mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        commit(made)
    taken.rmdir()
    assert state(folder) == before


def test_a_layer_of_its_own(folder: Path, tmp_path: Path):
    words = {"es": "Cuadrantes", "en": "Beats"}
    add(folder, Wish(saved("new.geojson", tmp_path), "beats", words=words, source="x", licence="y"))
    assert list(city.load(folder).layers) == ["barrios", "sectors", "beats"]
    assert '\n\n[[layers]]\nid = "beats"' in (folder / "layers" / "city.toml").read_text()
    assert check(folder)[0] == []


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ((DAY, DAY), "begins on 2026-01-01"),
        ((DAY, date(2025, 12, 31)), "begins on 2026-01-01"),
        ((None,), "--valid-from"),
    ],
)
def test_editions_follow_each_other(folder: Path, tmp_path: Path, days: tuple[date | None, ...], says: str):
    file = saved("new.geojson", tmp_path)
    for day in days[:-1]:
        add(folder, wish(file, day))
    before = state(folder)
    with pytest.raises(InputError, match=says):
        prepare(folder, wish(file, days[-1]))
    assert state(folder) == before


def test_an_edition_that_holds_longer_is_not_cut(folder: Path, tmp_path: Path):
    toml = folder / "layers" / "city.toml"
    toml.write_text(
        toml.read_text().replace('file = "barrios.geojson"', 'file = "barrios.geojson"\nvalid_to = 2030-01-01')
    )
    with pytest.raises(InputError, match="holds until 2030-01-01"):
        prepare(folder, wish(saved("new.geojson", tmp_path)))


@pytest.mark.parametrize("layer", ["../out", "wards", "Barrios"])
def test_a_layer_that_is_not_there(folder: Path, tmp_path: Path, layer: str):
    with pytest.raises(InputError, match="no such layer; there are barrios, sectors"):
        prepare(folder, wish(saved("new.geojson", tmp_path), layer=layer))


def test_inline_versions_and_subtables_are_edited_too():
    entry = {"file": "new.geojson", "id_column": "id", "name_column": "name", "valid_from": DAY}
    inline = 'a = 1\n[[layers]]\nid = "x"\nversions = [{file = "old.geojson"}]\n# end\n'
    nested = '[[layers]]\nid = "x"\n[[layers.versions]]\nfile = "old.geojson"\n'
    nested += '[layers.versions.population]\nfile = "p"\n# end\n'
    for text in (inline, nested):
        versions = tomllib.loads(after := with_version(text, "x", entry, "old.geojson"))["layers"][0]["versions"]
        assert [(v["file"], v.get("valid_to"), v.get("valid_from")) for v in versions] == [
            ("old.geojson", DAY, None),
            ("new.geojson", None, DAY),
        ]
        assert after.endswith("# end\n")


def test_repairs_are_listed_with_their_area(tmp_path: Path):
    file = collection(feature(polygon(), "A"), feature(polygon(BOW_TIE), "B"), feature(polygon(square(1)[:-1]), "C"))
    made = bring(file(tmp_path), Reading(repair=True), GROUND)
    assert [(repair.feature, repair.unit) for repair in made.repairs] == [(1, "B"), (2, "C")]
    half, whole = made.repairs[0].after_m2, made.repairs[1].after_m2
    assert half == pytest.approx(whole / 2, rel=1e-3)
    assert made.repairs[0].before_m2 == pytest.approx(0, abs=200)
    assert made.repairs[1].reason == "ring was not closed"
    assert made.units.geometry.is_valid.all()


def test_a_scribble_is_refused_instead_of_repaired_for_minutes(tmp_path: Path):
    ring = (np.random.default_rng(1).random((300, 2)) * 0.01 + [-70, -33]).tolist()
    file = collection(feature(polygon([*ring, ring[0]])))(tmp_path)
    with pytest.raises(LayerRefused, match="crosses itself more than 1,000 times"):
        bring(file, Reading(repair=True), GROUND)


def test_axes_are_swapped_when_told(tmp_path: Path):
    made = bring(collection(feature(polygon(SWAPPED)))(tmp_path), Reading(place=Said(swap_axes=True)), GROUND)
    assert made.units.total_bounds == pytest.approx([-70, -33, -69.99, -32.99])
    with pytest.raises(LayerRefused, match="leave out --swap-axes"):
        bring(collection(feature(polygon()))(tmp_path), Reading(place=Said(swap_axes=True)), GROUND)


def test_anywhere_lets_a_distant_layer_in(tmp_path: Path):
    file = collection(feature(polygon([[0, 0], [1, 0], [1, 1], [0, 0]])))(tmp_path)
    assert len(bring(file, Reading(place=Said(anywhere=True)), GROUND).units) == 1


def test_points_and_heights_are_left_out_with_a_note(tmp_path: Path):
    high = [[*position, 500] for position in square()]
    point = {"type": "Point", "coordinates": [-70, -33]}
    made = bring(
        collection(feature(point, "P"), feature(polygon(high)))(tmp_path), Reading(skip_non_polygons=True), GROUND
    )
    assert list(made.units.unit) == ["A"]
    assert not made.units.geometry.has_z.any()
    assert any("0 (Point)" in note for note in made.notes)
    assert "Heights (Z) were dropped." in made.notes


def test_text_is_read_in_the_encoding_named(tmp_path: Path):
    made = bring(mojibake(tmp_path), Reading(encoding="utf-8"), GROUND)
    assert list(made.units.name) == ["Maipú", "Ñuñoa"]
    content = '{"type":"FeatureCollection","features":[]}'
    assert unmangled(content) is None
    assert (unmangled("MaipÃº"), unmangled("Maipú"), unmangled("Ñuñoa")) == ("Maipú", None, None)


def test_doubly_saved_text_is_mended_when_told(tmp_path: Path):
    file = collection(feature(polygon(), name="MaipÃº"))(tmp_path)
    made = bring(file, Reading(encoding="utf-8"), GROUND)
    assert list(made.units.name) == ["Maipú"]
    assert any("mended" in note for note in made.notes)


def test_one_layer_of_several(tmp_path: Path):
    assert len(bring(two_layers(tmp_path), Reading(layer="cuadrantes"), GROUND).units) == 2


def test_ids_of_the_present_edition_tell_the_column(tmp_path: Path):
    units = (feature(polygon(square(n)), unit, codigo=f"k{n}") for n, unit in enumerate("AB"))
    made = bring(collection(*units)(tmp_path), Reading(), GROUND, known=["k0", "k1"])
    assert made.columns.id == "codigo"
    assert "present edition" in made.notes[0]


def test_columns_and_axes_that_are_wrong_are_said_together(tmp_path: Path):
    units = frame(population=[10, 20]).rename(columns={"id": "sector", "name": "zona"})
    units["geometry"] = shapely.transform(np.asarray(units.geometry.array), lambda xy: xy[:, ::-1])
    units.to_file(tmp_path / "new.gpkg")
    with pytest.raises(LayerRefused) as refused:
        bring(tmp_path / "new.gpkg", Reading(), GROUND)
    columns, place = map(str, refused.value.problems)
    assert "may take its ids from sector, zona: choose one" in columns  # residents are no ids
    assert "--swap-axes" in place


def test_serial_numbers_are_no_ids_where_others_are_there(tmp_path: Path):
    units = frame(objectid=[1, 2], area=[1.5, 2.5]).rename(columns={"id": "cod_barrio", "name": "NOM_BARRIO"})
    units.to_file(tmp_path / "x.gpkg")
    columns = bring(tmp_path / "x.gpkg", Reading(), GROUND).columns
    assert (columns.id, columns.name, columns.population) == ("cod_barrio", "NOM_BARRIO", None)


def test_faults_between_units_are_summed_in_square_metres():
    squares = [shapely.box(0, 0, 100, 100), shapely.box(90, 0, 200, 100)]
    units = gpd.GeoDataFrame({"unit": ["A", "B"], "name": ["A", "B"]}, geometry=squares, crs="EPSG:32719")
    topology = measured(units, "EPSG:32719")
    assert topology is not None
    found = totals(topology)
    assert found["overlaps"] == {"count": 1, "area_m2": 1000.0, "worst": [{"units": ["A", "B"], "area_m2": 1000.0}]}
    assert found["gaps"]["count"] == 0


def test_the_eight_crossing_rings_of_west_yorkshire_are_found(real_data: Path):
    file = real_data / "west_yorkshire" / "lsoa_2011.geojson"
    ground = Ground("West Yorkshire", (-2.2, 53.5, -1.2, 54.0), "EPSG:27700")
    with pytest.raises(LayerRefused) as refused:
        bring(file, Reading(columns=Wanted("LSOA11CD", "LSOA11NM")), ground)
    rows = [66, 223, 510, 519, 551, 762, 1003, 1295]
    assert [problem.where.split()[1] for problem in refused.value.problems] == [str(row) for row in rows]
    assert all("Self-intersection" in p.wrong and "--repair" in p.remedy for p in refused.value.problems)
