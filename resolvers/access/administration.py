"""The offices of a school: a director, an administrator and somebody who may change rights always
remain, also if several people change access at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy import Select, and_, select

from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.roles import AccessScope, GrantScope, Role, RoleGrant, RoleRight
from models.base import holds_on
from models.problems import Problem
from models.school.schools import School
from resolvers.core.context import Ctx


class LastAdministrator(Problem):
    """The school would be left without an administrator; give someone else the role first."""

    russian = "Школа осталась бы без администратора; сначала назначьте другого."


class LastDirector(Problem):
    """The school would be left without a director; give someone else the role first."""

    russian = "Школа осталась бы без директора; сначала назначьте другого."


class NobodyLeft(Problem):
    """Nobody could change rights, or approve changes of access, any more; leave `rights:write` and
    `roles:grant-protected` to roles that someone has."""

    russian = (
        "Никто больше не смог бы менять права или утверждать заявки; оставьте `rights:write` и "
        "`roles:grant-protected` ролям, которые у кого-то есть."
    )


OFFICES = (LastAdministrator, LastDirector, NobodyLeft)
"""The problems that a command raises if it would leave an office empty."""


def select_in_office(school_id: int, day: date) -> Select[int]:
    """Select the grants for the whole school that hold on the day, of people who can sign in."""
    return (
        select(RoleGrant.id)
        .join(
            Account,
            and_(
                Account.school_id == RoleGrant.school_id,
                Account.person_id == RoleGrant.person_id,
                Account.status == AccountStatus.ACTIVE,
            ),
        )
        .where(
            RoleGrant.school_id == school_id,
            RoleGrant.scope == GrantScope.SCHOOL,
            holds_on(RoleGrant, day),
        )
    )


async def lock_access(ctx: Ctx) -> None:
    """Lock changes of access in this school until the transaction ends: two changes that each leave
    an office filled could together empty it. Other writers go on, because references to a school
    take a weaker lock."""
    mine = select(School.id).where(School.id == ctx.actor.school_id)
    await ctx.session.execute(mine.with_for_update(key_share=True))


@asynccontextmanager
async def keep_offices(ctx: Ctx, day: date) -> AsyncIterator[None]:
    """Check that each office that was filled on the day is still filled after the block.
    Raises one of OFFICES."""
    await lock_access(ctx)
    before = await find_filled_offices(ctx, day)
    yield
    await ctx.session.flush()
    after = await find_filled_offices(ctx, day)
    for problem, was_filled, is_filled in zip(KEPT, before, after, strict=True):
        if was_filled and not is_filled:
            raise problem


KEPT = (LastAdministrator, LastDirector, NobodyLeft, NobodyLeft)
"""The problem to raise for each office of `offices_filled` if nobody is left in it."""


async def find_filled_offices(ctx: Ctx, day: date) -> Sequence[bool]:
    """Return whether there is an administrator, a director, somebody who may change rights, and
    somebody who approves requests."""
    school_id = ctx.actor.school_id
    holders = (
        RoleGrant.role == Role.SCHOOL_ADMINISTRATOR,
        RoleGrant.role == Role.DIRECTOR,
        RoleGrant.role.in_(select_roles_with(school_id, Right.RIGHTS_WRITE)),
        RoleGrant.role.in_(select_roles_with(school_id, Right.ROLES_GRANT_PROTECTED)),
    )
    asked = select(*(select_in_office(school_id, day).where(held).exists() for held in holders))
    return (await ctx.session.execute(asked)).one()


def select_roles_with(school_id: int, *rights: Right) -> Select[Role]:
    """Select the roles that hold one of the rights for the whole school."""
    return select(RoleRight.role).where(
        RoleRight.school_id == school_id,
        RoleRight.permission.in_(sorted(rights)),
        RoleRight.scope == AccessScope.SCHOOL,
    )
