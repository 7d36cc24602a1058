"""Databases of tests: one is furnished once a run, and tests work in clones of it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database.address import session
from models.database.engine import connect
from tests.postgres import Server

Operator: TypeAlias = "asyncpg.Connection[Any]"


async def once(server: Server, name: str, make: Callable[[Operator], Awaitable[str]]) -> str:
    """What `make(operator)` told when it made the database `name`. The first process of a run does
    it, the others wait and read it: it is kept as a comment on the database."""
    operator = await session(server.url("postgres", "postgres"))
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


async def clone(operator: Operator, template: str, name: str) -> None:
    """Files are copied as they are: quicker by far than through the log."""
    await operator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await operator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


class Clones:
    """Clones of the template, one after another under one name, so that one engine serves them all
    and keeps what it has compiled. One that nobody wrote to serves the next test, too.

    engine: The product's, with as many connections as a test may want at once.
    operators: Of one whom no wall holds; each statement is a transaction.
    """

    def __init__(self, server: Server, template: str, name: str, operator: Operator) -> None:
        self.template, self.name, self.operator = template, name, operator
        self.written = True
        self.engine = connect(server.url("gorod_app", name), pool_size=20)
        self.operators = connect(
            server.url("postgres", name), role="postgres", isolation_level="AUTOCOMMIT"
        )
        watch_commits(self.engine, self)
        watch_statements(self.operators, self)

    async def fresh(self) -> str:
        if self.written:
            await self.close()
            await clone(self.operator, self.template, self.name)
            self.written = False
        return self.name

    async def close(self) -> None:
        await self.engine.dispose()
        await self.operators.dispose()


def writes(statement: str) -> bool:
    """Whether a statement is more than plain reading."""
    return not statement.lstrip().upper().startswith(("SELECT", "SET LOCAL", "SHOW"))


def watch_statements(engine: AsyncEngine, clones: Clones) -> None:
    """Notice what is written where each statement is a transaction."""

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        clones.written = clones.written or writes(statement)

    event.listen(engine.sync_engine, "after_cursor_execute", note)


def watch_commits(engine: AsyncEngine, clones: Clones) -> None:
    """Notice what is written and committed."""

    def note(connection: Any, _cur: Any, statement: str, *_: Any) -> None:
        if writes(statement):
            connection.info["writes"] = True

    def ended(connection: Any) -> None:
        clones.written = connection.info.pop("writes", False) or clones.written

    def undone(connection: Any) -> None:
        connection.info.pop("writes", None)

    event.listen(engine.sync_engine, "after_cursor_execute", note)
    event.listen(engine.sync_engine, "commit", ended)
    event.listen(engine.sync_engine, "rollback", undone)
