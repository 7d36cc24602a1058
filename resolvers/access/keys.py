"""Changing the secret key: all encrypted values are rewritten in one transaction."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Table, bindparam, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.keyfile import KeyProblem
from models.school.schools import School
from models.sealed import SealedColumn, SecretKey, find_sealed_columns
from models.secrets import Secrets
from resolvers.access.operators import open_as_owner, record_deed
from resolvers.core.context import set_school, utc_now

OTHERS = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'gorod' AND pid <> pg_backend_pid()
""")
PATIENCE = 20
"""The number of checks until the closed sessions of this command are gone."""

Rewrite = Callable[[SealedColumn, tuple[object, ...], bytes], dict[str, Any]]
"""A function that returns the new columns of an encrypted value, by column name."""


async def rotate(url: str, old: bytes, new: bytes, *, now: datetime | None = None) -> int:
    """Encrypt all values with the new key, in one transaction, and return their number.

    Raises KeyProblem if the old key is another one, if a value does not open, or if a server is
    running, which would go on with the old key.
    """
    was, becomes = Secrets(old), Secrets(new)

    def reencrypt(column: SealedColumn, place: tuple[object, ...], value: bytes) -> dict[str, Any]:
        try:
            plain = was.open(value, *place)
        except InvalidTag as problem:
            where = f"{column.table.name}.{column.column} of {column.owner} {place[-1]}"
            raise KeyProblem(
                f"{where} (school {place[-2]}) does not open with the key in use. Nothing was "
                "changed."
            ) from problem
        values: dict[str, Any] = {column.column: becomes.seal(plain, *place)}
        return values | ({column.index: becomes.index(plain)} if column.index else {})

    async with open_as_owner(url) as session:
        check = await lock_keys(session)
        if check is None or not was.opens_check(check):
            raise KeyProblem("The secret key in use is not the one of this database.")
        number = await rewrite(session, reencrypt, "key rotate", now or utc_now())
        await store_check_value(session, becomes, now or utc_now())
    return number


async def reset(url: str, new: bytes, *, now: datetime | None = None) -> int:
    """Go on with another key after the old one was lost: delete the encrypted values and return
    their number. Masked values stay."""

    def delete_value(column: SealedColumn, _: tuple[object, ...], __: bytes) -> dict[str, Any]:
        return {column.column: None} | ({column.index: None} if column.index else {})

    async with open_as_owner(url) as session:
        await lock_keys(session)
        number = await rewrite(session, delete_value, "key reset", now or utc_now())
        await store_check_value(session, Secrets(new), now or utc_now())
    return number


async def lock_keys(session: AsyncSession) -> bytes | None:
    """Lock the keys and return the check value of the key in use. A server that starts meanwhile
    waits for the lock when it reads this value, and then finds that its key is the old one."""
    await session.execute(text("LOCK TABLE secret_keys IN ACCESS EXCLUSIVE MODE"))
    await refuse_others(session)
    return await session.scalar(select(SecretKey.sealed))


async def refuse_others(session: AsyncSession) -> None:
    for attempt in range(PATIENCE):
        if not (others := await session.scalar(OTHERS)):
            return
        if attempt < PATIENCE - 1:  # our own closed sessions may still be listed for a moment
            await asyncio.sleep(0.1)
            await session.execute(text("SELECT pg_stat_clear_snapshot()"))
    raise KeyProblem(
        f"A server works with this database ({others} sessions). Stop it, then change the key."
    )


async def store_check_value(session: AsyncSession, new: Secrets, now: datetime) -> None:
    """Store the check value of the new key, which is the right one from now on."""
    await session.merge(SecretKey(id=1, sealed=new.make_check_value(), made_at=now))
    await session.execute(text("SELECT pg_stat_clear_snapshot()"))
    await refuse_others(session)


async def rewrite(session: AsyncSession, anew: Rewrite, deed: str, now: datetime) -> int:
    """Rewrite every encrypted value of every school, with an entry in the school's audit log.
    Returns their number."""
    total = 0
    for school_id in (await session.scalars(select(School.id).order_by(School.id))).all():
        await set_school(session, school_id)
        number = 0
        for table, columns in tables():
            number += await rewrite_table(session, school_id, table, columns, anew)
        if number:
            values = [{"name": "values", "values": [str(number)]}]
            await record_deed(session, school_id, now, deed, None, values)
        total += number
    return total


def tables() -> Iterator[tuple[Table, list[SealedColumn]]]:
    for table, columns in groupby(find_sealed_columns(), key=lambda column: column.table):
        yield table, list(columns)


async def rewrite_table(
    session: AsyncSession, school_id: int, table: Table, columns: list[SealedColumn], anew: Rewrite
) -> int:
    c, names = table.c, [column.column for column in columns]
    here = c.school_id == school_id
    some = or_(*(c[name].is_not(None) for name in names))
    query = select(c.id, c[columns[0].owner], *(c[name] for name in names)).where(here, some)
    found = (await session.execute(query.with_for_update())).all()
    touched = [name for one in columns for name in (one.column, one.index) if name]
    number, rows = 0, []
    for key, owner, *values in found:
        row: dict[str, Any] = {f"new_{name}": None for name in touched} | {"row_id": key}
        for column, value in zip(columns, values, strict=True):
            if value is not None:
                number += 1
                fresh = anew(column, column.place(school_id, owner), value)
                row |= {f"new_{name}": one for name, one in fresh.items()}
        rows.append(row)
    if rows:
        written = update(table).where(here, c.id == bindparam("row_id"))
        await session.execute(
            written.values({name: bindparam(f"new_{name}") for name in touched}), rows
        )
    return number
