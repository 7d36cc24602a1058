"""The viewer: their name, role, contexts, sessions, and their children in all schools."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from auth.actor import Viewer as Asker
from auth.relationships.children import children_of
from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import Id, holds_on
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.students import Student
from models.school.schools import School
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.access.contexts import Context, contexts_in
from resolvers.access.own_login import credential_of, find_schools
from resolvers.access.own_sessions import ViewerSession, sessions
from resolvers.core.command import open_query
from resolvers.core.context import Ctx
from resolvers.core.reads import ActorValue, Report, Row, Scalar


@dataclass(frozen=True)
class ViewerContext:
    """A role that the viewer can work in (контекст).

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
    """A school of the viewer's child, which may be another than the one they work in.

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


@dataclass(frozen=True)
class Viewer(Report):
    """The person who asks, in the role they chose (текущий пользователь).

    role: The role they work in now.
    full_name: Surname, given name, patronymic.
    short_name: Surname and initials.
    person: Oneself as a public person, e.g. as a recipient of letters.
    school: The school they work in now.
    student: Oneself as a student; null in any other role.
    rights: Rights they hold in this role, at any scope, by name.
    contexts: All roles they can work in, in all schools; `switchContext` changes to another.
    children: Their children, as long as a guardian link lasts, in all schools; empty in any role
        except PARENT.
    sessions: Their open sessions, in all schools; `endSession` ends one.
    """

    # It takes no right to read about oneself.
    rights_to: ClassVar = dict.fromkeys(("person", "school", "student"))

    role: ActorValue[Role]
    full_name: Scalar[str]
    short_name: Scalar[str]
    person: Row[Person]
    school: Row[School]
    student: Row[Student]
    rights: ActorValue[list[str]]
    contexts: ActorValue[list[ViewerContext]]
    children: ActorValue[list[ViewerChild]]
    sessions: ActorValue[list[ViewerSession]]


@open_query
def find_viewer(viewer: Asker) -> Viewer:
    """The viewer, in the role they work in; null before they sign in."""

    def name(column: Any) -> Scalar[str]:
        # Not through `visible`: everybody may read their own name.
        return Scalar(viewer.keys(column, Person.id == viewer.person_id).scalar_subquery())

    return Viewer(
        role=ActorValue(role),
        full_name=name(Person.full_name),
        short_name=name(Person.short_name),
        person=Row(Person, (Person.id == viewer.person_id,)),
        school=Row(School),
        student=Row(Student, (Student.id == viewer.student_id,)),
        rights=ActorValue(rights),
        contexts=ActorValue(contexts),
        children=ActorValue(children),
        sessions=ActorValue(sessions),
    )


async def role(ctx: Ctx) -> Role:
    return ctx.actor.role


async def rights(ctx: Ctx) -> list[str]:
    return sorted(ctx.actor.rights)


async def contexts(ctx: Ctx) -> list[ViewerContext]:
    now, credential = ctx.actor, await credential_of(ctx)
    found: list[Context] = []
    for school_id in await find_schools(ctx, credential):
        async with ctx.enter_school(school_id) as session:
            found += await contexts_in(session, credential, school_id, now.now)
    place = (now.role, now.school_id, now.role_grant_id)
    return [
        to_viewer_context(each, current=each if place_of(each) == place else None) for each in found
    ]


def place_of(context: Context) -> tuple[Role, int, int]:
    return context.role, context.school_id, context.role_grant_id or 0


def to_viewer_context(context: Context, *, current: Context | None) -> ViewerContext:
    """Make the viewer's context of a context. `current` is the one they work in."""
    return ViewerContext(
        context.role,
        context.school_name,
        current is not None and place_of(context) == place_of(current),
        context.school_id,
        context.role_grant_id,
    )


async def children(ctx: Ctx) -> list[ViewerChild]:
    if ctx.actor.role is not Role.PARENT:
        return []
    now, credential = ctx.actor.now, await credential_of(ctx)
    found: list[ViewerChild] = []
    for school_id in await find_schools(ctx, credential):
        async with ctx.enter_school(school_id) as session:
            there = await contexts_in(session, credential, school_id, now)
            if parent := next((c for c in there if c.role is Role.PARENT), None):
                found += await children_there(session, ctx.actor, parent)
    return found


async def children_there(session: AsyncSession, actor: Actor, parent: Context) -> list[ViewerChild]:
    """Return the viewer's children in the school that the session is set to, by that school's rules
    and calendar."""
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
