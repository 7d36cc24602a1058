"""A school must keep someone who can administer it, whatever several people do at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy import Select, and_, select

from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.roles import AccessScope, GrantScope, Role, RoleGrant, RoleRight
from models.base import holds_on
from models.problems import Problem
from models.school.schools import School
from resolvers.context import Ctx


class LastAdministrator(Problem):
    """The school would be left without an administrator; give someone else the role first."""

    russian = "Школа осталась бы без администратора; сначала назначьте другого."


class NobodyLeft(Problem):
    """Nobody could change rights any more; leave `rights:write` to a role that someone has."""

    russian = "Никто больше не смог бы менять права; оставьте `rights:write` занятой кем-то роли."


def in_office(school_id: int, day: date) -> Select[int]:
    """Grants for the whole school that hold on the day, of people who can sign in."""
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


async def alone(ctx: Ctx) -> None:
    """Let nobody else change who may do what until this transaction ends. The lock stands in no
    writer's way: references to a school take a weaker one."""
    mine = select(School.id).where(School.id == ctx.actor.school_id)
    await ctx.session.execute(mine.with_for_update(key_share=True))


@asynccontextmanager
async def keeping_an_administrator(
    ctx: Ctx, day: date, problem: type[Problem] = LastAdministrator
) -> AsyncIterator[None]:
    """What is done inside must leave someone in the role of an administrator on the day, and
    someone who may change rights, where there was one. Raises the problem."""
    await alone(ctx)
    before = await administered(ctx, day)
    yield
    await ctx.session.flush()
    if before - await administered(ctx, day):
        raise problem


async def administered(ctx: Ctx, day: date) -> set[str]:
    """In which ways the school is."""
    school_id = ctx.actor.school_id
    held = select(RoleRight.role).where(
        RoleRight.school_id == school_id,
        RoleRight.permission == Right.RIGHTS_WRITE.value,
        RoleRight.scope == AccessScope.SCHOOL,
    )
    ways = {
        "by an administrator": RoleGrant.role == Role.SCHOOL_ADMINISTRATOR,
        "by a writer of rights": RoleGrant.role.in_(held),
    }
    asked = select(*(in_office(school_id, day).where(way).exists() for way in ways.values()))
    answers = (await ctx.session.execute(asked)).one()
    return {way for way, found in zip(ways, answers, strict=True) if found}
