"""The address of a database (DATABASE_URL), in the spellings that hosting services use."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

import asyncpg
from sqlalchemy.engine import URL

from models.database.problems import BadAddress, DatabaseProblem

PATIENCE = 10.0
"""Seconds that the opening of a session may take."""

_SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_FILES = {"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"}
_FORM = "DATABASE_URL must look like postgresql://user:password@host:5432/database: "


@dataclass(frozen=True)
class Address:
    """The parts of an address, decoded.

    place: Host and port as written, several of them separated by commas; empty for a socket.
    words: The parameters after the question mark, which are libpq's (sslmode, host, …).
    """

    user: str
    password: str = field(repr=False)
    place: str
    database: str
    words: dict[str, str] = field(repr=False)

    def __str__(self) -> str:
        """The URL as asyncpg reads it, encoded anew, so that a password may have any character."""
        login = quote(self.user, safe="")
        login += f":{quote(self.password, safe='')}" if self.password else ""
        login += "@" if login else ""
        words = f"?{urlencode(self.words, safe='/')}" if self.words else ""
        return f"postgresql://{login}{self.place}/{quote(self.database, safe='')}{words}"


def parse_address(url: str) -> Address:
    """Parse an address. Raises BadAddress, which says what is wrong and quotes nothing: any part of
    a malformed address may be a part of its password."""
    scheme, _, rest = url.strip().partition("://")
    if scheme not in _SCHEMES or not rest:
        raise BadAddress(f"{_FORM}Gorod needs PostgreSQL 15 or newer.")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    if "@" in tail or "#" in tail:
        raise BadAddress(
            f"{_FORM}in a user name, password or database name write / as %2F, ? as %3F, # as %23 "
            "and @ as %40."
        )
    login, _, place = authority.rpartition("@")
    for each in place.split(","):
        found = _PLACE.fullmatch(each)
        if found is None or not 0 < int(found["port"] or 1) < 65536:
            raise BadAddress(
                f"{_FORM}the port must be a number from 1 to 65535, and an IPv6 address stands in "
                "square brackets."
            )
    path, _, query = tail.partition("?")
    try:
        words = dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError as problem:
        raise BadAddress(f"{_FORM}after the ? stand words like sslmode=require.") from problem
    for name in _FILES & words.keys():
        if not Path(words[name]).is_file():
            raise BadAddress(
                f"DATABASE_URL: {name} names the file {words[name]}, which is not there."
            )
    user, _, password = login.partition(":")
    address = Address(unquote(user), unquote(password), place, unquote(path[1:]), words)
    if any(letter < " " for letter in f"{address.user}{address.password}{address.database}{place}"):
        raise BadAddress(f"{_FORM}there is a control character in it.")
    return address


def dsn(url: str) -> str:
    """Return the address as asyncpg reads it."""
    return str(parse_address(url))


def make_engine_url(url: str) -> URL:
    """Return the address for SQLAlchemy and for messages, without the parameters that only asyncpg
    understands."""
    address = parse_address(url)
    found = _PLACE.fullmatch(address.place)
    return URL.create(
        "postgresql+asyncpg",
        address.user or None,
        address.password or None,
        (found["host"].strip("[]") if found else address.place) or None,
        int(found["port"]) if found and found["port"] else None,
        address.database or None,
        {name: value for name, value in address.words.items() if name in {"host", "port"}},
    )


def user_of(url: str) -> str:
    address = parse_address(url)
    return address.user or address.words.get("user", "")


def at_database(url: str, database: str) -> str:
    """Return the address of another database on the same server, for the same user."""
    return str(replace(parse_address(url), database=database))


async def open_session(url: str) -> asyncpg.Connection:
    """Open a session of asyncpg, for work that does not go through an engine. Raises
    DatabaseProblem."""
    try:
        return await asyncpg.connect(
            dsn(url), timeout=PATIENCE, server_settings={"application_name": "gorod"}
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
        raise DatabaseProblem(explain_refusal(url, problem)) from problem


def explain_refusal(url: str | URL, problem: BaseException) -> str:
    """Explain to the operator, in one sentence, why a server refuses a session and what to do."""
    plain = (make_engine_url(url) if isinstance(url, str) else url).set(drivername="postgresql")
    where = plain.render_as_string(hide_password=True)
    said = str(problem).partition("\n")[0]
    if "unsupported startup parameter" in said:
        return (
            f"A pooler stands before {where} and refuses a session's settings: set "
            "GOROD_STATEMENT_CACHES=false and let DATABASE_URL name the user gorod_app."
        )
    match problem:
        case TimeoutError():
            return f"No PostgreSQL answers at {where} in time."
        case OSError():
            return f"No PostgreSQL answers at {where}: {said}."
        case asyncpg.InvalidCatalogNameError():
            return (
                f"PostgreSQL refuses the connection to {where}: {said}. Create the database "
                "(TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'), then run "
                "`gorod db upgrade`."
            )
        case asyncpg.InvalidParameterValueError() if said.startswith('role "'):
            return (
                f"The database {where} is not prepared for Gorod: {said}. Run `gorod db upgrade`."
            )
    return f"PostgreSQL refuses the connection to {where}: {said}"
