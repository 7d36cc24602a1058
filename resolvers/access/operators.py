"""Accounts that the operator of the server makes or opens again, from the command line.

The code works as the owner of the tables, who alone can make schools. The audit log of each school
records it without an actor.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import NullPool

from models.access.accounts import Account, AccountStatus, Credential
from models.access.roles import GrantScope, Role, RoleGrant
from models.base import Id, max_length_of
from models.database.engine import connect, explain_errors
from models.database.roles import OWNER
from models.people.names import tidy
from models.people.persons import Person
from models.people.staff import Staff
from models.problems import Problem
from models.school.schools import School
from models.secrets import Secrets
from resolvers.access import passwords
from resolvers.access.administration import select_in_office
from resolvers.access.contexts import schools_of
from resolvers.access.ending import end_sessions_everywhere
from resolvers.access.logins import (
    check_login,
    find_credentials,
    find_logins_of,
    make_credential,
)
from resolvers.core.audit_details import Details
from resolvers.core.context import set_school, utc_now
from resolvers.core.news import record
from resolvers.school.founding import NewSchool, found_school
from resolvers.services.tries import clear_tries


class NoSuchSchool(Problem):
    """There is no school with this number."""

    russian = "Школы с таким номером нет."


class NameMalformed(Problem):
    """Write family name, given name and any patronymic, each of at most {most} characters."""

    russian = "Напишите фамилию, имя и, если есть, отчество, каждое не длиннее {most} символов."


class NoSuchLogin(Problem):
    """Nobody has this login."""

    russian = "Такого логина ни у кого нет."


class HasDirector(Problem):
    """This school has a director already; `gorod user reset-password` lets them in again."""

    russian = "Директор уже есть; если он не может войти: `gorod user reset-password`."


async def create_director(
    url: str, *, school: int | NewSchool, login: str, full_name: str, now: datetime | None = None
) -> str:
    """Make the director of an existing school, by its number, or of a new one. The director is a
    member of staff and gives all other roles. Returns their one-time password.

    Raises HasDirector, LoginTaken, NoSuchSchool, or a Problem that names a value that cannot be
    stored.
    """
    now = now or utc_now()
    async with open_as_owner(url) as session:
        if isinstance(school, NewSchool):
            found = await found_school(session, school, now)
        else:
            found = await find_school(session, school)
        # Two operators at once would otherwise both find the school without a director.
        await session.execute(select(School.id).where(School.id == found.id).with_for_update())
        if await session.scalar(select_directors(found.id, today_in(found, now)).limit(1)):
            raise HasDirector(field="school")
        return await let_in(session, found, Role.DIRECTOR, login, full_name, now)


async def create_admin(
    url: str, *, school: int, login: str, full_name: str, now: datetime | None = None
) -> str:
    """Make an administrator of an existing school, by its number. Returns their one-time password.
    Raises LoginTaken, NoSuchSchool or a Problem that names a value that cannot be stored."""
    now = now or utc_now()
    async with open_as_owner(url) as session:
        found = await find_school(session, school)
        return await let_in(session, found, Role.SCHOOL_ADMINISTRATOR, login, full_name, now)


COMMANDS = {Role.DIRECTOR: "user create-director", Role.SCHOOL_ADMINISTRATOR: "user create-admin"}
"""By role, the command of `gorod` that makes its first holder."""
POSITIONS = {Role.DIRECTOR: "Директор"}
"""By role, the position on the staff card that is made with it. An administrator gets no card: they
may be employed elsewhere."""


async def let_in(
    session: AsyncSession, school: School, role: Role, login: str, full_name: str, now: datetime
) -> str:
    """Make a person with the role and an account. Returns the one-time password."""
    names, kept, password = split_name(full_name), check_login(login), passwords.make_one_time()
    today = today_in(school, now)
    person = Person(**names)
    session.add(person)
    await session.flush()
    credential = await make_credential(session, school.id, kept, password, now)
    account = Account(person_id=person.id, credential_id=credential, status=AccountStatus.ACTIVE)
    grant = RoleGrant(
        person_id=person.id,
        role=role,
        scope=GrantScope.SCHOOL,
        valid_from=today,
        granted_at=now,
    )
    session.add_all([account, grant])
    if position := POSITIONS.get(role):
        session.add(Staff(person_id=person.id, position=position, hired_on=today))
    await session.flush()
    await record_deed(session, school.id, now, COMMANDS[role], account.global_id)
    return password


def today_in(school: School, now: datetime) -> date:
    return now.astimezone(ZoneInfo(school.time_zone)).date()


def select_directors(school_id: int, day: date) -> Select[int]:
    """Select the grants of the director's role that hold on the day, of people who can sign in."""
    return select_in_office(school_id, day).where(RoleGrant.role == Role.DIRECTOR)


async def reset_password(
    url: str, login: str, *, secrets: Secrets | None = None, now: datetime | None = None
) -> str:
    """Give a login a new one-time password in all schools that it opens, and end its sessions.
    Raises NoSuchLogin.

    secrets: The key of the server, to clear the failed tries of the login. Without it they are
        forgotten by themselves within a day.
    """
    now, password = now or utc_now(), passwords.make_one_time()
    fresh = {
        "password_hash": await passwords.hash_password(password),
        "must_change_password": True,
        "password_changed_at": now,
    }
    kept = login.strip().lower()
    async with open_as_owner(url) as session:
        opened = [known.id for known in await find_credentials(session, kept)]
        if not opened:
            raise NoSuchLogin(field="login")
        await session.execute(update(Credential).where(Credential.id.in_(opened)).values(fresh))
        for credential in opened:
            await end_everywhere(session, credential, now)
        if secrets:
            await clear_tries(session, secrets, await find_logins_of(session, opened))
    return password


async def end_everywhere(session: AsyncSession, credential: int, now: datetime) -> None:
    """End all sessions of a credential, with an entry in the log of each school."""
    for school_id in await schools_of(session, credential):
        await end_sessions_everywhere(session, credential, school_id, now)
        of_login = (Account.school_id == school_id, Account.credential_id == credential)
        account = await session.scalar(select(Account.id).where(*of_login))
        named = str(Id(Account, school_id, account)) if account else None
        await record_deed(session, school_id, now, "user reset-password", named)


@asynccontextmanager
async def open_as_owner(url: str) -> AsyncIterator[AsyncSession]:
    """Open a transaction as the owner of the tables."""
    engine = connect(url, role=OWNER, poolclass=NullPool)
    with explain_errors(engine):
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            yield session
    await engine.dispose()


def split_name(full_name: str) -> dict[str, str]:
    """Split a full name into the columns of a person. Raises NameMalformed."""
    parts, most = tidy(full_name).split(maxsplit=2), max_length_of(Person.family_name)
    if len(parts) < 2 or max(map(len, parts)) > most:
        told = f"family name, given name and any patronymic, each of at most {most} characters"
        raise NameMalformed(field="full_name", most=most, expected=told)
    return dict(zip(("family_name", "given_name", "patronymic"), parts, strict=False))


async def find_school(session: AsyncSession, school_id: int) -> School:
    schools = {one.id: one for one in await session.scalars(select(School).order_by(School.id))}
    if school_id not in schools:
        there = ", ".join(f"{number} ({one.short_name})" for number, one in schools.items())
        told = f"the number of a school there is: {there or 'none yet'}"
        raise NoSuchSchool(field="school", expected=told)
    await set_school(session, school_id)
    return schools[school_id]


async def record_deed(
    session: AsyncSession,
    school_id: int,
    now: datetime,
    deed: str,
    entity: object,
    details: Details | None = None,
) -> None:
    """Write an entry of a school's audit log. `deed` is the command of `gorod` as it is typed."""
    contents = {
        "actor_id": None,
        "role": None,
        "action": f"gorod {deed}",
        "entity": str(entity) if entity else None,
        "details": details or [],
        "request_id": "command line",
    }
    await record(session, school_id, now, (), contents)
