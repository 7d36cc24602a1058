"""Checks that refuse changes that take two persons. Every command that changes access calls them.

The protected roles and rights are declared in `auth.access.protected`; requests for such changes
are in `resolvers.access.requests`.
"""

from sqlalchemy import or_, select

from auth.access.protected import PROTECTED_ROLES, opens_protected
from auth.rights import Right
from models.access.roles import AccessScope, Role, RoleGrant, RoleRight
from models.problems import Problem
from resolvers.access.administration import select_in_office, select_roles_with
from resolvers.core.context import Ctx


class NeedsSecondPerson(Problem):
    """One person alone cannot change this, because it opens protected data. File a request
    (`requestRoleGrant`, `requestRoleRevocation`, `requestRoleRights`, `requestUnlock`); it takes
    effect when a second person approves it."""

    russian = (
        "Это меняют только вдвоём: так открывается доступ к защищённым данным. Подайте заявку "
        "(`requestRoleGrant`, `requestRoleRevocation`, `requestRoleRights`, `requestUnlock`); "
        "она вступит в силу, когда её утвердит второй человек."
    )


class NotToOneself(Problem):
    """Nobody gives themselves access, nor approves a request of their own or in their own favour: a
    colleague who may do it does it, or a second person approves a request."""

    russian = (
        "Нельзя открыть доступ самому себе или утвердить свою заявку либо заявку в свою пользу: "
        "это делает коллега, который вправе, или второй человек утверждает заявку."
    )


async def protected_roles(ctx: Ctx) -> frozenset[Role]:
    """Return the roles that it takes two persons to give, take or change in the actor's school."""
    # Not through `visible`: protection does not depend on the rows that the actor may read.
    opening = select(RoleRight.role).where(
        RoleRight.school_id == ctx.actor.school_id, *opens_protected()
    )
    return PROTECTED_ROLES | set(await ctx.session.scalars(opening))


async def has_protected_role(ctx: Ctx, person_id: int) -> bool:
    """Whether a person has a protected role, now or from a later day."""
    found = select(RoleGrant.id).where(
        RoleGrant.school_id == ctx.actor.school_id,
        RoleGrant.person_id == person_id,
        RoleGrant.role.in_(await protected_roles(ctx)),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > ctx.actor.today),
    )
    return await ctx.session.scalar(found.limit(1)) is not None


async def is_approver(ctx: Ctx, role: Role) -> bool:
    """Whether holders of a role approve requests."""
    school_id = ctx.actor.school_id
    return role in set(
        await ctx.session.scalars(select_roles_with(school_id, Right.ROLES_GRANT_PROTECTED))
    )


async def is_director(ctx: Ctx, *persons: int) -> bool:
    """Whether one of the persons has, now or from a later day, a role that approves requests."""
    found = select(RoleGrant.id).where(
        RoleGrant.school_id == ctx.actor.school_id,
        RoleGrant.role.in_(select_roles_with(ctx.actor.school_id, Right.ROLES_GRANT_PROTECTED)),
        RoleGrant.person_id.in_(persons),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > ctx.actor.today),
    )
    return await ctx.session.scalar(found.limit(1)) is not None


async def nobody_else_decides(ctx: Ctx) -> bool:
    """Whether the actor approves requests and nobody else in the school can file or decide on one.
    So the director of a new school gives the role of the first administrator alone."""
    if AccessScope.SCHOOL not in ctx.viewer.scopes(Right.ROLES_GRANT_PROTECTED):
        return False
    school_id, day = ctx.actor.school_id, ctx.actor.today
    others = select_in_office(school_id, day).where(
        RoleGrant.role.in_(select_roles_with(school_id, Right.ACCESS_REQUEST, Right.ACCESS_DECIDE)),
        RoleGrant.person_id != ctx.actor.person_id,
    )
    return await ctx.session.scalar(others.limit(1)) is None


async def require_second_person(ctx: Ctx, role: Role) -> None:
    """Raise NeedsSecondPerson for a role that it takes two persons to give, take or change."""
    if role in await protected_roles(ctx) and not await nobody_else_decides(ctx):
        raise NeedsSecondPerson(field="role")
