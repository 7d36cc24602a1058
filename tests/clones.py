"""Databases of tests: one is prepared once a run, and tests work in clones of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import migrate, roles
from models.database.address import open_session
from models.database.engine import connect
from models.database.readers import Readers
from models.database.writers import Writers
from tests.postgres import Server
from tests.undo import Operator, undo


async def make_once(server: Server, name: str, make: Callable[[Operator], Awaitable[str]]) -> str:
    """Make a database once a run, by `make(operator)`, and return the text that it returned.

    The first process of a run makes it; the others wait, and read the text from the comment on the
    database.
    """
    operator = await open_session(server.url("postgres", "postgres"))
    try:
        await operator.execute("SELECT pg_advisory_lock(1)")
        told: str | None = await operator.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name
        )
        if told is None:
            told = await make(operator)
            comment = "SELECT format('COMMENT ON DATABASE %I IS %L', $1::text, $2::text)"
            await operator.execute(await operator.fetchval(comment, name, told))
    finally:
        await operator.close()
    return told


async def make_empty_database(server: Server, operator: Operator, name: str) -> None:
    """Make a database of this name with all tables and no rows, unless it exists."""
    if await operator.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        return
    await roles.prepare(server.url("postgres", "postgres"), name)
    await migrate.upgrade(server.url("postgres", name))


async def clone(operator: Operator, template: str, name: str) -> None:
    """Copy a database. Copying its files is much faster than copying through the log."""
    await operator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await operator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


class Clones:
    """Clones of the template, one after another under one name, so that one engine serves them all
    and keeps what it has compiled. A clone that nobody wrote to serves the next test, too, and so
    does one whose changes could be undone.

    engine: The product's engine, with as many connections as a test may want at once.
    operators: An engine outside of all walls, for the operator; each statement is a transaction.
    pools: Pools of connections for statements, by kind; a test may use them or make its own.
    written: Whether somebody may have written since the clone was last as good as fresh.
    made: How often the template was copied.
    """

    def __init__(self, server: Server, template: str, name: str, operator: Operator) -> None:
        self.template, self.name, self.operator = template, name, operator
        self.url = server.url("postgres", name)
        self.keeper: Operator | None = None
        self.written, self.made = True, 0
        self.engine = connect(server.url("gorod_app", name), pool_size=20)
        self.operators = connect(self.url, role="postgres", isolation_level="AUTOCOMMIT")
        self.pools: dict[type[Readers], Readers] = {
            kind: kind(server.url("gorod_app", name), size=4) for kind in (Readers, Writers)
        }
        watch(self.engine, self)
        watch(self.operators, self)

    async def get_fresh(self) -> str:
        if self.written and (self.keeper is None or await undo(self.keeper)):
            await self.close()
            await clone(self.operator, self.template, self.name)
            self.keeper = await open_session(self.url)
            self.made += 1
        self.written = False
        return self.name

    async def close(self) -> None:
        if self.keeper:
            await self.keeper.close()
        for pool in self.pools.values():
            await pool.close()
        await self.engine.dispose()
        await self.operators.dispose()


def is_write(statement: str) -> bool:
    """Return whether a statement is more than plain reading."""
    return not statement.lstrip().upper().startswith(("SELECT", "SET LOCAL", "SHOW"))


def watch(engine: AsyncEngine, clones: Clones) -> None:
    """Notice writes, even those that fail or are rolled back: they may have advanced sequences."""

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        clones.written = clones.written or is_write(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
