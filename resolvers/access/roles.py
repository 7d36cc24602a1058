"""Roles and role grants: listing, giving and ending them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from auth.actor import Viewer
from auth.rights import Right
from models.access.roles import GrantScope, Role, RoleGrant
from models.base import Id
from models.people.persons import Person
from models.problems import InThePast
from models.structure.classes import SchoolClass
from resolvers.access.administration import OFFICES, keep_offices, lock_access
from resolvers.access.granting import (
    TERMS,
    AlreadyGranted,
    AlreadyRevoked,
    GrantInput,
    check_terms,
    end_role,
    find_conflicting_grant,
    give_role,
)
from resolvers.access.second_person import (
    NeedsSecondPerson,
    NotToOneself,
    protected_roles,
    require_second_person,
)
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Direction, Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.reads import reads
from resolvers.core.shapes import Own, Plain, Via

ORDERS: Mapping[str, Plain] = {
    "full_name": Via((RoleGrant.person_id,), Person.sort_key),
    "valid_from": Own("valid_from"),
    "granted_at": Own("granted_at"),
}


@dataclass(frozen=True)
class RoleRights:
    """A role with its rights in this school (права роли).

    role: The role.
    """

    role: Role


@reads(Right.ROLES_READ)
async def find_roles(ctx: Ctx) -> list[RoleRights]:
    """The twelve roles with their rights in this school."""
    return [RoleRights(role) for role in Role]


def find_role_grants(viewer: Viewer) -> Listing[RoleGrant]:
    """Role grants, the newest first (назначения ролей)."""
    newest = Ordering("granted_at", ORDERS["granted_at"], Direction.DESC)
    return Listing(RoleGrant, (newest,))


@command(
    Right.ROLES_GRANT,
    NeedsSecondPerson,
    NotToOneself,
    *TERMS,
    refusals={"role_grants_never_overlaps_person_id_role_scope_key": (AlreadyGranted, None)},
    current=find_conflicting_grant,
)
async def grant_role(
    ctx: Ctx,
    *,
    person_id: Logged[Id[Person]],
    role: Logged[Role],
    valid_from: Logged[date],
    valid_to: Logged[date | None] = None,
    scope: Logged[GrantScope] = GrantScope.SCHOOL,
    grade_level: Logged[int | None] = None,
    school_class_id: Logged[Id[SchoolClass] | None] = None,
    basis: str,
    idempotency_key: UUID | None = None,
) -> Logged[RoleGrant]:
    """Give someone a role for a time and a part of the school (назначить роль). A role that opens
    protected data takes two persons: `requestRoleGrant`. The director of a new school, in which
    nobody else could approve it, gives it alone. Nobody gives a role to themselves.

    person_id: The person.
    role: The role; STUDENT, PARENT and CLASS_TEACHER follow from records and cannot be given.
    valid_from: First day.
    valid_to: First day on which it no longer holds; null while it lasts.
    scope: How much of the school it is for.
    grade_level: The year of study, 0..12; only with GRADE_LEVEL.
    school_class_id: The class; only with SCHOOL_CLASS.
    basis: The paper it rests on, 1..300 characters.
    """
    asked = GrantInput(person_id, role, valid_from, valid_to, scope, grade_level, school_class_id)
    terms = await check_terms(ctx, asked, to=Right.ROLES_GRANT)
    await lock_access(ctx)  # else a second person or a protected right could be added meanwhile
    await require_second_person(ctx, role)
    return await give_role(ctx, terms, basis)


@command(Right.ROLES_GRANT, NeedsSecondPerson, AlreadyRevoked, InThePast, *OFFICES)
async def revoke_role(
    ctx: Ctx,
    *,
    role_grant_id: Logged[Id[RoleGrant]],
    expected_version: int,
    valid_to: Logged[date | None] = None,
) -> Logged[RoleGrant]:
    """End a role grant (снять роль): at once, with the sessions that rest on it, or from a later
    day on. A protected role takes two persons: `requestRoleRevocation`.

    role_grant_id: The grant to end.
    valid_to: First day on which it no longer holds, not before today; null for today.
    """
    ends_on = valid_to or ctx.actor.today
    if ends_on < ctx.actor.today:
        raise InThePast(field="valid_to", least=ctx.actor.today)
    async with keep_offices(ctx, ends_on):
        grant = await ctx.get(role_grant_id, version=expected_version)
        if grant.role in await protected_roles(ctx):
            raise NeedsSecondPerson(of=role_grant_id)
        await ctx.get(role_grant_id, to=Right.ROLES_GRANT)
        await end_role(ctx, grant, ends_on)
    return grant
