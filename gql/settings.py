"""The settings, read once from the environment."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gql.guard.limits import Limits
from gql.guard.limits_of_use import LimitsOfSockets, LimitsOfTries, LimitsOfUse
from gql.observe.settings import ObservabilitySettings
from models.keyfile import SHORTEST, KeyFile, KeyProblem

FEWEST_LETTERS = 8
"""Different characters of a secret key; `aaaa…` is long but can be guessed."""
STORES = ("file:///", "s3://", "gs://", "az://")
REDIS = re.compile(
    r"rediss?://([^\s/?#@]*@)?(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(:[0-9]{1,5})?(/[0-9]+)?"
    r"|redis\+unix://([^\s/?#@]*@)?/[^\s?#@]+(\?db=[0-9]+)?"
)
ORIGIN = re.compile(r"https?://[^\s/?#@]+")
ADDRESS = re.compile(rf"{ORIGIN.pattern}(/[^\s?#]*)?")
MISSPELT = 0.8
"""The similarity, 0..1, from which a name counts as a misspelt setting. Other names with our prefix
are ignored: clusters set GOROD_SERVICE_HOST and the like by themselves."""

Executor = Literal["auto", "standard", "engine"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(
    Limits, LimitsOfUse, LimitsOfSockets, LimitsOfTries, ObservabilitySettings, BaseSettings
):
    """The settings of a server: a field `x` is the variable `GOROD_X`."""

    model_config = SettingsConfigDict(
        env_prefix="GOROD_", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

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
        le=2**31 - 1,
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
        "from it. Signed-in users may always read it. `gorod dev` sets it by itself.",
    )
    trusted_only: bool = Field(
        default=False,
        description="Indicates whether only registered documents are run (`gorod documents`); any "
        "other is refused to everybody, also the queries of GraphiQL.",
    )
    executor: Executor = Field(
        default="auto",
        description="The executor of queries: `auto`, compiled if possible; `standard`, never "
        "compiled; `engine`, compiled or refused, for its developers.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Key of the sensitive columns and of signed links, 32 characters or more. "
        "Unset: made at the first start and kept in `secret.key` in the data directory, "
        "readable by its owner only. Gorod does not start without it, or with another one. If it "
        "is lost, those columns are lost.",
    )
    new_secret_key: SecretStr | None = Field(
        default=None,
        description="The key that `gorod key rotate` changes to, where `GOROD_SECRET_KEY` sets the "
        "one in use.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Where uploaded files are kept: `file:///…`, `s3://bucket/prefix`, … "
        "Unset: `files` in the data directory.",
    )
    rate_limit_url: SecretStr | None = Field(
        default=None,
        description="A Redis in which several processes count together what clients spend: "
        "`redis://…`, `rediss://…` or `redis+unix:///…`. It takes `gorod[redis]`. Unset: each "
        "process counts for itself.",
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
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of reverse proxies before this server, separated by "
        "commas. `X-Forwarded-For` and `X-Forwarded-Proto` are read from these only; unset: from "
        "nobody.",
    )
    events_kept_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="For how many days after an event a client that lost its connection can go on "
        "from before it.",
    )
    socket_recheck_seconds: float = Field(
        default=5,
        gt=0,
        le=30,
        description="After how many seconds at most a revoked session or right ends a silent "
        "socket. A subscription that is told something ends at once.",
    )
    disk_minimum_mb: int = Field(
        default=128,
        ge=0,
        description="Megabytes that must be free on the disk of the embedded database and on that "
        "of uploaded files. With less nothing is written any more, reading goes on; 0: never "
        "look.",
    )
    disk_reserve_mb: int = Field(
        default=64,
        ge=0,
        description="Megabytes of the disk that the embedded database keeps in a file to give up: "
        "with a full disk PostgreSQL could not even start. 0: none.",
    )
    demo: bool = Field(
        default=False,
        description="Indicates whether a made-up school is loaded into an empty database and "
        "its logins are shown. `gorod dev` sets it by itself.",
    )

    @field_validator("trusted_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @field_validator("secret_key", "new_secret_key")
    @classmethod
    def _check_strength(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value else ""
        if value is not None and (len(key) < SHORTEST or len(set(key)) < FEWEST_LETTERS):
            raise ValueError(
                f"must have {SHORTEST} characters or more, at least {FEWEST_LETTERS} of them "
                "different; `openssl rand -base64 32` makes one"
            )
        return value

    @field_validator("data_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        """Expand `~`, which a shell does only outside quotes, and a service manager never."""
        try:
            return value.expanduser()
        except RuntimeError as problem:
            raise ValueError("must be a directory, such as /var/lib/gorod") from problem

    @field_validator("storage_url")
    @classmethod
    def _check_store(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(STORES):
            raise ValueError(f"must begin with {', '.join(STORES[:-1])} or {STORES[-1]}")
        if value is not None and "@" in value and not value.startswith("file:"):
            raise ValueError("takes no keys: set AWS_ACCESS_KEY_ID and the like")
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def _check_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_redis(value.get_secret_value()):
            raise ValueError(
                "must look like redis://:password@host:6379/0, rediss://… or "
                "redis+unix:///run/redis.sock; special characters of a password as %2F and the like"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is not None and not ADDRESS.fullmatch(value):
            raise ValueError(
                "must look like https://school.example or https://school.example/gorod"
            )
        return value

    @field_validator("trusted_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(ORIGIN.fullmatch, value)):
            raise ValueError("must look like https://a.example,https://b.example:8443")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Check the networks. `*` is refused: clients could then forge any address."""
        for part in value:
            try:
                ip_network(part)
            except ValueError as problem:
                raise ValueError("must look like 127.0.0.1,10.0.0.0/24,2001:db8::1") from problem
        return value

    @property
    def key_file(self) -> KeyFile:
        """The file of the key, which is used if GOROD_SECRET_KEY is not set."""
        return KeyFile(self.data_dir / "secret.key")

    @property
    def known_key(self) -> bytes | None:
        """The secret key; None if none was made yet, or it was lost. Raises KeyProblem."""
        if self.secret_key:
            return self.secret_key.get_secret_value().encode()
        return self.key_file.read()

    @property
    def key(self) -> bytes:
        """The secret key. Raises KeyProblem if there is none: only the start with a new database
        makes one."""
        if (key := self.known_key) is None:
            raise KeyProblem(f"There is no secret key in {self.key_file.path}.")
        return key

    @property
    def unfinished_restore(self) -> Path:
        """The file that exists while a restore runs, and after one that was interrupted."""
        return self.data_dir / "restore.unfinished"

    @property
    def storage(self) -> str:
        return self.storage_url or (self.data_dir.resolve() / "files").as_uri()

    @property
    def public(self) -> str:
        return (self.public_url or f"http://{_bracket_host(self.host)}:{self.port}").rstrip("/")


def _is_redis(url: str) -> bool:
    try:
        return bool(REDIS.fullmatch(url)) and urlsplit(url).port != 0
    except ValueError:  # there is no such port
        return False


def find_misspelt(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the variables that look like misspelt settings, with those settings. Without the
    check, a misspelt GOROD_SECRET_KEY would be a new key, a misspelt GOROD_DATA_DIR another
    database."""
    known = {f"GOROD_{name.upper()}" for name in Settings.model_fields}
    found = ((name, get_close_matches(name, known, 1, MISSPELT)) for name in names)
    return [
        (name, close[0])
        for name, close in found
        if close and name not in known and name.startswith("GOROD")
    ]


def _bracket_host(host: str) -> str:
    """Return a host as in a URL, with an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
