import shutil

import pytest

from geo_reports import city
from geo_reports.errors import CityError
from geo_reports.geography.gazetteer import build, read_csv


@pytest.fixture
def folder(tmp_path, repo):
    shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny")
    toml = tmp_path / "tiny" / "layers" / "city.toml"
    toml.write_text(toml.read_text().replace("[families.dump]", 'gazetteer = "names.sqlite"\n\n[families.dump]', 1))
    return tmp_path / "tiny"


def test_a_city_without_a_file_has_its_streets_and_places(tiny_city):
    assert tiny_city.gazetteer.geocode("Los Aromos 100, Villa Chica")[0].lon == -69.999
    assert tiny_city.gazetteer is tiny_city.gazetteer


def test_a_city_uses_the_file_it_names(folder):
    (folder / "more.csv").write_text("street,number,lon,lat\nLos Olmos,10,-69.99,-32.99\n")
    build(read_csv(folder / "more.csv"), folder / "layers" / "names.sqlite").close()
    found = city.load(folder).gazetteer
    assert found.geocode("Los Olmos 10")[0].lon == -69.99
    assert found.geocode("Los Aromos 100") == []


@pytest.mark.parametrize("text", [None, "no database at all, whatever its name may promise"])
def test_a_file_that_is_none_is_a_problem(folder, text):
    if text:
        (folder / "layers" / "names.sqlite").write_text(text)
    with pytest.raises(CityError, match="gazetteer"):
        city.load(folder)
