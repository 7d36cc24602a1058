"""Everything the environment decides, read once and passed down as values."""

import os
import secrets
from base64 import urlsafe_b64encode
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Executor = Literal["auto", "standard", "engine"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """Read from the environment: a field `x` is the variable `GOROD_X`."""

    model_config = SettingsConfigDict(env_prefix="GOROD_", frozen=True, populate_by_name=True)

    data_dir: Path = Field(
        default=Path(".gorod"),
        description="Directory of what this installation keeps: the embedded database, uploaded "
        "files, the secret key.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "GOROD_DATABASE_URL"),
        description="A PostgreSQL 15 or newer to use, such as "
        "`postgresql://user:password@host/database`. Unset: the embedded one, in the data "
        "directory.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("PORT", "GOROD_PORT"),
        description="Port to listen on; 0: any that is free.",
    )
    pool_size: int = Field(
        default=10, ge=1, le=500, description="Sessions with the database that are kept open."
    )
    statement_timeout_ms: int = Field(
        default=15_000,
        ge=0,
        description="A longer statement of the database is cancelled; 0: never.",
    )
    statement_caches: bool = Field(
        default=True,
        description="Indicates whether statements are prepared once a session. Switch it off "
        "behind a pooler in transaction mode.",
    )
    log_level: LogLevel = Field(default="info", description="The least important messages to log.")
    open_introspection: bool = Field(
        default=False,
        description="Indicates whether a stranger may read the schema, and errors suggest names "
        "from it. Who is signed in may read it anyway. `gorod dev` sets it by itself.",
    )
    executor: Executor = Field(
        default="auto",
        description="Which executor answers what is read: `auto`, compiled where that can be; "
        "`standard`, never compiled; `engine`, compiled or refused, for its makers.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Key of the sensitive columns and of signed links, 32 characters or more. "
        "Unset: made at the first start and kept in `secret.key` in the data directory, "
        "readable by its owner only. Whoever loses it loses those columns.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Where uploaded files are kept: `file:///…`, `s3://bucket/prefix`, … "
        "Unset: `files` in the data directory.",
    )
    public_url: str | None = Field(
        default=None,
        description="Address at which people reach this server, for links in messages. "
        "Unset: the host and port it listens on.",
    )
    trusted_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of web pages that may use the API from a browser, separated by "
        "commas, besides the server's own.",
    )
    events_kept_days: int = Field(
        default=7,
        ge=1,
        description="For how many days after an event a client that lost its connection can go on "
        "from before it.",
    )
    socket_recheck_seconds: float = Field(
        default=5,
        gt=0,
        le=30,
        description="After how many seconds at most a revoked session or right ends a silent "
        "subscription. One that is told something ends at once.",
    )
    demo: bool = Field(
        default=False,
        description="Indicates whether a made-up school is loaded into an empty database and "
        "its logins are shown. `gorod dev` sets it by itself.",
    )

    @field_validator("trusted_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more")
        return value

    @field_validator("database_url", "storage_url", "public_url", "secret_key", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @cached_property
    def key(self) -> bytes:
        """The secret key; the first who asks makes it."""
        if self.secret_key:
            return self.secret_key.get_secret_value().encode()
        return _kept_key(self.data_dir / "secret.key")

    @property
    def storage(self) -> str:
        return self.storage_url or (self.data_dir.resolve() / "files").as_uri()

    @property
    def public(self) -> str:
        return (self.public_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")


def _kept_key(file: Path) -> bytes:
    """Linked into its place when it is complete, so of two that start at once both get one key."""
    if not file.parent.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o711)
    if not file.exists():
        part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as output:
                output.write(urlsafe_b64encode(secrets.token_bytes(32)))
                output.flush()
                os.fsync(handle)
            file.hardlink_to(part)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return file.read_bytes().strip()


def _bracketed(host: str) -> str:
    """An IPv6 address as a URL wants it."""
    return f"[{host}]" if ":" in host else host
