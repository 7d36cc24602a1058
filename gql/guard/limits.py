"""Limits of what clients may ask, in one place."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from models.problems import OperationTooComplex

MOST_TOLD = 2**31 - 1
"""The greatest `Int` of GraphQL. Fragments that spread fragments multiply beyond any number."""


def require(limit: str, asked: int, most: int) -> None:
    """Raises OperationTooComplex if more is asked than may be."""
    if asked > most:
        raise OperationTooComplex(limit=limit, asked=min(asked, MOST_TOLD), most=most)


class Limits(BaseModel):
    """Of one request. They are checked in the order in which they stand, each before the next step
    costs anything; see `gql.transport.http`. They are settings: `most_tokens` is the variable
    `GOROD_MOST_TOKENS`."""

    model_config = ConfigDict(frozen=True)

    most_body: int = Field(default=262_144, ge=1024, description="Bytes of a body, or of a frame.")
    most_stranger_body: int = Field(
        default=16_384, ge=1024, description="Bytes of the body of one who is not signed in."
    )
    most_nesting: int = Field(
        default=30, ge=5, le=100, description="Lists and objects of variables inside each other."
    )
    most_values: int = Field(default=5_000, ge=10, description="Values in the variables.")
    most_stranger_values: int = Field(
        default=100, ge=10, description="Values in the variables of one who is not signed in."
    )
    most_lines: int = Field(default=10_000, ge=100, description="Lines of a document.")
    most_tokens: int = Field(default=2_000, ge=100, description="Tokens of a document.")
    most_stranger_tokens: int = Field(
        default=500, ge=100, description="Tokens of a document of one who is not signed in."
    )
    most_operations: int = Field(default=50, ge=1, description="Operations of a document.")
    most_fragments: int = Field(default=60, ge=0, description="Fragments of a document.")
    most_variables: int = Field(default=50, ge=1, description="Variables of an operation.")
    most_root_fields: int = Field(default=10, ge=1, description="Root fields of an operation.")
    most_mutations: int = Field(default=4, ge=1, description="Root fields of a mutation.")
    most_directives: int = Field(default=50, ge=0, description="Directives of a document.")
    most_literals: int = Field(
        default=500, ge=10, description="Values in lists and objects of a document."
    )
    most_repeated: int = Field(
        default=30, ge=0, description="Fields that stand in a selection more than once."
    )
    most_depth: int = Field(default=12, ge=1, description="Fields inside each other.")
    most_fields: int = Field(
        default=1_000, ge=10, description="Fields of a document, fragments spread."
    )
    most_aliases: int = Field(default=30, ge=0, description="Aliases, fragments spread.")
    most_cost: int = Field(
        default=30_000,
        ge=100,
        description="Objects that an operation asks for, lists inside lists multiplied.",
    )
    most_kept: int = Field(
        default=64,
        ge=1,
        description="Megabytes of documents and their plans that are kept in memory.",
    )


class LimitsOfUse(BaseModel):
    """Of what is asked in a minute, and of what runs at once; see `gql.admission`. They are
    settings, too. An operation takes one place, and another one for each 3,000 points it costs."""

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
    """Of sockets, in each process. What is above a limit is closed with a code that says whether to
    connect again; see `gql.transport.websocket`. They are settings, too."""

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
    """Of failed tries of passwords and refresh tokens, before one must wait; see
    `resolvers.access.tries`. They are settings, too. With more than 100,000 nobody has to wait. Who
    waits when a limit is raised waits no longer."""

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
        description="Failed tries from one address on unknown devices, whatever the login, but for "
        "logins that get in from there after all; then there is one a minute.",
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


def limits_table() -> Iterator[str]:
    """The limits of a request as README shows them, line by line."""
    yield "| `limit` | setting | default | what is counted |"
    yield "|---|---|---|---|"
    for name, setting in Limits.model_fields.items():
        limit = f"`{name.removeprefix('most_').removeprefix('stranger_')}`"
        default = f"{setting.default:,}".replace(",", " ")
        shown = "–" if name == "most_kept" else limit  # nothing is refused by it
        yield f"| {shown} | `GOROD_{name.upper()}` | {default} | {setting.description} |"


def table_of(limits: type[BaseModel]) -> Iterator[str]:
    """The limits of use, or of sockets, as README shows them, line by line."""
    yield "| setting | default | what is counted |"
    yield "|---|---|---|"
    for name, setting in limits.model_fields.items():
        default = f"{setting.default:,}".replace(",", " ")
        yield f"| `GOROD_{name.upper()}` | {default} | {setting.description} |"
