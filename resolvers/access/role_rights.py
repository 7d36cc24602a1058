"""The rights of roles in a school, and changing them."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import delete, literal, select

from auth.access.protected import PROTECTED_RIGHTS
from auth.access.roles import holds_role
from auth.policy import find_possible, visible
from auth.rights import Right
from models.access.roles import AccessScope, Role, RoleRight
from models.people.persons import Person
from models.problems import Conflict, Problem
from resolvers.access.administration import lock_access
from resolvers.access.roles import RoleRights
from resolvers.access.second_person import NeedsSecondPerson, NotToOneself, protected_roles
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged

Pairs: TypeAlias = frozenset[tuple[str, AccessScope]]


async def rights(ctx: Ctx, of: RoleRights) -> list[RoleRight]:
    """Its rights, by name."""
    return await ctx.load(find_rights, of.role) or []


async def find_rights(ctx: Ctx, roles: Sequence[Role]) -> Mapping[Role, list[RoleRight]]:
    query = visible(ctx.viewer, RoleRight).where(RoleRight.role.in_(roles))
    found: dict[Role, list[RoleRight]] = defaultdict(list)
    for row in await ctx.rows(query.order_by(RoleRight.permission, RoleRight.id), RoleRight):
        found[row.role].append(row)
    return found


async def revision(ctx: Ctx, of: RoleRights) -> str:
    """The revision of exactly these rights; send it back as `expectedRevision`."""
    return revision_of(pairs_of(await rights(ctx, of)))


def pairs_of(rows: Sequence[RoleRight]) -> Pairs:
    return frozenset((row.permission, row.scope) for row in rows)


def revision_of(held: Pairs) -> str:
    lines = sorted(f"{permission} {scope.name}" for permission, scope in held)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class RightGiven:
    """A right with its scope.

    permission: The right, e.g. `marks:read`.
    scope: How far it reaches.
    """

    permission: str
    scope: AccessScope


class NoSuchRight(Problem):
    """No rule knows this right at this scope; take one that `roles` names."""

    russian = "Права с такой областью нет; выберите из тех, что называет `roles`."


@dataclass
class RightsSet:
    """The rights of a role after the change.

    role_rights: The role with its rights as they are now.
    """

    role_rights: RoleRights


@command(Right.RIGHTS_WRITE, NeedsSecondPerson, NotToOneself, NoSuchRight, repeatable=True)
async def set_role_rights(
    ctx: Ctx, *, role: Logged[Role], rights: Logged[list[RightGiven]], expected_revision: str
) -> RightsSet:
    """Set the rights of a role: these and no others (права роли). They apply from the next
    operation of everyone in the role. A change of protected rights, or of a role that opens
    protected data,
    takes two persons: `requestRoleRights`. Nobody gives rights to a role they have.

    role: The role.
    rights: All its rights; a right can have several scopes.
    expected_revision: The `revision` you have seen; another one by now is a `CONFLICT`.
    """
    await ctx.get(ctx.actor.school, to=Right.RIGHTS_WRITE)
    given, result = parse_rights(rights), RightsSet(RoleRights(role))
    await lock_access(ctx)
    held = await find_pairs(ctx, role)
    if revision_of(held) != expected_revision:
        raise Conflict(field="expected_revision", current=result.role_rights)
    if given == held:
        return result
    if role in await protected_roles(ctx):
        raise NeedsSecondPerson(field="role")
    protected = {permission for permission, _ in given ^ held} & PROTECTED_RIGHTS
    if protected:
        raise NeedsSecondPerson(field="rights", rights=sorted(protected))
    if given - held and await has_role(ctx, role):
        raise NotToOneself(field="role")
    await write_rights(ctx, role, held, given)
    return result


async def find_pairs(ctx: Ctx, role: Role) -> Pairs:
    """Find the rights that a role holds now, also those that the actor may not read."""
    mine = (RoleRight.school_id == ctx.actor.school_id, RoleRight.role == role)
    return pairs_of((await ctx.session.scalars(select(RoleRight).where(*mine))).all())


async def write_rights(ctx: Ctx, role: Role, held: Pairs, given: Pairs) -> None:
    """Change the rights of a role from `held` to `given`."""
    rows = (RoleRight.school_id == ctx.actor.school_id, RoleRight.role == role)
    for permission, scope in held - given:
        gone = (RoleRight.permission == permission, RoleRight.scope == scope)
        await ctx.session.execute(delete(RoleRight).where(*rows, *gone))
    for permission, scope in given - held:
        ctx.session.add(RoleRight(role=role, permission=permission, scope=scope))


async def has_role(ctx: Ctx, role: Role) -> bool:
    """Whether the actor can work in a role, now or later."""
    mine = select(Person.id).where(
        Person.school_id == ctx.actor.school_id,
        Person.id == ctx.actor.person_id,
        holds_role(ctx.actor.viewer, literal(role, RoleRight.role.type)),
    )
    return bool(await ctx.lines(mine))


def parse_rights(rights: Sequence[RightGiven]) -> Pairs:
    """Return the rights as pairs. Raises NoSuchRight, which names the first without a rule."""
    known = {(right.value, scope) for right, scope in find_possible()}
    pairs = [(one.permission, one.scope) for one in rights]
    for number, pair in enumerate(pairs):
        if pair not in known:
            raise NoSuchRight(field=f"rights.{number}")
    return frozenset(pairs)
