from pathlib import Path

import pytest
from pydantic import ValidationError

from geo_reports.settings import Settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of its own and no settings in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        *(f"GEO_REPORTS_{field.upper()}" for field in Settings.model_fields),
    ):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_defaults_are_safe(home):
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.tile_url == ""
    assert settings.city == Path()
    assert settings.data_dir == home / ".local/share/geo-reports"
    assert settings.key_dir == home / ".config/geo-reports/keys"


def test_keys_are_kept_apart_from_the_data(home):
    settings = Settings()
    assert not settings.key_dir.is_relative_to(settings.data_dir)
    assert not settings.data_dir.is_relative_to(settings.key_dir)


def test_xdg_folders(home, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative/is/ignored")
    settings = Settings()
    assert settings.data_dir == Path("/data/geo-reports")
    assert settings.key_dir == home / ".config/geo-reports/keys"


def test_the_environment_sets_them(home, monkeypatch):
    monkeypatch.setenv("GEO_REPORTS_PORT", "9000")
    monkeypatch.setenv("GEO_REPORTS_HTTPS", "true")
    assert (Settings().port, Settings().https) == (9000, True)


@pytest.mark.parametrize(
    ("name", "value"), [("port", 0), ("port", 65536), ("writes_per_hour", 0), ("geocoder", "google"), ("colour", "red")]
)
def test_nonsense_is_refused(home, name, value):
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_a_key_is_not_printed(home, monkeypatch):
    monkeypatch.setenv("GEO_REPORTS_GEOCODER_KEY", "very-secret")
    assert "very-secret" not in repr(Settings())


def test_every_setting_is_described():
    assert all(field.description for field in Settings.model_fields.values())
