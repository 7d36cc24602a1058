"""Alembic without its command line: it changes the version of the tables as their owner."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.database.drift import find_drift
from models.database.engine import connect, explain_errors
from models.database.problems import DatabaseProblem, Unfit
from models.database.roles import OWNER
from models.walls import APP

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6D696772  # "migr"

T = TypeVar("T")
LOCKED = "55P03"
"""SQLSTATE of a lock that could not be taken in time (lock_not_available)."""
NEWER = (
    "its tables are of version {now}, made by a newer Gorod than this one, which knows versions "
    "up to {newest}: install the newer Gorod"
)


async def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the tables to a version, and let the product read which version they are of."""
    async with _as_owner(url) as connection:
        await _refuse_newer(connection)
        await _run(connection, lambda config: command.upgrade(config, revision))
        if await _has_versions(connection):
            await connection.execute(text(f"GRANT SELECT ON alembic_version TO {APP}"))
            await connection.commit()


async def downgrade(url: str, revision: str) -> None:
    async with _as_owner(url) as connection:
        await _refuse_newer(connection)
        await _run(connection, lambda config: command.downgrade(config, revision))


async def run_alembic(url: str, act: Callable[[Config], T], scripts: Path = SCRIPTS) -> T:
    """Run a command of Alembic (`act`) on this database with the versions in the folder `scripts`,
    and return its result."""
    async with _as_owner(url) as connection:
        return await _run(connection, act, scripts)


async def report_drift(url: str) -> list[str]:
    """Return the differences between this database and the models."""
    engine = connect(url, poolclass=NullPool)
    with explain_errors(engine):
        async with engine.connect() as connection:
            return await find_drift(connection)


async def status(url: str) -> tuple[str | None, str | None]:
    """Return the version of the tables and the newest version."""
    engine = connect(url, poolclass=NullPool)
    with explain_errors(engine):
        async with engine.connect() as connection:
            return await current(connection), head()


async def current(connection: AsyncConnection) -> str | None:
    """Return the version of the tables; None if there are none that this role may see."""
    if not await _has_versions(connection):
        return None
    return await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )


@cache
def head() -> str | None:
    """The newest version of the tables. To find it, all migrations are compiled."""
    return _scripts().get_current_head()


def is_newer(revision: str | None) -> bool:
    """Whether the version of tables is unknown to this Gorod."""
    return revision is not None and all(
        known.revision != revision for known in _scripts().walk_revisions()
    )


async def _refuse_newer(connection: AsyncConnection) -> None:
    """Raise Unfit if the tables are of a newer Gorod. Otherwise the operator would be told to run
    the upgrade that has just failed."""
    now = await current(connection)
    await connection.rollback()
    if is_newer(now):
        raise Unfit(f"This database cannot serve Gorod: {NEWER.format(now=now, newest=head())}.")


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(SCRIPTS))


async def _has_versions(connection: AsyncConnection) -> bool:
    found = await connection.scalar(text("SELECT to_regclass('alembic_version')"))
    return found is not None


async def _run(
    connection: AsyncConnection, act: Callable[[Config], T], scripts: Path = SCRIPTS
) -> T:
    def act_on(sync: Connection) -> T:
        config = Config(attributes={"connection": sync}, cmd_opts=Namespace(quiet=True))
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return act(config)

    try:
        done = await connection.run_sync(act_on)
    except CommandError as problem:  # an unknown version: mistyped, or of a newer Gorod
        raise DatabaseProblem(f"The tables' version cannot be changed: {problem}.") from problem
    except DBAPIError as problem:
        if getattr(problem.orig, "sqlstate", None) != LOCKED:
            raise
        raise DatabaseProblem(
            "A table is in use by others for too long, and whoever waits for it makes all wait: "
            "nothing was changed. Run the command again when there is less to do."
        ) from problem
    await connection.commit()
    return done


@asynccontextmanager
async def _as_owner(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a session of the tables' owner under the lock of migrations, so that two upgrades do not
    run at once. The lock is polled: a statement that waits for it holds a snapshot, and an index
    that the holder builds concurrently would wait for that snapshot for ever."""
    engine = connect(url, role=OWNER, poolclass=NullPool)
    try:
        with explain_errors(engine):
            async with engine.connect():  # a refusal is explained to the operator
                pass
        async with engine.connect() as connection:
            while not await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})")):
                await connection.rollback()
                await asyncio.sleep(0.2)
            await connection.commit()
            yield connection
    except DBAPIError as problem:
        if "permission denied to set role" not in str(problem.orig):
            raise
        raise Unfit(f"Only a member of {OWNER} may change the tables: {problem.orig}") from problem
