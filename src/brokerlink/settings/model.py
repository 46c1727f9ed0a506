"""The settings: their names, types, meanings and defaults, and what follows from them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from brokerlink.settings import consistency
from brokerlink.settings.addresses import (
    Listen,
    brokerage_address,
    database_url,
    local_web_address,
    redirect_address,
)
from brokerlink.settings.file import read_file
from brokerlink.settings.problems import PREFIX, Problem

MEBIBYTE = 1024 * 1024


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _home(value: object) -> object:
    try:
        return Path(value).expanduser() if isinstance(value, str | Path) else value
    except RuntimeError:
        raise ValueError("lies in a home directory, but this user has none: give a whole path") from None


Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
File = Annotated[Path, BeforeValidator(_home)]


class BrokerageSettings(BaseModel):
    """What the operator configures for one brokerage."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    hosts: dict[str, str] = {}
    open: bool | None = None
    operator: dict[str, SecretStr] = {}
    redirect_uri: str | None = None
    limited: bool = True

    @field_validator("hosts")
    @classmethod
    def _addresses(cls, hosts: dict[str, str]) -> dict[str, str]:
        return {name: brokerage_address(url) for name, url in hosts.items()}

    @field_validator("redirect_uri")
    @classmethod
    def _redirect(cls, address: str | None) -> str | None:
        return None if address is None else redirect_address(address)


class Settings(BaseSettings):
    """All settings. Made here they are well-formed; `problems()` says what does not fit together."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    listen: Addresses = Field(
        default=("127.0.0.1:50051",),
        description="Where to listen: host:port or unix:/path, several with commas.",
    )
    hooks_listen: str | None = Field(
        default=None,
        description="Where brokerages' notices (webhooks) come in, by plain HTTP: host:port or unix:/path; "
        "off without.",
    )
    data_dir: File = Field(
        default=Path("~/.local/share/brokerlink"),
        description="Where the embedded database lies.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="sqlite:///path or postgresql://user:password@host/base.",
    )
    encryption_key: SecretStr | None = Field(
        default=None,
        validation_alias="BROKERAGE_ENCRYPTION_KEY",
        description="The key that seals all secrets; older ones after it, with commas.",
    )
    encryption_key_file: File | None = Field(
        default=None, description="A private file with those keys, one a line."
    )
    insecure_dev: bool = Field(default=False, description="No TLS and no tokens, on this machine only.")
    allow_plaintext: bool = Field(
        default=False,
        description="Listen to other machines where something else encrypts and tells who calls.",
    )
    tls_certificate: File | None = Field(default=None, description="The server's certificate chain, PEM.")
    tls_key: File | None = Field(default=None, description="Its private key, PEM.")
    tls_client_ca: File | None = Field(
        default=None, description="Whose client certificates are asked for, PEM."
    )
    log_level: Level = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto: readable on a terminal, JSON elsewhere; or console, or json."
    )
    sync_concurrency: int = Field(
        default=32, ge=1, le=1000, description="How many syncs this process runs at once."
    )
    sync_cadence: Literal["manual", "minutes", "hourly", "daily", "market_hours"] = Field(
        default="daily",
        description="How often a connection is synced: manual, minutes, hourly, daily, or market_hours: "
        "minutes while New York trades (needs brokerlink[calendar]).",
    )
    sync_minutes: int = Field(
        default=15, ge=1, le=1440, description="The minutes between two syncs, for minutes and market_hours."
    )
    work: bool = Field(
        default=True, description="Whether a server runs syncs itself; without, only `brokerlink work` does."
    )
    processes: int | None = Field(
        default=None,
        ge=1,
        le=512,
        description="How many processes serve on one port; on PostgreSQL one for each core.",
    )
    lease_seconds: int = Field(
        default=15, ge=3, le=600, description="After how long a dead process's sync goes on elsewhere."
    )
    run_deadline_seconds: int = Field(
        default=21_600, ge=60, le=604_800, description="When a sync run ends at the latest."
    )
    reflection: bool | None = Field(
        default=None, description="Whether the server tells its contract (grpcurl needs it)."
    )
    max_message_bytes: int = Field(
        default=4 * MEBIBYTE, ge=65_536, le=64 * MEBIBYTE, description="The largest message that is taken."
    )
    sandbox_url: str | None = Field(
        default=None,
        description="Play: every host of every brokerage is a sandbox there, unofficial doors open.",
    )
    brokerages: dict[str, BrokerageSettings] = Field(
        default={}, description="Each brokerage: hosts, open, operator, limited."
    )

    @field_validator("listen")
    @classmethod
    def _listen(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if not addresses:
            raise ValueError("is empty")
        return tuple(Listen.parse(text).text for text in addresses)

    @field_validator("hooks_listen")
    @classmethod
    def _hooks(cls, address: str | None) -> str | None:
        return None if address is None else Listen.parse(address).text

    @field_validator("sandbox_url")
    @classmethod
    def _sandbox(cls, address: str | None) -> str | None:
        return None if address is None else local_web_address(address)

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: SecretStr | None) -> SecretStr | None:
        return None if url is None else SecretStr(database_url(url.get_secret_value()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file())

    # ---- what follows from them

    @property
    def listeners(self) -> tuple[Listen, ...]:
        return tuple(map(Listen.parse, self.listen))

    @property
    def hooks(self) -> Listen | None:
        return None if self.hooks_listen is None else Listen.parse(self.hooks_listen)

    @property
    def local(self) -> bool:
        """Whether only this machine can call."""
        return all(listener.local for listener in self.listeners)

    @property
    def embedded(self) -> bool:
        """Whether everything lies in one file that belongs to one process."""
        return self.database.startswith("sqlite")

    @property
    def process_count(self) -> int:
        """One for each core, where the store and the addresses let several processes in."""
        if self.processes is not None:
            return self.processes
        return 1 if self.embedded or consistency.unshared(self) else os.cpu_count() or 1

    @property
    def places(self) -> int:
        """How many syncs a process runs at once."""
        return self.sync_concurrency if self.work else 0

    @property
    def shares_port(self) -> bool:
        return self.process_count > 1

    @property
    def reflects(self) -> bool:
        """On where only this machine can call, unless it is set."""
        return self.local if self.reflection is None else self.reflection

    @property
    def database(self) -> str:
        """The database's URL for SQLAlchemy. It may hold a password: not for logs."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'brokerlink.db'}"

    def hosts(self, brokerage_id: str, names: Iterable[str]) -> dict[str, str]:
        """Base URLs that replace those on the card, for the named hosts of a brokerage."""
        given = self._of(brokerage_id).hosts
        if self.sandbox_url is None:
            return {name: given[name] for name in names if name in given}
        base = f"{self.sandbox_url}/{brokerage_id}"
        return {name: given.get(name) or (base if name == "api" else f"{base}/{name}") for name in names}

    def opens(self, brokerage_id: str) -> bool | None:
        """Whether the operator opens or closes its unofficial doors; None: as the card says."""
        given = self._of(brokerage_id).open
        return True if given is None and self.sandbox_url is not None else given

    def operator(self, brokerage_id: str) -> dict[str, str]:
        """The operator's fields of a brokerage, in clear: for the call to it only."""
        return {name: value.get_secret_value() for name, value in self._of(brokerage_id).operator.items()}

    def limits(self, brokerage_id: str) -> bool:
        """Whether the limits on its card are kept to. Off at a sandbox only: see `consistency`."""
        return self._of(brokerage_id).limited

    def redirect_uri(self, brokerage_id: str) -> str | None:
        return self._of(brokerage_id).redirect_uri

    def _of(self, brokerage_id: str) -> BrokerageSettings:
        return self.brokerages.get(brokerage_id) or BrokerageSettings()

    def make_data_dir(self) -> None:
        """Make the directory of the data, for our eyes only. One that exists is left as it is."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def problems(self) -> list[Problem]:
        """What is missing or does not fit together; empty when a server may start with it."""
        return consistency.problems(self)
