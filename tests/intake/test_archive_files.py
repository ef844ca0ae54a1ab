import gzip

import geopandas as gpd
import pytest

from geo_reports import city
from geo_reports.errors import ImportProblem
from tests.intake.archive_site import BARE, HEAD, Site, row, text_of

FEATURES = """
format = 1
source = "features"
family = "dump"
category = "household"
description_column = "name"
"""
PLACES = ["lon", "lat"]
TIMED = BARE + '[occurred]\ndate_column = "day"\n'


def points(names=("uno", "dos", "dos"), crs="EPSG:4326"):
    shapes = gpd.points_from_xy([-69.995, -69.985, -69.985], [-32.995, -32.995, -32.995], crs=4326)
    return gpd.GeoDataFrame({"name": list(names)}, geometry=shapes).to_crs(crs)


def timed(site, day: str, options: str = "", hour: str | None = None, zone_city=None):
    head, cells = ["lon", "lat", "day"], ["-69.995", "-32.995", day]
    if hour is not None:
        head, cells, options = [*head, "hour"], [*cells, hour], options + 'hour_column = "hour"\n'
    site.take([cells], TIMED + options, head)
    (report,) = site.reports().to_dict("records")
    return report


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.txt"])
def test_text_files(site, name):
    text = text_of(HEAD, [row(1), row(2)], "\t" if name.endswith(".tsv") else ",").encode()
    summary = site.run(site.write(name, gzip.compress(text) if name.endswith(".gz") else text))
    assert summary.new == 2


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32719"])
@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.parquet"])
def test_files_with_geometry(site, name, crs):
    path = site.folder / name
    frame = points(crs=crs)
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_file(path)
    # two features that are alike in everything are two reports; again, none is new
    assert site.run(path, FEATURES).new == 3
    assert site.run(path, FEATURES, chunk_rows=2).existing == 3
    found = site.reports()
    assert found.description.tolist() == ["uno", "dos", "dos"]
    assert found.lon.round(6).tolist() == [-69.995, -69.985, -69.985]
    assert site.store.units_of(found.id.tolist(), "barrios") == {1: "A", 2: "B", 3: "B"}


def test_a_feature_without_a_point_is_rejected_by_its_number(site):
    frame = points()
    frame.loc[1, "geometry"] = frame.geometry[1].buffer(0.001)
    frame.loc[2, "geometry"] = None
    frame.to_file(site.folder / "a.gpkg")
    summary = site.run(site.folder / "a.gpkg", FEATURES)
    assert dict(summary.reasons) == {"has no place: its geometry is not a point": 2}
    assert [line.split(",")[0] for line in (site.folder / "rejects.csv").read_text().splitlines()] == ["line", "2", "3"]


@pytest.mark.parametrize(
    ("day", "hour", "at", "precision", "month"),
    [
        ("2026-01-05", None, 1767582000, "day", 202601),  # 03:00 UTC: summer time
        ("2026-07-05", "23", 1783306800, "hour", 202607),  # 03:00 UTC of the next day: winter time
        ("2026-07-05", "23:59", 1783306800, "hour", 202607),
    ],
)
def test_local_days_and_hours(site, day, hour, at, precision, month):
    report = timed(site, day, f'precision = "{precision}"\n', hour)
    assert (report["occurred_at"], report["occurred_precision"], report["month"]) == (at, precision, month)


def test_a_month_alone(site):
    report = timed(site, "2026-07", 'date_format = "month"\nprecision = "month"\n')
    assert (report["occurred_at"], report["occurred_precision"], report["month"]) == (1782878400, "month", 202607)


def test_minutes_are_not_kept(site):
    report = timed(site, "2026-07-05T18:47:12", 'precision = "hour"\n')
    assert report["occurred_at"] == 1783288800


@pytest.mark.parametrize("text", ["2026-07-05T22:10:00Z", "2026-07-05T18:10:00-04:00", "2026-07-05T18:10"])
def test_an_offset_in_a_time_is_heeded(site, text):
    assert timed(site, text, 'precision = "hour"\n')["occurred_at"] == 1783288800


@pytest.mark.parametrize(
    ("instant", "local_month"),
    [
        ("2026/02/01 02:59:59+00", 202601),  # 23:59 of 31 January in Santiago
        ("2026/02/01 03:00:00+00", 202602),
        ("2026/08/01 03:59:59+00", 202607),  # winter: the day begins at 04:00 UTC
        ("2026/08/01 04:00:00+00", 202608),
    ],
)
def test_utc_instants_mean_local_days(site, instant, local_month):
    style = 'date_format = "%Y/%m/%d %H:%M:%S+00"\nutc_means_local_day = true\n'
    assert timed(site, instant, style)["month"] == local_month


@pytest.mark.parametrize("day", ["2026-09-06", "2026-04-04", "2026-04-05"])
def test_days_on_which_the_clock_changes_have_all_their_hours(site, day):
    rows = [["-69.995", "-32.995", day, str(hour)] for hour in range(24)]
    profile = TIMED + 'hour_column = "hour"\nprecision = "hour"\n'
    assert site.take(rows, profile, ["lon", "lat", "day", "hour"]).new == 24


def test_a_broken_archive_keeps_what_came_before(site):
    packed = gzip.compress(text_of(HEAD, [row(i, text=str(i * 7919)) for i in range(3000)]).encode())
    file = site.write("a.csv.gz", packed[: len(packed) // 2])
    with pytest.raises(ImportProblem, match=r"cannot be read further.*What came before is kept"):
        site.run(file, chunk_rows=100)
    (batch,) = site.archive.batches()
    assert batch["state"] == "failed"
    assert 0 < batch["n_new"] == len(site.reports()) < 3000
    assert site.is_whole()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv.gz", b"no gzip at all", "cannot be read"),
        ("a.geojson", b"{", "cannot be read"),
        ("a.parquet", b"PAR1", "is no Parquet file"),
        ("a.xlsx", b"", "use CSV"),
        ("a.csv", b"", "which the file lacks"),
        ("a.csv", b"lon,north\n1,2\n", "the profile reads lat, which the file lacks"),
        ("a.csv", b"lon,lat,lat\n1,2,3\n", "has several columns called lat"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(site, name, content, says):
    with pytest.raises(ImportProblem, match=says):
        site.run(site.write(name, content), BARE if name.endswith(("csv", "gz")) else FEATURES)
    assert site.reports().empty


def test_a_missing_file_says_so(site):
    with pytest.raises(ImportProblem, match="does not exist"):
        site.run(site.folder / "none.csv", BARE)


def test_rejects_that_cannot_be_written_are_a_plain_error(site):
    with pytest.raises(ImportProblem, match="rejected rows cannot be written there"):
        site.take([["", ""]], BARE, PLACES, rejects=site.folder)


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (BARE + 'colour = "red"\n', "colour: Extra inputs"),
        (BARE.replace("rubble", "noise"), "'noise' is no category here"),
        ('family = "security"\n' + BARE, "'rubble' is no category here"),
        (BARE.replace('lat_column = "lat"\n', ""), "go together"),
        (BARE + 'category_column = "kind"\n', "give either category"),
        ("format = 1\nformat = 2\n", "is not valid TOML"),
        (BARE + 'encoding = "klingon"\n', "encoding: .*unknown encoding"),
    ],
)
def test_profile_errors(site, profile, says):
    with pytest.raises(ImportProblem, match=says):
        site.take([["-69.995", "-32.995"]], profile, PLACES)


def test_a_missing_profile_is_named(site):
    with pytest.raises(ImportProblem, match=r"gone\.toml: the profile does not exist"):
        site.archive.run(site.write("a.csv", "lon,lat\n"), profile=site.folder / "gone.toml")


def test_without_a_profile_it_says_how_to_name_one(site):
    with pytest.raises(ImportProblem, match=r"name a profile with --profile"):
        site.archive.run(site.write("a.csv", "lon,lat\n"))


@pytest.mark.parametrize(
    "text", ["\ud800", "a\0", "x" * 100_000, "=1+1", "\x1f\x1e", "ñ" * 3000, "'; DROP TABLE report"]
)
def test_unknown_text_never_crashes(site, text):
    cells = row("9" + text, text=text, kind=text, day=text, hour=text, lon=text, acc=text, size=text, shut=text)
    data = text_of(HEAD, [row(1), cells, row("id" + text), row(2, text=text)]).encode("utf-8", "surrogatepass")
    summary = site.run(site.write("a.csv", data))
    assert summary.read == 4 == summary.new + summary.rejected
    assert summary.new >= 1
    assert site.is_whole()


def real(repo, name, tmp_path):
    root = repo / "tests" / "cities" / name
    if not list((root / "layers" / "data").glob("*")):
        pytest.skip("the example city's data are not linked: python tests/cities/link_data.py")
    return Site(tmp_path, city.load(root)), root / "layers" / "data"


def test_santiago_has_230_dumps(real_data, repo, tmp_path):
    site, data = real(repo, "santiago", tmp_path)
    first, again = (site.archive.run(data / "microbasurales.geojson") for _ in range(2))
    assert (first.read, first.new, again.existing) == (230, 230, 230)
    assert site.is_whole()
    site.store.close()


def test_a_month_of_police_uk(real_data, repo, tmp_path):
    site, data = real(repo, "west_yorkshire", tmp_path)
    file = data / "2016-07-west-yorkshire-street.csv.gz"
    summary = site.archive.run(file, rejects=tmp_path / "rejects.csv")
    assert summary.read == 27_176 == summary.new + summary.existing + summary.rejected
    assert dict(summary.reasons) == {"has no place: longitude or latitude is empty": summary.rejected}
    assert site.store.size()["reports"] == summary.new
    assert site.is_whole()
    site.store.close()
