import numpy as np
import pandas as pd
import pytest

from geo_reports.errors import InputError
from geo_reports.geography import CONFIDENT, Gazetteer
from geo_reports.geography.gazetteer import Line, Source, build, read_csv, read_osm

HEAD = "street,number,lon,lat,outlier\n"
NONE = pd.DataFrame(columns=["street", "number", "lon", "lat"])


def test_a_csv_without_its_outliers(tmp_path):
    file = tmp_path / "streets.csv"
    file.write_text(HEAD + "Los Olmos,10,-70.1,-33.1,False\nLos Olmos,10,-71.9,-33.9,True\n")
    found = Gazetteer(build(read_csv(file))).geocode("Los Olmos 10")
    assert [(c.lon, c.lat) for c in found] == [(-70.1, -33.1)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("street,lon,lat\nA,1,2\n", "number"),
        (HEAD + "A,1,2,3,False\nB,1,x,3,False\n", "line 3"),
        (HEAD + "A,1,2,95,False\n", "line 2"),
        ("", "cannot be read"),
    ],
)
def test_a_bad_csv_names_what_is_wrong(tmp_path, text, names):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=names):
        read_csv(tmp_path / "bad.csv")


def test_lines_meet_where_they_share_a_corner():
    north = Line("Calle Norte", np.array([[-70.0, -33.01], [-70.0, -33.0], [-70.0, -32.99]]))
    east = Line("Calle Larga", np.array([[-70.01, -33.0], [-70.0, -33.0], [-69.99, -33.0]]))
    gazetteer = Gazetteer(build(Source(NONE, [north, east])))
    found = gazetteer.geocode("Calle Larga con Calle Norte")[0]
    assert (found.lon, found.lat, found.quality >= CONFIDENT) == (-70.0, -33.0, True)
    near = gazetteer.reverse(-69.995, -33.001)
    assert (near.street, near.street_m) == ("Calle Larga", pytest.approx(111.2, abs=0.5))


def test_a_short_street_is_found_without_a_number():
    lane = Line("Pasaje Corto", np.array([[-70.0, -33.0], [-70.001, -33.0]]))
    found = Gazetteer(build(Source(NONE, [lane]))).geocode("Pje. Corto 33")[0]
    assert (found.quality >= CONFIDENT, found.accuracy_m <= 100) == (True, True)


def test_a_leading_zero_counts_where_the_points_say_so():
    origin, metre = -70.0, 1 / 92_900  # degrees of longitude at 33.5 degrees south
    rows = [("Uno", f"{n}", origin - n * metre, -33.5) for n in (100, 200, 300)]
    both = rows + [("Uno", f"0{n}", origin + n * metre, -33.5) for n in (100, 200, 300)]
    padded = rows + [("Uno", f"0{n}", origin - n * metre, -33.5) for n in (150, 250, 350)]
    columns = NONE.columns
    for table, at in ((both, origin + 250 * metre), (padded, origin - 250 * metre)):
        found = Gazetteer.of(pd.DataFrame(table, columns=columns)).geocode("Uno 0250")[0]
        assert found.lon == pytest.approx(at, abs=5 * metre)


def test_what_is_no_extract_says_so(tmp_path):
    (tmp_path / "bad.osm.pbf").write_bytes(b"this is no extract")
    with pytest.raises(InputError, match="extract"):
        read_osm(tmp_path / "bad.osm.pbf")


def test_an_extract_finds_its_own_addresses(real_data):
    source = read_osm(real_data / "osm_sample" / "Helsinki.osm.pbf")
    gazetteer = Gazetteer(build(source))
    groups = source.streets.groupby(["street", "number"])
    assert groups.ngroups > 590
    found = 0
    for (street, number), points in groups:
        best = gazetteer.geocode(f"{street} {number}")[0]
        found += bool((np.hypot((points.lon - best.lon) * 0.5, points.lat - best.lat) * 111_195 <= 30).any())
    assert found >= 0.98 * groups.ngroups
    assert gazetteer.geocode("Georgsgatan")[0].parts["street"] == "Yrjönkatu"


def test_street_points_split_in_two(real_data):
    table = pd.read_csv(real_data / "maipu" / "streets.csv", dtype=str, keep_default_na=False)
    table = table[(table.outlier == "False") & (table.number != "")].astype({"lon": float, "lat": float})
    kept, test = table.iloc[::2], table.iloc[1::2]
    gazetteer = Gazetteer.of(kept)
    asked = test[test.street.isin(kept.street)]
    errors, wrong = [], 0
    for row in asked.itertuples():
        best = gazetteer.geocode(f"{row.street} {row.number}")[0]
        errors.append(np.hypot((row.lon - best.lon) * 0.834, row.lat - best.lat) * 111_195)
        wrong += best.quality >= CONFIDENT and errors[-1] > 500
    assert np.median(errors) <= 200
    assert np.quantile(errors, 0.9) <= 800
    assert wrong <= 0.02 * len(asked)
