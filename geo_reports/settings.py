"""Settings, each an environment variable ``GEO_REPORTS_<NAME>``; read only by ``app.py``."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
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
    backup_key: Path | None = Field(
        default=None,
        description="File of the key that backups are encrypted with; keep a copy elsewhere. "
        "Default: backup.key in key_dir.",
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port the service listens on.")
    https: bool = Field(
        default=False,
        description="The service is reached over HTTPS: cookies are marked secure and HSTS is sent.",
    )
    photo_dir: Path | None = Field(
        default=None,
        description="Where photos are kept, each store's apart from another's. "
        "Default: a folder beside the store's file, or under data_dir.",
    )
    min_free_mb: int = Field(
        default=200, ge=0, description="New reports are refused while a disk they are kept on has less room than this."
    )
    witness: Path | None = Field(
        default=None,
        description="File to which signed heads of the event chain are added; best on another machine's disk. "
        "Default: STORE.heads in key_dir.",
    )
    witness_minutes: float = Field(
        default=60, gt=0, le=1440, description="Minutes between two signed heads, when events have come since."
    )
    writes_per_hour: int = Field(default=60, ge=1, description="Public writes one network prefix may make in an hour.")
    flood_per_minute: int = Field(
        default=120,
        ge=1,
        description="When more new public reports than this come in within a minute, each must bring a proof of work.",
    )
    lookups_per_hour: int = Field(
        default=600, ge=1, description="Addresses and positions one network prefix may ask about in an hour."
    )
    tile_url: str = Field(
        default="",
        description="Opt-in background tiles, for example https://tiles.example.org/{z}/{x}/{y}.png. "
        "Their server learns what people look at; empty means none.",
    )
    tile_attribution: str = Field(default="", description="Text shown on maps for the tiles' source.")
    geocoder: Literal["", "nominatim", "photon", "pelias"] = Field(
        default="",
        description="Opt-in online geocoder for addresses that the city's own gazetteer does not know: "
        "nominatim, photon or pelias. Its operator learns those addresses; empty means nobody is asked.",
    )
    geocoder_url: str = Field(
        default="",
        description="Base of the online geocoder, for example https://geocoder.example.org; required with it.",
    )
    geocoder_user_agent: str = Field(
        default="",
        description="Who asks: the name of the installation and an address to write to; required with a geocoder.",
    )
    geocoder_key: SecretStr = Field(default=SecretStr(""), description="Key of a Pelias service, where it wants one.")
    geocoder_per_second: float = Field(
        default=1.0, gt=0, le=100, description="Questions a second that the online geocoder is asked at most."
    )
    webhooks: SecretStr = Field(
        default=SecretStr(""),
        description="Opt-in receivers of public facts of dumps: a JSON list of {name, url, secret, kinds}.",
    )
    webhooks_local: bool = Field(
        default=False, description="Webhooks may lead to this machine, over plain http too; for trying them out."
    )
    smtp_host: str = Field(
        default="",
        description="Opt-in mail server: senders who left an e-mail address are told of a new status. Empty: no mail.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the way to the mail server is secured: starttls, tls, or none for one on this machine.",
    )
    smtp_user: str = Field(default="", description="Account at the mail server, where it wants one.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password of that account.")
    mail_from: str = Field(default="", description="Address mails come from; required with a mail server.")
    public_url: str = Field(
        default="",
        description="Base of the service as people reach it, for links in mails: https://reports.city.example.",
    )
