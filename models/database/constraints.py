"""CHECK and EXCLUDE constraints: those of a database beside those that the models declare.

Alembic compares neither. PostgreSQL writes a condition in its own words, so the declared ones are
read from a database that is made from the models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.base import Record
from models.database.address import at_database, open_session
from models.database.engine import connect
from models.database.roles import OWNER

Constraints = Mapping[tuple[str, str], str]
"""Definitions, by table and name."""

_CONSTRAINTS = text("""
    SELECT class.relname AS "table", con.conname AS name,
        pg_get_constraintdef(con.oid) AS definition
    FROM pg_constraint con JOIN pg_class class ON class.oid = con.conrelid
    WHERE con.connamespace = current_schema::regnamespace AND con.contype IN ('c', 'x')
""")


@dataclass(frozen=True, slots=True)
class ConstraintChange:
    """A constraint that the models declare otherwise than the database has it.

    before, after: Its definition in the database and in the models; None where it is not there.
    """

    table: str
    name: str
    before: str | None
    after: str | None

    def upgrade(self) -> list[str]:
        return change_definition(self.table, self.name, self.before, self.after)

    def downgrade(self) -> list[str]:
        return change_definition(self.table, self.name, self.after, self.before)


def change_definition(table: str, name: str, old: str | None, new: str | None) -> list[str]:
    """SQL that puts one definition of a constraint in the place of another."""
    alter = f"ALTER TABLE {table}"
    dropped = [] if old is None else [f"{alter} DROP CONSTRAINT {name}"]
    return dropped if new is None else [*dropped, f"{alter} ADD CONSTRAINT {name} {new}"]


async def find_constraint_changes(url: str, database: str) -> Sequence[ConstraintChange]:
    """The differences of a database from the models, in tables that both have. It needs a server of
    its own: it makes a second database there, from the tables of the first, which must be idle.

    url: The superuser's address of the database.
    database: Its name.
    """
    declared = f"{database}_declared"
    operator = await open_session(at_database(url, "postgres"))
    try:
        await operator.execute(f'DROP DATABASE IF EXISTS "{declared}" WITH (FORCE)')
        await operator.execute(f'CREATE DATABASE "{declared}" TEMPLATE "{database}" OWNER {OWNER}')
        has = await _read(url)
        wants = await _read(at_database(url, declared), anew=True)
    finally:
        await operator.execute(f'DROP DATABASE IF EXISTS "{declared}" WITH (FORCE)')
        await operator.close()
    tables = {table for table, _ in has} & {table for table, _ in wants}
    return [
        ConstraintChange(table, name, has.get((table, name)), wants.get((table, name)))
        for table, name in sorted(has.keys() | wants.keys())
        if table in tables and has.get((table, name)) != wants.get((table, name))
    ]


async def _read(url: str, *, anew: bool = False) -> Constraints:
    """The constraints of a database; with `anew` once its tables are made from the models."""
    engine = connect(url, role=OWNER, poolclass=NullPool)
    async with engine.connect() as connection:
        if anew:
            await connection.run_sync(Record.metadata.drop_all)
            await connection.run_sync(Record.metadata.create_all)
        found = await _constraints_of(connection)
        await connection.rollback()
    await engine.dispose()
    return found


async def _constraints_of(connection: AsyncConnection) -> Constraints:
    rows = (await connection.execute(_CONSTRAINTS)).all()
    return {(row.table, row.name): row.definition for row in rows}
