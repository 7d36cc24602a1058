"""The roles: one owns the tables; the other works with them and cannot change their policies.

Every function may be repeated, run twice at once, or interrupted.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from models.database.address import at_database, open_session, user_of
from models.database.problems import Unfit
from models.walls import APP

OWNER = "gorod_owner"
DATABASE = "gorod"

_LOCK = 0x676F726F64  # "gorod"

_MAKE_ROLES = {
    OWNER: f"CREATE ROLE {OWNER} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    APP: f"CREATE ROLE {APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
}
_MAKE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
_OPEN_SCHEMA = (
    f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}",
    f"GRANT USAGE ON SCHEMA public TO {APP}",
)
_ALREADY = (
    asyncpg.DuplicateObjectError,
    asyncpg.DuplicateDatabaseError,
    asyncpg.UniqueViolationError,
)


async def prepare(superuser_url: str, database: str = DATABASE) -> None:
    """Make the roles and the database on the embedded server."""
    async with _open_locked(superuser_url) as connection:
        await _make_roles(connection)
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database
        ):
            make = f'CREATE DATABASE "{database}" OWNER {OWNER} TEMPLATE template0 ENCODING UTF8'
            await _unless_there(connection, make)
    async with _open_locked(at_database(superuser_url, database)) as connection:
        await connection.execute(_MAKE_EXTENSION)


async def drop(superuser_url: str, database: str = DATABASE) -> None:
    """Drop a database of the embedded server with everything in it."""
    async with _open_locked(superuser_url) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


async def prepare_existing(url: str) -> None:
    """Make the roles on a server of somebody else. Raises Unfit with the SQL to ask for where this
    user lacks the rights."""
    if user_of(url) == APP:
        raise Unfit(
            f"{APP} works with the tables, it does not make or change them: for that let "
            "DATABASE_URL name a user who owns the database."
        )
    async with _open_locked(url) as connection:
        try:
            await _make_roles(connection)
            for role in (OWNER, APP):
                await _join(connection, role)
            await _furnish(connection)
        except asyncpg.InsufficientPrivilegeError as problem:
            raise Unfit(await _request(connection, problem)) from problem


async def _make_roles(connection: asyncpg.Connection) -> None:
    known = {record[0] for record in await connection.fetch("SELECT rolname FROM pg_roles")}
    for role, statement in _MAKE_ROLES.items():
        if role not in known:
            await _unless_there(connection, statement)


async def _join(connection: asyncpg.Connection, role: str) -> None:
    """Make this user a member of the role, so that it may act as it (`SET` from 16 on)."""
    right = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    if not await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", role, right):
        await connection.execute(f"GRANT {role} TO CURRENT_USER")


async def _furnish(connection: asyncpg.Connection) -> None:
    """Add the extension and the grants that are missing. To repeat a GRANT would need the right to
    grant."""
    installed = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')"
    if not await connection.fetchval(installed):
        await connection.execute(_MAKE_EXTENSION)
    for role, right, statement in zip((OWNER, APP), ("CREATE", "USAGE"), _OPEN_SCHEMA, strict=True):
        has = "SELECT has_schema_privilege($1, 'public', $2)"
        if not await connection.fetchval(has, role, right):
            await connection.execute(statement)


async def _request(connection: asyncpg.Connection, problem: Exception) -> str:
    me = await connection.fetchval("SELECT quote_ident(current_user)")
    database = await connection.fetchval("SELECT current_database()")
    known = {record[0] for record in await connection.fetch("SELECT rolname FROM pg_roles")}
    lines = [statement for role, statement in _MAKE_ROLES.items() if role not in known]
    lines += [f"GRANT {OWNER}, {APP} TO {me}", _MAKE_EXTENSION, *_OPEN_SCHEMA]
    script = "".join(f"    {line};\n" for line in lines)
    return (
        f"{me} may not prepare the database {database} ({problem}). "
        f"Let an administrator of the server run there:\n\n{script}"
    )


async def _unless_there(connection: asyncpg.Connection, statement: str) -> None:
    """Run a CREATE unless its object exists. Roles belong to the whole server and our lock to one
    database, so another start may have made the role in between."""
    try:
        await connection.execute(statement)
    except _ALREADY:
        return


@asynccontextmanager
async def _open_locked(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a session under a lock, so that two starts do not make the same things at once. The lock
    ends with the session."""
    connection = await open_session(url)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
        yield connection
    finally:
        await connection.close(timeout=5)
