"""What the operator of the server does from the command line: the first one in, and in again.

Works as the owner of the tables, who alone can make schools; the audit log of each school tells of
it, as done by nobody of the school.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import NullPool

from auth.matrix import default_rights
from models.access.accounts import Account, AccountStatus, Credential
from models.access.audit import BEGINNING
from models.access.roles import GrantScope, Role, RoleGrant, RoleRight
from models.base import longest
from models.database.engine import connect, explained
from models.database.roles import OWNER
from models.events import SchoolHead
from models.people.persons import Person
from models.problems import Problem, Validation
from models.school.schools import School
from resolvers.access import passwords
from resolvers.access.contexts import schools_of
from resolvers.access.ending import end_sessions_everywhere
from resolvers.access.guessing import forget_tries
from resolvers.access.logins import new_credential, well_formed
from resolvers.context import stand_in, utc_now
from resolvers.news import record


class NoSuchSchool(Problem):
    """There is no school with this number."""

    russian = "Школы с таким номером нет."


class NoSuchLogin(Problem):
    """Nobody has this login."""

    russian = "Такого логина ни у кого нет."


@dataclass(frozen=True)
class NewSchool:
    """A school to be made. time_zone: IANA name, e.g. `Asia/Barnaul`."""

    name: str
    time_zone: str


async def create_admin(
    url: str, *, school: int | NewSchool, login: str, full_name: str, now: datetime | None = None
) -> str:
    """Let in an administrator of a school: one there is, by its number, or a new one. Gives their
    one-time password. Raises LoginTaken, NoSuchSchool or Validation."""
    names, kept = named(full_name), well_formed(login)
    now, password = now or utc_now(), passwords.one_time()
    async with owning(url) as session:
        found = await (
            made(session, school) if isinstance(school, NewSchool) else known(session, school)
        )
        person = Person(**names)
        session.add(person)
        await session.flush()
        credential = await new_credential(session, found.id, kept, password, now)
        account = Account(
            person_id=person.id, credential_id=credential, status=AccountStatus.ACTIVE
        )
        grant = RoleGrant(
            person_id=person.id,
            role=Role.SCHOOL_ADMINISTRATOR,
            scope=GrantScope.SCHOOL,
            valid_from=now.astimezone(ZoneInfo(found.time_zone)).date(),
            granted_at=now,
        )
        session.add_all([account, grant])
        await session.flush()
        await told(session, found.id, now, "create_admin", account.global_id, f"login: {kept}")
    return password


async def reset_password(url: str, login: str, *, now: datetime | None = None) -> str:
    """Give a login a new one-time password, in all its schools; their sessions end. Raises
    NoSuchLogin."""
    now, password = now or utc_now(), passwords.one_time()
    fresh = {
        "password_hash": await passwords.hashed(password),
        "must_change_password": True,
        "password_changed_at": now,
    }
    kept = login.strip().lower()
    async with owning(url) as session:
        changed = update(Credential).where(Credential.login == kept).values(fresh)
        credential = await session.scalar(changed.returning(Credential.id))
        if credential is None:
            raise NoSuchLogin(field="login")
        for school_id in await schools_of(session, credential):
            await end_sessions_everywhere(session, credential, school_id, now)
            await told(session, school_id, now, "reset_password", None, f"login: {kept}")
        await forget_tries(session, kept, now)
    return password


@asynccontextmanager
async def owning(url: str) -> AsyncIterator[AsyncSession]:
    """One transaction as the owner of the tables."""
    engine = connect(url, role=OWNER, poolclass=NullPool)
    with explained():
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            yield session
    await engine.dispose()


def named(full_name: str) -> dict[str, str]:
    """The names of a person. Raises Validation."""
    parts, most = full_name.split(maxsplit=2), longest(Person.family_name)
    if len(parts) < 2 or max(map(len, parts)) > most:
        told = f"family name, given name and any patronymic, each of at most {most} characters"
        raise Validation(field="full_name", expected=told)
    return dict(zip(("family_name", "given_name", "patronymic"), parts, strict=False))


async def known(session: AsyncSession, school_id: int) -> School:
    schools = {one.id: one for one in await session.scalars(select(School).order_by(School.id))}
    if school_id not in schools:
        there = ", ".join(f"{number} ({one.short_name})" for number, one in schools.items())
        told = f"the number of a school there is: {there or 'none yet'}"
        raise NoSuchSchool(field="school", expected=told)
    await stand_in(session, school_id)
    return schools[school_id]


async def made(session: AsyncSession, new: NewSchool) -> School:
    """A school with what every school begins with: the usual rights, and empty logs. Raises
    Validation."""
    name, most = new.name.strip(), longest(School.short_name)
    if not 0 < len(name) <= most:
        raise Validation(field="new_school", expected=f"a name of 1 to {most} characters")
    if new.time_zone not in available_timezones():
        raise Validation(field="time_zone", expected="an IANA name, e.g. Asia/Barnaul")
    school = School(short_name=name, full_name=name, time_zone=new.time_zone)
    session.add(school)
    await session.flush()
    await stand_in(session, school.id)
    session.add(SchoolHead(school_id=school.id, event_seq=0, audit_seq=0, audit_hash=BEGINNING))
    session.add_all(
        RoleRight(role=role, permission=right.value, scope=scope)
        for role, right, scope in default_rights()
    )
    return school


async def told(
    session: AsyncSession, school_id: int, now: datetime, deed: str, entity: object, details: str
) -> None:
    contents = {
        "actor_id": None,
        "role": None,
        "action": f"access.operators.{deed}",
        "entity": str(entity) if entity else None,
        "details": details,
        "request_id": "command line",
    }
    await record(session, school_id, now, (), contents)
