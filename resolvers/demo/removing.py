"""Removal of made-up schools from a database that will serve real ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from models.problems import Problem
from resolvers.access.operators import NoSuchSchool
from resolvers.demo import closing_session
from resolvers.demo.plan import MARKED
from resolvers.demo.school import skip_reference_checks
from resolvers.services.storage import Storage

SCHOOLS = "SELECT id, short_name, coalesce(sourced_id, '') AS mark FROM schools ORDER BY id"
TABLES = """
    SELECT quote_ident(c.relname) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'school_id')
    ORDER BY 1
"""
KNOWN_BY = "SELECT credential_id, known_as_id FROM accounts WHERE school_id = $1"
ELSEWHERE = "SELECT credential_id FROM credential_schools WHERE school_id <> ALL ($1)"
LOGINS = """
    WITH gone AS (
        DELETE FROM credentials c WHERE c.id = ANY ($1::bigint[]) AND NOT EXISTS (
            SELECT FROM credentials k WHERE k.leads_to_id = c.id AND k.id <> ALL ($1::bigint[]))
        RETURNING 1)
    SELECT count(*) FROM gone
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class NotMadeUp(Problem):
    """This is not a made-up school; its data are not removed by this command."""

    russian = "Это не вымышленная школа; её данные эта команда не удаляет."


@dataclass(frozen=True)
class MadeUp:
    """A made-up school.

    persons: The number of its people.
    """

    number: int
    name: str
    persons: int


async def find_made_up(url: str, wanted: Sequence[int] = ()) -> list[MadeUp]:
    """Return the made-up schools in the database: all, or those with these numbers.

    Raises NoSuchSchool for a number that no school has, NotMadeUp for that of a real school.
    """
    async with closing_session(url) as connection, connection.transaction():
        return await _made_up(connection, wanted)


async def remove(
    url: str, storage: Storage, schools: Sequence[int], progress: Callable[[str, float], None]
) -> int:
    """Remove made-up schools with all their rows in one transaction; return the number of rows.
    Logins that open another school, too, do not change there.

    Uploaded files are removed before the transaction ends. If it fails, the schools are still there
    and can be removed again, and no file is left without a row.

    Raises NoSuchSchool, NotMadeUp.
    """
    rows: int = 0
    async with closing_session(url) as connection, connection.transaction():
        # New rows refer to their school, so this waits for running writes, and later ones violate
        # the foreign key.
        await connection.execute(
            "SELECT FROM schools WHERE id = ANY ($1) ORDER BY id FOR UPDATE", list(schools)
        )
        found = await _made_up(connection, schools)
        logins = await _own_logins(connection, [one.number for one in found])
        await skip_reference_checks(connection)
        keys: list[str] = []
        for done, one in enumerate(found):
            progress(one.name, done / len(found))
            await _stand_in(connection, one.number)
            keys += await _keys(connection, one.number)
            rows += await _remove(connection, one.number)
        rows += await connection.fetchval(LOGINS, logins)
        progress("files", 1.0)
        for key in keys:
            await storage.drop(key)
    return rows


async def _made_up(connection: Connection, wanted: Sequence[int]) -> list[MadeUp]:
    schools = {line["id"]: line for line in await connection.fetch(SCHOOLS)}
    for number in wanted:
        if number not in schools:
            raise NoSuchSchool(field="school")
        if not schools[number]["mark"].startswith(MARKED):
            raise NotMadeUp(field="school")
    found = []
    for number, line in schools.items():
        if line["mark"].startswith(MARKED) and number in (wanted or schools):
            await _stand_in(connection, number)
            persons = "SELECT count(*) FROM persons WHERE school_id = $1"
            found.append(
                MadeUp(number, line["short_name"], await connection.fetchval(persons, number))
            )
    return found


async def _own_logins(connection: Connection, schools: Sequence[int]) -> list[int]:
    """Return the ids of credentials that belong to these schools only."""
    ours: set[int] = set()
    others = {line[0] for line in await connection.fetch(ELSEWHERE, list(schools))}
    for line in await connection.fetch(SCHOOLS):
        await _stand_in(connection, line["id"])
        known = {one for pair in await connection.fetch(KNOWN_BY, line["id"]) for one in pair}
        (ours if line["id"] in schools else others).update(known)
    return sorted(ours - others - {None})


async def _keys(connection: Connection, school: int) -> list[str]:
    query = "SELECT storage_key FROM files WHERE school_id = $1 AND storage_key IS NOT NULL"
    return [line[0] for line in await connection.fetch(query, school)]


async def _remove(connection: Connection, school: int) -> int:
    """Delete all rows of a school in one statement. Foreign keys are checked at its end, so neither
    the order of tables nor cycles matter."""
    tables = [line[0] for line in await connection.fetch(TABLES)]
    parts = [
        f"of_{number} AS (DELETE FROM {table} WHERE school_id = $1 RETURNING 1)"  # noqa: S608  # names of the catalog
        for number, table in enumerate(tables)
    ]
    counted = " + ".join(f"(SELECT count(*) FROM of_{number})" for number in range(len(tables)))  # noqa: S608
    rows: int = await connection.fetchval(f"WITH {', '.join(parts)} SELECT {counted}", school)
    return rows


async def _stand_in(connection: Connection, school: int) -> None:
    await connection.execute(f"SET LOCAL app.school_id = '{school:d}'")
