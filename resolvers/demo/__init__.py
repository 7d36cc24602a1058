"""A believable school for demonstrations, tests and measurements: `load`, then `logins`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from models.access.roles import Role
from models.database import keys
from models.database.address import open_session
from models.database.problems import Unfit
from models.database.roles import OWNER
from models.secrets import Secrets
from resolvers.access.passwords import DEMO_PASSWORD
from resolvers.demo.cast import LOGINS, STORIES
from resolvers.demo.credentials import Credentials
from resolvers.demo.locking import known_hashes
from resolvers.demo.plan import MARKED, SIZES, plans
from resolvers.demo.school import make

__all__ = ["DEMO_PASSWORD", "SIZES", "STORIES", "Login", "load", "load_first", "logins"]


_FIRST = 0x64656D6F  # "demo"


@dataclass(frozen=True)
class Login:
    """The login of a role in the main demo school.

    name: Full name of the person.
    school: Short name of the school.
    """

    role: Role
    login: str
    password: str
    name: str
    school: str


@asynccontextmanager
async def closing_session(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Open a session as the owner of the tables. A superuser stays one, as row-level security
    forbids COPY to others."""
    connection = await open_session(url)
    try:
        superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        if not await connection.fetchval(superuser):
            await act_as_owner(connection)
        yield connection
    finally:
        await connection.close()


async def act_as_owner(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.execute(f"SET ROLE {OWNER}")
    except asyncpg.InsufficientPrivilegeError as problem:
        raise Unfit(f"The demo is for a member of {OWNER}: {problem}.") from problem


async def load(
    url: str,
    size: str,
    seed: int,
    secret_key: bytes,
    progress: Callable[[str, float], None],
    today: date | None = None,
) -> None:
    """Make the schools of a size (see SIZES) as the owner of the tables, each in a transaction.

    The same size, seed and day make the same schools, except salts and nonces. `progress` is called
    with the school's name and the share that is done, 0..1. `today` is by default the school's day;
    the year has happened up to the day before it.
    """
    planned, secrets = plans(size), Secrets(secret_key)
    await keys.prove(url, [secret_key])
    async with closing_session(url) as connection:
        credentials = await Credentials.open(connection)
        for number, plan in enumerate(planned):

            def report(share: float, done: int = number, name: str = plan.card.short) -> None:
                progress(name, (done + share) / len(planned))

            day = today or datetime.now(ZoneInfo(plan.card.zone)).date()
            await make(connection, plan, seed, day, secrets, credentials, report)
        await connection.execute("ANALYZE")


async def load_first(url: str, secret_key: bytes, progress: Callable[[str, float], None]) -> None:
    """Make the small school unless there is a school; of two processes at once, one makes it."""
    async with closing_session(url) as connection:
        await connection.execute(f"SELECT pg_advisory_lock({_FIRST})")  # until it is closed
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM schools)"):
            await load(url, "small", 1, secret_key, progress)


async def logins(url: str) -> list[Login]:
    """Return one login for every role of the main school of the first demo; none without a demo.
    Logins with a changed password, and locked ones, are left out."""
    async with closing_session(url) as connection, connection.transaction():
        school = await connection.fetchrow(
            "SELECT id, short_name FROM schools WHERE sourced_id = $1 ORDER BY id LIMIT 1", MARKED
        )
        if school is None:
            return []
        await connection.execute(f"SET LOCAL app.school_id = '{school['id']:d}'")
        rows = await connection.fetch(
            # The login may end with a number, if the plain one was taken.
            "SELECT regexp_replace(c.login, '-[0-9]+$', '') AS known, c.login, p.full_name,"
            " c.password_hash"
            " FROM accounts a JOIN credentials c ON c.id = a.credential_id"
            " JOIN persons p ON p.school_id = a.school_id AND p.id = a.person_id"
            " WHERE a.school_id = $1 AND a.status = 'ACTIVE'",
            school["id"],
        )
    people = {row["known"]: row for row in rows if row["known"] in LOGINS.values()}
    known = await known_hashes(row["password_hash"] for row in people.values())
    return [
        Login(role, row["login"], DEMO_PASSWORD, row["full_name"], school["short_name"])
        for role in Role
        if (row := people.get(LOGINS[role])) and row["password_hash"] in known
    ]
