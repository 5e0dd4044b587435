"""What a person may set, by environment variables; every default runs."""

from functools import cached_property
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ovunque.kernel.refusal import Refusal

TrackingLink = Annotated[str, Field(pattern=r"^https://[^\s{}<>\"]*\{tracking\}[^\s{}<>\"]*$")]


def user_home() -> Path:
    """Where a person's data lives by default."""
    return Path(platformdirs.user_data_path("ovunque"))


class Settings(BaseSettings):
    """Read once at the start of a process and handed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="OVUNQUE_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(default_factory=user_home)
    inbox: Path | None = None  # The watched folder; else `inbox` in the home.
    # Where the signed ends of the journal's chain are told: best on another machine.
    seals: Path | None = None  # Else `seals.jsonl` in the home.
    # Who was forgotten, for a restore to forget again: best beside the backups.
    personal_keys: Path | None = None  # Else `personal.keys` in the home.
    erasures: Path | None = None  # Else `erasures.jsonl` in the home.
    # Whoever has ordered nothing for so long is forgotten; else nobody is who did not ask.
    customer_days: int | None = Field(default=None, ge=30, le=36_500)
    # How long files that were taken from the watched folder are kept.
    files_days: int = Field(default=30, ge=1, le=3_650)
    pg_bin: Path | None = None
    database_url: str | None = Field(default=None, validation_alias=AliasChoices("DATABASE_URL"))
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65_535, validation_alias=AliasChoices("PORT"))
    workers: int | None = Field(default=None, ge=1, le=64)
    # What each program may ask for: an availability costs 1, an order 8, a list 80; 0: no bound.
    key_units_per_second: int = Field(default=40_000, ge=0, le=100_000_000)
    # What each browser may ask for: a page, a form, a scan.
    page_requests_per_second: int = Field(default=200, ge=0, le=100_000)
    # Whether who signs in with a password has to set up a second factor before anything else.
    second_factor: str = Field(default="offered", pattern="^(offered|demanded)$")
    # A program that moves a larger share of all units within an hour is held for a person.
    key_stock_percent: int = Field(default=30, ge=1, le=100)
    key_stock_units: int = Field(default=5_000, ge=0)  # So many are never too many.
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    # How long a store can undo that it refused or accepted, or asked a carrier to come.
    undo_seconds: int = Field(default=10, ge=0, le=60)
    body_bytes_max: int = Field(default=1_000_000, ge=1_000, le=100_000_000)
    bulk_bytes_max: int = Field(default=64_000_000, ge=1_000, le=10_000_000_000)
    shop: bool = False  # Pages of a shop to look at, open to the street: demo turns it on.
    # Of the retailer at GS1; 952 is the prefix of examples.
    company_prefix: str = Field(default="9521234", pattern="^[0-9]{7,10}$")
    # Carriers that are reached through EasyPost: our code of each, and what EasyPost calls it.
    easypost_key: str | None = None
    easypost_carriers: dict[str, str] = Field(default_factory=dict)
    easypost_url: str = Field(default="https://api.easypost.com/v2", pattern="^https?://")
    # Where carriers tell of a parcel, by our code of each: an address with {tracking} in it.
    tracking_links: dict[str, TrackingLink] = Field(default_factory=dict)
    # What is not complete by then is closed before 10 s have passed.
    receipt_seconds_max: float = Field(default=9.0, gt=0, le=600)
    # Between saying that we end and ending: more than a balancer takes to look at /readyz.
    drain_seconds: float = Field(default=0.5, ge=0, le=300)

    traces: str | None = None  # A collector's address, http://host:4318; else nothing is traced.

    # Whether webhooks may lead inside our own network, and go without https: for tests and demos.
    webhooks_inside: bool = False

    # Whether providers of single sign-on may stand inside our own network.
    providers_inside: bool = False

    @property
    def seals_file(self) -> Path:
        return self.seals or self.home / "seals.jsonl"

    @property
    def personal_keys_file(self) -> Path:
        return self.personal_keys or self.home / "personal.keys"

    @property
    def erasures_file(self) -> Path:
        return self.erasures or self.home / "erasures.jsonl"

    @property
    def inbox_folder(self) -> Path:
        return self.inbox or self.home / "inbox"

    @cached_property
    def embedded(self) -> bool:
        return self.database_url is None


def read_settings() -> Settings:
    """The settings of this process; a wrong one is named in one line."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Refusal("setting_invalid", name=name, detail=first["msg"]) from None
