"""A database's address, in the spellings that people and hosting services use."""

from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg
from sqlalchemy.engine import URL, make_url

from models.database.problems import DatabaseProblem

_SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}


def dsn(url: str) -> str:
    """As asyncpg reads it: with libpq's own words (sslmode, target_session_attrs, …)."""
    scheme, rest = url.partition("://")[::2]
    if scheme not in _SCHEMES or not rest:
        raise DatabaseProblem(
            "DATABASE_URL must look like postgresql://user:password@host:5432/database: "
            "Gorod needs PostgreSQL 15 or newer."
        )
    return f"postgresql://{rest}"


def shown(url: str) -> URL:
    """For SQLAlchemy and for people: without the words that only asyncpg understands."""
    bare = make_url(dsn(url)).set(drivername="postgresql+asyncpg")
    kept = {name: value for name, value in bare.query.items() if name in {"host", "port"}}
    return bare.set(query=kept)


def user(url: str) -> str:
    return unquote(urlsplit(dsn(url)).username or "")


def at_database(url: str, database: str) -> str:
    """The same server and user, another database."""
    parts = urlsplit(dsn(url))
    # urlunsplit drops an empty host's slashes; "user@" keeps them, and a socket's address has one
    return urlunsplit(parts._replace(path=f"/{quote(database)}"))


async def session(url: str) -> asyncpg.Connection:
    """One plain session, for what is no work of the engine's."""
    try:
        return await asyncpg.connect(
            dsn(url), timeout=10, server_settings={"application_name": "gorod"}
        )
    except (OSError, TimeoutError) as problem:
        where = shown(url).render_as_string(hide_password=True)
        raise DatabaseProblem(f"No PostgreSQL answers at {where}: {problem}") from problem
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
        raise DatabaseProblem(f"PostgreSQL refuses the connection: {problem}") from problem
