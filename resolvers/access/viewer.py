"""The one who asks: their name, role, the other roles they have, and their children, wherever
those go to school."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from auth.people import children_of
from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import Id, holds_on
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.students import Student
from models.school.schools import School
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.access.contexts import Context, contexts_in, schools_of
from resolvers.command import open_query
from resolvers.context import Ctx


@dataclass(frozen=True)
class Viewer:
    """Who asks, in the role they chose (текущий пользователь)."""

    actor: Actor


@dataclass(frozen=True)
class ViewerContext:
    """A role the viewer can work in (контекст).

    role: The role.
    school_name: Short name of the school.
    is_current: Indicates whether they work in it now.
    """

    role: Role
    school_name: str
    is_current: bool
    school_key: int
    grant_key: int | None


@dataclass(frozen=True)
class ViewerSchool:
    """A school as a parent of its student knows it, from whatever school they work in.

    name: Short name.
    time_zone: IANA name of its zone.
    """

    key: int
    name: str
    time_zone: str


@dataclass(frozen=True)
class ViewerChild:
    """A child of the viewer, in this school or another. For their diary in another school,
    `switchContext` first.

    full_name: Surname, given name, patronymic.
    class_name: Grade and letter today; null outside classes.
    school: Their school.
    """

    key: int
    full_name: str
    class_name: str | None
    school: ViewerSchool


@open_query
async def find_viewer(ctx: Ctx) -> Viewer | None:
    """Who asks, in the role they work in; null for a stranger."""
    if ctx.caller.token is None:
        return None
    return Viewer(await ctx.identified())


def role(ctx: Ctx, viewer: Viewer) -> Role:
    """The role they work in now."""
    return viewer.actor.role


async def person_of(ctx: Ctx, viewer: Viewer) -> Person:
    # Not through `visible`: oneself.
    mine = (Person.school_id == viewer.actor.school_id, Person.id == viewer.actor.person_id)
    found: Person = (await ctx.rows(select(Person).where(*mine)))[0]
    return found


async def full_name(ctx: Ctx, viewer: Viewer) -> str:
    """Surname, given name, patronymic."""
    return (await person_of(ctx, viewer)).full_name


async def short_name(ctx: Ctx, viewer: Viewer) -> str:
    """Surname and initials."""
    return (await person_of(ctx, viewer)).short_name


async def person(ctx: Ctx, viewer: Viewer) -> Person | None:
    """Oneself as others know one, e.g. to be written to."""
    return await ctx.find(Id(Person, viewer.actor.school_id, viewer.actor.person_id))


async def school(ctx: Ctx, viewer: Viewer) -> School | None:
    """The school they work in now."""
    return await ctx.find(Id(School, viewer.actor.school_id, viewer.actor.school_id))


async def student(ctx: Ctx, viewer: Viewer) -> Student | None:
    """Oneself as a student; null in any other role."""
    key = viewer.actor.student_id
    return await ctx.find(Id(Student, viewer.actor.school_id, key)) if key else None


def rights(ctx: Ctx, viewer: Viewer) -> list[str]:
    """Rights they hold in this role, at whatever scope, by name."""
    return sorted(viewer.actor.rights)


async def contexts(ctx: Ctx, viewer: Viewer) -> list[ViewerContext]:
    """All roles they can work in, in all schools; `switchContext` changes to another."""
    now, credential = viewer.actor, await credential_of(ctx, viewer)
    found: list[Context] = []
    for school_id in await schools(ctx, credential):
        async with ctx.elsewhere(school_id) as session:
            found += await contexts_in(session, credential, school_id, now.now)
    return [
        ViewerContext(
            context.role,
            context.school_name,
            (context.role, context.school_id) == (now.role, now.school_id)
            and (context.role_grant_id or 0) == now.role_grant_id,
            context.school_id,
            context.role_grant_id,
        )
        for context in found
    ]


async def children(ctx: Ctx, viewer: Viewer) -> list[ViewerChild]:
    """Their children, as long as a guardian link lasts, in all schools; empty in any role but
    PARENT."""
    if viewer.actor.role is not Role.PARENT:
        return []
    now, credential = viewer.actor.now, await credential_of(ctx, viewer)
    found: list[ViewerChild] = []
    for school_id in await schools(ctx, credential):
        async with ctx.elsewhere(school_id) as session:
            there = await contexts_in(session, credential, school_id, now)
            if parent := next((c for c in there if c.role is Role.PARENT), None):
                found += await children_there(session, viewer.actor, parent)
    return found


async def schools(ctx: Ctx, credential: int) -> list[int]:
    """Where else the viewer can work; what they are there is asked behind that school's wall."""
    async with ctx.elsewhere(ctx.actor.school_id) as session:
        return await schools_of(session, credential)


async def credential_of(ctx: Ctx, viewer: Viewer) -> int:
    mine = (Account.school_id == viewer.actor.school_id, Account.id == viewer.actor.account_id)
    found: int = (await ctx.rows(select(Account.credential_id).where(*mine)))[0]
    return found


async def children_there(session: AsyncSession, actor: Actor, parent: Context) -> list[ViewerChild]:
    """The viewer's children in the school the session stands in, by that school's own rules and
    calendar."""
    account = (Account.school_id == parent.school_id, Account.id == parent.account_id)
    query = (
        select(Guardian.id, School.short_name, School.time_zone)
        .join(
            Account,
            (Account.school_id == Guardian.school_id) & (Account.person_id == Guardian.person_id),
        )
        .join(School, School.id == Guardian.school_id)
        .where(*account)
    )
    guardian_id, name, zone = (await session.execute(query)).one()
    there = replace(
        actor,
        school_id=parent.school_id,
        time_zone=zone,
        guardian_id=guardian_id,
        today=actor.now.astimezone(ZoneInfo(zone)).date(),
    )
    school_card = ViewerSchool(parent.school_id, name, zone)
    lines = await session.execute(children_query(there), there.values)
    return [ViewerChild(key, full, named, school_card) for key, full, named in lines]


def children_query(there: Actor) -> Select[Any, Any, Any]:
    viewer = there.viewer
    of_class = and_(
        ClassMembership.school_id == Student.school_id,
        ClassMembership.student_id == Student.id,
        holds_on(ClassMembership, viewer.today),
    )
    same_class = and_(
        SchoolClass.school_id == ClassMembership.school_id,
        SchoolClass.id == ClassMembership.school_class_id,
    )
    return (
        select(Student.id, Person.full_name, SchoolClass.name)
        .join(Person, and_(Person.school_id == Student.school_id, Person.id == Student.person_id))
        .outerjoin(ClassMembership, of_class)
        .outerjoin(SchoolClass, same_class)
        .where(Student.school_id == viewer.school_id, Student.id.in_(children_of(viewer)))
        .order_by(Person.birth_date, Student.id)
    )


def school_id_of_context(ctx: Ctx, context: ViewerContext) -> Id[School]:
    """Id of the school, for `switchContext`."""
    return Id(School, context.school_key, context.school_key)


def grant_of_context(ctx: Ctx, context: ViewerContext) -> Id[RoleGrant] | None:
    """Id of the grant it rests on, for `switchContext`; null when it rests on a record: a child,
    a class, a student's card."""
    key = context.grant_key
    return Id(RoleGrant, context.school_key, key) if key else None


def id_of_school(ctx: Ctx, there: ViewerSchool) -> Id[School]:
    """Id of the school, for `switchContext`."""
    return Id(School, there.key, there.key)


def id_of_child(ctx: Ctx, child: ViewerChild) -> Id[Student]:
    """Id of the student."""
    return Id(Student, child.school.key, child.key)


def school_of_child(ctx: Ctx, child: ViewerChild) -> ViewerSchool:
    """Their school."""
    return child.school
