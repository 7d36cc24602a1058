"""Whether the secret key is the one this database was written with."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.database.address import user
from models.database.engine import connect, explained
from models.database.roles import OWNER
from models.keyfile import KeyProblem
from models.sealed import SealedColumn, SecretKey, sealed_columns
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
    """The one of the known keys that this database was written with. Where nothing was encrypted
    yet, the first of them, or a new one, is so from now on.

    Raises KeyProblem. A key is never made for a database that was written with another: its
    documents would be lost without anyone noticing.

    url: Of the owner of the tables; `gorod_app` can only look.
    adopt: Whether the database is told which key is the right one, if it does not know yet.
    """
    looks_only = user(url) == APP
    engine = connect(url, role=APP if looks_only else OWNER, poolclass=NullPool)
    with explained(engine):
        async with engine.begin() as connection:
            if not looks_only:  # of two first starts one decides
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            if not await connection.scalar(text("SELECT to_regclass('secret_keys') IS NOT NULL")):
                return _fitting(known, lambda _: True)  # tables of an older Gorod, to be saved
            kept = await connection.scalar(select(SecretKey.sealed))
            if kept is not None:
                return _fitting(known, lambda secrets: secrets.opens_check(kept))
            if looks_only:
                raise KeyProblem(UNPROVED)
            key = await _first(connection, known, make)
            if not adopt:
                return key
            check = {"id": 1, "sealed": Secrets(key).check_value(), "made_at": datetime.now(UTC)}
            await connection.execute(insert(SecretKey).values(check))
            return key


async def _first(
    connection: AsyncConnection, known: Sequence[bytes], make: Callable[[], bytes] | None
) -> bytes:
    """The key of a database that does not tell it: one of before there was a check value must
    prove itself by a value that is there."""
    if (found := await _some_value(connection)) is not None:
        column, school_id, owner, value = found
        return _fitting(known, lambda s: s.opens(value, *column.place(school_id, owner)))
    if known:
        return known[0]
    if make is None:
        raise KeyProblem(NONE_YET)
    return make()


def _fitting(known: Sequence[bytes], fits: Callable[[Secrets], bool]) -> bytes:
    if not known:
        raise KeyProblem(MISSING)
    for key in known:
        if fits(Secrets(key)):
            return key
    raise KeyProblem(WRONG)


async def _some_value(
    connection: AsyncConnection,
) -> tuple[SealedColumn, int, int, bytes] | None:
    """An encrypted value, whosever it is."""
    schools = await connection.scalars(text("SELECT id FROM schools ORDER BY id"))
    for school_id in schools.all():
        await connection.execute(text(f"SET LOCAL app.school_id = '{school_id:d}'"))
        for column in sealed_columns():
            c = column.table.c
            query = select(c[column.owner], c[column.column]).where(c[column.column].is_not(None))
            if found := (await connection.execute(query.limit(1))).one_or_none():
                return column, school_id, found[0], found[1]
    return None
