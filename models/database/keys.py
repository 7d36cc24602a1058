"""Checks that the secret key is the one that this database was written with."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.database.address import user_of
from models.database.engine import connect, explain_errors
from models.database.roles import OWNER
from models.keyfile import KeyProblem
from models.sealed import SealedColumn, SecretKey, find_sealed_columns
from models.secrets import Secrets
from models.walls import APP

_LOCK = 0x6B6579  # "key"
_LOST = (
    "Bring it back from a backup, or set GOROD_SECRET_KEY to it. Only if it is lost for good: "
    "`gorod key reset` deletes what it had encrypted (numbers of documents, addresses)."
)
MISSING = f"There is no secret key here, and this database was written with one. {_LOST}"
WRONG = f"The secret key is not the one that this database was written with. {_LOST}"
UNPROVED = (
    "This database does not know its secret key yet, and gorod_app may not tell it. Run "
    "`gorod db upgrade` with GOROD_SECRET_KEY, as the owner of the tables."
)
NONE_YET = "There is no secret key yet: `gorod serve` makes one at its first start."


async def prove(
    url: str,
    known: Sequence[bytes],
    make: Callable[[], bytes] | None = None,
    *,
    adopt: bool = True,
) -> bytes:
    """Return the one of the known keys that this database was written with. Where nothing was
    encrypted yet, adopt the first of them, or a new one.

    Raises KeyProblem. A key is never made for a database that was written with another: its
    encrypted values would be lost without anyone noticing.

    url: The address for the owner of the tables; `gorod_app` may only read the check value.
    adopt: Whether to write a check value of the key where there is none yet.
    """
    looks_only = user_of(url) == APP
    engine = connect(url, role=APP if looks_only else OWNER, poolclass=NullPool)
    with explain_errors(engine):
        async with engine.begin() as connection:
            if not looks_only:  # two first starts at once would adopt two keys
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            if not await connection.scalar(text("SELECT to_regclass('secret_keys') IS NOT NULL")):
                return _choose_fitting(
                    known, lambda _: True
                )  # tables of an older Gorod, for a backup
            kept = await connection.scalar(select(SecretKey.sealed))
            if kept is not None:
                return _choose_fitting(known, lambda secrets: secrets.opens_check(kept))
            if looks_only:
                raise KeyProblem(UNPROVED)
            key = await _find_unproved(connection, known, make)
            if not adopt:
                return key
            check = {
                "id": 1,
                "sealed": Secrets(key).make_check_value(),
                "made_at": datetime.now(UTC),
            }
            await connection.execute(insert(SecretKey).values(check))
            return key


async def _find_unproved(
    connection: AsyncConnection, known: Sequence[bytes], make: Callable[[], bytes] | None
) -> bytes:
    """Return the key of a database without a check value: the one that opens an encrypted value, if
    there is one in any table."""
    if (found := await _find_value(connection)) is not None:
        column, school_id, owner, value = found
        return _choose_fitting(known, lambda s: s.opens(value, *column.place(school_id, owner)))
    if known:
        return known[0]
    if make is None:
        raise KeyProblem(NONE_YET)
    return make()


def _choose_fitting(known: Sequence[bytes], fits: Callable[[Secrets], bool]) -> bytes:
    if not known:
        raise KeyProblem(MISSING)
    for key in known:
        if fits(Secrets(key)):
            return key
    raise KeyProblem(WRONG)


async def _find_value(
    connection: AsyncConnection,
) -> tuple[SealedColumn, int, int, bytes] | None:
    """Return some encrypted value of any school with its place, if there is one."""
    schools = await connection.scalars(text("SELECT id FROM schools ORDER BY id"))
    for school_id in schools.all():
        await connection.execute(text(f"SET LOCAL app.school_id = '{school_id:d}'"))
        for column in find_sealed_columns():
            c = column.table.c
            query = select(c[column.owner], c[column.column]).where(c[column.column].is_not(None))
            if found := (await connection.execute(query.limit(1))).one_or_none():
                return column, school_id, found[0], found[1]
    return None
