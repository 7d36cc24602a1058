"""What each role may do in the school, and changing it."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import delete, select

from auth.policy import possible, visible
from auth.rights import Right
from models.access.roles import AccessScope, Role, RoleRight
from models.problems import Conflict, Problem
from resolvers.access.administration import NobodyLeft, keeping_an_administrator
from resolvers.access.roles import RoleRights
from resolvers.command import command
from resolvers.context import Ctx

Pairs: TypeAlias = frozenset[tuple[str, AccessScope]]


async def rights(ctx: Ctx, of: RoleRights) -> list[RoleRight]:
    """What it may do, by name of the right."""
    return await ctx.together(held_by, of.role) or []


async def held_by(ctx: Ctx, roles: Sequence[Role]) -> Mapping[Role, list[RoleRight]]:
    query = visible(ctx.viewer, RoleRight).where(RoleRight.role.in_(roles))
    found: dict[Role, list[RoleRight]] = defaultdict(list)
    for row in await ctx.rows(query.order_by(RoleRight.permission, RoleRight.id), RoleRight):
        found[row.role].append(row)
    return found


async def revision(ctx: Ctx, of: RoleRights) -> str:
    """Stands for exactly these rights; send it back as `expectedRevision`."""
    return revision_of(pairs_of(await rights(ctx, of)))


def pairs_of(rows: Sequence[RoleRight]) -> Pairs:
    return frozenset((row.permission, row.scope) for row in rows)


def revision_of(held: Pairs) -> str:
    lines = sorted(f"{permission} {scope.name}" for permission, scope in held)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True, repr=False)
class RightGiven:
    """A right, and how far it is to reach.

    permission: The right, e.g. `marks:read`.
    scope: How far it reaches.
    """

    permission: str
    scope: AccessScope

    def __repr__(self) -> str:  # for the audit log
        return f"{self.permission} {self.scope.name}"


class NoSuchRight(Problem):
    """No rule knows this right at this scope; take one that `roles` names."""

    russian = "Права с такой областью нет; выберите из тех, что называет `roles`."


@dataclass
class RightsSet:
    """What a role may do from now on.

    role_rights: The role with its rights as they are now.
    """

    role_rights: RoleRights


@command(Right.RIGHTS_WRITE, NobodyLeft, NoSuchRight)
async def set_role_rights(
    ctx: Ctx, *, role: Role, rights: list[RightGiven], expected_revision: str
) -> RightsSet:
    """Say what a role may do: these rights and no others (права роли). Holds from the next
    operation of everyone in the role. Who may give protected roles is for those to say who may.

    role: The role.
    rights: All it may do; a right can have several scopes.
    expected_revision: The `revision` you have seen; another one by now is a `CONFLICT`.
    """
    school_id = ctx.actor.school_id
    await ctx.get(ctx.actor.school, to=Right.RIGHTS_WRITE)
    given, result = understood(rights), RightsSet(RoleRights(role))
    async with keeping_an_administrator(ctx, ctx.actor.today, NobodyLeft):
        rows = (RoleRight.school_id == school_id, RoleRight.role == role)
        held = pairs_of((await ctx.session.scalars(select(RoleRight).where(*rows))).all())
        if revision_of(held) != expected_revision:
            raise Conflict(field="expected_revision", current=result.role_rights)
        if any(permission == Right.ROLES_GRANT_PROTECTED for permission, _ in given ^ held):
            ctx.actor.require(Right.ROLES_GRANT_PROTECTED)
        for permission, scope in held - given:
            gone = (RoleRight.permission == permission, RoleRight.scope == scope)
            await ctx.session.execute(delete(RoleRight).where(*rows, *gone))
        for permission, scope in given - held:
            ctx.session.add(RoleRight(role=role, permission=permission, scope=scope))
    return result


def understood(rights: Sequence[RightGiven]) -> Pairs:
    """Raises NoSuchRight naming the first that no rule knows."""
    known = {(right.value, scope) for right, scope in possible()}
    pairs = [(one.permission, one.scope) for one in rights]
    for number, pair in enumerate(pairs):
        if pair not in known:
            raise NoSuchRight(field=f"rights.{number}")
    return frozenset(pairs)
