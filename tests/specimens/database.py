"""A database with the specimens, made once a run; tests work in clones of it."""

import asyncio
import json
from datetime import datetime

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from models.access.accounts import Account, Credential
from models.access.roles import Role
from models.database.address import open_session
from models.database.engine import connect
from models.events import SchoolHead
from models.secrets import Secrets
from tests import undo
from tests.clones import clone, make_empty_database, make_once
from tests.postgres import Server
from tests.signed_in import sign_everyone_in
from tests.specimens.access import credential_of
from tests.specimens.declaring import BOOK
from tests.specimens.making import SCHOOLS, id_of, make_schools

SPECIMENS = "made_specimens"
Roles = dict[str, list[tuple[Role, int]]]


def make_specimens(server: Server, tables: str, key: bytes, now: datetime) -> Roles:
    """Make the database, if no other process has; return the roles and schools of each login.

    In the second school everybody has another login.
    """

    async def make(operator: undo.Operator) -> str:
        await make_empty_database(server, operator, tables)
        await clone(operator, tables, SPECIMENS)
        url = server.url("postgres", SPECIMENS)
        engine = connect(url, role="postgres", poolclass=NullPool)
        async with engine.begin() as sql:
            await make_credentials(sql, now)
            await make_schools(sql, Secrets(key))
            await open_schools(sql)
        held = await sign_everyone_in(url, now)
        async with engine.begin() as sql:
            await sql.execute(text("UPDATE sessions SET user_agent = 'a telephone'"))
        await engine.dispose()
        await analyze(url)
        await undo.watch(url)
        return json.dumps(held)

    held = json.loads(asyncio.run(make_once(server, SPECIMENS, make)))
    return {login: [(Role[role], s) for role, s in of] for login, of in held.items()}


async def make_credentials(sql: AsyncConnection, now: datetime) -> None:
    """Make a credential for each account. Nobody knows the passwords."""
    made = {
        (school, name): credential_of(school, id_of(Account, name, school))
        for school in SCHOOLS
        for name in BOOK[Account].rows
    }
    lines = [
        {
            "id": id_, "login": login_of(name, school), "password_hash": "none",
            "must_change_password": False, "password_changed_at": now,
        }
        for (school, name), id_ in made.items()
    ]  # fmt: skip
    await sql.execute(insert(Credential), lines)
    await sql.execute(text("SELECT setval('credentials_id_seq', 900000)"))


async def open_schools(sql: AsyncConnection) -> None:
    """Insert the rows that a school needs to be open: places to sign in, and ends of its logs."""
    where = "INSERT INTO credential_schools SELECT credential_id, school_id FROM accounts"
    await sql.execute(text(where))
    heads = [
        {"school_id": school, "event_seq": 0, "audit_seq": 2, "audit_hash": bytes(32)}
        for school in SCHOOLS
    ]
    await sql.execute(insert(SchoolHead), heads)


async def analyze(url: str) -> None:
    """Analyze the tables, so that the planner of every clone knows them."""
    inside = await open_session(url)
    await inside.execute("VACUUM (FREEZE, ANALYZE)")
    await inside.close()


def login_of(name: str, school: int = 1) -> str:
    return name if school == 1 else f"{name}.{school}"
