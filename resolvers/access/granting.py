"""Giving roles and ending them, by one person's command or by an approved request."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from auth.access.roles import FOLLOWING
from auth.policy import visible
from auth.rights import Right
from models.access.roles import GrantScope, Role, RoleGrant
from models.access.sessions import Session
from models.base import Id
from models.people.persons import Person
from models.people.staff import Staff
from models.problems import Conflict, EndsBeforeItBegins, Problem
from models.structure.classes import SchoolClass
from resolvers.access.ending import end_sessions
from resolvers.access.issuing import prepare_grant
from resolvers.core.context import Ctx

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


class LeftTheSchool(Problem):
    """They do not work here any more by that day; hire them again first."""

    russian = "К этому дню человек здесь уже не работает; сначала примите его снова."


TERMS = (RoleFromRecords, ScopeMismatch, EndsBeforeItBegins, LeftTheSchool)
"""The problems that `check_terms` raises."""


@dataclass(frozen=True)
class Terms:
    """The checked terms of a grant, with keys in place of ids."""

    person_id: int
    role: Role
    valid_from: date
    valid_to: date | None
    scope: GrantScope
    grade_level: int | None
    school_class_id: int | None


@dataclass(frozen=True)
class GrantInput:
    """The terms of a grant as a client sent them: ids, nothing checked yet."""

    person_id: Id[Person]
    role: Role
    valid_from: date
    valid_to: date | None
    scope: GrantScope
    grade_level: int | None
    school_class_id: Id[SchoolClass] | None


async def check_terms(ctx: Ctx, asked: GrantInput, *, to: Right | None = None) -> Terms:
    """Check the terms of a grant: they must be well formed and about rows that the actor sees.

    to: The right that the actor must hold on the person; None if seeing them is enough.

    Raises NotFound, Forbidden, or one of TERMS.
    """
    if asked.role in FOLLOWING:
        raise RoleFromRecords(field="role")
    if asked.valid_to is not None and asked.valid_to <= asked.valid_from:
        raise EndsBeforeItBegins(field="valid_to")
    grade, class_id = asked.grade_level, asked.school_class_id
    of_grade = asked.scope is GrantScope.GRADE_LEVEL
    if (grade is not None) is not of_grade or (of_grade and grade not in GRADES):
        raise ScopeMismatch(field="grade_level")
    if (class_id is not None) is not (asked.scope is GrantScope.SCHOOL_CLASS):
        raise ScopeMismatch(field="school_class_id")
    person = await ctx.get(asked.person_id, to=to)
    school_class = await ctx.get(class_id) if class_id else None
    class_key = school_class.id if school_class else None
    terms = Terms(**{**vars(asked), "person_id": person.id, "school_class_id": class_key})
    await require_employed(ctx, terms)
    return terms


async def find_conflicting_grant(
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
    """Find the grant that overlaps with a new one."""
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


async def require_employed(ctx: Ctx, terms: Terms) -> None:
    """Raise LeftTheSchool for a member of staff who is dismissed by then."""
    gone = select(Staff.id).where(
        Staff.school_id == ctx.actor.school_id,
        Staff.person_id == terms.person_id,
        Staff.dismissed_on <= max(terms.valid_from, ctx.actor.today),
    )
    if await ctx.session.scalar(gone.limit(1)) is not None:
        raise LeftTheSchool(field="person_id")


async def give_role(ctx: Ctx, terms: Terms, basis: str) -> RoleGrant:
    """Write a grant of the actor. Raises NotToOneself."""
    await prepare_grant(ctx, terms.person_id, "person_id")
    grant = RoleGrant(
        **vars(terms), granted_by_id=ctx.actor.person_id, granted_at=ctx.actor.now, basis=basis
    )
    ctx.session.add(grant)
    await ctx.session.flush()
    return grant


async def end_role(ctx: Ctx, grant: RoleGrant, ends_on: date) -> None:
    """End a grant on a day that is not before today. If it is today, the sessions that rest on the
    grant end, too. Raises AlreadyRevoked."""
    if grant.valid_to is not None and grant.valid_to <= ends_on:
        raise AlreadyRevoked(current=grant)
    grant.valid_to = max(ends_on, grant.valid_from)
    if ends_on == ctx.actor.today:
        mine = Session.role_grant_id == grant.id
        await end_sessions(ctx.session, ctx.actor.school_id, ctx.actor.now, mine)
