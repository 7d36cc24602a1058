"""The roles, who has which, and giving and taking them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_

from auth.access import GIVEN_BY
from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.access.roles import GrantScope, Role, RoleGrant
from models.access.sessions import Session
from models.base import Id
from models.people.persons import Person
from models.problems import Conflict, EndsBeforeItBegins, InThePast, Problem
from models.structure.classes import SchoolClass
from resolvers.access.administration import LastAdministrator, keeping_an_administrator
from resolvers.access.ending import end
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.listing import Direction, Listing, Ordering
from resolvers.reads import reads
from resolvers.shapes import Own, Value, Via

ORDERS: Mapping[str, Value] = {
    "full_name": Via((RoleGrant.person_id,), Person.sort_key),
    "valid_from": Own("valid_from"),
    "granted_at": Own("granted_at"),
}
GRADES = range(13)


class AlreadyGranted(Conflict):
    """They have this role for this part of the school at that time; end that grant first."""

    russian = "Эта роль для этой части школы у человека уже есть; сначала завершите то назначение."


class RoleFromRecords(Problem):
    """Nobody is given this role: it follows from the records of students, guardians and class
    teachers; change those."""

    russian = (
        "Эту роль не назначают: она следует из записей об учениках, представителях "
        "и классных руководителях; измените их."
    )


class ScopeMismatch(Problem):
    """`gradeLevel`, 0 to 12, goes with GRADE_LEVEL and `schoolClassId` with SCHOOL_CLASS, and
    neither with another scope; send what goes with the scope."""

    russian = (
        "`gradeLevel` от 0 до 12 нужен только с GRADE_LEVEL, `schoolClassId` только "
        "с SCHOOL_CLASS; пришлите то, что подходит к области."
    )


class AlreadyRevoked(Problem):
    """This grant ends by then anyway."""

    russian = "К этому дню назначение и так заканчивается."


@dataclass(frozen=True)
class RoleRights:
    """What a role may do in this school (права роли).

    role: The role.
    """

    role: Role


@reads(Right.ROLES_READ)
async def find_roles(ctx: Ctx) -> list[RoleRights]:
    """The twelve roles, and what each may do in this school."""
    return [RoleRights(role) for role in Role]


def find_role_grants(viewer: Viewer) -> Listing[RoleGrant]:
    """Who was given which role, the newest first (назначения ролей)."""
    newest = Ordering("granted_at", ORDERS["granted_at"], Direction.DESC)
    return Listing(RoleGrant, (newest,))


async def grant_in_the_way(
    ctx: Ctx,
    *,
    person_id: Id[Person],
    role: Role,
    valid_from: date,
    valid_to: date | None = None,
    grade_level: int | None = None,
    school_class_id: Id[SchoolClass] | None = None,
    **_: Any,
) -> RoleGrant | None:
    """The grant that makes another one of the same impossible."""
    class_key = school_class_id.key if school_class_id else None
    query = visible(ctx.viewer, RoleGrant).where(
        RoleGrant.person_id == person_id.key,
        RoleGrant.role == role,
        RoleGrant.grade_level.is_not_distinct_from(grade_level),
        RoleGrant.school_class_id.is_not_distinct_from(class_key),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > valid_from),
        *([RoleGrant.valid_from < valid_to] if valid_to else []),
    )
    return next(iter(await ctx.rows(query.limit(1), RoleGrant)), None)


@command(
    Right.ROLES_GRANT,
    RoleFromRecords,
    ScopeMismatch,
    refusals={"role_grants_never_overlaps_person_id_role_scope_key": (AlreadyGranted, None)},
    current=grant_in_the_way,
)
async def grant_role(
    ctx: Ctx,
    *,
    person_id: Id[Person],
    role: Role,
    valid_from: date,
    valid_to: date | None = None,
    scope: GrantScope = GrantScope.SCHOOL,
    grade_level: int | None = None,
    school_class_id: Id[SchoolClass] | None = None,
    basis: str,
    idempotency_key: UUID | None = None,
) -> RoleGrant:
    """Give someone a role for a time and a part of the school (назначить роль). DIRECTOR,
    PSYCHOLOGIST and SOCIAL_PEDAGOGUE need `roles:grant-protected`.

    person_id: Who.
    role: Which; STUDENT, PARENT and CLASS_TEACHER follow from records and cannot be given.
    valid_from: First day.
    valid_to: First day it holds no more; null while it lasts.
    scope: How much of the school it is for.
    grade_level: Which year of study, 0..12; only with GRADE_LEVEL.
    school_class_id: Which class; only with SCHOOL_CLASS.
    basis: The paper it rests on, 1..300 characters.
    """
    if (needed := GIVEN_BY.get(role)) is None:
        raise RoleFromRecords(field="role")
    ctx.actor.require(needed)
    if valid_to is not None and valid_to <= valid_from:
        raise EndsBeforeItBegins(field="valid_to")
    graded = grade_level is not None
    if graded is not (scope is GrantScope.GRADE_LEVEL) or (graded and grade_level not in GRADES):
        raise ScopeMismatch(field="grade_level")
    if (school_class_id is not None) is not (scope is GrantScope.SCHOOL_CLASS):
        raise ScopeMismatch(field="school_class_id")
    person = await ctx.get(person_id, to=Right.ROLES_GRANT)
    school_class = await ctx.get(school_class_id) if school_class_id else None
    grant = RoleGrant(
        person_id=person.id,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        scope=scope,
        grade_level=grade_level,
        school_class_id=school_class.id if school_class else None,
        granted_by_id=ctx.actor.person_id,
        granted_at=ctx.actor.now,
        basis=basis,
    )
    ctx.session.add(grant)
    return grant


@command(Right.ROLES_GRANT, AlreadyRevoked, InThePast, LastAdministrator)
async def revoke_role(
    ctx: Ctx,
    *,
    role_grant_id: Id[RoleGrant],
    expected_version: int,
    valid_to: date | None = None,
) -> RoleGrant:
    """End a role someone was given (снять роль): at once, with the sessions that rest on it, or
    from a later day on.

    role_grant_id: What to end.
    valid_to: First day it holds no more, not before today; null for today.
    """
    ends_on = valid_to or ctx.actor.today
    if ends_on < ctx.actor.today:
        raise InThePast(field="valid_to", least=ctx.actor.today)
    async with keeping_an_administrator(ctx, ends_on):
        grant = await ctx.get(role_grant_id, to=Right.ROLES_GRANT, version=expected_version)
        if grant.valid_to is not None and grant.valid_to <= ends_on:
            raise AlreadyRevoked(current=grant)
        grant.valid_to = max(ends_on, grant.valid_from)
    if ends_on == ctx.actor.today:
        mine = Session.role_grant_id == grant.id
        await end(ctx.session, ctx.actor.school_id, ctx.actor.now, mine)
    return grant
