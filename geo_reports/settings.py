"""Settings, each an environment variable ``GEO_REPORTS_<NAME>``; read only by ``app.py``."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _home(kind: str, fallback: str) -> Path:
    """Folder of the XDG base directory specification for ``kind`` of file; it says to ignore relative ones."""
    given = Path(os.environ.get(kind, ""))
    return (given if given.is_absolute() else Path.home() / fallback) / "geo-reports"


class Settings(BaseSettings):
    """What differs between one installation and the next."""

    model_config = SettingsConfigDict(env_prefix="GEO_REPORTS_", extra="forbid")

    city: Path = Field(default=Path(), description="The city folder: the folder that holds layers/ and maps/.")
    db: str = Field(
        default="",
        description="Store: a SQLite file or a database URL. Default: a file per city under data_dir.",
    )
    data_dir: Path = Field(
        default_factory=lambda: _home("XDG_DATA_HOME", ".local/share"),
        description="Where the default store is kept.",
    )
    key_dir: Path = Field(
        default_factory=lambda: _home("XDG_CONFIG_HOME", ".config") / "keys",
        description="Where server keys are kept, one file per store, readable by their owner only.",
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port the service listens on.")
    https: bool = Field(
        default=False,
        description="The service is reached over HTTPS: cookies are marked secure and HSTS is sent.",
    )
    writes_per_hour: int = Field(default=60, ge=1, description="Public writes one network prefix may make in an hour.")
    tile_url: str = Field(
        default="",
        description="Opt-in background tiles, for example https://tiles.example.org/{z}/{x}/{y}.png. "
        "Their server learns what people look at; empty means none.",
    )
    tile_attribution: str = Field(default="", description="Text shown on maps for the tiles' source.")
