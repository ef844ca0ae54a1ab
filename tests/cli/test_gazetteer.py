import json

import pytest

from geo_reports.cli import main
from geo_reports.geography import Gazetteer
from tests.geography.geocoding_service import running


@pytest.fixture
def shell(tmp_path, repo, monkeypatch, capsys):
    """Run a command in a folder of its own and expect an exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))

    def run(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        return said.out, said.err

    return run


def test_geocode_answers_programs(shell):
    out, _ = shell("geocode", "Los Aromos 200", "--json")
    answer = json.loads(out)
    assert answer["certain"] is True
    assert (answer["candidates"][0]["lon"], answer["candidates"][0]["lat"]) == (-69.998, -32.995)
    assert answer["candidates"][0]["parts"]["street"] == "Los Aromos"


def test_geocode_offers_what_is_not_certain(shell):
    out, _ = shell("geocode", "Los Aromos", code=1)
    assert "Not certain" in out
    assert "Los Aromos (sin número)" in out


def test_geocode_finds_nothing(shell):
    assert "Nothing like it" in shell("geocode", "xyzzy", code=1)[0]


def test_online_is_asked_only_when_told_to(shell, monkeypatch):
    with running() as service:
        service.places = [{"kind": "house", "street": "Los Robles", "number": "42", "lon": -69.985, "lat": -32.995}]
        monkeypatch.setenv("GEO_REPORTS_GEOCODER", "pelias")
        monkeypatch.setenv("GEO_REPORTS_GEOCODER_URL", service.url)
        monkeypatch.setenv("GEO_REPORTS_GEOCODER_USER_AGENT", "test")
        shell("geocode", "Los Robles 42", code=1)
        assert service.asked == []
        answer = json.loads(shell("geocode", "Los Robles 42", "--online", "--json")[0])
        assert (answer["certain"], answer["candidates"][0]["lon"]) == (True, -69.985)


def test_online_needs_its_settings(shell, monkeypatch):
    assert "GEO_REPORTS_GEOCODER" in shell("geocode", "Los Robles 42", "--online", code=1)[1]
    monkeypatch.setenv("GEO_REPORTS_GEOCODER", "photon")
    assert "GEO_REPORTS_GEOCODER_URL" in shell("geocode", "Los Robles 42", "--online", code=1)[1]


def test_build_joins_a_city_and_a_csv(shell, tmp_path, repo):
    (tmp_path / "more.csv").write_text("street,number,lon,lat\nLos Olmos,10,-69.99,-32.99\n")
    tiny = str(repo / "tests" / "cities" / "tiny")
    out, _ = shell("gazetteer", "build", "made.sqlite", "--csv", "more.csv", "--city", tiny)
    assert "3 streets, 3 house numbers" in out
    made = Gazetteer.open(tmp_path / "made.sqlite")
    assert made.geocode("Los Olmos 10, Villa Chica")[0].lon == -69.99
    assert made.geocode("Los Aromos 100")[0].lon == -69.999
    made.close()


def test_build_needs_a_source(shell):
    assert "at least one source" in shell("gazetteer", "build", "made.sqlite", code=1)[1]
