"""Limits of points per minute, of concurrency, of sockets, and of failed tries."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field


class LimitsOfUse(BaseModel):
    """Limits of points per minute and of concurrency, which are settings; see `gql.admission`. An
    operation takes one place, and another one for each 3,000 points of its cost."""

    model_config = ConfigDict(frozen=True)

    most_points: int = Field(
        default=300_000, ge=1_000, description="Points that an account may spend in a minute."
    )
    most_stranger_points: int = Field(
        default=600_000,
        ge=1_000,
        description="Points that all strangers of an address may spend in a minute. To sign in "
        "costs about 1,000: a school may have one address.",
    )
    most_school_points: int = Field(
        default=6_000_000,
        ge=1_000,
        description="Points that all accounts of a school may spend in a minute.",
    )
    most_account_running: int = Field(
        default=12, ge=1, description="Places that operations of an account may take at once."
    )
    most_account_waiting: int = Field(
        default=24, ge=0, description="Operations of an account that wait for such a place."
    )
    most_stranger_running: int = Field(
        default=64, ge=1, description="Places that strangers of an address may take at once."
    )
    most_stranger_waiting: int = Field(
        default=400, ge=0, description="Operations of such strangers that wait for a place."
    )
    most_running: int = Field(
        default=0,
        ge=0,
        description="Places of a process; 0: three times `GOROD_POOL_SIZE`.",
    )
    most_waiting: int = Field(
        default=120, ge=0, description="Operations that wait for a place of the process."
    )


class LimitsOfSockets(BaseModel):
    """Limits of sockets per process, which are settings. A connection above a limit is closed with
    a code that says whether to reconnect; see `gql.transport.websocket`."""

    model_config = ConfigDict(frozen=True)

    most_sockets: int = Field(
        default=5_000,
        ge=1,
        description="Sockets of a process. More are closed with 1013.",
    )
    most_account_sockets: int = Field(
        default=20,
        ge=1,
        description="Sockets of an account in a process. More are closed with 4429.",
    )
    most_stranger_sockets: int = Field(
        default=100,
        ge=1,
        description="Sockets from one address, in a process, of those who are not signed in or "
        "have not yet said who they are. More are closed with 1013.",
    )
    most_socket_operations: int = Field(
        default=50, ge=1, description="Operations that a socket may run at once."
    )
    most_messages: int = Field(
        default=200,
        ge=10,
        description="Messages that a socket may send at once, and again in every ten seconds. With "
        "more it is closed with 4429.",
    )
    most_message_bytes: int = Field(
        default=2_097_152,
        ge=16_384,
        description="Bytes of messages that a socket may send at once, and again in every ten "
        "seconds. With more it is closed with 4429.",
    )
    most_unsent_bytes: int = Field(
        default=4_194_304,
        ge=65_536,
        description="Bytes of messages that wait in memory for the client of a socket to read "
        "them. With more the connection is given up.",
    )
    stranger_socket_seconds: float = Field(
        default=60,
        gt=0,
        description="For how long a socket of one who is not signed in may be without an "
        "operation; then it is closed with 4401.",
    )


class LimitsOfTries(BaseModel):
    """Limits of failed tries of passwords and refresh tokens before a wait, which are settings; see
    `resolvers.services.tries`. A limit above 100,000 switches the wait off. A raised limit ends the
    waits that it caused."""

    model_config = ConfigDict(frozen=True)

    most_tries: int = Field(
        default=5,
        ge=1,
        description="Failed tries on a device that has signed in to the login before, and with a "
        "login from one address on all others; then one waits 30 seconds, twice as long after "
        "each further one, at most 15 minutes.",
    )
    most_address_tries: int = Field(
        default=20,
        ge=1,
        description="Failed tries from one address on unknown devices, with any login except those "
        "that get in from there after all; then there is one a minute.",
    )
    most_login_tries: int = Field(
        default=50,
        ge=1,
        description="Failed tries with a login from all addresses on unknown devices; then there "
        "is one in two minutes.",
    )
    most_refresh_tries: int = Field(
        default=30,
        ge=1,
        description="Unknown refresh tokens from one address; then there is one in ten seconds.",
    )
    known_device_days: int = Field(
        default=180,
        ge=1,
        le=3650,
        description="For how many days after signing in a device stays known to the login.",
    )


def table_of(limits: type[BaseModel]) -> Iterator[str]:
    """Yield the lines of README's table of such limits."""
    yield "| setting | default | what is counted |"
    yield "|---|---|---|"
    for name, setting in limits.model_fields.items():
        default = f"{setting.default:,}".replace(",", " ")
        yield f"| `GOROD_{name.upper()}` | {default} | {setting.description} |"
