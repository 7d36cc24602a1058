"""Alembic, without its command line: the tables' versions, made as their owner."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.base import Record
from models.database.engine import connect, explained
from models.database.problems import DatabaseProblem, Unfit
from models.database.roles import OWNER
from models.walls import APP

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6D696772  # "migr"

NEWER = (
    "its tables are of version {now}, made by a newer Gorod than this one, which knows versions "
    "up to {newest}: install the newer Gorod"
)


async def upgrade(url: str, revision: str = "head") -> None:
    """Does nothing if the tables are of that version. The product may read which it is."""
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


async def revise(url: str, message: str) -> None:
    """Writes a new version: the difference between the models and this database."""
    number = f"{len(list(_scripts().walk_revisions())) + 1:04}"
    async with _as_owner(url) as connection:
        await _run(
            connection,
            lambda config: command.revision(config, message, autogenerate=True, rev_id=number),
        )


async def drift(url: str) -> list[str]:
    """What the models have and the tables have not, or the other way round."""

    def compare(sync: Connection) -> list[str]:
        context = MigrationContext.configure(sync)
        return [repr(change) for change in compare_metadata(context, Record.metadata)]

    async with _as_owner(url) as connection:
        return await connection.run_sync(compare)


async def status(url: str) -> tuple[str | None, str | None]:
    """The database's version and the newest there is."""
    engine = connect(url, poolclass=NullPool)
    with explained(engine):
        async with engine.connect() as connection:
            return await current(connection), head()


async def current(connection: AsyncConnection) -> str | None:
    """None: no tables yet, or none that this role may know of."""
    if not await _has_versions(connection):
        return None
    return await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )


def head() -> str | None:
    return _scripts().get_current_head()


def is_newer(revision: str | None) -> bool:
    """Whether tables are of a version that this Gorod does not know."""
    return revision is not None and all(
        known.revision != revision for known in _scripts().walk_revisions()
    )


async def _refuse_newer(connection: AsyncConnection) -> None:
    """Raises Unfit. An upgrade would tell the operator to do what has just failed."""
    now = await current(connection)
    await connection.rollback()
    if is_newer(now):
        raise Unfit(f"This database cannot serve Gorod: {NEWER.format(now=now, newest=head())}.")


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_SCRIPTS))


async def _has_versions(connection: AsyncConnection) -> bool:
    found = await connection.scalar(text("SELECT to_regclass('alembic_version')"))
    return found is not None


async def _run(connection: AsyncConnection, act: Callable[[Config], Any]) -> None:
    def within(sync: Connection) -> None:
        config = Config(attributes={"connection": sync})
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        act(config)

    try:
        await connection.run_sync(within)
    except CommandError as problem:  # a version nobody knows: a slip, or tables of a newer Gorod
        raise DatabaseProblem(f"The tables' version cannot be changed: {problem}.") from problem
    await connection.commit()


@asynccontextmanager
async def _as_owner(url: str) -> AsyncIterator[AsyncConnection]:
    """One at a time. Asking again and again, because a waiting statement holds a snapshot, and
    whoever has the lock may be building an index that waits for snapshots."""
    engine = connect(url, role=OWNER, poolclass=NullPool)
    try:
        with explained(engine):
            async with engine.connect():  # what is refused here is told to the operator
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
